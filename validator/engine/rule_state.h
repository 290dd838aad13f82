// SPDX-License-Identifier: Apache-2.0
// One rule on its way through the engine: plan, observation, result.
#ifndef ASSAY_VALIDATOR_ENGINE_RULE_STATE_H_
#define ASSAY_VALIDATOR_ENGINE_RULE_STATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rules/plan/plan.h"
#include "rules/ruleset/model.h"
#include "rules/verdict/result.h"
#include "validator/connections/registry.h"

namespace assay::engine {

struct RuleState {
  int index = 0;               // In the rule set.
  const Rule* rule = nullptr;  // Borrowed from the rule set.
  RulePlan plan;
  Observation observation;
  absl::Status status;  // Why the rule could not be measured; OK so far.
  bool judged = false;  // `result` has been handed over.
  // Failing values of a ValueScan, for its samples.
  std::vector<std::string> failing_values;
  // Rows of an AuthorQuery: its samples.
  std::vector<Sample> query_samples;
  // The other table of a foreign_key, once looked up.
  std::optional<connections::Table> parent;
  // What it reads outside of the group's snapshot, see
  // connections::OutsideSnapshot.
  std::string outside_snapshot;
  absl::Duration elapsed;
  int attempts = 0;
  Result result;
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_RULE_STATE_H_
