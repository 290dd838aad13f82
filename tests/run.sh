#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that proves the project.
#   tests/run.sh          builds, then unit, integration and end-to-end tests
#   tests/run.sh unit     the short loop: unit tests, no database server
#   tests/run.sh --full   clang-tidy, sanitizers, ten times the fuzzing and the
#                         kills, the package in a clean Debian (root; it is
#                         downloaded)
# Installs the Debian packages that are missing. The last line is the count.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=default
case "${1:-}" in
  "") ;;
  unit) mode=unit ;;
  --full) mode=full ;;
  *) echo "usage: tests/run.sh [unit|--full]" >&2; exit 2 ;;
esac

if [ "$mode" = full ]; then packages=full; else packages=test; fi
deploy/packages.sh "$packages"
build=build/dev
# A cache of objects is of no use in a scratch checkout; elsewhere it is.
cmake --preset dev >"/tmp/assay-cmake.$$" 2>&1 ||
  { cat "/tmp/assay-cmake.$$"; rm -f "/tmp/assay-cmake.$$"; exit 1; }
rm -f "/tmp/assay-cmake.$$"
cmake --build --preset dev -- --quiet

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export ASSAY_BUILD_DIR=$PWD/$build
export ASSAY_TEST_MODE=$mode
export ASSAY_TEST_RESULTS=$results
# Ten times the fuzzing; kill_test.py takes ten times the kills.
if [ "$mode" = full ]; then
  export ASSAY_FUZZ_ITERATIONS=${ASSAY_FUZZ_ITERATIONS:-20000}
fi
failed=0

# run NAME COMMAND...: its output is shown only where it fails.
run() {
  local name=$1 start
  shift
  start=$(date +%s)
  printf '%-40s' "$name"
  if "$@" >"$results/$name.log" 2>&1; then
    echo "ok ($(($(date +%s) - start)) s)"
  else
    echo "FAILED"
    tail -n 100 "$results/$name.log"
    failed=1
  fi
}

gtest() {
  local name
  name=$(basename "$1")
  run "$name" "$1" --gtest_output="json:$results/$name.json" --gtest_brief=1
}

for binary in "$build"/tests/assay_*_tests; do
  case "$binary" in *_integration_tests) continue ;; esac
  gtest "$binary"
done
for script in tests/unit/*_test.py; do
  run "$(basename "$script" .py)" python3 "$script"
done

if [ "$mode" = full ]; then
  run clang_tidy tests/support/clang_tidy.sh
  run sanitizers tests/support/sanitizers.sh
  run thread_sanitizer tests/support/thread_sanitizer.sh
fi

if [ "$mode" != unit ]; then
  # One pair of scratch servers for all of these.
  if ! tests/support/with_databases.sh tests/support/with_servers.sh; then
    failed=1
  fi
fi

python3 tests/support/count.py "$results" || failed=1
exit $failed
