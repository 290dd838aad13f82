// SPDX-License-Identifier: Apache-2.0
// Observation → verdict: thresholds, severity and on_empty, alike for all
// kinds.
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rules/kinds/kinds.h"
#include "rules/kinds/rule_kind.h"

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

// Whether nothing was looked at; says why in `found`.
bool LookedAtNothing(const Judgement& judgement, bool table_rows_exist,
                     OnEmpty& on_empty, std::string& found) {
  const bool no_rows = judgement.counters.rows_total == 0;
  const bool none_considered = judgement.counters.rows_considered == 0;
  if (!no_rows && !none_considered && !judgement.nothing) return false;
  if (no_rows && !table_rows_exist) {
    on_empty = OnEmpty::kFail;
    found = "the table is empty";
  } else if (no_rows) {
    on_empty = OnEmpty::kWarn;
    found = "no row matches the where clause";
  } else {
    on_empty = OnEmpty::kWarn;
    found = "every value is NULL: nothing to judge";
  }
  return true;
}

}  // namespace

void JudgeRule(const Rule& rule, const BoundParameters& parameters,
               absl::Time as_of, const RulePlan& plan,
               const Observation& observation, bool table_rows_exist,
               Result& result) {
  const RuleKind& kind = *FindKind(rule.kind);
  Judgement judgement =
      kind.judge(CompileContext(rule, parameters, as_of), observation);
  result.expected = plan.expected;
  result.columns = plan.subject;
  result.counters = judgement.counters;
  result.measures = std::move(judgement.measures);
  result.found = std::move(judgement.found);
  result.rollback = rule.on_fail == OnFail::kRollback;
  if (kind.spec.keys.thresholds) {
    result.threshold = ThresholdText(rule, kind.spec);
  }
  if (judgement.error.has_value()) {
    result.verdict = Verdict::kError;
    result.error = std::move(judgement.error);
    return;
  }
  OnEmpty on_empty = OnEmpty::kFail;
  if (kind.spec.keys.on_empty && !judgement.certain &&
      LookedAtNothing(judgement, table_rows_exist, on_empty, result.found)) {
    result.empty = true;
    result.verdict = OnEmptyVerdict(rule.on_empty.value_or(on_empty));
  } else {
    result.verdict = VerdictOf(rule, judgement);
  }
  if (rule.severity == RuleSeverity::kWarn &&
      result.verdict == Verdict::kFail) {
    result.verdict = Verdict::kWarn;
  }
}

int64_t CountOf(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  if (const auto exact = ToDecimal(value)) {
    const std::string whole = exact->digits.substr(0, exact->digits.find('.'));
    int64_t number = 0;
    // Beyond int64 it stays at the end of the range: SimpleAtoi clamps.
    (void)absl::SimpleAtoi(whole, &number);
    return number;
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (auto parsed = ParseValue(TypeClass::kInteger, *text); parsed.ok()) {
      return CountOf(*parsed);
    }
  }
  return 0;
}

std::string RowsText(int64_t count, std::optional<int64_t> of,
                     const std::string& what) {
  if (of.has_value()) {
    return absl::StrCat(count, " of ", *of, *of == 1 ? " row " : " rows ",
                        what);
  }
  return absl::StrCat(count, count == 1 ? " row " : " rows ", what);
}

}  // namespace assay
