// SPDX-License-Identifier: Apache-2.0
// How an aggregate of both sides is read: the columns, whether their type has
// such an aggregate, the SELECT of each side. Sends nothing; the step and
// `explain` share it.
#ifndef ASSAY_VALIDATOR_ENGINE_AGGREGATE_READ_H_
#define ASSAY_VALIDATOR_ENGINE_AGGREGATE_READ_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/plan/comparison.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

// The plan of the columns that `step` names. It has no key, and no tolerance
// but the rule's own. Empty where the step names none. Fails as PlanPair.
absl::StatusOr<PairPlan> PlanAggregate(const Comparison& comparison,
                                       const CompareAggregate& step,
                                       const BoundParameters& parameters,
                                       const ComparedSide& source,
                                       const ComparedSide& target);

// The pairs that the step is about.
struct AggregateColumns {
  std::optional<PairedColumn> measured;  // Absent: rows are counted.
  std::vector<PairedColumn> groups;
};

// Of context.plan, made by PlanAggregate. kNotComparable where the measured
// column has no such aggregate that means the same on both sides.
absl::StatusOr<AggregateColumns> FindAggregateColumns(
    const DiffContext& context, const CompareAggregate& step);

// One expression of the SELECT and how to read its cell.
struct AggregateItem {
  std::string expression;
  diff::ColumnEncoding encoding;
};

// The SELECT of one side: the groups' items first.
struct AggregateRead {
  std::vector<AggregateItem> items;
  size_t groups = 0;
};
AggregateRead ReadOfAggregate(const ComparedSide& side,
                              const CompareAggregate& step,
                              const AggregateColumns& columns);

// Appends it.
absl::Status PutAggregate(sql::SqlWriter& out, const DiffContext& context,
                          diff::Side side, const AggregateRead& read);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_AGGREGATE_READ_H_
