// SPDX-License-Identifier: Apache-2.0
// not_null: no row has NULL, or a value that stands for it, in the columns.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/rule_kind.h"

namespace assay {
namespace {

std::vector<Literal> AlsoOf(const CompileContext& context) {
  const auto* also = context.args().Find<std::vector<Literal>>("also");
  return also == nullptr ? std::vector<Literal>{} : *also;
}

// True for a row where `column` holds nothing.
ExprPtr Missing(const CompileContext& context, const Column& column) {
  ExprPtr null = MakeExpr(NullTest{MakeExpr(column)});
  const std::vector<Literal> also = AlsoOf(context);
  if (also.empty()) return null;
  InSet set{column, {}, Equality::kBytes};
  for (const Literal& literal : also) {
    set.values.push_back(context.ToConstant(literal, column));
  }
  return MakeExpr(Or{{null, MakeExpr(set)}});
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const std::vector<Column> columns = context.ColumnsArg("columns");
  const ExprPtr filter = context.filter();
  std::vector<ExprPtr> missing;
  missing.reserve(columns.size());
  for (const Column& column : columns) {
    missing.push_back(Missing(context, column));
  }
  plan.failing = MakeExpr(Or{missing});
  plan.measures.push_back({AggregateFunction::kCountRows, nullptr, filter});
  if (columns.size() == 1 && AlsoOf(context).empty()) {
    // Cheaper than a CASE, and shared with the rules that count values.
    plan.measures.push_back(
        {AggregateFunction::kCountNonNull, MakeExpr(columns[0]), filter});
  } else {
    plan.measures.push_back({AggregateFunction::kCountRows, nullptr,
                             Conjunction(filter, plan.failing)});
    for (const ExprPtr& one : missing) {
      plan.measures.push_back(
          {AggregateFunction::kCountRows, nullptr, Conjunction(filter, one)});
    }
  }
  plan.shown = columns;
  plan.subject = absl::StrJoin(
      columns, ", ",
      [](std::string* out, const Column& c) { absl::StrAppend(out, c.name); });
  plan.expected = absl::StrCat("no NULL in ", plan.subject);
  for (const Literal& literal : AlsoOf(context)) {
    absl::StrAppend(&plan.expected, ", nor '", context.LiteralText(literal),
                    "'");
  }
  return absl::OkStatus();
}

Judgement Judge(const CompileContext& context, const Observation& observation) {
  const std::vector<Column> columns = context.ColumnsArg("columns");
  const bool single = observation.measures.size() == 2;
  const int64_t rows = CountOf(observation.measures[0]);
  const int64_t second = CountOf(observation.measures[1]);
  const int64_t failing = single ? rows - second : second;
  Judgement out;
  out.counters = {.rows_total = rows,
                  .rows_considered = rows,
                  .rows_null = failing,
                  .rows_failing = failing};
  for (size_t i = 2; i < observation.measures.size(); ++i) {
    if (columns.size() == 1) break;
    out.measures.push_back({absl::StrCat(columns[i - 2].name, " NULL"),
                            std::to_string(CountOf(observation.measures[i]))});
  }
  out.found = RowsText(failing, rows, "NULL");
  return out;
}

}  // namespace

const RuleKind& NotNullKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "not_null",
           .summary = "No row has NULL in the columns.",
           .semantics =
               "A row fails where any of the columns is NULL, or equals one "
               "of the values in `also`, which stand for a missing value "
               "(`''`, `N/A`). With several columns the result has a count "
               "for each. A bare column or list stands for `columns`.",
           .counter = "rows with NULL",
           .denominator = "rows",
           .params = {{.name = "columns",
                       .type = ParamType::kColumns,
                       .required = true,
                       .doc = "The columns."},
                      {.name = "also",
                       .type = ParamType::kValues,
                       .doc = "Values that count as missing too, compared "
                              "byte by byte."}},
           .shorthand = "columns",
           .example = "- not_null: [customer_id, amount]\n",
           .id_params = {"columns"}},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
