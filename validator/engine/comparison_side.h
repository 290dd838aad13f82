// SPDX-License-Identifier: Apache-2.0
// One side of a comparison, looked up: its session, what stands in the place of
// its table, and its columns.
#ifndef ASSAY_VALIDATOR_ENGINE_COMPARISON_SIDE_H_
#define ASSAY_VALIDATOR_ENGINE_COMPARISON_SIDE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rules/ruleset/model.h"
#include "rules/ruleset/parser.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/diff/digest.h"
#include "validator/sql/render.h"

namespace assay::engine {

struct ComparedSide {
  diff::Side side = diff::Side::kSource;
  connections::Session* session = nullptr;  // Borrowed.
  std::string label;  // For people: "public.payment", "query".
  // A table, or the result of a query. Mapping expressions are columns behind
  // its own.
  connections::Table table;
  bool is_query = false;  // The author's SELECT.
  // By mapping: the column that its expression makes on this side; empty: none.
  std::vector<std::string> mapped;
  std::string derived;  // See sql::Scope; empty: a plain table.
  ExprPtr where;        // The side's own; null: all rows.
  // What of it no snapshot covers, see connections::OutsideSnapshot.
  std::string outside_snapshot;

  // Borrows this side.
  sql::Scope scope() const;
  // Whether a column is a mapping's expression.
  bool IsMapped(const std::string& column) const;
};

// What a result says of how `side` is read: in one snapshot, where it is
// `wanted` and there is one.
std::string ConsistencyOf(const ComparedSide& side, bool wanted);

// The SQL of `where` on `side`, written out without comments, for
// connections::OutsideSnapshot; empty where it cannot be written.
std::string WhereText(const ComparedSide& side, const ExprPtr& where);

// "the source", "the target".
const char* SideName(diff::Side side);

struct SideRequest {
  diff::Side side = diff::Side::kSource;
  connections::Session* session = nullptr;
  const ComparisonSide* rules = nullptr;  // Borrowed.
  const std::vector<ColumnMapping>* mappings = nullptr;
  const BoundParameters* parameters = nullptr;
  std::string table;  // Where the side is a table.
  std::string marker;
  CancellationToken cancel;
};

// Looks the side up. Fails with kTableNotFound, kSqlError, …; the message says
// which side.
absl::StatusOr<ComparedSide> OpenSide(const SideRequest& request);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_COMPARISON_SIDE_H_
