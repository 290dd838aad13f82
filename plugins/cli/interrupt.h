// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP as events: the first asks politely, the second
// ends the process at once.
//
// One per process. Install it before any other thread starts, so that all
// threads inherit the blocked signals and only its own thread takes them.
#ifndef ASSAY_PLUGINS_CLI_INTERRUPT_H_
#define ASSAY_PLUGINS_CLI_INTERRUPT_H_

#include <condition_variable>
#include <functional>
#include <mutex>

#include "absl/time/time.h"

namespace assay::cli {

// Thread-safe.
class Interrupt {
 public:
  // Blocks the signals and starts the thread; the same object on each call.
  static Interrupt& Install();

  // The first signal that came; 0: none, or never installed.
  static int Received();

  // The first signal that came; 0: none.
  int signal() const;

  // Sleeps for `duration`, or until a signal is there. Returns whether one is.
  bool WaitFor(absl::Duration duration);

  // Called on the signals' thread when the first signal comes; at once, where
  // it already has. Null: none. On return no earlier callback is running.
  void SetOnFirst(std::function<void()> callback);

  // Called on the signals' thread before the process ends by a second signal:
  // whatever must not be left behind.
  void SetOnSecond(std::function<void()> callback);

 private:
  Interrupt() = default;
  void Run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int signal_ = 0;
  std::function<void()> on_first_;
  std::function<void()> on_second_;
};

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_INTERRUPT_H_
