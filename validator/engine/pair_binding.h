// SPDX-License-Identifier: Apache-2.0
// Both sides of a rule on a pair of tables, and what a result of theirs is
// bound to.
#ifndef ASSAY_VALIDATOR_ENGINE_PAIR_BINDING_H_
#define ASSAY_VALIDATOR_ENGINE_PAIR_BINDING_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/engine/comparison_rule.h"

namespace assay::engine {

// Looks both sides up, at once; the source's trouble comes first.
absl::Status OpenSides(const ComparisonRuleRequest& request,
                       connections::Session& source,
                       connections::Session& target,
                       const CancellationToken& cancel,
                       ComparedSide (&sides)[2]);

// A digest of all that a result on these sides depends on beside their rows:
// the catalogs, the connections, which columns meet as what, our encoding. The
// rule set is the run's and needs no place in it.
std::string BindingOf(const ComparisonRuleRequest& request,
                      const ComparedSide& source, const ComparedSide& target);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_PAIR_BINDING_H_
