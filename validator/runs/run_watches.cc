// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/run_watches.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "validator/base/log.h"

namespace assay::runs {
namespace {

constexpr absl::Duration kOftenest = absl::Milliseconds(50);
constexpr absl::Duration kSeldomest = absl::Seconds(1);
// A store that does not answer is left alone for a while.
constexpr absl::Duration kAfterFailure = absl::Seconds(1);
// Runs that are due about now are asked for together.
constexpr absl::Duration kTogether = absl::Milliseconds(25);

// Another server's lease must not end while somebody waits here.
absl::Duration TouchInterval(absl::Duration lease) {
  return std::clamp(lease / 3, absl::Seconds(1), absl::Minutes(1));
}

// The longer nothing has happened, the less is likely to happen now.
absl::Duration Pause(absl::Duration quiet) {
  return std::clamp(quiet / 8, kOftenest, kSeldomest);
}

}  // namespace

RunWatches::RunWatches(Seams seams, Notifier* notifier, WakerBook* wakers)
    : seams_(std::move(seams)),
      notifier_(notifier),
      wakers_(wakers),
      thread_([this] { Work(); }) {}

RunWatches::~RunWatches() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    changed_.Signal();
  }
  thread_.join();
}

std::unique_ptr<RunWatches::Hold> RunWatches::Watch(const Run& run) {
  std::shared_ptr<WakerSet> wakers = wakers_->Of(run.run_id);
  const absl::Time now = absl::Now();
  absl::MutexLock lock(&mu_);
  const auto [it, added] = entries_.try_emplace(run.run_id);
  Entry& entry = it->second;
  if (added) {
    entry.lease = run.request.options.lease;
    entry.seen = RunPulse{run.run_id, run.sequence, run.state};
    entry.changed = now;
    entry.touch_at = now;
  } else if (!entry.ended) {
    // What this caller has not seen yet is told once more.
    entry.seen = RunPulse{run.run_id, run.sequence, run.state};
  }
  ++entry.holders;
  entry.wakers = std::move(wakers);
  entry.due = now + kOftenest;
  // Only its owner can resume it.
  if (run.state == RunState::kSuspended) entry.touch_at = now;
  changed_.Signal();
  return std::unique_ptr<Hold>(new Hold(this, run.run_id));
}

RunWatches::Hold::~Hold() {
  absl::MutexLock lock(&watches_->mu_);
  auto it = watches_->entries_.find(run_id_);
  if (it != watches_->entries_.end()) --it->second.holders;
}

absl::Time RunWatches::NextDue() const {
  absl::Time due = absl::InfiniteFuture();
  for (const auto& [id, entry] : entries_) {
    if (entry.holders > 0 && !entry.ended) {
      due = std::min({due, entry.due, entry.touch_at});
    }
  }
  return due;
}

RunWatches::Round RunWatches::NextRound(absl::Time now) {
  Round round;
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    if (entry.holders == 0) {
      entry.wakers.reset();
      // Kept for a while: who waits again at once need not touch it again.
      const bool old = entry.ended || entry.touch_at < now;
      it = old ? entries_.erase(it) : std::next(it);
      continue;
    }
    if (!entry.ended && entry.due <= now + kTogether) {
      round.look.push_back(it->first);
      entry.due = now + Pause(now - entry.changed);
    }
    if (!entry.ended && entry.touch_at <= now) {
      // A held run has no owner to be told.
      const bool held =
          entry.seen.has_value() && entry.seen->state == RunState::kHeld;
      if (!held) round.touch.emplace_back(it->first, entry.lease);
      entry.touch_at = now + TouchInterval(entry.lease);
    }
    ++it;
  }
  return round;
}

void RunWatches::Look(const std::vector<std::string>& run_ids) {
  const absl::StatusOr<std::vector<RunPulse>> pulses = seams_.pulses(run_ids);
  const absl::Time now = absl::Now();
  absl::MutexLock lock(&mu_);
  if (!pulses.ok()) {
    for (const std::string& id : run_ids) {
      auto it = entries_.find(id);
      if (it != entries_.end()) it->second.due = now + kAfterFailure;
    }
    return;
  }
  std::map<std::string, const RunPulse*> by_id;
  for (const RunPulse& pulse : *pulses) by_id[pulse.run_id] = &pulse;
  for (const std::string& id : run_ids) {
    auto it = entries_.find(id);
    if (it == entries_.end() || it->second.holders == 0) continue;
    Entry& entry = it->second;
    const auto found = by_id.find(id);
    if (found == by_id.end()) {
      entry.ended = true;  // Removed by retention.
    } else if (entry.seen == *found->second) {
      continue;
    } else {
      entry.seen = *found->second;
      entry.ended = IsTerminal(entry.seen->state);
      // It was suspended before its owner heard of us.
      if (entry.seen->state == RunState::kSuspended) entry.touch_at = now;
    }
    entry.changed = now;
    entry.due = now + kOftenest;
    notifier_->Notify(entry.wakers);
  }
}

void RunWatches::Work() {
  while (true) {
    Round round;
    {
      absl::MutexLock lock(&mu_);
      while (!stopping_ && NextDue() > absl::Now()) {
        changed_.WaitWithDeadline(&mu_, NextDue());
      }
      if (stopping_) return;
      round = NextRound(absl::Now());
    }
    std::vector<std::string> elsewhere;
    std::vector<std::string> here;
    for (const std::string& id : round.look) {
      (seams_.tend(id) ? here : elsewhere).push_back(id);
    }
    for (const auto& [id, lease] : round.touch) {
      if (std::find(here.begin(), here.end(), id) != here.end()) continue;
      const absl::Status touched = seams_.touch(id, lease);
      if (touched.ok()) continue;
      LogWarning(absl::StrCat("its owner was not told that somebody waits for "
                              "it: ",
                              std::string(touched.message())),
                 {.run_id = id});
      absl::MutexLock lock(&mu_);
      auto it = entries_.find(id);
      if (it != entries_.end()) {
        it->second.touch_at = absl::Now() + kAfterFailure;
      }
    }
    if (!elsewhere.empty()) Look(elsewhere);
    if (!here.empty()) {
      absl::MutexLock lock(&mu_);
      for (const std::string& id : here) {
        auto it = entries_.find(id);
        if (it != entries_.end()) it->second.due = absl::Now() + kSeldomest;
      }
    }
  }
}

}  // namespace assay::runs
