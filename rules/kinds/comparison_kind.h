// SPDX-License-Identifier: Apache-2.0
// What a kind of rule about a source and a target is. Such kinds have a list of
// their own (comparison_kinds.inc), since `row_count` of a table and of a
// comparison share no more than the name.
//
// All functions are pure; thread-safe.
#ifndef ASSAY_RULES_KINDS_COMPARISON_KIND_H_
#define ASSAY_RULES_KINDS_COMPARISON_KIND_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rules/kinds/rule_kind.h"
#include "rules/plan/comparison.h"
#include "rules/ruleset/kind_spec.h"
#include "rules/verdict/result.h"

namespace assay {

// What the engine measured for one rule on one pair of tables.
struct ComparisonObservation {
  // CompareCounts; also set by every other step that counted rows.
  std::optional<int64_t> rows_source;
  std::optional<int64_t> rows_target;
  std::vector<AggregatePair> aggregates;  // CompareAggregate.
  std::vector<std::string> mismatches;    // CompareSchemas: one line each.
  std::optional<DiffCounts> diff;         // SampleDiff, FullDiff.
  // CompareForeignKey: child rows looked at, NULL keys, rows and distinct keys
  // without parent.
  std::optional<int64_t> rows_considered, rows_null, rows_failing,
      groups_failing;
  // SampleDiff, FullDiff: columns compared beside the key, 0 where none is
  // left; absent: not said.
  std::optional<int64_t> columns_compared;
  // SampleDiff: keys of a uniform draw, and how many of them differ.
  std::optional<int64_t> drawn, drawn_differing;
};

struct ComparisonKind {
  KindSpec spec;
  absl::Status (*compile)(const CompileContext& context,
                          ComparisonPlan& plan) = nullptr;
  Judgement (*judge)(const CompileContext& context, const ComparisonPlan& plan,
                     const ComparisonObservation& observation) = nullptr;
};

// In the order of the documentation (comparison_kinds.inc).
const std::vector<const ComparisonKind*>& AllComparisonKinds();
const std::vector<const KindSpec*>& AllComparisonKindSpecs();
// Null where there is no kind of that name.
const ComparisonKind* FindComparisonKind(std::string_view name);

absl::StatusOr<ComparisonPlan> CompileComparison(
    const Rule& rule, const BoundParameters& parameters, absl::Time as_of);

// Judges `observation`: fills verdict, counters, expected, found, threshold,
// measures, empty, error, diff of `result`. Never PASS where rows are unstable
// or lost, or the comparison is incomplete: FAIL where what is confirmed
// already exceeds the threshold, else ERROR (kUnstable, kNotComparable,
// kBudgetReached). A column on one side only is FAIL.
void JudgeComparison(const Rule& rule, const BoundParameters& parameters,
                     absl::Time as_of, const ComparisonPlan& plan,
                     const ComparisonObservation& observation, Result& result);

}  // namespace assay

#endif  // ASSAY_RULES_KINDS_COMPARISON_KIND_H_
