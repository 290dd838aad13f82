// SPDX-License-Identifier: Apache-2.0
// Reads expressions over a whole table by the way that the dialect and the
// table allow: a plain SELECT, a server cursor, or pages in the order of a
// unique key.
#ifndef ASSAY_VALIDATOR_ENGINE_TABLE_STREAM_H_
#define ASSAY_VALIDATOR_ENGINE_TABLE_STREAM_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rules/plan/expression.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/db/connection.h"
#include "validator/sql/render.h"

namespace assay::engine {

struct StreamRequest {
  connections::Session* session = nullptr;    // Borrowed; inside a snapshot.
  const connections::Table* table = nullptr;  // Borrowed.
  sql::Scope scope;                           // Of `table`.
  ExprPtr where;                              // Null: all rows.
  std::vector<std::string> expressions;       // SQL, in the scope's dialect.
  std::string marker;
  CancellationToken cancel;
  // Rows in the order of a unique key where the catalog proves one that can be
  // ordered by, so that the reading can be resumed and two sides keep step.
  bool in_key_order = false;
  std::vector<Value> after;  // Resumes behind this position.
};

// A block of rows and where the reading stands after it.
struct StreamBlock {
  const db::RowBlock* rows = nullptr;  // Cells: `expressions`, in order.
  const std::vector<db::ColumnDescription>* columns = nullptr;
  // StreamRequest::after of the rows that come next; empty: no such order.
  const std::vector<Value>* position = nullptr;
};

// Calls `on_block` for every block of rows; cells are whole. Stops at the first
// error, its own or `on_block`'s. Memory: one page, about 8 MiB, or the
// driver's own.
absl::Status StreamTable(
    const StreamRequest& request,
    const std::function<absl::Status(const StreamBlock&)>& on_block);

// The unique key by which StreamTable can order `table`, and so resume: one
// that is never NULL and that ORDER BY and '>' order alike. Null: none; else
// part of `table`.
const std::vector<std::string>* KeyOrder(const sql::Dialect& dialect,
                                         const connections::Table& table);

// How StreamTable will read `table`, for `explain`: "server cursor", "pages by
// (id)", "plain select".
std::string StreamMethodText(const connections::Session& session,
                             const connections::Table& table);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_TABLE_STREAM_H_
