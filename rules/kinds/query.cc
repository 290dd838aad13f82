// SPDX-License-Identifier: Apache-2.0
// query: a whole SELECT of the author's returns what is demanded.
#include "absl/strings/str_cat.h"
#include "rules/kinds/bounds.h"
#include "rules/kinds/rule_kind.h"

namespace assay {
namespace {

std::string ExpectOf(const Rule& rule) {
  const Word* word = rule.arguments.Find<Word>("expect");
  return word == nullptr ? "no_rows" : word->text;
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const SqlText& sql = context.args().Get<SqlText>("sql");
  const std::string expect = ExpectOf(context.rule());
  plan.step =
      AuthorQuery{context.ToSql(sql),
                  expect == "value" ? QueryShape::kScalar : QueryShape::kRows};
  plan.measures.push_back({AggregateFunction::kCountRows, nullptr, nullptr});
  if (expect == "no_rows") {
    plan.expected = "the query returns no rows";
  } else if (expect == "rows") {
    plan.expected = "the query returns rows";
  } else {
    plan.expected =
        absl::StrCat("the query's value ", DemandText(NumberDemandOf(context)));
  }
  return absl::OkStatus();
}

Judgement Judge(const CompileContext& context, const Observation& observation) {
  const std::string expect = ExpectOf(context.rule());
  Judgement out;
  out.counters.rows_total = CountOf(observation.measures[0]);
  out.looked_elsewhere = true;
  if (expect != "value") {
    const int64_t rows = observation.rows_failing.value_or(0);
    out.found = RowsText(rows, std::nullopt, "returned");
    if (expect == "rows") {
      out.broken = rows == 0;
    } else {
      out.counters.rows_failing = rows;
    }
    return out;
  }
  Value value = observation.scalar.value_or(Value(Null{}));
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (const auto number = ParseDecimal(*text)) value = *number;
  }
  out.measures.push_back({"value", ToText(value)});
  out.found = absl::StrCat("value = ", ToText(value));
  if (!ToDecimal(value).has_value()) {
    out.broken = true;
    out.error = ResultError{
        ErrorReason::kSqlError,
        absl::StrCat("the query returned ", ToText(value),
                     " where a number is wanted; with expect: value it must "
                     "return one row with one number (COALESCE a NULL)"),
        false};
    return out;
  }
  out.broken = !Satisfies(value, NumberDemandOf(context));
  return out;
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  const std::string expect = ExpectOf(rule);
  if (expect == "value") {
    CheckNumberDemand(rule, issues);
  } else {
    for (const ParamSpec& param : NumberDemandParams()) {
      if (!rule.arguments.Has(param.name)) continue;
      issues.push_back(
          {Severity::kError, "bound_without_value",
           absl::StrCat("'", param.name, "' without 'expect: value' in query"),
           rule.arguments.RangeOf(param.name), "add expect: value"});
    }
  }
  if (expect != "no_rows" && (rule.warn_above || rule.fail_above)) {
    issues.push_back(
        {Severity::kError, "threshold_without_counter",
         absl::StrCat("thresholds with expect: ", expect, " in query"),
         rule.warn_above ? rule.warn_above->range : rule.fail_above->range,
         "thresholds count the rows of expect: no_rows"});
  }
  for (const auto& threshold : {rule.warn_above, rule.fail_above}) {
    if (threshold.has_value() && threshold->percent) {
      issues.push_back({Severity::kError, "percent_without_denominator",
                        "a percentage in query, which has no denominator",
                        threshold->range, "give a number of rows"});
    }
  }
}

}  // namespace

const RuleKind& QueryKind() {
  static const auto* const kKind = [] {
    std::vector<ParamSpec> params = {
        {.name = "sql",
         .type = ParamType::kSql,
         .required = true,
         .doc = "One SELECT of the connection's database."},
        {.name = "expect",
         .type = ParamType::kChoice,
         .doc = "What it must return.",
         .choices = {"no_rows", "rows", "value"},
         .default_text = "no_rows"}};
    for (ParamSpec& param : NumberDemandParams()) {
      params.push_back(std::move(param));
    }
    return new RuleKind{
        .spec =
            {.name = "query",
             .summary = "A SELECT of the author's returns what is demanded.",
             .semantics =
                 "`expect: no_rows` (default): each returned row is a failing "
                 "row, all are counted, the first ones are the samples. "
                 "`expect: rows`: at least one row. `expect: value`: one row "
                 "with one number, held against `min max above below equals "
                 "tolerance`. One statement, no `;`; `:name` binds a "
                 "parameter. Columns of one name need aliases (MariaDB). The "
                 "table of the entry is counted too: where it is empty, "
                 "`on_empty` applies to what would pass; what the query found "
                 "stands. A bare text stands for `sql`.",
             .counter = "rows returned",
             .params = std::move(params),
             .shorthand = "sql",
             .keys = {.where = false},
             .finds_values = true,
             .example = "- query: |\n"
                        "    SELECT o.id FROM orders o JOIN payments p ON "
                        "p.order_id = o.id\n"
                        "    GROUP BY o.id, o.total HAVING SUM(p.amount) > "
                        "o.total\n",
             .check = &Check},
        .compile = &Compile,
        .judge = &Judge};
  }();
  return *kKind;
}

}  // namespace assay
