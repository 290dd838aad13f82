#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The rooms without gRPC once more under ThreadSanitizer, in build/tsan: their
# unit tests, and those with database servers. gRPC's own threads are not ours
# to judge, and Debian's is built without it.
#
# Leaves out what is known (thread_sanitizer.supp). The closing lines are those
# of unittest, which count.py reads: all programs are one test.
set -euo pipefail
cd "$(dirname "$0")/../.."
rooms=(base db odbc connections diff engine runs)
cmake --preset tsan
targets=()
for room in "${rooms[@]}"; do
  targets+=("assay_${room}_tests")
  if [ -d "tests/$room/integration" ]; then
    targets+=("assay_${room}_integration_tests")
  fi
done
cmake --build --preset tsan --target "${targets[@]}" -- --quiet
export ASSAY_BUILD_DIR=$PWD/build/tsan
export TSAN_OPTIONS="suppressions=$PWD/tests/support/thread_sanitizer.supp"
# recovery_test.cc forks: its child dies on purpose.
TSAN_OPTIONS+=" halt_on_error=1 second_deadlock_stack=1 die_after_fork=0"
start=$(date +%s)
failed=0
for target in "${targets[@]}"; do
  program=$ASSAY_BUILD_DIR/tests/$target
  case "$target" in
    *_integration_tests)
      tests/support/with_databases.sh "$program" --gtest_brief=1 || failed=1 ;;
    *) "$program" --gtest_brief=1 || failed=1 ;;
  esac
done
echo "Ran 1 test in $(($(date +%s) - start))s"
echo
if [ $failed -eq 0 ]; then echo OK; else echo "FAILED (failures=1)"; fi
exit $failed
