// SPDX-License-Identifier: Apache-2.0
// One way to stop work early: a token that a worker asks and that runs
// callbacks (SQLCancel) when its source is cancelled or its deadline passes.
//
// Thread-safe. A token is a cheap copy; it keeps the shared state alive.
#ifndef ASSAY_VALIDATOR_BASE_CANCELLATION_H_
#define ASSAY_VALIDATOR_BASE_CANCELLATION_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace assay {

namespace internal {
struct CancellationState;
}

class CancellationToken {
 public:
  // A token that is never cancelled.
  CancellationToken();

  bool cancelled() const;

  // Returns OK, or the status that the source was cancelled with.
  absl::Status status() const;

  // A child: cancelled with its parent, or at `deadline` with `at_deadline`,
  // whichever comes first. Deadlines are watched by one thread of the process;
  // they fire within about 50 ms.
  CancellationToken WithDeadline(absl::Time deadline,
                                 absl::Status at_deadline) const;

 private:
  friend class CancellationSource;
  friend class CancelCallback;
  explicit CancellationToken(std::shared_ptr<internal::CancellationState> s);
  std::shared_ptr<internal::CancellationState> state_;  // Null: never.
};

class CancellationSource {
 public:
  CancellationSource();
  CancellationToken token() const;
  // Cancels with `why` (not OK); only the first call counts. Runs the
  // callbacks on the calling thread.
  void Cancel(absl::Status why);

 private:
  std::shared_ptr<internal::CancellationState> state_;
};

// Registers `callback` for its own lifetime. The callback runs at most once,
// on the cancelling thread, or in the constructor where the token is cancelled
// already. The destructor waits for a callback that is running. The callback
// must not destroy its own CancelCallback.
class CancelCallback {
 public:
  CancelCallback(const CancellationToken& token,
                 std::function<void()> callback);
  ~CancelCallback();
  CancelCallback(const CancelCallback&) = delete;
  CancelCallback& operator=(const CancelCallback&) = delete;

 private:
  std::shared_ptr<internal::CancellationState> state_;
  uint64_t id_ = 0;
};

// Sleeps `duration`, or less where `token` is cancelled; returns its status.
absl::Status SleepUnlessCancelled(absl::Duration duration,
                                  const CancellationToken& token);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_CANCELLATION_H_
