// SPDX-License-Identifier: Apache-2.0
// Fetches the rows that show a failure, and writes the SQL that shows them all.
#ifndef ASSAY_VALIDATOR_ENGINE_SAMPLES_H_
#define ASSAY_VALIDATOR_ENGINE_SAMPLES_H_

#include <string>

#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/engine/rule_state.h"

namespace assay::engine {

struct SampleRequest {
  connections::Session* session = nullptr;    // Borrowed; inside the snapshot.
  const connections::Table* table = nullptr;  // Borrowed.
  // The other table of a foreign_key; null elsewhere.
  const connections::Table* parent = nullptr;
  ExprPtr where;  // The table's.
  std::string marker;
  CancellationToken cancel;
};

// Fills samples, samples_note and sql of `state.result`. Trouble is said in
// samples_note: evidence that cannot be had does not change a verdict.
void AttachSamples(const SampleRequest& request, RuleState& state);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_SAMPLES_H_
