// SPDX-License-Identifier: Apache-2.0
// The statements of comparisons on one side. The steps send them with bound
// values, `explain` shows them written out: what is shown is what is sent.
//
// Sends nothing. Of a context `source`, `target` and the wheres are used, and
// the plan, seed and as_of only where it says so.
#ifndef ASSAY_VALIDATOR_ENGINE_COMPARISON_SQL_H_
#define ASSAY_VALIDATOR_ENGINE_COMPARISON_SQL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/plan/comparison.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

// The key in whose order a side's rows can be read, see StreamTable; empty:
// none.
std::vector<std::string> KeyOrderOf(const ComparedSide& side);

// How a side is read from end to end: "server cursor in the order of (id)".
std::string ReadingText(const ComparedSide& side);

// The number of rows.
absl::Status PutCount(sql::SqlWriter& out, const DiffContext& context,
                      diff::Side side);

// The side's names of `columns`. kColumnNotFound, said of the side.
absl::StatusOr<std::vector<std::string>> ResolveNames(
    const ComparedSide& side, const std::vector<Column>& columns);

// Rows without a NULL in `columns`.
ExprPtr CompleteKeys(const std::vector<std::string>& columns);

// The distinct complete values of `columns` (ResolveNames), byte by byte, as
// assay_k0, assay_k1, ….
absl::Status PutDistinctKeys(sql::SqlWriter& out, const ComparedSide& side,
                             const ExprPtr& where,
                             const std::vector<std::string>& columns);

// The columns of the plan's key on a side.
absl::StatusOr<std::vector<sql::ResolvedColumn>> ResolveKey(
    const DiffContext& context, diff::Side side);

// Keys of the plan that more than one row has, and their rows.
absl::Status PutDuplicateKeys(sql::SqlWriter& out, const DiffContext& context,
                              diff::Side side);

// The hashes of the plan's columns, with the context's seed. REQUIRES:
// WhyNotHashed is empty.
absl::Status PutRowHashes(sql::SqlWriter& out, const DiffContext& context,
                          diff::Side side);

// The plan's least key, or its greatest.
absl::Status PutEdgeKey(sql::SqlWriter& out, const DiffContext& context,
                        diff::Side side, bool greatest);

// The rows of `side` that are not newer than `micros` before as_of by `column`,
// which a NULL is not.
absl::StatusOr<ExprPtr> NotNewerThan(const DiffContext& context,
                                     const Column& column, int64_t micros,
                                     diff::Side side);

// The plan's keys of at most `limit` rows that are newer.
absl::Status PutRecentKeys(sql::SqlWriter& out, const DiffContext& context,
                           const Column& column, int64_t micros, int64_t limit,
                           diff::Side side);

// The scan of the plan's columns; with `keys_only` of its key's. For people: a
// scan itself is sent in pages.
absl::StatusOr<std::string> ScanSql(const DiffContext& context, diff::Side side,
                                    bool keys_only);

// A SELECT that shows the rows of some of the plan's keys (canonical bytes);
// empty where the key may not be shown. For people.
std::string RowsSql(const DiffContext& context, diff::Side side,
                    const std::vector<std::string>& keys);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_COMPARISON_SQL_H_
