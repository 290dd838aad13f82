// SPDX-License-Identifier: Apache-2.0
// State, results and events; live_run_lease.cc has claims and leases.
#include "validator/runs/live_run.h"

#include <algorithm>

namespace assay::runs {

LiveRun::LiveRun(RunPlan plan, int64_t epoch, Notifier* notifier,
                 std::shared_ptr<WakerSet> wakers)
    : plan_(std::move(plan)),
      epoch_(epoch),
      notifier_(notifier),
      wakers_(std::move(wakers)),
      state_(RunState::kUnspecified),
      sequence_(epoch * kEpochSpan) {
  groups_ = engine::CountGroups(plan_.rule_set);
  const int rules = engine::CountRules(plan_.rule_set);
  for (int group = 0; group < groups_; ++group) {
    const int end = group + 1 < groups_
                        ? engine::FirstRuleOfGroup(plan_.rule_set, group + 1)
                        : rules;
    group_of_.resize(static_cast<size_t>(end), group);
  }
  absl::MutexLock lock(&mu_);
  slots_.resize(group_of_.size());
  EnterState(plan_.run.state);
}

void LiveRun::Restore(const UnfinishedRun& unfinished,
                      int64_t checkpoint_rows) {
  absl::MutexLock lock(&mu_);
  const Run& run = unfinished.stored.run;
  start_time_ = run.start_time;
  attempts_ = run.attempts;
  lost_attempts_ = run.lost_attempts;
  reached_ = run.reached;
  progress_ = run.progress;
  for (const Claim& claim : unfinished.claims) claims_[claim.key] = claim;
  for (const auto& session : unfinished.sessions) sessions_.insert(session);
  std::vector<LogEntry> log;
  for (const StoredResult& stored : unfinished.results) {
    if (stored.index < 0 || stored.index >= rules()) continue;
    slots_[static_cast<size_t>(stored.index)] =
        Slot{stored.result, stored.sequence, true, stored.list_epoch, true};
    Count(*stored.result, 1);
    log.push_back(LogEntry{stored.sequence, stored.index});
  }
  log_.insert(log_.begin(), log.begin(), log.end());
  for (const int group : unfinished.done_groups) {
    // A group counts as finished only with all of its results.
    bool whole = group >= 0 && group < groups_;
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (group_of_[i] == group && slots_[i].result == nullptr) whole = false;
    }
    if (!whole) continue;
    done_groups_.insert(group);
    saved_groups_.insert(group);
  }
  const Reached now{static_cast<int64_t>(done_groups_.size()),
                    unfinished.done_pairs, checkpoint_rows};
  if (now > reached_) {
    reached_ = now;
    lost_attempts_ = 0;
  }
}

RunState LiveRun::state() const {
  absl::MutexLock lock(&mu_);
  return state_;
}

Run LiveRun::Snapshot(bool with_results) const {
  Run run = plan_.run;
  absl::MutexLock lock(&mu_);
  run.state = state_;
  run.outcome = outcome_;
  run.error = error_;
  run.progress = progress_;
  run.start_time = start_time_;
  run.end_time = end_time_;
  run.hold = hold_;
  run.attempts = attempts_;
  run.lost_attempts = lost_attempts_;
  run.reached = reached_;
  run.sequence = sequence_;
  run.state_sequence = state_sequence_;
  run.progress_sequence = progress_sequence_;
  if (with_results) {
    run.results.reserve(slots_.size());
    for (const Slot& slot : slots_) run.results.push_back(slot.result);
  }
  return run;
}

std::vector<Event> LiveRun::ReadEvents(int64_t after, int limit) const {
  std::vector<Event> events;
  absl::MutexLock lock(&mu_);
  bool progress_due = progress_sequence_ > after;
  auto add_progress = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    Event& event = events.emplace_back();
    event.sequence = progress_sequence_;
    event.what.emplace<ProgressEvent>(ProgressEvent{progress_});
    progress_due = false;
  };
  auto it = std::upper_bound(
      log_.begin(), log_.end(), after,
      [](int64_t value, const LogEntry& e) { return value < e.sequence; });
  for (; it != log_.end() && events.size() < static_cast<size_t>(limit); ++it) {
    if (progress_due && progress_sequence_ < it->sequence) {
      add_progress();
      if (events.size() >= static_cast<size_t>(limit)) break;
    }
    if (it->index < 0) {
      Event& event = events.emplace_back();
      event.sequence = it->sequence;
      event.what.emplace<StateEvent>(StateEvent{it->state});
      continue;
    }
    const Slot& slot = slots_[static_cast<size_t>(it->index)];
    // The result was dropped, or judged anew: that has an entry of its own.
    if (slot.result == nullptr || slot.sequence != it->sequence) continue;
    Event& event = events.emplace_back();
    event.sequence = it->sequence;
    event.what.emplace<ResultEvent>(ResultEvent{it->index, slot.result});
  }
  if (progress_due && it == log_.end() &&
      events.size() < static_cast<size_t>(limit)) {
    add_progress();
  }
  return events;
}

std::set<int> LiveRun::done_groups() const {
  absl::MutexLock lock(&mu_);
  return done_groups_;
}

int64_t LiveRun::lost_attempts() const {
  absl::MutexLock lock(&mu_);
  return lost_attempts_;
}

void LiveRun::Count(const Result& result, int64_t by) {
  switch (result.verdict) {
    case Verdict::kPass:
      outcome_.counts.pass += by;
      break;
    case Verdict::kWarn:
      outcome_.counts.warn += by;
      break;
    case Verdict::kFail:
      outcome_.counts.fail += by;
      break;
    default:
      outcome_.counts.error += by;
      break;
  }
}

void LiveRun::PutResult(int index, std::shared_ptr<const Result> result) {
  Slot& slot = slots_[static_cast<size_t>(index)];
  if (slot.result != nullptr) Count(*slot.result, -1);
  Count(*result, 1);
  slot = Slot{std::move(result), ++sequence_};
  dropped_.erase(index);
  log_.push_back(LogEntry{slot.sequence, index});
}

void LiveRun::AddResult(int index, const Result& result) {
  auto copy = std::make_shared<const Result>(result);
  absl::MutexLock lock(&mu_);
  if (IsJudged(state_) || index < 0 || index >= rules()) return;
  PutResult(index, std::move(copy));
  notifier_->Notify(wakers_);
}

bool LiveRun::AddGroup(int group) {
  absl::MutexLock lock(&mu_);
  if (!IsJudged(state_) && group >= 0 && group < groups_) {
    done_groups_.insert(group);
  }
  return static_cast<int>(done_groups_.size()) == groups_;
}

void LiveRun::SetProgress(const engine::Progress& progress) {
  absl::MutexLock lock(&mu_);
  if (IsJudged(state_)) return;
  progress_ = progress;
  progress_sequence_ = ++sequence_;
  notifier_->Notify(wakers_);
}

bool LiveRun::AddSession(const std::string& connection, int64_t id) {
  absl::MutexLock lock(&mu_);
  return sessions_.emplace(connection, id).second;
}

LiveRun::Unsaved LiveRun::TakeUnsaved(bool all) const {
  Unsaved unsaved;
  absl::MutexLock lock(&mu_);
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (slot.result == nullptr || slot.saved) continue;
    if (!all && done_groups_.count(group_of_[i]) == 0) continue;
    unsaved.results.push_back(StoredResult{static_cast<int>(i), slot.sequence,
                                           slot.result, slot.list_epoch});
  }
  unsaved.dropped.assign(dropped_.begin(), dropped_.end());
  unsaved.sequence = sequence_;
  std::set_difference(done_groups_.begin(), done_groups_.end(),
                      saved_groups_.begin(), saved_groups_.end(),
                      std::back_inserter(unsaved.groups));
  return unsaved;
}

void LiveRun::MarkSaved(const Unsaved& saved) {
  absl::MutexLock lock(&mu_);
  for (const StoredResult& stored : saved.results) {
    Slot& slot = slots_[static_cast<size_t>(stored.index)];
    if (slot.sequence == stored.sequence &&
        slot.list_epoch == stored.list_epoch) {
      slot.saved = true;
    }
  }
  saved_groups_.insert(saved.groups.begin(), saved.groups.end());
  for (const int index : saved.dropped) dropped_.erase(index);
  saved_sequence_ = std::max(saved_sequence_, saved.sequence);
}

bool LiveRun::HasNews() const {
  absl::MutexLock lock(&mu_);
  return sequence_ > saved_sequence_;
}

std::vector<LiveRun::UnsavedList> LiveRun::UnsavedLists() const {
  std::vector<UnsavedList> lists;
  absl::MutexLock lock(&mu_);
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (slot.result == nullptr || slot.list_saved) continue;
    if (slot.result->differences == 0) continue;
    lists.push_back({static_cast<int>(i), slot.sequence, slot.result->rule_id});
  }
  return lists;
}

void LiveRun::MarkList(const UnsavedList& list, int64_t epoch) {
  absl::MutexLock lock(&mu_);
  Slot& slot = slots_[static_cast<size_t>(list.index)];
  if (slot.sequence != list.sequence) return;
  slot.list_saved = true;
  if (epoch == slot.list_epoch) return;
  slot.list_epoch = epoch;
  slot.saved = false;
}

bool LiveRun::Begin(absl::Time now, CancellationToken* token) {
  absl::MutexLock lock(&mu_);
  if (source_.has_value() || lost_ || ending_.has_value() ||
      (state_ != RunState::kPending && state_ != RunState::kRunning)) {
    return false;
  }
  for (size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.result == nullptr || done_groups_.count(group_of_[i]) > 0) {
      continue;
    }
    Count(*slot.result, -1);
    dropped_.insert(static_cast<int>(i));
    slot = Slot{};
  }
  ++attempts_;
  ++lost_attempts_;  // Until it ends.
  if (start_time_ == absl::InfinitePast()) start_time_ = now;
  stop_ = Stop::kNone;
  resume_wanted_ = false;
  source_.emplace();
  *token = source_->token();
  if (state_ != RunState::kRunning) EnterState(RunState::kRunning);
  return true;
}

std::pair<Stop, bool> LiveRun::End() {
  absl::MutexLock lock(&mu_);
  source_.reset();
  lost_attempts_ = 0;
  return {std::exchange(stop_, Stop::kNone),
          std::exchange(resume_wanted_, false)};
}

void LiveRun::KeepToken(const CancellationToken& token) {
  absl::MutexLock lock(&mu_);
  tokens_.push_back(token);
}

bool LiveRun::executing() const {
  absl::MutexLock lock(&mu_);
  return source_.has_value();
}

void LiveRun::EnterState(RunState state) {
  state_ = state;
  state_sequence_ = ++sequence_;
  log_.push_back(LogEntry{sequence_, -1, state});
  notifier_->Notify(wakers_);
}

void LiveRun::SetState(RunState state) {
  absl::MutexLock lock(&mu_);
  if (state_ != state) EnterState(state);
}

void LiveRun::FillUnjudged(const absl::Status& why) {
  absl::MutexLock lock(&mu_);
  for (int i = 0; i < rules(); ++i) {
    if (slots_[static_cast<size_t>(i)].result != nullptr) continue;
    PutResult(i, std::make_shared<const Result>(engine::UnjudgedResult(
                     plan_.rule_set, plan_.parameters, i, why)));
  }
  notifier_->Notify(wakers_);
}

bool LiveRun::complete() const {
  absl::MutexLock lock(&mu_);
  return std::all_of(slots_.begin(), slots_.end(),
                     [](const Slot& slot) { return slot.result != nullptr; });
}

int64_t LiveRun::NextSequence() const {
  absl::MutexLock lock(&mu_);
  return sequence_ + 1;
}

void LiveRun::Complete(const Run& final) {
  absl::MutexLock lock(&mu_);
  outcome_ = final.outcome;
  error_ = final.error;
  end_time_ = final.end_time;
  hold_ = final.hold;
  sequence_ = std::max(sequence_, final.sequence - 1);
  EnterState(final.state);
}

void LiveRun::Lose() {
  absl::MutexLock lock(&mu_);
  lost_ = true;
  notifier_->Notify(wakers_);
}

bool LiveRun::lost() const {
  absl::MutexLock lock(&mu_);
  return lost_;
}

void LiveRun::set_ending(Ending ending) {
  absl::MutexLock lock(&mu_);
  ending_ = std::move(ending);
}

std::optional<Ending> LiveRun::ending() const {
  absl::MutexLock lock(&mu_);
  return ending_;
}

void LiveRun::Forgive() {
  absl::MutexLock lock(&mu_);
  if (lost_attempts_ > 0) --lost_attempts_;
}

std::optional<CancellationSource> LiveRun::RequestStop(Stop why) {
  absl::MutexLock lock(&mu_);
  if (!source_.has_value() || why <= stop_) return std::nullopt;
  stop_ = why;
  return source_;
}

}  // namespace assay::runs
