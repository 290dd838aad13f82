// SPDX-License-Identifier: Apache-2.0
// Observation → verdict: thresholds, severity and on_empty, alike for all
// kinds of rules about one table.
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/kinds.h"
#include "rules/kinds/rule_kind.h"
#include "rules/kinds/thresholds.h"

namespace assay {
namespace {

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
    found = none_considered ? "every value is NULL: nothing to judge"
                            : "too few values: nothing to judge";
  }
  return true;
}

}  // namespace

void JudgeRule(const Rule& rule, const BoundParameters& parameters,
               absl::Time as_of, const RulePlan& plan,
               const Observation& observation, bool table_rows_exist,
               Result& result) {
  const RuleKind& kind = *FindKind(rule.kind);
  const Judgement judgement =
      kind.judge(CompileContext(rule, parameters, as_of), observation);
  result.expected = plan.expected;
  result.columns = plan.subject;
  DescribeJudgement(rule, kind.spec, judgement, result);
  if (judgement.error.has_value()) {
    result.verdict = Verdict::kError;
    result.error = judgement.error;
    return;
  }
  result.verdict = VerdictOf(rule, judgement);
  OnEmpty on_empty = OnEmpty::kFail;
  std::string empty;
  if (kind.spec.keys.on_empty && !judgement.certain &&
      LookedAtNothing(judgement, table_rows_exist, on_empty, empty)) {
    const Verdict verdict = OnEmptyVerdict(rule.on_empty.value_or(on_empty));
    // Verdicts are in the order of their weight.
    if (!judgement.looked_elsewhere || result.verdict < verdict ||
        result.verdict == Verdict::kPass) {
      result.empty = true;
      result.verdict = verdict;
      result.found = empty;
    }
  }
  result.verdict = WithSeverity(rule, result.verdict);
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

std::string ColumnNames(const std::vector<Column>& columns) {
  return absl::StrJoin(columns, ", ", [](std::string* out, const Column& c) {
    absl::StrAppend(out, c.name);
  });
}

}  // namespace assay
