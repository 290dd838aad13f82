// SPDX-License-Identifier: Apache-2.0
// expression: a SQL predicate of the author's holds for every row.
#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "rules/kinds/row_rule.h"

namespace assay {
namespace {

// SQL of several lines, as one.
std::string OneLine(const std::string& sql) {
  std::vector<std::string> lines = absl::StrSplit(sql, '\n');
  for (std::string& line : lines) absl::StripAsciiWhitespace(&line);
  return std::string(
      absl::StripAsciiWhitespace(absl::StrJoin(lines, " ")));
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const ExprPtr filter = context.filter();
  const SqlText& sql = context.args().Get<SqlText>("sql");
  const ExprPtr author = MakeExpr(Author{context.ToSql(sql)});
  const ExprPtr failing = MakeExpr(Not{author});
  plan.measures = {
      {AggregateFunction::kCountRows, nullptr, filter},
      {AggregateFunction::kCountNonNull, author, filter},
      {AggregateFunction::kCountRows, nullptr, Conjunction(filter, failing)}};
  plan.failing = failing;
  if (context.args().Has("show")) plan.shown = context.ColumnsArg("show");
  plan.expected = OneLine(sql.text);
  return absl::OkStatus();
}

Judgement Judge(const CompileContext&, const Observation& observation) {
  return JudgeRowRule(observation, "where it does not hold");
}

}  // namespace

const RuleKind& ExpressionKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "expression",
           .summary = "A SQL predicate holds for every row.",
           .semantics =
               "The predicate is SQL of the connection's database, over the "
               "columns of one row. A row fails where it is false; where it "
               "is NULL (unknown) the row is not judged. It is one "
               "expression: no `;`, no second statement; `:name` binds a "
               "parameter. A bare text stands for `sql`. `show` names "
               "columns for the samples.",
           .counter = "rows where it does not hold",
           .denominator = "rows where it is not NULL",
           .params = {{.name = "sql",
                       .type = ParamType::kSql,
                       .required = true,
                       .doc = "The predicate."},
                      {.name = "show",
                       .type = ParamType::kColumns,
                       .doc = "Columns that samples show beside the key.",
                       .default_text = "all columns"}},
           .shorthand = "sql",
           .example = "- expression: shipped_at >= ordered_at\n"},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
