// SPDX-License-Identifier: Apache-2.0
// A run as the service sees it: plain data, copied out of the run manager.
#ifndef ASSAY_VALIDATOR_RUNS_RUN_H_
#define ASSAY_VALIDATOR_RUNS_RUN_H_

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rules/ruleset/parser.h"
#include "rules/verdict/result.h"
#include "validator/engine/engine.h"

namespace assay::runs {

enum class RunState {
  kUnspecified,
  kPending,
  kRunning,
  kSuspended,
  kCancelling,
  kSucceeded,
  kFailed,
  kCancelled,
  kHeld,  // Judged, and waiting for somebody to release it.
};

const char* RunStateName(RunState state);
bool IsTerminal(RunState state);
// Nothing is executed any more: terminal, or held.
bool IsJudged(RunState state);

// Attach to an active run with the same correlation_id and digest: where it
// has no live lease, always, never.
enum class Attach { kOrphaned, kAlways, kNever };

// What becomes of a run with verdict FAIL and decision HOLD.
enum class OnHold { kFail, kWait };

struct RunOptions {
  bool fail_on_warn = false;
  absl::Duration timeout = absl::InfiniteDuration();
  bool detached = false;
  absl::Duration lease = absl::Minutes(15);
  OnHold on_hold = OnHold::kFail;
  absl::Duration hold_timeout = absl::Hours(24);  // Meaningful with kWait.
};

// What StartRun was asked for; durable.
struct RunRequest {
  std::string rule_set_text;
  ParameterValues params;  // As sent.
  std::string request_id;  // May be empty: the manager makes none up.
  std::string correlation_id;
  // The run whose failures are looked at again; empty: a run of its own.
  std::string recheck_of;
  // The W3C trace context of the call that started it, as ParseTraceparent
  // returns it; empty: none. Not of what makes a request the same.
  std::string traceparent;
  // Who asks; empty where the server authenticates nobody. A request_id is
  // known to its principal only.
  std::string principal;
  Attach attach = Attach::kOrphaned;
  RunOptions options;
  std::map<std::string, std::string> labels;
};

// How far a run is as the next start would find it: groups first, then pairs of
// wildcards, then the rows that checkpoints of diffs have behind them.
struct Reached {
  int64_t groups = 0;
  int64_t pairs = 0;
  int64_t rows = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): the 0 of <=> is no pointer.
  friend auto operator<=>(const Reached&, const Reached&) = default;
};

// Who let a migration go on although a run said HOLD.
struct Release {
  std::string principal;
  std::string user;  // The person as the caller named it; may be empty.
  std::string reason;
  std::string request_id;             // May be empty.
  std::vector<std::string> rule_ids;  // Sorted; empty: all of the hold.
  absl::Time time;
};

// How a run is, or was, held for somebody to decide.
enum class HoldEnd { kNone, kReleased, kTimedOut, kCancelled };
struct Hold {
  absl::Time begin;
  absl::Time until;
  HoldEnd end = HoldEnd::kNone;
};

// A run at one moment.
struct Run {
  std::string run_id;
  RunRequest request;
  std::string rule_set_name;
  std::string rule_set_digest;  // SHA-256 of the text, hexadecimal.
  std::string migration;
  std::string phase;
  std::map<std::string, std::string> bound_params;  // Defaults included.
  // That its rule set uses, sorted. Empty only for runs that an older server
  // stored.
  std::vector<std::string> connections;
  RunState state = RunState::kUnspecified;
  Outcome outcome;  // Verdict and decision where terminal; counts always.
  std::optional<ResultError> error;
  std::optional<Release> release;
  std::optional<Hold> hold;  // Set where the run is, or was, kHeld.
  engine::Progress progress;
  absl::Time as_of_time;
  absl::Time start_time = absl::InfinitePast();  // InfinitePast: not yet.
  absl::Time end_time = absl::InfinitePast();
  int64_t attempts = 0;
  // How many of the last attempts began and never ended: their server did,
  // while the run came no further than `reached`.
  int64_t lost_attempts = 0;
  Reached reached;
  int64_t sequence = 0;
  // Of the last change of state, and of the last progress; 0: not known.
  int64_t state_sequence = 0;
  int64_t progress_sequence = 0;
  // Results so far by rule index; null entries are not judged yet. Filled only
  // where asked for.
  std::vector<std::shared_ptr<const Result>> results;
};

// Whether somebody may release what a run that judged everything says.
bool IsReleasable(const Outcome& outcome);

// Makes a run that would end with such an outcome wait for its release, where
// its caller wants that. REQUIRES: `run` has outcome, end_time and sequence.
void HoldIfAsked(Run& run);

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_RUN_H_
