#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reads our C++ with clang-tidy (.clang-tidy):
#   tests/support/clang_tidy.sh            every .cc file, as many at once as
#                                          there are processors
#   tests/support/clang_tidy.sh FILE...    these
# Needs a configured and built tree ($ASSAY_BUILD_DIR, else build/dev): its
# flags, and the generated headers. Prints each finding once, however many
# files include it. Fails where there is one, or clang-tidy itself fails. The
# closing lines are those of unittest, which count.py reads: all files are one
# test.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${ASSAY_BUILD_DIR:-build/dev}
tidy=clang-tidy-14
command -v "$tidy" >/dev/null ||
  { echo "$tidy is missing: deploy/packages.sh full" >&2; exit 2; }
commands=$build/compile_commands.json
[ -f "$commands" ] ||
  { echo "$commands is missing: cmake --preset dev" >&2; exit 2; }

files=("$@")
# thread_sanitizer.cc includes g++'s own header; the fuzzers' bodies are read
# with the test that includes them.
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(
  git ls-files '*.cc' ':!tests/support/thread_sanitizer.cc' \
    ':!tests/fuzz/*_fuzz.cc')
[ ${#files[@]} -gt 0 ] || { echo "no file to read" >&2; exit 2; }

# With a configuration that it cannot read clang-tidy goes on without one.
if ! config=$("$tidy" --dump-config 2>&1 >/dev/null) || [ -n "$config" ]; then
  echo "$config" >&2
  exit 2
fi

start=$(date +%s)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
logs=$scratch/logs
mkdir "$logs"
# Clang cannot read what g++ precompiled (ASSAY_PRECOMPILE). A file that only
# another one includes has no flags of its own: clang-tidy takes a neighbour's.
sed 's| -Winvalid-pch -include [^ ]*/cmake_pch\.hxx||' "$commands" \
  >"$scratch/compile_commands.json"

read_one() {  # read_one TIDY SCRATCH FILE
  local log=$2/logs/${3//\//+}
  "$1" -p "$2" --quiet "$3" >"$log" 2>"$log.err" && return
  # Without a finding the reason is on stderr, e.g. a crash.
  [ -s "$log" ] || tail -n 20 "$log.err" >"$log"
  : >"$log.failed"
}
export -f read_one
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(nproc)" \
    bash -c 'read_one "$@"' _ "$tidy" "$scratch"

# A finding begins with FILE:LINE:COLUMN; its lines of source follow. In a
# header it is found again and again.
shopt -s nullglob
failed=("$logs"/*.failed)
if [ ${#failed[@]} -gt 0 ]; then
  awk 'FNR == 1 { show = 1 }
       /^[^ ].*: (warning|error): / { show = !seen[$0]++ }
       show' "${failed[@]%.failed}"
fi

echo
echo "Ran 1 test in $(($(date +%s) - start))s"
echo
if [ ${#failed[@]} -gt 0 ]; then
  echo "${#failed[@]} of ${#files[@]} files have findings" >&2
  echo "FAILED (failures=1)"
  exit 1
fi
echo "OK"
