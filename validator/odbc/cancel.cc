// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/cancel.h"

#include "absl/time/time.h"

namespace assay::odbc {

CancelScope::CancelScope(const CancellationToken& token, SQLHSTMT target)
    : target_(target),
      callback_(std::make_unique<CancelCallback>(token, [this] { Start(); })) {}

CancelScope::~CancelScope() {
  callback_.reset();  // From here on no thread is started.
  std::thread thread;
  {
    absl::MutexLock lock(&mu_);
    done_ = true;
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void CancelScope::Start() {
  absl::MutexLock lock(&mu_);
  if (!done_) thread_ = std::thread([this] { Run(); });
}

void CancelScope::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      if (done_) return;
    }
    SQLCancel(target_);
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(&done_), absl::Milliseconds(100));
  }
}

}  // namespace assay::odbc
