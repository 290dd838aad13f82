// SPDX-License-Identifier: Apache-2.0
#include "validator/service/serial_call.h"

#include <utility>

#include "validator/base/log.h"

namespace assay::service {

void SerialCall::Kick() {
  absl::MutexLock lock(&mu_);
  if (scheduled_) {
    again_ = true;
    return;
  }
  scheduled_ = true;
  if (!pool_->TrySchedule([call = shared_from_this()] { call->Run(); })) {
    // The queue holds a step of every open call, so this is no state to serve
    // in; the next kick tries again.
    scheduled_ = false;
    LogError("the queue of the service is full; an event was dropped");
  }
}

void SerialCall::Run() {
  while (true) {
    Step();
    absl::MutexLock lock(&mu_);
    if (!again_) {
      scheduled_ = false;
      return;
    }
    again_ = false;
  }
}

}  // namespace assay::service
