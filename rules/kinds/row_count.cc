// SPDX-License-Identifier: Apache-2.0
// row_count: how many rows a table has.
#include "absl/strings/str_cat.h"
#include "rules/kinds/bounds.h"
#include "rules/kinds/rule_kind.h"

namespace assay {
namespace {

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  plan.measures.push_back(
      {AggregateFunction::kCountRows, nullptr, context.filter()});
  plan.expected = absl::StrCat("rows ", DemandText(NumberDemandOf(context)));
  return absl::OkStatus();
}

Judgement Judge(const CompileContext& context, const Observation& observation) {
  const int64_t rows = CountOf(observation.measures[0]);
  Judgement out;
  out.counters.rows_total = rows;
  out.broken = !Satisfies(Value(rows), NumberDemandOf(context));
  out.found = absl::StrCat(rows, rows == 1 ? " row" : " rows");
  return out;
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  CheckNumberDemand(rule, issues);
  for (const char* param : {"min", "max", "above", "below", "equals"}) {
    const Decimal* number = rule.arguments.Find<Decimal>(param);
    if (number == nullptr || (number->digits.find('.') == std::string::npos &&
                              CompareDecimals(*number, Decimal{"0"}) >= 0)) {
      continue;
    }
    issues.push_back({Severity::kError, "not_a_count",
                      absl::StrCat("'", param, "' is ", number->digits,
                                   ", which is no number of rows, in "
                                   "row_count"),
                      rule.arguments.RangeOf(param),
                      "a whole number, 0 or more"});
  }
}

}  // namespace

const RuleKind& RowCountKind() {
  static const auto* const kKind = new RuleKind{
      .spec = {.name = "row_count",
               .summary = "The table has as many rows as demanded.",
               .semantics =
                   "Counts the rows inside `where`. An empty table is a count "
                   "of 0 like any other: `min: 1` fails it, `equals: 0` "
                   "demands it. Whole numbers only. A bare number stands for "
                   "`equals`.",
               .params = NumberDemandParams(),
               .shorthand = "equals",
               .keys = {.thresholds = false,
                        .on_empty = false,
                        .samples = false},
               .example = "- row_count: {min: 1, max: 2000000}\n",
               .check = &Check},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
