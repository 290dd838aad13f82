// SPDX-License-Identifier: Apache-2.0
#include "rules/kinds/row_rule.h"

#include <utility>

namespace assay {

void CompileRowRule(const CompileContext& context, const Column& column,
                    ExprPtr failing, RulePlan& plan) {
  const ExprPtr filter = context.filter();
  plan.measures.push_back({AggregateFunction::kCountRows, nullptr, filter});
  plan.measures.push_back(
      {AggregateFunction::kCountNonNull, MakeExpr(column), filter});
  plan.measures.push_back(
      {AggregateFunction::kCountRows, nullptr, Conjunction(filter, failing)});
  plan.failing = std::move(failing);
  plan.shown = {column};
  plan.subject = column.name;
}

Judgement JudgeRowRule(const Observation& observation,
                       const std::string& what) {
  const int64_t rows = CountOf(observation.measures[0]);
  const int64_t values = CountOf(observation.measures[1]);
  const int64_t failing = CountOf(observation.measures[2]);
  Judgement out;
  out.counters = {.rows_total = rows,
                  .rows_considered = values,
                  .rows_null = rows - values,
                  .rows_failing = failing};
  out.found = RowsText(failing, values, what);
  return out;
}

}  // namespace assay
