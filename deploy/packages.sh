#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian 12 packages that a purpose needs, if they are missing:
#   deploy/packages.sh build        to build and run assayd and assay
#   deploy/packages.sh test         the same, and what the tests start
#   deploy/packages.sh full         the same, and what tests/run.sh --full adds
# Needs root or sudo only where something is missing.
set -euo pipefail

build=(
  cmake ninja-build g++ pkg-config ccache mold
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev
  libabsl-dev libre2-dev libyaml-cpp-dev libcli11-dev libspdlog-dev
  nlohmann-json3-dev libssl-dev libxxhash-dev libboost1.81-dev prometheus-cpp-dev
  unixodbc unixodbc-dev odbcinst libsqliteodbc odbc-postgresql odbc-mariadb
  sqlite3
)
test=(
  postgresql mariadb-server tdsodbc
  libgtest-dev libgmock-dev libtinyxml2-dev
  openssl chromium python3 python3-yaml python3-venv bash-completion procps
  dpkg-dev systemd
)
full=(
  clang-tidy-14 git prometheus
  debootstrap buildah iproute2 systemd-container
)

case "${1:-}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  full) wanted=("${build[@]}" "${test[@]}" "${full[@]}") ;;
  *) echo "usage: $0 build|test|full" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing: ${missing[*]}" >&2
    echo "Install them as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  sudo=(sudo)
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
# A policy file keeps the packages from starting database servers of their own:
# the tests start scratch ones. It is put back as it was.
policy=/usr/sbin/policy-rc.d
made_policy=no
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
  "${sudo[@]}" chmod +x "$policy"
  made_policy=yes
fi
trap '[ "$made_policy" = no ] || "${sudo[@]}" rm -f "$policy"' EXIT
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
