// SPDX-License-Identifier: Apache-2.0
// The last step of a plan: what each pair of columns is compared as, and what
// that means for the key. Used by pair_plan.cc only. Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_PAIR_TYPES_H_
#define ASSAY_VALIDATOR_ENGINE_PAIR_TYPES_H_

#include "absl/status/status.h"
#include "validator/engine/pair_match.h"
#include "validator/engine/pair_plan.h"

namespace assay::engine {

// Names in policies and `accept` that nothing is compared by.
void CheckPolicyNames(const PairInput& input, const PairPlan& plan,
                      NameIssues& issues);

// Gives each column of `plan` its policy and its compare type, puts those with
// a tolerance last, and says how far the key can be trusted. kNotComparable
// with every pair that cannot be compared.
// REQUIRES: plan.columns, key_columns, proven_source and _target are set.
absl::Status ChooseTypes(const PairInput& input, PairPlan& plan);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_PAIR_TYPES_H_
