// SPDX-License-Identifier: Apache-2.0
// What is known of the pairs of a wildcard from before: an interrupted
// execution, or a run that is looked at again.
#ifndef ASSAY_VALIDATOR_ENGINE_PAIR_RESULTS_H_
#define ASSAY_VALIDATOR_ENGINE_PAIR_RESULTS_H_

#include <map>
#include <string>

#include "rules/verdict/result.h"
#include "validator/engine/comparison_group.h"
#include "validator/engine/engine.h"

namespace assay::engine {

// The one of rule `index` and `pair`; null: there is none.
const PairResult* FindPair(const std::map<int, PairResults>& results, int index,
                           const TablePair& pair);

// Whether the list of differences of `earlier` has all that was wrong: only
// then is it enough to read its keys again.
bool ListIsWhole(const Result& earlier);

bool FileExists(const std::string& path);

// The list of a wildcard's table joins that of the rule; its own stays, for a
// recheck and for a restart.
void AppendList(const std::string& from, const std::string& to);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_PAIR_RESULTS_H_
