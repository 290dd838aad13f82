// SPDX-License-Identifier: Apache-2.0
// row_count of comparisons: both sides have as many rows.
#include <string>

#include "absl/strings/str_cat.h"
#include "rules/kinds/comparison_rule.h"
#include "rules/kinds/thresholds.h"

namespace assay {
namespace {

absl::Status Compile(const CompileContext& context, ComparisonPlan& plan) {
  const Tolerance tolerance = ToleranceOf(context);
  plan.step = CompareCounts{tolerance};
  plan.expected = absl::StrCat("as many rows in the target as in the source",
                               ToleranceText(tolerance));
  return absl::OkStatus();
}

Judgement Judge(const CompileContext&, const ComparisonPlan& plan,
                const ComparisonObservation& observation) {
  const Tolerance& tolerance = std::get<CompareCounts>(plan.step).tolerance;
  const int64_t source = observation.rows_source.value_or(0);
  const int64_t target = observation.rows_target.value_or(0);
  Judgement out;
  out.counters.rows_total = source;
  out.broken = !WithinTolerance(Decimal{std::to_string(target)},
                                Decimal{std::to_string(source)},
                                tolerance.value, tolerance.percent);
  out.nothing = source == 0 && target == 0;
  out.measures = {{"rows of the source", std::to_string(source)},
                  {"rows of the target", std::to_string(target)}};
  out.found = absl::StrCat(source, source == 1 ? " row" : " rows",
                           " in the source, ", target, " in the target");
  return out;
}

}  // namespace

const ComparisonKind& CompareRowCountKind() {
  static const auto* const kKind = new ComparisonKind{
      .spec = {.scope = KindScope::kComparison,
               .name = "row_count",
               .summary = "Source and target have as many rows.",
               .semantics =
                   "Counts the rows of both sides inside their `where`. A "
                   "percentage of `tolerance` is of the source's count; where "
                   "that is 0, the tolerance is a number of rows. One side "
                   "empty is a difference like any other; both sides empty is "
                   "`on_empty`, by default FAIL.",
               .params = {ToleranceParam()},
               .shorthand = "tolerance",
               .keys = {.thresholds = false, .samples = false},
               .same_rows = true,
               .example = "- row_count: {tolerance: 0.1%}\n"},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
