// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/notifier.h"

#include <algorithm>
#include <utility>

namespace assay::runs {

struct WakerSet::Registration::Waker {
  absl::Mutex mu;  // Held while `wake` runs: the destructor waits on it.
  std::function<void()> wake ABSL_GUARDED_BY(mu);
};

WakerSet::Registration::Registration(std::shared_ptr<WakerSet> set,
                                     std::function<void()> wake)
    : set_(std::move(set)), waker_(std::make_shared<Waker>()) {
  {
    absl::MutexLock lock(&waker_->mu);
    waker_->wake = std::move(wake);
  }
  absl::MutexLock lock(&set_->mu_);
  set_->wakers_.push_back(waker_);
}

WakerSet::Registration::~Registration() {
  {
    absl::MutexLock lock(&set_->mu_);
    std::erase(set_->wakers_, waker_);
  }
  absl::MutexLock lock(&waker_->mu);
  waker_->wake = nullptr;
}

void WakerSet::WakeAll() {
  std::vector<std::shared_ptr<Registration::Waker>> wakers;
  {
    absl::MutexLock lock(&mu_);
    queued_ = false;
    wakers = wakers_;
  }
  for (const auto& waker : wakers) {
    absl::MutexLock lock(&waker->mu);
    if (waker->wake != nullptr) waker->wake();
  }
}

std::shared_ptr<WakerSet> WakerBook::Of(const std::string& run_id) {
  absl::MutexLock lock(&mu_);
  std::weak_ptr<WakerSet>& known = sets_[run_id];
  std::shared_ptr<WakerSet> set = known.lock();
  if (set == nullptr) {
    set = std::make_shared<WakerSet>();
    known = set;
  }
  if (sets_.size() > swept_at_) {
    std::erase_if(sets_,
                  [](const auto& each) { return each.second.expired(); });
    swept_at_ = std::max<size_t>(64, 2 * sets_.size());
  }
  return set;
}

Notifier::Notifier() : thread_([this] { Work(); }) {}

Notifier::~Notifier() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    queue_.clear();
  }
  thread_.join();
}

void Notifier::Notify(const std::shared_ptr<WakerSet>& set) {
  {
    absl::MutexLock lock(&set->mu_);
    if (set->queued_ || set->wakers_.empty()) return;
    set->queued_ = true;
  }
  absl::MutexLock lock(&mu_);
  if (!stopping_) queue_.push_back(set);
}

void Notifier::Work() {
  while (true) {
    std::shared_ptr<WakerSet> set;
    {
      absl::MutexLock lock(&mu_);
      auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return stopping_ || !queue_.empty();
      };
      mu_.Await(absl::Condition(&ready));
      if (stopping_) return;
      set = std::move(queue_.front());
      queue_.pop_front();
    }
    set->WakeAll();
  }
}

}  // namespace assay::runs
