// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/group_run.h"

#include "rules/kinds/rule_kind.h"
#include "validator/engine/group_runner.h"

namespace assay::engine {

absl::Status RunGroup(const ExecuteRequest& request, int group,
                      connections::Registry& registry, ProgressMeter& meter,
                      const CancellationToken& cancel) {
  return GroupRunner(request, group, registry, meter, cancel).Run();
}

int64_t CountSteps(const ExecuteRequest& request, int group) {
  const size_t tables = request.rule_set->tables.size();
  if (static_cast<size_t>(group) >= tables) {
    return static_cast<int64_t>(RulesOfGroup(*request.rule_set, group).size());
  }
  int64_t steps = 1;  // The fused SELECT.
  for (const Rule& rule :
       request.rule_set->tables[static_cast<size_t>(group)].rules) {
    const auto plan = CompileRule(rule, *request.parameters, request.as_of);
    if (plan.ok() && plan->step.has_value() &&
        !std::holds_alternative<CatalogCheck>(*plan->step)) {
      ++steps;
    }
  }
  return steps;
}

Result BlankResult(const RuleSet& rule_set, const BoundParameters& parameters,
                   int group, const Rule& rule) {
  const TableRules& rules = rule_set.tables[static_cast<size_t>(group)];
  Result result;
  result.rule_id = rule.id;
  result.kind = rule.kind;
  result.description = rule.description;
  result.owner = rule.owner;
  result.tags = rule.tags;
  result.connection = BoundLiteralText(rules.connection, parameters);
  result.table = BoundLiteralText(rules.table, parameters);
  result.rollback = rule.on_fail == OnFail::kRollback;
  result.line = rule.range.line;
  return result;
}

}  // namespace assay::engine
