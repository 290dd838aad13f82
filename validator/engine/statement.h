// SPDX-License-Identifier: Apache-2.0
// Sends one statement of a run on a session and reads small results whole.
#ifndef ASSAY_VALIDATOR_ENGINE_STATEMENT_H_
#define ASSAY_VALIDATOR_ENGINE_STATEMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/sql/render.h"

namespace assay::engine {

// Text of a statement with the run's marker in a comment at its end, where no
// "--" comment of the author's can hide it.
db::Statement MarkedStatement(const sql::SqlWriter& writer,
                              const std::string& marker);

// `cancel`, or the end of the connection's statement_timeout, whichever comes
// first: some databases have none of their own, and a driver may hang.
CancellationToken StatementToken(const connections::Session& session,
                                 const CancellationToken& cancel);

struct Row {
  std::vector<Value> cells;
};

struct Rows {
  std::vector<db::ColumnDescription> columns;
  std::vector<Row> rows;
};

// Runs `writer`'s statement and reads at most `limit` rows.
absl::StatusOr<Rows> ReadRows(connections::Session& session,
                              const sql::SqlWriter& writer,
                              const std::string& marker, size_t limit,
                              const CancellationToken& cancel);

// The first row; kInternal where there is none.
absl::StatusOr<std::vector<Value>> ReadOneRow(connections::Session& session,
                                              const sql::SqlWriter& writer,
                                              const std::string& marker,
                                              const CancellationToken& cancel);

// What expressions over `table` are written in. `session` and `table` are
// borrowed and must outlive the scope.
sql::Scope MakeScope(const connections::Session& session,
                     const connections::Table& table, std::string alias = "");

// The same, of two tables in one statement. The child goes by its own name, so
// that a `where` may name it; the parent by one that is not the child's.
struct ReferenceScopes {
  sql::Scope child;
  sql::Scope parent;
};
ReferenceScopes MakeReferenceScopes(const connections::Session& session,
                                    const connections::Table& child,
                                    const connections::Table& parent);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_STATEMENT_H_
