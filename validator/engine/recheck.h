// SPDX-License-Identifier: Apache-2.0
// Settling: differing keys are read again in new transactions until they are
// equal, or differ in the same way twice running, or the rounds are over.
#ifndef ASSAY_VALIDATOR_ENGINE_RECHECK_H_
#define ASSAY_VALIDATOR_ENGINE_RECHECK_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rules/verdict/result.h"
#include "validator/engine/diff_context.h"
#include "validator/engine/leftover_list.h"

namespace assay::engine {

struct RecheckPlan {
  int64_t times = 0;
  absl::Duration after;  // Before each round.
  // Asked between readings: true ends them early. Null: never.
  std::function<bool()> enough;
};

// Reads the records of `leftovers` again. Hands the confirmed ones to
// `confirmed`; counts the others in counts.settled and counts.unstable.
// REQUIRES: the sessions are outside of any transaction of the diff's; each
// round begins and ends its own. plan.key_lookup, and a key.
absl::Status Recheck(
    const DiffContext& context, const RecheckPlan& recheck,
    LeftoverList& leftovers, DiffCounts& counts,
    const std::function<absl::Status(std::vector<LeftoverRecord>&)>& confirmed);

// The rows of the records' keys as both sides have them now, equal ones
// cancelled.
struct ReadAgainRecord {
  LeftoverRecord record;
  // A side had the row, has it no longer, and its look-up is no proof of that.
  bool lost = false;
};
absl::StatusOr<std::vector<ReadAgainRecord>> ReadAgain(
    const DiffContext& context, const std::vector<LeftoverRecord>& before);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_RECHECK_H_
