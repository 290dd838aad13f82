// SPDX-License-Identifier: Apache-2.0
// Which runs are this server's, where servers share the store: what others want
// of them, what has been lost, and what dead servers left.
//
// Whatever is believed here, the store decides: a write about a run that has
// another owner fails, and the run is forgotten then.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/runs/manager_impl.h"

namespace assay::runs {
namespace {

// How often the store gets news of a run that others look at, and of one that
// nobody does.
constexpr absl::Duration kNewsWhenWatched = absl::Seconds(1);
constexpr absl::Duration kNewsElse = absl::Seconds(10);
// After a sign of life through another server; it comes once a minute at least.
constexpr absl::Duration kWatchedFor = absl::Seconds(90);
// A lease that is held by a call that waits is written down for so long.
constexpr absl::Duration kLeaseHeld = absl::Minutes(1);

}  // namespace

void RunManagerImpl::Lose(const RunPtr& run, const std::string& why) {
  if (run->lost() || IsJudged(run->state())) return;
  LogWarning(absl::StrCat("the run is given up here: ", why), run->log());
  Count(Metric::kRunsLost);
  const bool executing = run->executing();
  {
    absl::MutexLock lock(&mu_);
    if (auto it = live_.find(run->id());
        it != live_.end() && it->second == run) {
      live_.erase(it);
    }
    std::erase(queue_, run);
    if (executing) lost_.push_back(run);
  }
  // Who waits for it looks at the store from now on.
  run->Lose();
}

void RunManagerImpl::StopLost() {
  std::vector<RunPtr> runs;
  {
    absl::MutexLock lock(&mu_);
    runs.swap(lost_);
  }
  for (const RunPtr& run : runs) {
    if (auto source = run->RequestStop(Stop::kLost)) {
      source->Cancel(MakeError(ErrorReason::kCancelled,
                               "another server may have the run"));
    }
  }
}

void RunManagerImpl::LoseAll(const std::string& why) {
  std::vector<RunPtr> runs;
  {
    absl::MutexLock lock(&mu_);
    for (const auto& [id, run] : live_) runs.push_back(run);
  }
  for (const RunPtr& run : runs) {
    absl::MutexLock lock(&run->transition_mu());
    if (run->executing()) {
      // It did not end this server.
      absl::MutexLock maps(&mu_);
      forgiven_.insert(run->id());
    }
    Lose(run, why);
  }
  StopLost();
}

void RunManagerImpl::TendOwnership() {
  StopLost();
  if (!beater_.joinable()) membership_->Beat();
  switch (membership_->standing()) {
    case Standing::kUnsure:
      LoseAll("the run store could not be reached for too long");
      return;
    case Standing::kExpelled:
      LoseAll("this server was taken for dead");
      if (const absl::Status joined = membership_->Join(); !joined.ok()) {
        return;
      }
      LogWarning(
          absl::StrCat("the run store had taken this server for dead; "
                       "it goes on as server ",
                       server_id()));
      break;
    case Standing::kMember:
      break;
  }
  std::vector<RunPtr> live;
  {
    absl::MutexLock lock(&mu_);
    for (const auto& [id, run] : live_) live.push_back(run);
  }
  const absl::StatusOr<Survey> survey = store_->Look(server_id());
  if (!survey.ok()) return;  // Beat has said so.
  TendOwned(live, *survey);
  TakeOrphans(survey->orphans);
  StopLost();
}

void RunManagerImpl::TendOwned(const std::vector<RunPtr>& live,
                               const Survey& survey) {
  std::map<std::string, RunPtr> ours;
  for (const RunPtr& run : live) ours[run->id()] = run;
  for (const ActiveRun& stored : survey.owned) {
    auto it = ours.find(stored.run_id);
    if (it == ours.end()) {
      TakeBack(stored);
      continue;
    }
    TendRun(it->second, stored);
    ours.erase(it);
  }
  for (const auto& [id, run] : ours) {
    absl::MutexLock lock(&run->transition_mu());
    Lose(run, "the store has another owner for it");  // Unless it has ended.
  }
}

void RunManagerImpl::TendRun(const RunPtr& run, const ActiveRun& stored) {
  const absl::Duration now = seams_.clock->Uptime();
  LiveRun::Shared& shared = run->shared();
  std::optional<CancellationSource> source;
  {
    absl::MutexLock lock(&run->transition_mu());
    if (IsJudged(run->state()) || run->lost()) return;
    if (run->epoch() != stored.epoch) {
      return Lose(run, "the store has it in another epoch");
    }
    if (stored.cancel_wanted && run->state() != RunState::kCancelling) {
      source = StopForGood(run);
    }
    if (stored.touched != shared.touched) {
      shared.touched = stored.touched;
      shared.watched_until = now + kWatchedFor;
      run->RenewLease(now);
      if (run->WantResume()) Resume(run);
    }
    const absl::Duration interval =
        now < shared.watched_until ? kNewsWhenWatched : kNewsElse;
    if (now - shared.saved_at >= interval && run->HasNews() &&
        !run->ending().has_value() && !run->lost()) {
      SaveState(run);
    }
    TellLease(run);
  }
  if (source.has_value()) source->Cancel(CancelledError());
}

void RunManagerImpl::TellLease(const RunPtr& run) {
  if (run->plan().run.request.correlation_id.empty() || run->lost()) return;
  const absl::Duration now = seams_.clock->Uptime();
  LiveRun::Shared& shared = run->shared();
  const absl::Duration left = run->LeaseLeft(now, kLeaseHeld);
  const absl::Duration end = now + std::max(left, absl::ZeroDuration());
  const bool longer =
      left > absl::ZeroDuration() && end > shared.lease_stored + kLeaseHeld / 2;
  const bool shorter =
      shared.lease_stored > now && end < shared.lease_stored - absl::Seconds(1);
  if (!longer && !shorter) return;
  if (store_->SaveLease(run->id(), run->epoch(), end - now).ok()) {
    shared.lease_stored = end;
  }
}

void RunManagerImpl::TakeBack(const ActiveRun& stored) {
  // A run that is being started is in the store first.
  absl::MutexLock one_at_a_time(&start_mu_);
  {
    absl::MutexLock lock(&mu_);
    if (draining_ || live_.count(stored.run_id) > 0) return;
  }
  absl::StatusOr<std::optional<UnfinishedRun>> taken =
      store_->TakeOver(stored.run_id, stored.epoch, server_id());
  if (!taken.ok() || !taken->has_value()) return;
  LogInfo("the run is taken up again", LogFieldsOf((*taken)->stored.run));
  Count(Metric::kRunsTakenUp, {"store loss"});
  TakeUp(**taken);
}

void RunManagerImpl::TakeOrphans(const std::vector<ActiveRun>& orphans) {
  int64_t room = 0;
  {
    absl::MutexLock lock(&mu_);
    if (draining_) return;
    room = limits_.max_concurrent_runs - executing_ -
           static_cast<int64_t>(queue_.size());
  }
  // A server that is always busy takes one all the same: the others may be too.
  room = std::max<int64_t>(room, 1);
  for (const ActiveRun& orphan : orphans) {
    const bool waits =
        orphan.cancel_wanted || orphan.state == RunState::kSuspended;
    if (!waits && room <= 0) continue;
    absl::StatusOr<std::optional<UnfinishedRun>> taken =
        store_->TakeOver(orphan.run_id, orphan.epoch, server_id());
    if (!taken.ok()) {
      LogWarning(
          absl::StrCat("the run is not taken over: ", taken.status().message()),
          {.run_id = orphan.run_id});
      return;
    }
    if (!taken->has_value()) continue;  // Another server was faster.
    if (!waits) --room;
    LogInfo(absl::StrCat("the run is taken over from a server that is gone (",
                         orphan.owner, ")"),
            LogFieldsOf((*taken)->stored.run));
    Count(Metric::kRunsTakenUp, {"server loss"});
    TakeUp(**taken);
  }
}

}  // namespace assay::runs
