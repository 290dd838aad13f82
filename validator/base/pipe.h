// SPDX-License-Identifier: Apache-2.0
// Hands items from the thread that fills them to one of the pipe's own that
// takes them, in order. A few items go round and keep their memory.
#ifndef ASSAY_VALIDATOR_BASE_PIPE_H_
#define ASSAY_VALIDATOR_BASE_PIPE_H_

#include <array>
#include <cstddef>
#include <functional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "validator/base/without_throwing.h"

namespace assay {

// One thread fills and finishes. After the first error of `take` nothing more
// is taken: what is pushed then is dropped.
template <typename Item>
class Pipe {
 public:
  // `take` is called by the pipe's thread, for one item at a time.
  explicit Pipe(std::function<absl::Status(const Item&)> take)
      : take_(std::move(take)), taker_([this] { TakeAll(); }) {}
  ~Pipe() { (void)Finish(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // The item to fill next. It still holds what it was filled with before.
  Item& item() { return items_[filling_]; }

  // Hands item() over, and waits until the next one is free. The first error
  // of `take` so far.
  absl::Status Push() {
    filling_ = (filling_ + 1) % kItems;
    absl::MutexLock lock(&mu_);
    ++pushed_;
    const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return pushed_ - taken_ < kItems;
    };
    mu_.Await(absl::Condition(&room));
    return failure_;
  }

  // Waits until all that was pushed is taken. The first error of `take`.
  absl::Status Finish() {
    {
      absl::MutexLock lock(&mu_);
      finished_ = true;
    }
    if (taker_.joinable()) taker_.join();
    absl::MutexLock lock(&mu_);
    return failure_;
  }

 private:
  // One is filled, one is taken, and two smooth out what takes longer.
  static constexpr size_t kItems = 4;

  void TakeAll() {
    const auto any = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return pushed_ > taken_ || finished_;
    };
    absl::MutexLock lock(&mu_);
    while (true) {
      mu_.Await(absl::Condition(&any));
      if (pushed_ == taken_) return;
      if (failure_.ok()) {
        const Item& item = items_[taken_ % kItems];
        mu_.Unlock();
        absl::Status status = WithoutThrowing([&] { return take_(item); });
        mu_.Lock();
        failure_ = std::move(status);
      }
      ++taken_;
    }
  }

  const std::function<absl::Status(const Item&)> take_;
  std::array<Item, kItems> items_;
  size_t filling_ = 0;  // Of items_; of the thread that fills.
  absl::Mutex mu_;
  size_t pushed_ ABSL_GUARDED_BY(mu_) = 0;
  size_t taken_ ABSL_GUARDED_BY(mu_) = 0;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  std::thread taker_;  // Last: it uses all of the above.
};

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_PIPE_H_
