// SPDX-License-Identifier: Apache-2.0
// What every part of a diff of one pair of tables shares. Plain data; all that
// is borrowed must outlive the diff.
#ifndef ASSAY_VALIDATOR_ENGINE_DIFF_CONTEXT_H_
#define ASSAY_VALIDATOR_ENGINE_DIFF_CONTEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "rules/ruleset/model.h"
#include "rules/ruleset/parser.h"
#include "validator/base/cancellation.h"
#include "validator/base/log.h"
#include "validator/engine/comparison_side.h"
#include "validator/engine/pair_plan.h"
#include "validator/engine/progress_meter.h"

namespace assay::engine {

// Borrowed.
struct SessionPair {
  connections::Session* source = nullptr;
  connections::Session* target = nullptr;
};

struct DiffContext {
  const Comparison* comparison = nullptr;
  const Rule* rule = nullptr;
  const BoundParameters* parameters = nullptr;
  const ComparedSide* source = nullptr;
  const ComparedSide* target = nullptr;
  const PairPlan* plan = nullptr;
  // Beside the sides' own: pairs of sessions that may read at the same time, in
  // the same snapshots.
  std::vector<SessionPair> more_sessions;
  // Rows that count, on each side: its own `where`, the rule's, older_than.
  ExprPtr source_where, target_where;
  absl::Time as_of;
  uint64_t seed = 0;  // Of the digests.
  std::string marker;
  LogFields log;
  CancellationToken cancel;
  ProgressMeter* meter = nullptr;
  size_t window_bytes = 16 << 20;
  int64_t samples = 0;  // At most so many rows are shown.
  // A folder of this diff's own for spilling and checkpoints; empty: none.
  std::string scratch;
  // Where all differing keys go; empty: nowhere.
  std::string differences;

  const ComparedSide& side(diff::Side side) const {
    return side == diff::Side::kSource ? *source : *target;
  }
  const ExprPtr& where(diff::Side side) const {
    return side == diff::Side::kSource ? source_where : target_where;
  }
  bool proven(diff::Side side) const {
    return side == diff::Side::kSource ? plan->proven_source
                                       : plan->proven_target;
  }
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DIFF_CONTEXT_H_
