// SPDX-License-Identifier: Apache-2.0
// One run in memory: its state, results, event log, claims and lease. Knows
// neither the store nor the queue; the manager drives it.
#ifndef ASSAY_VALIDATOR_RUNS_LIVE_RUN_H_
#define ASSAY_VALIDATOR_RUNS_LIVE_RUN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rules/ruleset/parser.h"
#include "validator/base/cancellation.h"
#include "validator/base/log.h"
#include "validator/engine/engine.h"
#include "validator/runs/notifier.h"
#include "validator/runs/run.h"
#include "validator/runs/run_manager.h"
#include "validator/runs/run_metrics.h"
#include "validator/runs/store.h"

namespace assay::runs {

// Sequence numbers of one epoch; a restart begins the next span, so that
// numbers grow although those of the last moments before a crash are not known.
inline constexpr int64_t kEpochSpan = 1'000'000'000;

// Why an execution is being stopped; a later one replaces an earlier one only
// where it is greater. kLost: another server has the run, or may have it.
enum class Stop { kNone, kSuspend, kShutdown, kCancel, kLost };

// How a run is to end whose end the store has not taken yet.
struct Ending {
  RunState state = RunState::kUnspecified;
  absl::Status why;
};

// What never changes. Request, names, digests, as_of and id of `run` count.
struct RunPlan {
  Run run;
  std::string request_digest;
  RuleSet rule_set;
  BoundParameters parameters;
};

// Thread-safe. `transition_mu` orders the changes of state with their writes to
// the store; whoever changes the state holds it. Everything else is guarded
// inside. Never calls back.
class LiveRun {
 public:
  // What is not in the store yet.
  struct Unsaved {
    std::vector<StoredResult> results;
    std::vector<int> groups;
    std::vector<int> dropped;  // Indices of results that are none any more.
    int64_t sequence = 0;      // Of the run at this moment.
  };

  // A rule whose list of differences the store has not got.
  struct UnsavedList {
    int index = 0;
    int64_t sequence = 0;  // Of its result.
    std::string rule_id;
  };

  // `notifier` is borrowed and must outlive the run's changes; `wakers` are
  // woken by them. The first state is `plan.run.state`.
  LiveRun(RunPlan plan, int64_t epoch, Notifier* notifier,
          std::shared_ptr<WakerSet> wakers = std::make_shared<WakerSet>());

  // What the store knew; `checkpoint_rows` is how many rows the checkpoints of
  // the run's diffs have behind them. REQUIRES: called before the run is
  // shared.
  void Restore(const UnfinishedRun& unfinished, int64_t checkpoint_rows);

  absl::Mutex& transition_mu() ABSL_LOCK_RETURNED(transition_mu_) {
    return transition_mu_;
  }

  const std::string& id() const { return plan_.run.run_id; }
  const RunPlan& plan() const { return plan_; }
  // What a line of the log about it, or about one of its rules, is about.
  LogFields log(const std::string& rule_id = "") const {
    LogFields fields = LogFieldsOf(plan_.run);
    fields.rule_id = rule_id;
    return fields;
  }
  int64_t epoch() const { return epoch_; }
  int rules() const { return static_cast<int>(group_of_.size()); }
  std::shared_ptr<WakerSet> wakers() const { return wakers_; }

  // --- Reading.
  RunState state() const;
  Run Snapshot(bool with_results) const;
  std::vector<Event> ReadEvents(int64_t after, int limit) const;
  std::set<int> done_groups() const;
  // Attempts in a row that ended with their server and brought nothing new; the
  // one under way counts until it ends.
  int64_t lost_attempts() const;

  // --- The observer's side. Ignored once the run is judged.
  void AddResult(int index, const Result& result);
  // Returns whether that was the last group.
  bool AddGroup(int group);
  void SetProgress(const engine::Progress& progress);
  // Returns whether the session is new to the run.
  bool AddSession(const std::string& connection, int64_t id);

  // Results of finished groups (`all`: all results) that are not marked saved.
  Unsaved TakeUnsaved(bool all) const;
  void MarkSaved(const Unsaved& saved);
  // Whether something has happened that no MarkSaved has told.
  bool HasNews() const;
  std::vector<UnsavedList> UnsavedLists() const;
  // The list is in the store under `epoch`; -1: there is none.
  void MarkList(const UnsavedList& list, int64_t epoch);

  // --- State; the caller holds transition_mu.
  // Takes the run up: false where it is not waiting to be. Results of groups
  // that were not finished are dropped.
  bool Begin(absl::Time now, CancellationToken* token);
  // The execution is over; returns why it was stopped, and whether a claimant
  // came back meanwhile.
  std::pair<Stop, bool> End();
  bool executing() const;
  // Keeps a token derived from Begin's alive as long as the run: were the last
  // copy to die while its parent is being cancelled on another thread, that
  // thread would wait for itself (base/cancellation).
  void KeepToken(const CancellationToken& token);
  void SetState(RunState state);
  // Puts a result in the place of every rule that has none.
  void FillUnjudged(const absl::Status& why);
  bool complete() const;  // Every rule has a result.
  int64_t NextSequence() const;
  // Enters the state of `final`, in which nothing is executed any more, with
  // its outcome, error, hold, end_time and sequence.
  void Complete(const Run& final);

  // Asks the execution to stop for `why`. Cancel the returned source, where
  // there is one, without holding a lock.
  std::optional<CancellationSource> RequestStop(Stop why);

  // The run is another server's, or may be: nothing of it is written any more.
  void Lose();
  bool lost() const;
  // Its end could not be written; it is tried again.
  void set_ending(Ending ending);
  std::optional<Ending> ending() const;
  // The attempt before ended because the store could not be reached, and not
  // with its server. REQUIRES: before Begin.
  void Forgive();

  // --- Claims.
  void PutClaim(const Claim& claim);
  std::optional<Claim> FindClaim(const std::string& key) const;
  int active_claims() const;
  // A name for a claim without request_id, unused so far.
  std::string NextAnonymousClaim() const;

  // --- Lease; times are Clock::Uptime.
  void RenewLease(absl::Duration now);
  void AddSubscriber();
  void RemoveSubscriber(absl::Duration now);
  bool Leased(absl::Duration now) const;
  // Whether the run has to be resumed for a claimant that has come; an
  // execution that is just being suspended remembers it.
  bool WantResume();
  // Where nobody holds the lease: an execution is asked to stop (`source` to
  // be cancelled), a waiting run becomes SUSPENDED at once. False: neither.
  bool TrySuspend(absl::Duration now,
                  std::optional<CancellationSource>* source);
  // When SUSPENDED was entered; nullopt in another state.
  std::optional<absl::Duration> suspended_since() const;
  void set_suspended_since(absl::Duration now);
  // For how long the lease is still held; a subscriber holds it for `held`.
  absl::Duration LeaseLeft(absl::Duration now, absl::Duration held) const;

  // What a shared store is told, and when. The caller holds transition_mu.
  struct Shared {
    int64_t touched = 0;           // As last seen.
    absl::Duration watched_until;  // Somebody looks through another server.
    absl::Duration saved_at;       // When the store last got its news.
    absl::Duration lease_stored;   // The end of the lease as the store has it.
  };
  Shared& shared() { return shared_; }

 private:
  struct Slot {
    std::shared_ptr<const Result> result;  // Null: not judged.
    int64_t sequence = 0;
    bool saved = false;
    int64_t list_epoch = -1;
    bool list_saved = false;  // Or there is none.
  };
  struct LogEntry {
    int64_t sequence = 0;
    int index = -1;  // Of a result; -1: a state.
    RunState state = RunState::kUnspecified;
  };

  void PutResult(int index, std::shared_ptr<const Result> result)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Count(const Result& result, int64_t by)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EnterState(RunState state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool LeasedLocked(absl::Duration now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const RunPlan plan_;
  const int64_t epoch_;
  std::vector<int> group_of_;  // By rule; constant after construction.
  int groups_ = 0;
  Notifier* const notifier_;
  const std::shared_ptr<WakerSet> wakers_;
  Shared shared_;

  absl::Mutex transition_mu_ ABSL_ACQUIRED_BEFORE(mu_);
  mutable absl::Mutex mu_;
  RunState state_ ABSL_GUARDED_BY(mu_);
  Outcome outcome_ ABSL_GUARDED_BY(mu_);
  std::optional<ResultError> error_ ABSL_GUARDED_BY(mu_);
  std::optional<Hold> hold_ ABSL_GUARDED_BY(mu_);
  absl::Time start_time_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  absl::Time end_time_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  int64_t attempts_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t lost_attempts_ ABSL_GUARDED_BY(mu_) = 0;
  Reached reached_ ABSL_GUARDED_BY(mu_);
  int64_t sequence_ ABSL_GUARDED_BY(mu_);
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mu_);
  std::vector<LogEntry> log_ ABSL_GUARDED_BY(mu_);
  engine::Progress progress_ ABSL_GUARDED_BY(mu_);
  int64_t progress_sequence_ ABSL_GUARDED_BY(mu_) = 0;  // 0: no event.
  int64_t state_sequence_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t saved_sequence_ ABSL_GUARDED_BY(mu_) = 0;
  std::set<int> dropped_ ABSL_GUARDED_BY(mu_);
  bool lost_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<Ending> ending_ ABSL_GUARDED_BY(mu_);
  std::set<int> done_groups_ ABSL_GUARDED_BY(mu_);
  std::set<int> saved_groups_ ABSL_GUARDED_BY(mu_);
  std::set<std::pair<std::string, int64_t>> sessions_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, Claim> claims_ ABSL_GUARDED_BY(mu_);
  std::optional<CancellationSource> source_ ABSL_GUARDED_BY(mu_);
  std::vector<CancellationToken> tokens_ ABSL_GUARDED_BY(mu_);
  Stop stop_ ABSL_GUARDED_BY(mu_) = Stop::kNone;
  bool resume_wanted_ ABSL_GUARDED_BY(mu_) = false;
  int subscribers_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration lease_end_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();
  absl::Duration suspended_since_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_LIVE_RUN_H_
