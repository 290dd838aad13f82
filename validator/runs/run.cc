// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/run.h"

namespace assay::runs {

const char* RunStateName(RunState state) {
  switch (state) {
    case RunState::kPending:
      return "PENDING";
    case RunState::kRunning:
      return "RUNNING";
    case RunState::kSuspended:
      return "SUSPENDED";
    case RunState::kCancelling:
      return "CANCELLING";
    case RunState::kSucceeded:
      return "SUCCEEDED";
    case RunState::kFailed:
      return "FAILED";
    case RunState::kCancelled:
      return "CANCELLED";
    case RunState::kHeld:
      return "HELD";
    case RunState::kUnspecified:
      break;
  }
  return "UNSPECIFIED";
}

bool IsTerminal(RunState state) {
  return state == RunState::kSucceeded || state == RunState::kFailed ||
         state == RunState::kCancelled;
}

bool IsJudged(RunState state) {
  return IsTerminal(state) || state == RunState::kHeld;
}

bool IsReleasable(const Outcome& outcome) {
  return outcome.verdict == Verdict::kFail &&
         outcome.decision == Decision::kHold;
}

void HoldIfAsked(Run& run) {
  const RunOptions& options = run.request.options;
  if (options.on_hold != OnHold::kWait || !IsReleasable(run.outcome)) return;
  run.hold = Hold{run.end_time, run.end_time + options.hold_timeout};
  run.state = RunState::kHeld;
  run.state_sequence = run.sequence;
  run.end_time = absl::InfinitePast();
}

}  // namespace assay::runs
