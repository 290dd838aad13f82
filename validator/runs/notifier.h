// SPDX-License-Identifier: Apache-2.0
// Wakes the subscribers of runs from a thread of its own, so that no caller of
// the run manager ever runs a subscriber's code, and no lock is held meanwhile.
#ifndef ASSAY_VALIDATOR_RUNS_NOTIFIER_H_
#define ASSAY_VALIDATOR_RUNS_NOTIFIER_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace assay::runs {

// The wake-ups of one run. Thread-safe.
class WakerSet {
 public:
  // One registered callback; its destructor returns once the callback is not
  // running and will not run again.
  class Registration {
   public:
    Registration(std::shared_ptr<WakerSet> set, std::function<void()> wake);
    ~Registration();
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    friend class WakerSet;
    struct Waker;
    const std::shared_ptr<WakerSet> set_;
    const std::shared_ptr<Waker> waker_;
  };

 private:
  friend class Notifier;
  // Calls all callbacks. Only the notifier's thread.
  void WakeAll();

  absl::Mutex mu_;
  std::vector<std::shared_ptr<Registration::Waker>> wakers_
      ABSL_GUARDED_BY(mu_);
  bool queued_ ABSL_GUARDED_BY(mu_) = false;
};

// The wake-ups of every run that somebody waits for, by the run's id, whatever
// has the run meanwhile. Thread-safe.
class WakerBook {
 public:
  // The same set as long as anybody has it.
  std::shared_ptr<WakerSet> Of(const std::string& run_id);

 private:
  absl::Mutex mu_;
  std::map<std::string, std::weak_ptr<WakerSet>> sets_ ABSL_GUARDED_BY(mu_);
  size_t swept_at_ ABSL_GUARDED_BY(mu_) = 64;
};

// Thread-safe. The destructor drops wake-ups that have not been made.
class Notifier {
 public:
  Notifier();
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // Soon wakes all of `set`; several calls may become one. Never blocks, calls
  // nothing back: may be called under any lock.
  void Notify(const std::shared_ptr<WakerSet>& set);

 private:
  void Work();

  absl::Mutex mu_;
  std::deque<std::shared_ptr<WakerSet>> queue_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_NOTIFIER_H_
