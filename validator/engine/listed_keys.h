// SPDX-License-Identifier: Apache-2.0
// The recheck of a repaired table: reads the keys that an earlier run listed as
// differing, and nothing else.
#ifndef ASSAY_VALIDATOR_ENGINE_LISTED_KEYS_H_
#define ASSAY_VALIDATOR_ENGINE_LISTED_KEYS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/verdict/result.h"
#include "validator/engine/diff_context.h"
#include "validator/engine/leftover_list.h"
#include "validator/engine/pair_plan.h"

namespace assay::engine {

// Whether every line of the list at `path` leads back to its row: not where a
// key was none of its type, or is one that not every database can be asked for.
// Errors as diff::ReadDifferences.
absl::StatusOr<bool> ListLeadsBack(const PairPlan& plan,
                                   const std::string& path);

// Reads the listed keys of the context's table on both sides, in the snapshots
// that have begun, and adds to `list` those that still differ. Counts rows,
// keys, settled and lost ones, and notes that only these were read.
// REQUIRES: ListLeadsBack.
absl::Status ReadListedKeys(const DiffContext& context, const std::string& path,
                            DiffCounts& counts, LeftoverList& list);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_LISTED_KEYS_H_
