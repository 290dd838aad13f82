// SPDX-License-Identifier: Apache-2.0
// Executes one table group of a rule set: all rules of one entry of `tables:`,
// in one snapshot of one connection.
#ifndef ASSAY_VALIDATOR_ENGINE_GROUP_RUN_H_
#define ASSAY_VALIDATOR_ENGINE_GROUP_RUN_H_

#include "absl/status/status.h"
#include "validator/engine/engine.h"
#include "validator/engine/progress_meter.h"

namespace assay::engine {

// Hands every result of the group to `meter`. Returns OK when all are judged,
// the token's status when the run was cancelled or is out of time, or what the
// observer refused with. Confined to one thread.
absl::Status RunGroup(const ExecuteRequest& request, int group,
                      connections::Registry& registry, ProgressMeter& meter,
                      const CancellationToken& cancel);

// How many steps RunGroup will report for `group`.
int64_t CountSteps(const ExecuteRequest& request, int group);

// Identity of rule `index` of the rule set, verdict unset.
Result BlankResult(const RuleSet& rule_set, const BoundParameters& parameters,
                   int group, const Rule& rule);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_GROUP_RUN_H_
