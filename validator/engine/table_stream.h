// SPDX-License-Identifier: Apache-2.0
// Reads columns of a whole table as text, page by page, by the way that the
// dialect and the table allow: a plain SELECT, a server cursor, or pages in the
// order of a unique key.
#ifndef ASSAY_VALIDATOR_ENGINE_TABLE_STREAM_H_
#define ASSAY_VALIDATOR_ENGINE_TABLE_STREAM_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rules/plan/expression.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/db/connection.h"

namespace assay::engine {

struct StreamRequest {
  connections::Session* session = nullptr;    // Borrowed; inside a snapshot.
  const connections::Table* table = nullptr;  // Borrowed.
  ExprPtr where;                              // Null: all rows.
  std::vector<Column> columns;
  std::string marker;
  CancellationToken cancel;
};

// Calls `on_block` for every block of rows, in no particular order of rows;
// cells are the columns' texts and whole. Stops at the first error, its own or
// `on_block`'s. Memory: one page, about 8 MiB, or the driver's own.
absl::Status StreamTable(
    const StreamRequest& request,
    const std::function<absl::Status(const db::RowBlock&)>& on_block);

// How StreamTable will read `table`, for `explain`: "server cursor", "pages by
// (id)", "plain select".
std::string StreamMethodText(const connections::Session& session,
                             const connections::Table& table);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_TABLE_STREAM_H_
