// SPDX-License-Identifier: Apache-2.0
// The time, behind a seam so that tests of leases and retention do not sleep.
#ifndef ASSAY_VALIDATOR_BASE_CLOCK_H_
#define ASSAY_VALIDATOR_BASE_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace assay {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // The time on the wall; may jump.
  virtual absl::Time Now() const = 0;
  // Time that this machine has been running; never goes back, whatever is done
  // to the wall clock.
  virtual absl::Duration Uptime() const = 0;
};

// The machine's clock; lives as long as the process.
const Clock* RealClock();

// Moves only when told to.
class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now) : now_(now) {}

  absl::Time Now() const override {
    absl::MutexLock lock(&mu_);
    return now_;
  }
  absl::Duration Uptime() const override {
    absl::MutexLock lock(&mu_);
    return uptime_;
  }
  void Advance(absl::Duration by) {
    absl::MutexLock lock(&mu_);
    now_ += by;
    uptime_ += by;
  }

 private:
  mutable absl::Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_);
  absl::Duration uptime_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();
};

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_CLOCK_H_
