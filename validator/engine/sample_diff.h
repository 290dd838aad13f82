// SPDX-License-Identifier: Apache-2.0
// Compares some rows: keys drawn uniformly from the union of both sides, plus
// edges, given keys and recent rows.
#ifndef ASSAY_VALIDATOR_ENGINE_SAMPLE_DIFF_H_
#define ASSAY_VALIDATOR_ENGINE_SAMPLE_DIFF_H_

#include "absl/status/statusor.h"
#include "rules/plan/comparison.h"
#include "validator/engine/diff_context.h"
#include "validator/engine/full_diff.h"

namespace assay::engine {

struct SampleOutcome {
  DiffOutcome diff;
  // Of the uniform draw: keys, and how many of them differ.
  int64_t drawn = 0;
  int64_t drawn_differing = 0;
};

struct SampleDiffRequest {
  DiffContext context;
  SampleDiff step;
  bool confirm = false;
  bool snapshot = true;
};

// Needs a key by which rows can be looked up (kNotComparable).
absl::StatusOr<SampleOutcome> RunSampleDiff(const SampleDiffRequest& request);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_SAMPLE_DIFF_H_
