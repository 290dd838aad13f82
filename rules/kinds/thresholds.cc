// SPDX-License-Identifier: Apache-2.0
#include "rules/kinds/thresholds.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

Decimal Whole(int64_t number) { return Decimal{std::to_string(number)}; }

// Whether `count` of `denominator` rows is above the threshold. A percentage is
// compared in whole numbers, count · 100 > denominator · percent, so that no
// rounding decides a verdict.
bool Above(int64_t count, int64_t denominator, const Threshold& threshold) {
  if (!threshold.percent) {
    return CompareDecimals(Whole(count), threshold.value) > 0;
  }
  return CompareDecimals(Multiply(Whole(count), Decimal{"100"}),
                         Multiply(Whole(denominator), threshold.value)) > 0;
}

}  // namespace

std::string ThresholdText(const Rule& rule, const KindSpec& spec) {
  const auto one = [](const char* word, const Threshold& threshold) {
    return absl::StrCat(word, " above ", threshold.value.digits,
                        threshold.percent ? "%" : "");
  };
  std::string out;
  if (rule.warn_above.has_value()) out = one("warn", *rule.warn_above);
  if (rule.fail_above.has_value()) {
    absl::StrAppend(&out, out.empty() ? "" : ", ",
                    one("fail", *rule.fail_above));
  }
  if (out.empty()) out = "fail above 0";
  const bool percent =
      (rule.warn_above.has_value() && rule.warn_above->percent) ||
      (rule.fail_above.has_value() && rule.fail_above->percent);
  return absl::StrCat(out, " ", spec.counter,
                      percent && !spec.denominator.empty()
                          ? absl::StrCat(" of ", spec.denominator)
                          : "");
}

Verdict VerdictOf(const Rule& rule, const Judgement& judgement) {
  if (judgement.broken.has_value()) {
    return *judgement.broken ? Verdict::kFail : Verdict::kPass;
  }
  const int64_t failing = judgement.counters.rows_failing.value_or(0);
  const int64_t denominator = judgement.counters.rows_considered.value_or(
      judgement.counters.rows_total.value_or(0));
  if (rule.fail_above.has_value()) {
    if (Above(failing, denominator, *rule.fail_above)) return Verdict::kFail;
  } else if (!rule.warn_above.has_value() && failing > 0) {
    return Verdict::kFail;
  }
  if (rule.warn_above.has_value() &&
      Above(failing, denominator, *rule.warn_above)) {
    return Verdict::kWarn;
  }
  return Verdict::kPass;
}

Verdict OnEmptyVerdict(OnEmpty on_empty) {
  switch (on_empty) {
    case OnEmpty::kPass:
      return Verdict::kPass;
    case OnEmpty::kWarn:
      return Verdict::kWarn;
    case OnEmpty::kFail:
      return Verdict::kFail;
  }
  return Verdict::kFail;
}

Verdict WithSeverity(const Rule& rule, Verdict verdict) {
  const bool lenient =
      rule.severity == RuleSeverity::kWarn && verdict == Verdict::kFail;
  return lenient ? Verdict::kWarn : verdict;
}

void DescribeJudgement(const Rule& rule, const KindSpec& spec,
                       Judgement judgement, Result& result) {
  result.counters = judgement.counters;
  result.measures = std::move(judgement.measures);
  result.found = std::move(judgement.found);
  result.rollback = rule.on_fail == OnFail::kRollback;
  const bool counted = !judgement.broken.has_value();
  if (spec.keys.thresholds && counted)
    result.threshold = ThresholdText(rule, spec);
}

bool WithinTolerance(const Decimal& number, const Decimal& reference,
                     const Decimal& tolerance, bool percent) {
  const Decimal distance = Abs(Subtract(number, reference));
  // |n − r| · 100 ≤ |r| · p: no division, no rounding. A percentage of 0 would
  // allow nothing; design.md makes it absolute then.
  if (!percent || reference.digits == "0") {
    return CompareDecimals(distance, tolerance) <= 0;
  }
  return CompareDecimals(Multiply(distance, Decimal{"100"}),
                         Multiply(Abs(reference), tolerance)) <= 0;
}

}  // namespace assay
