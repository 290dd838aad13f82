#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Measures the product beside its floors, on scratch database servers.
#
#   tests/bench/run.sh [--rows N] [--rounds R] [--only NAME]...
#                      [--database NAME]... [--memory-rows N,N,N] [--json FILE]
#
# NAME is aggregates, pattern, gate, memory, diffs, diff-memory, load or
# waiting. docs/performance.md says what each of them measures. Wants an idle machine and about 20 GB below
# ASSAY_TEST_TMP (default /tmp) for the full sizes.
set -eu
cd "$(dirname "$0")/../.."
export ASSAY_BUILD_DIR=${ASSAY_BUILD_DIR:-$PWD/build/dev}
cmake --build "$ASSAY_BUILD_DIR" --target assay assayd \
  assay_bench_odbc_scan assay_bench_empty_client assay_bench_load -- --quiet
exec tests/support/with_databases.sh python3 tests/bench/bench.py "$@"
