// SPDX-License-Identifier: Apache-2.0
// Compares every row of two sides: both are read at once, matched in a window,
// and what is left is read again as far as the rule asks for it.
#ifndef ASSAY_VALIDATOR_ENGINE_FULL_DIFF_H_
#define ASSAY_VALIDATOR_ENGINE_FULL_DIFF_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rules/plan/comparison.h"
#include "rules/verdict/result.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

struct DiffOutcome {
  DiffCounts counts;
  std::vector<Sample> samples;
  std::string samples_note;
  int64_t listed = 0;                   // Keys in the list of differences.
  std::vector<std::string> shown_keys;  // Canonical; some that differ.
  bool confirmed = false;    // What is counted survived a second reading.
  diff::Digest fingerprint;  // See DiffConclusion.
};

struct FullDiffRequest {
  DiffContext context;
  FullDiff step;
  // At least one reading more, whatever the step says (on_fail: rollback).
  bool confirm = false;
  // Begin a snapshot on each side (they have none yet).
  bool snapshot = true;
  // Whether an interrupted diff may go on where it was.
  bool resumable = true;
  absl::Duration checkpoint_interval = absl::Seconds(10);
  // A list of differences of an earlier run: only its keys are read.
  std::string recheck_list;
  int64_t recheck_keys = 0;  // Keys that the earlier run compared.
};

// Fails where a side cannot be read; what differs is data. The sessions are
// left outside of any transaction when it returns OK.
absl::StatusOr<DiffOutcome> RunFullDiff(const FullDiffRequest& request);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_FULL_DIFF_H_
