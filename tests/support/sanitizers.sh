#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything once more under AddressSanitizer and UndefinedBehaviorSanitizer, in
# build/asan. A finding ends the program that has it, and so fails its test.
#
# Leaks are not looked for: the ODBC drivers and unixODBC keep what they have
# until the process ends. thread_sanitizer.sh looks for data races. With these
# checks g++ 12 loses track of std::variant (-Wno-maybe-uninitialized).
#
# The closing lines are those of unittest, which count.py reads: all programs
# are one test.
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset asan
cmake --build --preset asan -- --quiet
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export ASSAY_BUILD_DIR=$PWD/build/asan
export ASSAY_TEST_MODE=default ASSAY_TEST_SANITIZED=1
export ASSAY_TEST_RESULTS=$scratch
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
start=$(date +%s)
failed=0
for binary in "$ASSAY_BUILD_DIR"/tests/assay_*_tests; do
  case "$binary" in *_integration_tests) continue ;; esac
  "$binary" --gtest_brief=1 || failed=1
done
tests/support/with_databases.sh tests/support/with_servers.sh || failed=1
echo "Ran 1 test in $(($(date +%s) - start))s"
echo
if [ $failed -eq 0 ]; then echo OK; else echo "FAILED (failures=1)"; fi
exit $failed
