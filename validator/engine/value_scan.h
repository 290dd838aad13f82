// SPDX-License-Identifier: Apache-2.0
// Streams columns of a table and tests each value outside the database, in
// bounded memory whatever the table's size.
#ifndef ASSAY_VALIDATOR_ENGINE_VALUE_SCAN_H_
#define ASSAY_VALIDATOR_ENGINE_VALUE_SCAN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rules/plan/plan.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/engine/value_test.h"
#include "validator/sql/render.h"

namespace assay::engine {

// One tested column of a scan, and what was found.
struct ScanTest {
  Column column;
  ValuePredicate passes;
  size_t keep = 0;  // Distinct failing values to keep for samples.

  int64_t rows = 0;
  int64_t null = 0;
  int64_t failing = 0;
  std::vector<std::string> failing_values;  // At most `keep`, distinct.
};

// A longer value is not kept whole: it would not go into a sample's SQL.
inline constexpr size_t kMaxKeptValueBytes = 2000;

struct ScanRequest {
  connections::Session* session = nullptr;    // Borrowed.
  const connections::Table* table = nullptr;  // Borrowed.
  ExprPtr where;
  std::string marker;
  CancellationToken cancel;
  std::function<void(int64_t)> on_rows;  // Rows read since the last call.
};

// Reads the table once for all `tests` and fills their counters. The session is
// inside a snapshot, or the dialect has none.
absl::Status ScanValues(const ScanRequest& request,
                        std::vector<ScanTest>& tests);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_VALUE_SCAN_H_
