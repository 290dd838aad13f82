// SPDX-License-Identifier: Apache-2.0
// The queue, one execution, and how it ends.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "validator/base/log.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/runs/manager_impl.h"
#include "validator/runs/run_metrics.h"

namespace assay::runs {
namespace {

// Terminal runs kept in memory, for the clients that are about to ask.
constexpr size_t kFinishedInMemory = 64;

ResultError ErrorOf(const absl::Status& status) {
  return ResultError{GetReason(status), std::string(status.message()),
                     IsRetryable(status)};
}

// The outcome of a run that ends in `state` because of `why`.
Outcome Judge(const Run& run, RunState state, const absl::Status& why) {
  // Fold looks at a few fields; samples need not be copied for it.
  std::vector<Result> results(run.results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    const Result& from = *run.results[i];
    results[i].verdict = from.verdict;
    results[i].error = from.error;
    results[i].confirmed = from.confirmed;
    results[i].empty = from.empty;
    results[i].rollback = from.rollback;
  }
  FoldOptions options;
  options.fail_on_warn = run.request.options.fail_on_warn;
  Outcome outcome = Fold(results, options, state != RunState::kSucceeded);
  if (state == RunState::kFailed) {
    // Trouble of the server's says nothing about the data.
    outcome.verdict = Verdict::kError;
    outcome.decision = Decision::kHold;
    outcome.retryable = IsRetryable(why);
  } else if (state == RunState::kCancelled) {
    outcome.retryable = outcome.retryable && IsRetryable(why);
  }
  return outcome;
}

}  // namespace

absl::Status CancelledError() {
  return MakeError(ErrorReason::kCancelled, "the run was cancelled");
}

// Hands what the engine tells to the run and, a group at a time, to the store.
class RunManagerImpl::RunObserver : public engine::Observer {
 public:
  RunObserver(RunManagerImpl* manager, RunPtr run)
      : manager_(manager), run_(std::move(run)) {}

  void OnResult(int index, const Result& result) override {
    NoteJudged(result, run_->log(result.rule_id));
    run_->AddResult(index, result);
  }

  void OnGroupDone(int group) override {
    // The last group is written together with the verdict.
    const bool last = run_->AddGroup(group);
    if (manager_->store_->shared()) {
      // Before the lock: a long list takes its time.
      const absl::Status status = manager_->SaveLists(run_);
      if (!status.ok()) {
        LogWarning(absl::StrCat("list of differences not "
                                "written yet: ",
                                status.message()),
                   run_->log());
      }
      if (last) return;
      // All of it: whoever reads the store sees no later result without an
      // earlier one.
      absl::MutexLock lock(&run_->transition_mu());
      manager_->SaveState(run_);
      return;
    }
    if (last) return;
    const LiveRun::Unsaved unsaved = run_->TakeUnsaved(false);
    const absl::Status status = manager_->store_->Save(
        run_->id(), run_->epoch(),
        {unsaved.results, unsaved.groups, unsaved.dropped, nullptr});
    if (status.ok()) {
      run_->MarkSaved(unsaved);
    } else {
      // Not lost yet: the next group, or the end, writes it again.
      LogWarning(absl::StrCat("checkpoint not written: ", status.message()),
                 run_->log());
    }
  }

  void OnPairDone(int index, const std::string& pair,
                  const engine::PairResult& result) override {
    const absl::Status status = manager_->store_->SavePair(
        run_->id(), run_->epoch(), index, pair, result);
    if (status.ok()) return;
    // After a restart the pair is compared again.
    LogWarning(absl::StrCat("checkpoint not written: ", status.message()),
               run_->log());
  }

  void OnProgress(const engine::Progress& progress) override {
    run_->SetProgress(progress);
  }

  absl::Status OnSession(const std::string& connection,
                         int64_t server_connection_id) override {
    if (!run_->AddSession(connection, server_connection_id)) {
      return absl::OkStatus();
    }
    return manager_->store_->AddSession(run_->id(), run_->epoch(), connection,
                                        server_connection_id);
  }

 private:
  RunManagerImpl* const manager_;
  const RunPtr run_;
};

void RunManagerImpl::Enqueue(const RunPtr& run) {
  absl::MutexLock lock(&mu_);
  queue_.push_back(run);
  Dispatch();
}

void RunManagerImpl::Dispatch() {
  while (!stopping_ && !alone_ && executing_ < limits_.max_concurrent_runs &&
         !queue_.empty()) {
    RunPtr run = queue_.front();
    const bool last = run->lost_attempts() == seams_.max_lost_attempts - 1;
    if (last && executing_ > 0) return;
    queue_.pop_front();
    if (!pool_->TrySchedule([this, run] { Work(run); })) {
      queue_.push_front(std::move(run));
      return;
    }
    ++executing_;
    alone_ = last;
  }
}

void RunManagerImpl::Work(const RunPtr& run) {
  Execute(run);
  absl::MutexLock lock(&mu_);
  --executing_;
  alone_ = false;  // Were it set, there was no other run than this.
  Dispatch();
}

Limits RunManagerImpl::limits() const {
  absl::MutexLock lock(&mu_);
  return limits_;
}

absl::Time RunManagerImpl::Deadline(const LiveRun& run) const {
  const Run& fixed = run.plan().run;
  absl::Duration timeout = fixed.request.options.timeout;
  if (timeout == absl::InfiniteDuration()) timeout = limits().default_timeout;
  return fixed.as_of_time + timeout;
}

void RunManagerImpl::Execute(const RunPtr& run) {
  CancellationToken stop;
  {
    absl::MutexLock lock(&run->transition_mu());
    {
      absl::MutexLock queue_lock(&mu_);
      if (stopping_) return;
    }
    if (!run->Begin(seams_.clock->Now(), &stop)) return;
    Count(Metric::kRunExecutions);
    if (const Run now = run->Snapshot(false); now.attempts == 1) {
      Observe(Metric::kRunQueueWait, {}, now.start_time - now.as_of_time);
    }
    SaveState(run);
  }
  {
    // StopAll may have passed between the look and Begin.
    absl::ReleasableMutexLock lock(&mu_);
    if (stopping_) {
      lock.Release();
      if (auto source = run->RequestStop(Stop::kShutdown)) {
        source->Cancel(MakeError(ErrorReason::kCancelled, "server stops"));
      }
    }
  }
  const absl::Time deadline = Deadline(*run);
  const absl::Status out_of_time = MakeError(
      ErrorReason::kRunTimeout,
      "the run was out of time before everything was judged; raise its "
      "timeout, or split the rule set");
  const CancellationToken token =
      stop.WithDeadline(deadline == absl::InfiniteFuture()
                            ? deadline
                            : absl::Now() + (deadline - seams_.clock->Now()),
                        out_of_time);
  run->KeepToken(token);
  absl::Status status = AwaitOrphans(run, token);
  if (status.ok() && seams_.clock->Now() >= deadline) status = out_of_time;
  if (status.ok()) {
    engine::ExecuteRequest request;
    request.rule_set = &run->plan().rule_set;
    request.parameters = &run->plan().parameters;
    request.as_of = run->plan().run.as_of_time;
    request.run_id = run->id();
    request.traceparent = run->plan().run.request.traceparent;
    request.principal = run->plan().run.request.principal;
    request.done_groups = run->done_groups();
    request.max_parallel_groups = options_.max_parallel_groups;
    request.directory = state_->OfExecution(run->id(), run->epoch());
    state_->Adopt(run->id(), run->epoch());
    const Limits limits = this->limits();
    request.checkpoint_interval = limits.checkpoint_interval;
    request.window_bytes = limits.window_bytes;
    GoOn(*run, request);
    TakeOver(*run, request);
    RunObserver observer(this, run);
    // The connections of this moment, whatever is reloaded meanwhile.
    const std::shared_ptr<connections::Registry> pinned = registry_->Pin();
    status = seams_.execute(request, *pinned, observer, token);
  }
  absl::MutexLock lock(&run->transition_mu());
  Conclude(run, status, token);
}

void RunManagerImpl::GoOn(const LiveRun& run, engine::ExecuteRequest& request) {
  absl::StatusOr<std::map<int, engine::PairResults>> pairs =
      store_->LoadPairs(run.id());
  if (pairs.ok()) {
    request.done_pairs = *std::move(pairs);
  } else {
    LogWarning(absl::StrCat("the run compares all tables again, since its "
                            "checkpoint cannot be read: ",
                            pairs.status().message()),
               run.log());
  }
}

absl::Status RunManagerImpl::AwaitOrphans(const RunPtr& run,
                                          const CancellationToken& token) {
  std::shared_ptr<Orphans> orphans;
  {
    absl::MutexLock lock(&mu_);
    auto it = orphans_.find(run->id());
    if (it == orphans_.end()) return token.status();
    orphans = it->second;
    orphans_.erase(it);
  }
  struct Wait {
    Orphans* orphans = nullptr;
    bool cancelled = false;
  } wait{orphans.get()};
  CancelCallback on_cancel(token, [&wait] {
    absl::MutexLock lock(&wait.orphans->mu);
    wait.cancelled = true;
  });
  absl::MutexLock lock(&orphans->mu);
  auto over = [&wait]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return wait.orphans->done || wait.cancelled;
  };
  if (!orphans->mu.AwaitWithTimeout(absl::Condition(&over),
                                    seams_.orphan_timeout)) {
    LogWarning(
        "the run goes on although statements of an earlier server may still be "
        "running",
        run->log());
  }
  return token.status();
}

void RunManagerImpl::Conclude(const RunPtr& run, const absl::Status& status,
                              const CancellationToken& token) {
  const auto [stop, resume] = run->End();
  // What was found is of no use: whoever has the run finds it again.
  if (run->lost()) return;
  const absl::Status why = token.status();
  if (stop == Stop::kCancel) {
    // Whoever cancelled was told so: never PROCEED, whatever is finished.
    Finish(run, RunState::kCancelled,
           GetReason(why) == ErrorReason::kRunTimeout ? why : CancelledError());
  } else if (status.ok() && run->complete()) {
    Finish(run, RunState::kSucceeded, absl::OkStatus());
  } else if (stop == Stop::kShutdown) {
    SaveState(run);  // Stays RUNNING: the next start goes on with it.
  } else if (stop == Stop::kSuspend) {
    run->set_suspended_since(seams_.clock->Uptime());
    run->SetState(RunState::kSuspended);
    Count(Metric::kLeasesExpired);
    LogInfo("run suspended: nobody asks for it any more", run->log());
    SaveState(run);
    if (resume) Resume(run);
  } else if (GetReason(why) == ErrorReason::kRunTimeout ||
             GetReason(status) == ErrorReason::kRunTimeout) {
    Finish(run, RunState::kCancelled, why.ok() ? status : why);
  } else if (!status.ok()) {
    Finish(run, RunState::kFailed, status);
  } else {
    Finish(run, RunState::kFailed,
           MakeError(ErrorReason::kInternal,
                     "the engine ended without a result for every rule"));
  }
}

void RunManagerImpl::SaveState(const RunPtr& run) {
  if (run->lost()) return;
  LiveRun::Unsaved unsaved = run->TakeUnsaved(true);
  // A group is not finished before its lists are where they can be read.
  if (store_->shared() && !run->UnsavedLists().empty()) unsaved.groups.clear();
  const Run now = run->Snapshot(false);
  const absl::Status status =
      store_->Save(run->id(), run->epoch(),
                   {unsaved.results, unsaved.groups, unsaved.dropped, &now});
  run->shared().saved_at = seams_.clock->Uptime();
  if (status.ok()) {
    run->MarkSaved(unsaved);
  } else if (IsNotOwner(status)) {
    Lose(run, std::string(status.message()));
  } else {
    LogWarning(absl::StrCat("the run's state ", RunStateName(now.state),
                            " not written: ", status.message()),
               run->log());
  }
}

void RunManagerImpl::Finish(const RunPtr& run, RunState state,
                            const absl::Status& why) {
  if (run->lost()) return;
  run->FillUnjudged(why);
  Run final = run->Snapshot(true);
  final.state = state;
  const absl::Time end_time = std::max(seams_.clock->Now(), final.as_of_time);
  final.end_time = end_time;
  final.sequence = run->NextSequence();
  if (!why.ok()) final.error = ErrorOf(why);
  final.outcome = Judge(final, state, why);
  if (state == RunState::kSucceeded) HoldIfAsked(final);
  absl::Status stored = store_->shared() ? SaveLists(run) : absl::OkStatus();
  const LiveRun::Unsaved unsaved = run->TakeUnsaved(true);
  if (stored.ok()) {
    stored = store_->Save(
        run->id(), run->epoch(),
        {unsaved.results, unsaved.groups, unsaved.dropped, &final});
  }
  if (stored.ok()) {
    run->MarkSaved(unsaved);
  } else if (IsNotOwner(stored)) {
    return Lose(run, std::string(stored.message()));
  } else if (IsCancelWanted(stored)) {
    return Finish(run, RunState::kCancelled, CancelledError());
  } else if (store_->shared()) {
    // Nobody is told before it is stored: another server may have the run next,
    // and find something else. Until then it goes on, for all to see.
    if (!run->ending().has_value()) {
      LogError(absl::StrCat(
                   "the run's end, ", RunStateName(state),
                   ", is not stored yet, and tried again: ", stored.message()),
               run->log());
    }
    run->set_ending({state, why});
    return;
  } else {
    // A verdict that a restart would forget must not be acted upon.
    LogError(absl::StrCat("verdict not stored: ", stored.message()),
             run->log());
    final.state = RunState::kFailed;
    const absl::Status failure =
        MakeError(ErrorReason::kStoreFailed,
                  absl::StrCat("the verdict could not be stored: ",
                               std::string(stored.message())));
    final.error = ErrorOf(failure);
    final.outcome = Judge(final, final.state, failure);
    final.end_time = end_time;
    final.hold.reset();
  }
  {
    absl::MutexLock lock(&mu_);
    live_.erase(run->id());
    std::erase(queue_, run);
    orphans_.erase(run->id());
    forgiven_.erase(run->id());
    if (!stored.ok()) unsaved_[run->id()] = run;
    // What may still be released, also through another server, is read from the
    // store.
    if (!IsReleasable(final.outcome)) {
      finished_[run->id()] = run;
      finished_order_.push_back(run->id());
    }
    if (finished_order_.size() > kFinishedInMemory) {
      finished_.erase(finished_order_.front());
      finished_order_.pop_front();
    }
    retention_due_ = true;
  }
  // First: who is told of the end finds it in the log and the metrics.
  NoteFinished(final);
  run->Complete(final);
  // After the verdict is out: large scratch takes its time.
  state_->RemoveScratch(run->id(), run->epoch());
}

}  // namespace assay::runs
