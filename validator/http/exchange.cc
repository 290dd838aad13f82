// SPDX-License-Identifier: Apache-2.0
#include "validator/http/exchange.h"

#include <utility>

namespace assay::http {

void Exchange::Cancel() {
  std::function<void()> stop;
  {
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
    stop = std::exchange(stop_, nullptr);
  }
  if (stop) stop();
}

bool Exchange::cancelled() const {
  absl::MutexLock lock(&mu_);
  return cancelled_;
}

void Exchange::OnCancel(std::function<void()> stop) {
  {
    absl::MutexLock lock(&mu_);
    if (!cancelled_) {
      // What is replaced is destroyed after the lock: it may own a call.
      std::swap(stop_, stop);
      return;
    }
  }
  if (stop) stop();
}

}  // namespace assay::http
