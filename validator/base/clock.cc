// SPDX-License-Identifier: Apache-2.0
#include "validator/base/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace assay {
namespace {

class MachineClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  absl::Duration Uptime() const override {
    return absl::FromChrono(
        std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace

const Clock* RealClock() {
  static const auto* const kClock = new MachineClock();
  return kClock;
}

}  // namespace assay
