#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The part of tests/run.sh that needs PostgreSQL and MariaDB; called by it
# through with_databases.sh.
set -uo pipefail
cd "$(dirname "$0")/../.."
failed=0
for binary in "$ASSAY_BUILD_DIR"/tests/assay_*_integration_tests; do
  name=$(basename "$binary")
  start=$(date +%s)
  printf '%-40s' "$name"
  if "$binary" --gtest_output="json:$ASSAY_TEST_RESULTS/$name.json" \
    --gtest_brief=1 >"$ASSAY_TEST_RESULTS/$name.log" 2>&1; then
    echo "ok ($(($(date +%s) - start)) s)"
  else
    echo "FAILED"
    tail -n 100 "$ASSAY_TEST_RESULTS/$name.log"
    failed=1
  fi
done
for script in tests/e2e/*_test.py; do
  name=$(basename "$script" .py)
  start=$(date +%s)
  printf '%-40s' "$name"
  if python3 "$script" >"$ASSAY_TEST_RESULTS/$name.log" 2>&1; then
    echo "ok ($(($(date +%s) - start)) s)"
  else
    echo "FAILED"
    tail -n 100 "$ASSAY_TEST_RESULTS/$name.log"
    failed=1
  fi
done
exit $failed
