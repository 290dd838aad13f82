// SPDX-License-Identifier: Apache-2.0
// Explain for one entry of `comparisons:`.
#ifndef ASSAY_VALIDATOR_ENGINE_EXPLAIN_COMPARISON_H_
#define ASSAY_VALIDATOR_ENGINE_EXPLAIN_COMPARISON_H_

#include <string>

#include "absl/time/time.h"
#include "rules/ruleset/model.h"
#include "rules/ruleset/parser.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/engine/explain_trouble.h"

namespace assay::engine {

// The plan of a comparison and its SQL on each side, for people. Reads
// catalogs, never data. What cannot be reached or compared is said in its
// place, and counted in `trouble`; the rest is shown.
std::string ExplainComparison(const Comparison& comparison,
                              const BoundParameters& parameters,
                              absl::Time as_of, connections::Registry& registry,
                              const CancellationToken& cancel,
                              ExplainTrouble& trouble);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_EXPLAIN_COMPARISON_H_
