// SPDX-License-Identifier: Apache-2.0
// Executes one entry of `comparisons:`: all its rules, on one pair of tables or
// on every pair that a wildcard finds.
#ifndef ASSAY_VALIDATOR_ENGINE_COMPARISON_GROUP_H_
#define ASSAY_VALIDATOR_ENGINE_COMPARISON_GROUP_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/engine/comparison_side.h"
#include "validator/engine/engine.h"
#include "validator/engine/progress_meter.h"

namespace assay::engine {

// As RunGroup (group_run.h), for the group of comparison `index`. Confined to
// one thread; starts others for the length of the call.
absl::Status RunComparison(const ExecuteRequest& request, int group,
                           connections::Registry& registry,
                           ProgressMeter& meter,
                           const CancellationToken& cancel);

// Identity of a rule of a comparison, verdict unset.
Result BlankComparisonResult(const Comparison& comparison,
                             const BoundParameters& parameters,
                             const Rule& rule);

// Two tables of a comparison, as names.
struct TablePair {
  std::string source, target;  // Empty where the side is a query.
};

// What a wildcard stands for: pairs by name without schema and case, and the
// tables that only one side has. A comparison without wildcard is one pair.
struct TablePairs {
  std::vector<TablePair> pairs;
  std::vector<std::string> source_only, target_only;
};
absl::StatusOr<TablePairs> FindTablePairs(const Comparison& comparison,
                                          const BoundParameters& parameters,
                                          connections::Session& source,
                                          connections::Session& target,
                                          const CancellationToken& cancel);

// Whether `name` matches `pattern` ('*', '?'), without case.
bool MatchesGlob(std::string_view name, std::string_view pattern);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_COMPARISON_GROUP_H_
