// SPDX-License-Identifier: Apache-2.0
// What a comparison will SELECT on each side, written out for a person. Sends
// nothing. A context's meter, marker and cancel are not used; its plan only
// where it says so.
#ifndef ASSAY_VALIDATOR_ENGINE_COMPARISON_SQL_H_
#define ASSAY_VALIDATOR_ENGINE_COMPARISON_SQL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rules/plan/comparison.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

// The key in whose order a side's rows can be read, see StreamTable; empty:
// none.
std::vector<std::string> KeyOrderOf(const ComparedSide& side);

// How a side is read from end to end: "server cursor in the order of (id)".
std::string ReadingText(const ComparedSide& side);

absl::StatusOr<std::string> CountSql(const DiffContext& context,
                                     diff::Side side);

// Of the columns and groups that `step` names, as the plan pairs them.
absl::StatusOr<std::string> AggregateSql(const DiffContext& context,
                                         const CompareAggregate& step,
                                         diff::Side side);

// The distinct complete values of `columns`.
absl::StatusOr<std::string> DistinctKeysSql(const DiffContext& context,
                                            const std::vector<Column>& columns,
                                            diff::Side side);

// The scan of the plan's columns; with `keys_only` of its key's.
absl::StatusOr<std::string> ScanSql(const DiffContext& context, diff::Side side,
                                    bool keys_only);

// Keys of the plan that more than one row has.
absl::StatusOr<std::string> DuplicateKeysSql(const DiffContext& context,
                                             diff::Side side);

// The hash of the plan's columns, seed 0. REQUIRES: WhyNotHashed is empty.
absl::StatusOr<std::string> HashSql(const DiffContext& context,
                                    diff::Side side);

// The plan's least key, or its greatest.
absl::StatusOr<std::string> EdgeSql(const DiffContext& context, diff::Side side,
                                    bool greatest);

// The rows of `side` that are not newer than `micros` before as_of by `column`,
// which a NULL is not.
absl::StatusOr<ExprPtr> NotNewerThan(const DiffContext& context,
                                     const Column& column, int64_t micros,
                                     diff::Side side);

// Keys of at most `limit` rows that are newer.
absl::StatusOr<std::string> RecentSql(const DiffContext& context,
                                      const Column& column, int64_t micros,
                                      int64_t limit, diff::Side side);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_COMPARISON_SQL_H_
