// SPDX-License-Identifier: Apache-2.0
// Cancelling, leases, time-outs, retention, draining.
#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"
#include "validator/runs/manager_impl.h"

namespace assay::runs {
namespace {

// Runs removed in one transaction, so that nobody waits long for the store.
constexpr int kRemovedAtOnce = 100;
constexpr absl::Duration kRetentionInterval = absl::Minutes(1);
// Longest that Drain waits for stopped queries to return.
constexpr absl::Duration kStopGrace = absl::Seconds(15);

}  // namespace

absl::StatusOr<Run> RunManagerImpl::Cancel(const std::string& run_id,
                                           const std::string& request_id,
                                           const std::string& principal) {
  ASSAY_ASSIGN_OR_RETURN(const std::string id, Resolve(run_id));
  if (store_->shared()) {
    return CancelAnywhere(
        id, request_id.empty() ? "" : ClaimKey(principal, request_id));
  }
  const RunPtr run = FindInMemory(id);
  // It has ended, or is held.
  const std::string key =
      request_id.empty() ? "" : ClaimKey(principal, request_id);
  if (run == nullptr) return CancelAnywhere(id, key);
  std::optional<CancellationSource> source;
  {
    absl::ReleasableMutexLock lock(&run->transition_mu());
    if (IsJudged(run->state())) {
      lock.Release();
      return CancelAnywhere(id, key);
    }
    if (!request_id.empty()) {
      std::optional<Claim> claim = run->FindClaim(key);
      if (!claim.has_value()) {
        return MakeError(
            ErrorReason::kArgumentInvalid,
            absl::StrCat("request_id holds no claim on run ", id,
                         "; send the one of StartRun, or none to end the run "
                         "for everybody"));
      }
      if (!claim->withdrawn) {
        claim->withdrawn = true;
        const absl::Status saved = store_->SaveClaim(*claim);
        // The last claimant's wish to stop does not wait for a healthy disk.
        if (!saved.ok() && run->active_claims() > 1) return saved;
        run->PutClaim(*claim);
      }
      if (run->active_claims() > 0) return run->Snapshot(false);
    }
    source = StopForGood(run);
  }
  if (source.has_value()) source->Cancel(CancelledError());
  return run->Snapshot(false);
}

std::optional<CancellationSource> RunManagerImpl::StopForGood(
    const RunPtr& run) {
  if (IsJudged(run->state()) || run->lost()) return std::nullopt;
  if (!run->executing()) {
    Finish(run, RunState::kCancelled, CancelledError());
    return std::nullopt;
  }
  if (run->state() != RunState::kCancelling) {
    run->SetState(RunState::kCancelling);
    SaveState(run);
  }
  return run->RequestStop(Stop::kCancel);
}

void RunManagerImpl::Resume(const RunPtr& run) {
  if (run->state() != RunState::kSuspended) return;
  run->SetState(RunState::kRunning);
  Count(Metric::kRunsResumed);
  LogInfo("run resumed: somebody asks for it again", run->log());
  SaveState(run);
  Enqueue(run);
}

void RunManagerImpl::SweepRun(const RunPtr& run) {
  const absl::Duration uptime = seams_.clock->Uptime();
  std::optional<CancellationSource> source;
  {
    absl::MutexLock lock(&run->transition_mu());
    if (IsJudged(run->state()) || run->lost()) return;
    if (const std::optional<Ending> ending = run->ending()) {
      return Finish(run, ending->state, ending->why);
    }
    if (!run->executing() && seams_.clock->Now() >= Deadline(*run)) {
      Finish(run, RunState::kCancelled,
             MakeError(ErrorReason::kRunTimeout,
                       "the run was out of time before it could be executed"));
      return;
    }
    if (const auto since = run->suspended_since()) {
      if (uptime - *since >= options_.suspended_for) {
        Finish(run, RunState::kCancelled,
               MakeError(
                   ErrorReason::kCancelled,
                   absl::StrCat("nobody asked for the suspended run for ",
                                absl::FormatDuration(options_.suspended_for))));
      }
      return;
    }
    if (run->TrySuspend(uptime, &source) && !source.has_value()) {
      Count(Metric::kLeasesExpired);
      LogInfo("run suspended: nobody asks for it any more", run->log());
      {
        absl::MutexLock queue_lock(&mu_);
        std::erase(queue_, run);
      }
      SaveState(run);
    }
  }
  if (source.has_value()) {
    source->Cancel(MakeError(ErrorReason::kCancelled,
                             "the run was suspended: its lease is over"));
  }
}

void RunManagerImpl::Sweep() {
  std::vector<RunPtr> runs;
  {
    absl::MutexLock lock(&mu_);
    if (stopping_) return;
  }
  if (store_->shared()) TendOwnership();
  {
    absl::MutexLock lock(&mu_);
    for (const auto& [id, run] : live_) runs.push_back(run);
  }
  for (const RunPtr& run : runs) SweepRun(run);
  EndHolds();
  SaveUnsaved();
  RemoveOldRuns();
}

void RunManagerImpl::SaveUnsaved() {
  std::vector<RunPtr> runs;
  {
    absl::MutexLock lock(&mu_);
    for (const auto& [id, run] : unsaved_) runs.push_back(run);
  }
  for (const RunPtr& run : runs) {
    const LiveRun::Unsaved unsaved = run->TakeUnsaved(true);
    const Run now = run->Snapshot(false);
    if (!IsJudged(now.state)) continue;
    if (!store_
             ->Save(run->id(), run->epoch(),
                    {unsaved.results, unsaved.groups, unsaved.dropped, &now})
             .ok()) {
      return;  // The store is still ill; said once, when the run ended.
    }
    run->MarkSaved(unsaved);
    absl::MutexLock lock(&mu_);
    unsaved_.erase(run->id());
  }
}

void RunManagerImpl::RemoveOldRuns() {
  const absl::Duration uptime = seams_.clock->Uptime();
  {
    absl::MutexLock lock(&mu_);
    const bool due = retention_due_ && !store_->shared();
    if (!due && uptime - last_retention_ < kRetentionInterval) return;
    retention_due_ = false;
    last_retention_ = uptime;
  }
  if (store_->shared()) {
    // What other servers ended.
    RemoveLeavings();
    // Of all servers one is enough.
    const absl::StatusOr<bool> ours =
        store_->ClaimRetention(kRetentionInterval);
    if (!ours.ok() || !*ours) return;
  }
  const Limits limits = this->limits();
  while (true) {
    const absl::StatusOr<std::vector<std::string>> removed = store_->RemoveOld(
        limits.keep_runs, seams_.clock->Now() - limits.keep_for,
        kRemovedAtOnce);
    if (!removed.ok()) {
      LogWarning(
          absl::StrCat("old runs not removed: ", removed.status().message()));
      return;
    }
    if (removed->empty()) return;
    for (const std::string& id : *removed) state_->RemoveDifferences(id);
    absl::MutexLock lock(&mu_);
    for (const std::string& id : *removed) {
      finished_.erase(id);
      std::erase(finished_order_, id);
    }
    if (stopping_) return;
  }
}

void RunManagerImpl::SweepLoop() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      mu_.AwaitWithTimeout(
          absl::Condition(&closing_),
          store_->shared() ? seams_.sweep_interval / 2 : seams_.sweep_interval);
      if (closing_) return;
    }
    Sweep();
  }
}

void RunManagerImpl::BeatLoop() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      mu_.AwaitWithTimeout(absl::Condition(&closing_), membership_->interval());
      if (closing_) return;
    }
    membership_->Beat();
  }
}

void RunManagerImpl::TellMetrics(const Metrics::Tell& tell) const {
  static constexpr RunState kActive[] = {RunState::kPending, RunState::kRunning,
                                         RunState::kSuspended,
                                         RunState::kCancelling};
  std::map<RunState, int> states;
  {
    absl::MutexLock lock(&mu_);
    size_t unsaved = unsaved_.size();
    for (const auto& [id, run] : live_) {
      ++states[run->state()];
      if (run->ending().has_value()) ++unsaved;
    }
    tell(Metric::kRunsQueued, {}, static_cast<double>(queue_.size()));
    tell(Metric::kRunsExecuting, {}, executing_);
    tell(Metric::kRunsUnsaved, {}, static_cast<double>(unsaved));
    tell(Metric::kReady, {}, draining_ ? 0 : 1);
  }
  for (const RunState state : kActive) {
    tell(Metric::kRunsActive, {RunStateName(state)}, states[state]);
  }
  tell(Metric::kRunsQueueLimit, {}, options_.max_queued_runs);
  tell(Metric::kRunsExecutingLimit, {}, options_.max_concurrent_runs);
  if (membership_ != nullptr) {
    tell(Metric::kStoreMember, {},
         membership_->standing() == Standing::kMember ? 1 : 0);
  }
}

int64_t RunManagerImpl::active_runs() const {
  absl::MutexLock lock(&mu_);
  return static_cast<int64_t>(live_.size());
}

void RunManagerImpl::SetLimits(const Limits& limits) {
  absl::MutexLock lock(&mu_);
  limits_ = limits;
  retention_due_ = true;
  // Threads that a lower limit leaves idle stay, for a higher one.
  pool_->Grow(limits.max_concurrent_runs,
              2 * static_cast<size_t>(limits.max_concurrent_runs));
  Dispatch();
}

void RunManagerImpl::StopAll() {
  std::vector<RunPtr> runs;
  {
    absl::MutexLock lock(&mu_);
    draining_ = true;
    stopping_ = true;
    for (const auto& [id, run] : live_) runs.push_back(run);
  }
  for (const RunPtr& run : runs) {
    if (auto source = run->RequestStop(Stop::kShutdown)) {
      source->Cancel(MakeError(ErrorReason::kCancelled,
                               "the server stops; the run goes on when it "
                               "starts again"));
    }
  }
}

void RunManagerImpl::Drain(absl::Duration grace) {
  {
    absl::MutexLock lock(&mu_);
    draining_ = true;
    auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return executing_ == 0 && queue_.empty();
    };
    mu_.AwaitWithTimeout(absl::Condition(&idle), grace);
  }
  StopAll();
  {
    absl::MutexLock lock(&mu_);
    auto stopped = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return executing_ == 0;
    };
    mu_.AwaitWithTimeout(absl::Condition(&stopped), kStopGrace);
  }
  // Others need not wait until they take us for dead.
  if (membership_ != nullptr) membership_->Leave();
}

}  // namespace assay::runs
