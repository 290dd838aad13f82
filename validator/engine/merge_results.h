// SPDX-License-Identifier: Apache-2.0
// One result for a rule of a wildcard comparison from those of its tables.
// Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_MERGE_RESULTS_H_
#define ASSAY_VALIDATOR_ENGINE_MERGE_RESULTS_H_

#include <string>
#include <vector>

#include "rules/ruleset/model.h"
#include "rules/verdict/result.h"

namespace assay::engine {

// Folds `parts` (FAIL > ERROR > WARN > PASS), adds their counters, and names
// the tables that are not PASS, joined in `found` and one by one as measures
// "table" ("customers: FAIL 603 changed"); the others are measures "table
// passed". A table on one side only is a FAIL.
void MergeResults(const Rule& rule, std::vector<Result> parts,
                  const std::vector<std::string>& source_only,
                  const std::vector<std::string>& target_only, Result& result);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_MERGE_RESULTS_H_
