// SPDX-License-Identifier: Apache-2.0
// range: every value lies between bounds.
#include "absl/strings/str_cat.h"
#include "rules/kinds/bounds.h"
#include "rules/kinds/row_rule.h"

namespace assay {
namespace {

struct Side {
  const char* param;
  CompareOp failing;  // column <op> bound fails.
  const char* text;
};

constexpr Side kSides[] = {
    {"min", CompareOp::kLess, ">="},
    {"above", CompareOp::kLessEqual, ">"},
    {"max", CompareOp::kGreater, "<="},
    {"below", CompareOp::kGreaterEqual, "<"},
};

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const Column column = context.ColumnArg("column");
  std::vector<ExprPtr> failing = {MakeExpr(WrongType{column})};
  if (!context.args().Has("max") && !context.args().Has("below")) {
    failing.push_back(MakeExpr(NotANumber{column}));
  }
  std::string expected;
  for (const Side& side : kSides) {
    const Bound* bound = context.args().Find<Bound>(side.param);
    if (bound == nullptr) continue;
    failing.push_back(MakeExpr(BinaryCompare{side.failing, MakeExpr(column),
                                             context.ToBound(*bound, column)}));
    absl::StrAppend(&expected, expected.empty() ? "" : " and ", side.text, " ",
                    context.BoundText(*bound));
  }
  CompileRowRule(context, column, MakeExpr(Or{failing}), plan);
  plan.expected = absl::StrCat(column.name, " ", expected);
  return absl::OkStatus();
}

Judgement Judge(const CompileContext&, const Observation& observation) {
  return JudgeRowRule(observation, "outside");
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  const Arguments& args = rule.arguments;
  CheckBoundKeys(rule, issues);
  const Bound* low = nullptr;
  const Bound* high = nullptr;
  for (const Side& side : kSides) {
    const Bound* bound = args.Find<Bound>(side.param);
    if (bound == nullptr) continue;
    (side.failing <= CompareOp::kLessEqual ? low : high) = bound;
  }
  if (low == nullptr && high == nullptr) {
    issues.push_back({Severity::kError, "no_bound",
                      "nothing is demanded in range", rule.range,
                      "give one of min, max, above, below"});
    return;
  }
  if (low == nullptr || high == nullptr) return;
  const auto* a = std::get_if<Literal>(low);
  const auto* b = std::get_if<Literal>(high);
  // Only numbers can be compared without the column's type.
  if (a == nullptr || b == nullptr || a->quoted || b->quoted) return;
  const auto x = ParseDecimal(a->text);
  const auto y = ParseDecimal(b->text);
  if (!x || !y) return;
  const int order = CompareDecimals(*x, *y);
  const bool strict = args.Has("above") || args.Has("below");
  if (order > 0 || (order == 0 && strict)) {
    issues.push_back({Severity::kError, "empty_range",
                      absl::StrCat("no value is between ", a->text, " and ",
                                   b->text, " in range"),
                      a->range, "swap the bounds?"});
  }
}

}  // namespace

const RuleKind& RangeKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "range",
           .summary = "Every value lies between bounds.",
           .semantics =
               "Numbers, dates and timestamps; the bounds get the column's "
               "type. `min` and `max` include the bound, `above` and `below` "
               "do not. A time bound may be `now()`, `now() - 24h`: the run's "
               "start, the same for all its statements. NULL is not judged. "
               "On databases that do not enforce types (SQLite) a value of "
               "another type than its column's fails.",
           .counter = "values outside",
           .denominator = "rows with a value",
           .params = {{.name = "column",
                       .type = ParamType::kColumn,
                       .required = true,
                       .doc = "The column."},
                      {.name = "min",
                       .type = ParamType::kBound,
                       .doc = "Least allowed value."},
                      {.name = "max",
                       .type = ParamType::kBound,
                       .doc = "Greatest allowed value."},
                      {.name = "above",
                       .type = ParamType::kBound,
                       .doc = "Values must be greater (strict)."},
                      {.name = "below",
                       .type = ParamType::kBound,
                       .doc = "Values must be less (strict)."}},
           .example = "- range: {column: amount, min: 0, max: 1000}\n",
           .id_params = {"column"},
           .check = &Check},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
