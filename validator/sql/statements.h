// SPDX-License-Identifier: Apache-2.0
// Whole SELECTs for the steps of a plan. Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_SQL_STATEMENTS_H_
#define ASSAY_VALIDATOR_SQL_STATEMENTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rules/plan/plan.h"
#include "validator/sql/render.h"

namespace assay::sql {

// One SELECT of one row: a column for each measure, in order.
absl::Status PutAggregates(SqlWriter& out, const Scope& scope,
                           const ExprPtr& where,
                           absl::Span<const AggregateMeasure* const> measures);

// Whether the table has any row: one row or none.
absl::Status PutAnyRow(SqlWriter& out, const Scope& scope);

// (groups, rows) of duplicates.
absl::Status PutDuplicates(SqlWriter& out, const Scope& scope,
                           const ExprPtr& where, const Duplicates& step);
// The rows of duplicate groups, ordered by group; `columns` are catalog names.
absl::Status PutDuplicateRows(SqlWriter& out, const Scope& scope,
                              const ExprPtr& where, const Duplicates& step,
                              const std::vector<std::string>& columns,
                              int64_t limit);

// The number of rows without partner.
absl::Status PutMissingReferences(SqlWriter& out, const Scope& child,
                                  const Scope& parent, const ExprPtr& where,
                                  const MissingReferences& step);
absl::Status PutMissingReferenceRows(SqlWriter& out, const Scope& child,
                                     const Scope& parent, const ExprPtr& where,
                                     const MissingReferences& step,
                                     const std::vector<std::string>& columns,
                                     int64_t limit);

// Rows for which `predicate` holds. A limit of 0: all.
absl::Status PutRows(SqlWriter& out, const Scope& scope, const ExprPtr& where,
                     const ExprPtr& predicate,
                     const std::vector<std::string>& columns, int64_t limit);

// Rows whose text in `column` is one of `values`, byte by byte.
absl::Status PutRowsWithText(SqlWriter& out, const Scope& scope,
                             const ExprPtr& where, const Column& column,
                             const std::vector<std::string>& values,
                             const std::vector<std::string>& columns,
                             int64_t limit);

// At most two rows (position, value, count) around the quantile, in order.
absl::Status PutQuantile(SqlWriter& out, const Scope& scope,
                         const ExprPtr& where, const Quantile& step);

// The number of rows that the author's query returns.
absl::Status PutAuthorCount(SqlWriter& out, const Dialect& dialect,
                            const AuthorSql& sql);

}  // namespace assay::sql

#endif  // ASSAY_VALIDATOR_SQL_STATEMENTS_H_
