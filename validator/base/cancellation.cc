// SPDX-License-Identifier: Apache-2.0
#include "validator/base/cancellation.h"

#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace assay {
namespace internal {

struct CancellationState {
  // Callbacks run under run_mu, so that an unregistering thread can wait for
  // the one that is running; mu guards the data and is never held meanwhile.
  absl::Mutex run_mu;
  absl::Mutex mu;
  absl::Status why ABSL_GUARDED_BY(mu);
  // The thread that runs the callbacks, while it does.
  std::thread::id canceller ABSL_GUARDED_BY(mu);
  uint64_t next_id ABSL_GUARDED_BY(mu) = 1;
  std::map<uint64_t, std::function<void()>> callbacks ABSL_GUARDED_BY(mu);
  // The link to the parent, released when this state is destroyed.
  std::unique_ptr<CancelCallback> parent_link;

  void Cancel(absl::Status status) {
    absl::MutexLock run_lock(&run_mu);
    std::vector<uint64_t> ids;
    {
      absl::MutexLock lock(&mu);
      if (!why.ok()) return;
      why = std::move(status);
      canceller = std::this_thread::get_id();
      for (const auto& [id, callback] : callbacks) ids.push_back(id);
    }
    for (const uint64_t id : ids) {
      std::function<void()> callback;
      {
        absl::MutexLock lock(&mu);
        auto it = callbacks.find(id);
        if (it == callbacks.end()) continue;
        callback = std::move(it->second);
        callbacks.erase(it);
      }
      callback();
    }
    absl::MutexLock lock(&mu);
    canceller = std::thread::id();
  }
};

}  // namespace internal

namespace {

// The one thread that fires deadlines. Never joined: it lives as long as the
// process, like the heap.
class DeadlineWatcher {
 public:
  static DeadlineWatcher& Get() {
    static auto* const kWatcher = new DeadlineWatcher();
    return *kWatcher;
  }

  void Add(absl::Time when, std::weak_ptr<internal::CancellationState> state,
           absl::Status why) {
    absl::MutexLock lock(&mu_);
    due_.emplace(when, Entry{std::move(state), std::move(why)});
    ++version_;
  }

 private:
  struct Entry {
    std::weak_ptr<internal::CancellationState> state;
    absl::Status why;
  };

  DeadlineWatcher() { std::thread([this] { Run(); }).detach(); }

  void Run() {
    while (true) {
      std::vector<Entry> fired;
      {
        absl::MutexLock lock(&mu_);
        const absl::Time next =
            due_.empty() ? absl::InfiniteFuture() : due_.begin()->first;
        const uint64_t seen = version_;
        auto changed = [this, seen]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
          return version_ != seen;
        };
        mu_.AwaitWithDeadline(absl::Condition(&changed), next);
        const absl::Time now = absl::Now();
        while (!due_.empty() && due_.begin()->first <= now) {
          fired.push_back(std::move(due_.begin()->second));
          due_.erase(due_.begin());
        }
        // Entries whose work has ended are dropped here, not at their time.
        std::erase_if(due_, [](const auto& entry) {
          return entry.second.state.expired();
        });
      }
      for (Entry& entry : fired) {
        if (auto state = entry.state.lock()) state->Cancel(entry.why);
      }
    }
  }

  absl::Mutex mu_;
  std::multimap<absl::Time, Entry> due_ ABSL_GUARDED_BY(mu_);
  uint64_t version_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace

CancellationToken::CancellationToken() = default;

CancellationToken::CancellationToken(
    std::shared_ptr<internal::CancellationState> s)
    : state_(std::move(s)) {}

bool CancellationToken::cancelled() const { return !status().ok(); }

absl::Status CancellationToken::status() const {
  if (state_ == nullptr) return absl::OkStatus();
  absl::MutexLock lock(&state_->mu);
  return state_->why;
}

CancellationToken CancellationToken::WithDeadline(
    absl::Time deadline, absl::Status at_deadline) const {
  auto child = std::make_shared<internal::CancellationState>();
  std::weak_ptr<internal::CancellationState> weak = child;
  if (state_ != nullptr) {
    child->parent_link = std::make_unique<CancelCallback>(
        *this, [weak, parent = std::weak_ptr(state_)] {
          auto from = parent.lock();
          auto to = weak.lock();
          if (from == nullptr || to == nullptr) return;
          absl::Status why;
          {
            absl::MutexLock lock(&from->mu);
            why = from->why;
          }
          to->Cancel(why);
        });
  }
  if (deadline != absl::InfiniteFuture()) {
    DeadlineWatcher::Get().Add(deadline, weak, std::move(at_deadline));
  }
  return CancellationToken(std::move(child));
}

CancellationSource::CancellationSource()
    : state_(std::make_shared<internal::CancellationState>()) {}

CancellationToken CancellationSource::token() const {
  return CancellationToken(state_);
}

void CancellationSource::Cancel(absl::Status why) {
  state_->Cancel(std::move(why));
}

CancelCallback::CancelCallback(const CancellationToken& token,
                               std::function<void()> callback)
    : state_(token.state_) {
  if (state_ == nullptr) return;
  {
    absl::MutexLock lock(&state_->mu);
    if (state_->why.ok()) {
      id_ = state_->next_id++;
      state_->callbacks.emplace(id_, std::move(callback));
      return;
    }
  }
  callback();
}

CancelCallback::~CancelCallback() {
  if (state_ == nullptr || id_ == 0) return;
  {
    absl::MutexLock lock(&state_->mu);
    if (state_->callbacks.erase(id_) > 0) return;
    // A callback that drops the last reference to a child token ends up here
    // on the cancelling thread itself: waiting would be for ourselves.
    if (state_->canceller == std::this_thread::get_id()) return;
  }
  // It has been taken out to run: wait until the canceller is through.
  absl::MutexLock wait(&state_->run_mu);
}

absl::Status SleepUnlessCancelled(absl::Duration duration,
                                  const CancellationToken& token) {
  struct Wake {
    absl::Mutex mu;
    bool woken = false;
  } wake;
  CancelCallback on_cancel(token, [&wake] {
    absl::MutexLock lock(&wake.mu);
    wake.woken = true;
  });
  {
    absl::MutexLock lock(&wake.mu);
    wake.mu.AwaitWithTimeout(absl::Condition(&wake.woken), duration);
  }
  return token.status();
}

}  // namespace assay
