// SPDX-License-Identifier: Apache-2.0
// Observation → verdict for comparisons.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/kinds/comparison_kind.h"
#include "rules/kinds/thresholds.h"

namespace assay {
namespace {

// The rows of both sides; absent where they were not counted.
std::pair<std::optional<int64_t>, std::optional<int64_t>> RowsOfSides(
    const ComparisonObservation& observation) {
  auto rows = std::pair(observation.rows_source, observation.rows_target);
  if (observation.diff.has_value()) {
    if (!rows.first.has_value()) rows.first = observation.diff->rows_source;
    if (!rows.second.has_value()) rows.second = observation.diff->rows_target;
  }
  return rows;
}

// Whether nothing was looked at; says why in `found`.
bool LookedAtNothing(const Rule& rule, const Judgement& judgement,
                     const ComparisonObservation& observation,
                     OnEmpty& on_empty, std::string& found) {
  if (judgement.certain || judgement.counters.rows_failing.value_or(0) > 0) {
    return false;
  }
  const auto [source, target] = RowsOfSides(observation);
  // Keys that were looked up and are gone on both sides were looked at.
  const bool settled =
      observation.diff.has_value() && observation.diff->settled > 0;
  if (source == 0 && target == 0 && !settled) {
    on_empty = OnEmpty::kFail;
    found = rule.where.has_value()
                ? "both sides are empty inside the where clause"
                : "both sides are empty";
    return true;
  }
  if (!judgement.nothing) return false;
  // Rows were there, and none of them could be judged.
  on_empty = judgement.counters.rows_total.value_or(0) > 0 ? OnEmpty::kWarn
                                                           : OnEmpty::kFail;
  return true;
}

// Whether the comparison saw only a part of what it should judge.
bool IsPartial(const ComparisonObservation& observation) {
  return observation.diff.has_value() &&
         (!observation.diff->complete || observation.diff->unstable > 0 ||
          observation.diff->lost > 0);
}

// FAIL where the rest could not make it better, else ERROR.
void JudgePart(const Rule& rule, const Judgement& judgement,
               const DiffCounts& diff, Result& result) {
  const bool share_unknown =
      !diff.complete && rule.fail_above.has_value() && rule.fail_above->percent;
  if (!share_unknown && VerdictOf(rule, judgement) == Verdict::kFail) {
    result.verdict = Verdict::kFail;
    return;
  }
  ErrorReason reason = ErrorReason::kBudgetReached;
  std::string message;
  if (!diff.complete) {
    message =
        absl::StrCat("not everything was compared: ",
                     diff.incomplete_because.empty() ? "a limit was reached"
                                                     : diff.incomplete_because);
  } else if (diff.lost > 0) {
    // Reading again would lose them again.
    reason = ErrorReason::kNotComparable;
    message = absl::StrCat(
        diff.lost, diff.lost == 1 ? " row was" : " rows were",
        " not found again by the key: one value of it may be written in "
        "several ways, or both sides have removed them; name another `key`, "
        "or compare everything anew");
  } else {
    reason = ErrorReason::kUnstable;
    message = absl::StrCat(diff.unstable,
                           diff.unstable == 1 ? " row was" : " rows were",
                           " still changing after the last reading");
  }
  if (share_unknown && judgement.counters.rows_failing.value_or(0) > 0) {
    message += "; what share of all keys differs is not known";
  }
  result.verdict = Verdict::kError;
  result.error = ResultError{reason, std::move(message),
                             GetErrorReasonInfo(reason).retryable};
}

}  // namespace

void JudgeComparison(const Rule& rule, const BoundParameters& parameters,
                     absl::Time as_of, const ComparisonPlan& plan,
                     const ComparisonObservation& observation, Result& result) {
  const ComparisonKind& kind = *FindComparisonKind(rule.kind);
  const Judgement judgement =
      kind.judge(CompileContext(rule, parameters, as_of), plan, observation);
  result.expected = plan.expected;
  result.columns = plan.subject;
  result.diff = observation.diff;
  DescribeJudgement(rule, kind.spec, judgement, result);
  OnEmpty on_empty = OnEmpty::kFail;
  if (judgement.error.has_value()) {
    result.verdict = Verdict::kError;
    result.error = judgement.error;
  } else if (!judgement.certain && IsPartial(observation)) {
    JudgePart(rule, judgement, *observation.diff, result);
  } else if (kind.spec.keys.on_empty &&
             LookedAtNothing(rule, judgement, observation, on_empty,
                             result.found)) {
    result.empty = true;
    result.verdict = OnEmptyVerdict(rule.on_empty.value_or(on_empty));
  } else {
    result.verdict = VerdictOf(rule, judgement);
  }
  result.verdict = WithSeverity(rule, result.verdict);
}

}  // namespace assay
