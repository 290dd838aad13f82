// SPDX-License-Identifier: Apache-2.0
// Executes the steps of a plan that need a statement of their own.
#ifndef ASSAY_VALIDATOR_ENGINE_STEPS_H_
#define ASSAY_VALIDATOR_ENGINE_STEPS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/engine/rule_state.h"

namespace assay::engine {

struct StepRequest {
  connections::Session* session = nullptr;    // Borrowed; inside a snapshot.
  const connections::Table* table = nullptr;  // Borrowed.
  ExprPtr where;                              // The table's.
  std::string marker;
  CancellationToken cancel;
  // Set by a MissingReferences step: the other table, for the samples.
  std::optional<connections::Table>* parent = nullptr;
};

// Fills the step's part of state.observation. REQUIRES: the step is no
// ValueScan (value_scan.h reads one table for many of them).
absl::Status ExecuteStep(const StepRequest& request, RuleState& state);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_STEPS_H_
