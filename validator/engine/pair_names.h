// SPDX-License-Identifier: Apache-2.0
// Finds paired columns by the names that authors use. Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_PAIR_NAMES_H_
#define ASSAY_VALIDATOR_ENGINE_PAIR_NAMES_H_

#include <string>
#include <vector>

#include "validator/engine/pair_plan.h"

namespace assay::engine {

// Equal without case.
bool Same(const std::string& a, const std::string& b);

// Indexes of the pairs that results call `name`, or (`by_side`) of which a
// side's column is called so: exactly where one is, else without case.
std::vector<size_t> MatchesBy(const std::vector<PairedColumn>& pairs,
                              const std::string& name, bool by_side);

// By what results call them, else by the column of either side: map: {a: b,
// b: a} crosses these.
std::vector<size_t> Matches(const std::vector<PairedColumn>& pairs,
                            const std::string& name);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_PAIR_NAMES_H_
