// SPDX-License-Identifier: Apache-2.0
// length: every text is as long as demanded.
#include "absl/strings/str_cat.h"
#include "rules/kinds/row_rule.h"

namespace assay {
namespace {

LengthUnit UnitOf(const CompileContext& context) {
  const Word* word = context.args().Find<Word>("unit");
  return word != nullptr && word->text == "bytes" ? LengthUnit::kBytes
                                                  : LengthUnit::kCharacters;
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const Column column = context.ColumnArg("column");
  const LengthUnit unit = UnitOf(context);
  const char* unit_text = unit == LengthUnit::kBytes ? " bytes" : " characters";
  const ExprPtr length = MakeExpr(Length{column, unit});
  const int64_t* min = context.args().Find<int64_t>("min");
  const int64_t* max = context.args().Find<int64_t>("max");
  std::vector<ExprPtr> failing;
  std::string expected = absl::StrCat("length of ", column.name);
  if (min != nullptr) {
    failing.push_back(MakeExpr(
        BinaryCompare{CompareOp::kLess, length, MakeExpr(Integer{*min})}));
    absl::StrAppend(&expected, " >= ", *min);
  }
  if (max != nullptr) {
    failing.push_back(MakeExpr(
        BinaryCompare{CompareOp::kGreater, length, MakeExpr(Integer{*max})}));
    absl::StrAppend(&expected, min != nullptr ? " and" : "", " <= ", *max);
  }
  CompileRowRule(context, column, MakeExpr(Or{failing}), plan);
  plan.expected = absl::StrCat(expected, unit_text);
  return absl::OkStatus();
}

Judgement Judge(const CompileContext&, const Observation& observation) {
  return JudgeRowRule(observation, "too short or too long");
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  const Arguments& args = rule.arguments;
  const int64_t* min = args.Find<int64_t>("min");
  const int64_t* max = args.Find<int64_t>("max");
  if (min == nullptr && max == nullptr) {
    issues.push_back({Severity::kError, "no_bound",
                      "nothing is demanded in length", rule.range,
                      "give min, max or both"});
  } else if (min != nullptr && max != nullptr && *min > *max) {
    issues.push_back({Severity::kError, "empty_range",
                      absl::StrCat("no length is between ", *min, " and ", *max,
                                   " in length"),
                      args.RangeOf("min"), "swap the bounds?"});
  }
}

}  // namespace

const RuleKind& LengthKind() {
  static const auto* const kKind = new RuleKind{
      .spec = {.name = "length",
               .summary = "Every text is as long as demanded.",
               .semantics =
                   "Counts characters (Unicode code points), or with `unit: "
                   "bytes` the bytes as stored. Trailing blanks count, also "
                   "those of a CHAR(n) column where the database keeps them. "
                   "NULL is not judged.",
               .counter = "values too short or too long",
               .denominator = "rows with a value",
               .params = {{.name = "column",
                           .type = ParamType::kColumn,
                           .required = true,
                           .doc = "The column."},
                          {.name = "min",
                           .type = ParamType::kInteger,
                           .doc = "Least allowed length."},
                          {.name = "max",
                           .type = ParamType::kInteger,
                           .doc = "Greatest allowed length."},
                          {.name = "unit",
                           .type = ParamType::kChoice,
                           .doc = "What is counted.",
                           .choices = {"characters", "bytes"},
                           .default_text = "characters"}},
               .example = "- length: {column: country_code, min: 2, max: 2}\n",
               .id_params = {"column"},
               .check = &Check},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
