// SPDX-License-Identifier: Apache-2.0
// unique: no two rows share the values of the columns.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/rule_kind.h"

namespace assay {
namespace {

bool NullEqualsNull(const CompileContext& context) {
  const Word* word = context.args().Find<Word>("nulls");
  return word != nullptr && word->text == "equal";
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  Duplicates step;
  step.columns = context.ColumnsArg("columns");
  step.null_equals_null = NullEqualsNull(context);
  const Word* equality = context.args().Find<Word>("equality");
  if (equality != nullptr && equality->text == "database") {
    step.equality = Equality::kDatabase;
  }
  step.filter = context.filter();
  plan.measures.push_back(
      {AggregateFunction::kCountRows, nullptr, step.filter});
  if (!step.null_equals_null) {
    std::vector<ExprPtr> complete;
    for (const Column& column : step.columns) {
      complete.push_back(MakeExpr(Not{MakeExpr(NullTest{MakeExpr(column)})}));
    }
    if (step.columns.size() == 1) {
      plan.measures.push_back({AggregateFunction::kCountNonNull,
                               MakeExpr(step.columns[0]), step.filter});
    } else {
      plan.measures.push_back(
          {AggregateFunction::kCountRows, nullptr,
           Conjunction(step.filter, MakeExpr(And{complete}))});
    }
  }
  plan.shown = step.columns;
  plan.subject = absl::StrJoin(
      step.columns, ", ",
      [](std::string* out, const Column& c) { absl::StrAppend(out, c.name); });
  plan.expected = absl::StrCat("(", plan.subject, ") unique");
  plan.step = std::move(step);
  return absl::OkStatus();
}

Judgement Judge(const CompileContext&, const Observation& observation) {
  const int64_t rows = CountOf(observation.measures[0]);
  const int64_t considered =
      observation.measures.size() > 1 ? CountOf(observation.measures[1]) : rows;
  const int64_t groups = observation.groups_failing.value_or(0);
  const int64_t failing = observation.rows_failing.value_or(0);
  Judgement out;
  out.counters = {.rows_total = rows,
                  .rows_considered = considered,
                  .rows_null = rows - considered,
                  .rows_failing = failing,
                  .groups_failing = groups};
  out.found =
      absl::StrCat(RowsText(failing, considered, ""), "in ", groups,
                   groups == 1 ? " duplicated key" : " duplicated keys");
  return out;
}

}  // namespace

const RuleKind& UniqueKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "unique",
           .summary = "No two rows share the values of the columns.",
           .semantics =
               "Failing rows are all rows of all duplicate groups: for "
               "1, 1, 1, 2 that is 3; the number of groups, 1, is in the "
               "result too. `nulls: distinct` (default): a row with a NULL in "
               "the columns has no duplicate and is not judged, as in SQL; "
               "`nulls: equal`: NULL equals NULL. Text compares byte by byte "
               "unless `equality: database`. A bare column or list stands for "
               "`columns`.",
           .counter = "rows with a duplicate",
           .denominator = "rows with a complete key",
           .params = {{.name = "columns",
                       .type = ParamType::kColumns,
                       .required = true,
                       .doc = "The columns, together one key."},
                      {.name = "nulls",
                       .type = ParamType::kChoice,
                       .doc = "What NULL is.",
                       .choices = {"distinct", "equal"},
                       .default_text = "distinct"},
                      {.name = "equality",
                       .type = ParamType::kChoice,
                       .doc = "How text is compared.",
                       .choices = {"bytes", "database"},
                       .default_text = "bytes"}},
           .shorthand = "columns",
           .example = "- unique: [order_id, line_no]\n",
           .id_params = {"columns"}},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
