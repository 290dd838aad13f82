// SPDX-License-Identifier: Apache-2.0
// The steps of comparisons that need no matching of rows: counts, aggregates,
// schemas, foreign keys across connections.
#ifndef ASSAY_VALIDATOR_ENGINE_COMPARISON_STEPS_H_
#define ASSAY_VALIDATOR_ENGINE_COMPARISON_STEPS_H_

#include <vector>

#include "absl/status/status.h"
#include "rules/kinds/comparison_kind.h"
#include "rules/plan/comparison.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

// The rows of one side.
absl::StatusOr<int64_t> CountRows(const DiffContext& context, diff::Side side);

absl::Status MeasureCounts(const DiffContext& context,
                           ComparisonObservation& out);

absl::Status MeasureAggregate(const DiffContext& context,
                              const CompareAggregate& step,
                              ComparisonObservation& out);

// Reads the catalogs and, for sequences, the greatest keys of the target.
// Appends what is worth knowing to `notes`.
absl::Status MeasureSchemas(const DiffContext& context,
                            const CompareSchemas& step,
                            ComparisonObservation& out,
                            std::vector<std::string>& notes);

// Appends up to context.samples orphans to `samples`.
absl::Status MeasureForeignKey(const DiffContext& context,
                               const CompareForeignKey& step,
                               ComparisonObservation& out,
                               std::vector<Sample>& samples);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_COMPARISON_STEPS_H_
