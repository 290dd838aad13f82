// SPDX-License-Identifier: Apache-2.0
// foreign_key: every row has its partner in another table.
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/kinds/foreign_key_rule.h"
#include "rules/kinds/rule_kind.h"

namespace assay {
namespace {

bool NullFails(const CompileContext& context) {
  const Word* word = context.args().Find<Word>("nulls");
  return word != nullptr && word->text == "fail";
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  MissingReferences step;
  References references = ReferencesOf(context);
  const Word& table = context.args().Get<Word>("table");
  step.parent_table = context.WordText(table);
  step.parent_range = table.range;
  plan.subject = ColumnNames(references.columns);
  plan.expected =
      absl::StrCat("(", plan.subject, ") found in ", step.parent_table, " (",
                   ColumnNames(references.key), ")");
  step.columns = std::move(references.columns);
  step.parent_columns = std::move(references.key);
  const Word* equality = context.args().Find<Word>("equality");
  if (equality != nullptr && equality->text == "database") {
    step.equality = Equality::kDatabase;
  }
  step.filter = context.filter();
  step.null_fails = NullFails(context);
  if (step.null_fails) absl::StrAppend(&plan.expected, ", never NULL");
  if (const auto* sql = context.args().Find<SqlText>("table_where")) {
    step.parent_filter = MakeExpr(Author{context.ToSql(*sql)});
  }
  std::vector<ExprPtr> complete;
  for (const Column& column : step.columns) {
    complete.push_back(MakeExpr(Not{MakeExpr(NullTest{MakeExpr(column)})}));
  }
  plan.measures.push_back(
      {AggregateFunction::kCountRows, nullptr, step.filter});
  if (step.columns.size() == 1) {
    plan.measures.push_back({AggregateFunction::kCountNonNull,
                             MakeExpr(step.columns[0]), step.filter});
  } else {
    plan.measures.push_back(
        {AggregateFunction::kCountRows, nullptr,
         Conjunction(step.filter, MakeExpr(And{complete}))});
  }
  plan.shown = step.columns;
  plan.step = std::move(step);
  return absl::OkStatus();
}

Judgement Judge(const CompileContext& context, const Observation& observation) {
  const int64_t rows = CountOf(observation.measures[0]);
  const int64_t complete = CountOf(observation.measures[1]);
  const int64_t orphans = observation.rows_failing.value_or(0);
  const int64_t nulls = rows - complete;
  const bool null_fails = NullFails(context);
  Judgement out;
  out.counters = {.rows_total = rows,
                  .rows_considered = null_fails ? rows : complete,
                  .rows_null = nulls,
                  .rows_failing = orphans + (null_fails ? nulls : 0)};
  out.found = RowsText(orphans, complete, "without partner");
  if (null_fails && nulls > 0) {
    absl::StrAppend(&out.found, "; ", RowsText(nulls, rows, "with NULL"));
  }
  return out;
}

}  // namespace

const RuleKind& ForeignKeyKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "foreign_key",
           .summary = "Every row has its partner in another table.",
           .semantics =
               "The other table is of the same connection. Without `key` its "
               "columns have the same names. A row with a NULL in `columns` "
               "is not judged (SQL's MATCH SIMPLE); `nulls: fail` makes it "
               "fail, and a percentage is then of all rows. `table_where` "
               "restricts the rows that count as "
               "partners. Text compares byte by byte unless `equality: "
               "database`.",
           .counter = "rows without partner",
           .denominator = "rows without NULL in the key",
           .params = {ReferringColumnsParam("The referring columns."),
                      {.name = "table",
                       .type = ParamType::kTable,
                       .required = true,
                       .doc = "The table that is referred to."},
                      ReferredKeyParam(
                          "Its columns, in the order of `columns`."),
                      {.name = "table_where",
                       .type = ParamType::kSql,
                       .doc = "Only these rows of the other table count."},
                      {.name = "nulls",
                       .type = ParamType::kChoice,
                       .doc = "What a NULL in `columns` does.",
                       .choices = {"ignore", "fail"},
                       .default_text = "ignore"},
                      {.name = "equality",
                       .type = ParamType::kChoice,
                       .doc = "How text is compared.",
                       .choices = {"bytes", "database"},
                       .default_text = "bytes"}},
           .example = "- foreign_key: {columns: [customer_id], table: "
                      "customers, key: [id]}\n",
           .id_params = {"columns"},
           .check = &CheckReferences},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
