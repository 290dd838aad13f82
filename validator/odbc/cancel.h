// SPDX-License-Identifier: Apache-2.0
// Carries a cancelled token to the driver call that it is meant for.
#ifndef ASSAY_VALIDATOR_ODBC_CANCEL_H_
#define ASSAY_VALIDATOR_ODBC_CANCEL_H_

#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "validator/base/cancellation.h"
#include "validator/odbc/handle.h"

namespace assay::odbc {

// While it lives, a cancelled `token` makes SQLCancel(`target`) run, at once
// and then every 100 ms: a cancel that arrives just before the call begins, or
// between two of its round trips, would otherwise be lost. It runs on a thread
// of its own, so that a driver that hangs (psqlODBC and MariaDB open a second
// connection to cancel) cannot hang the canceller.
//
// The destructor waits for a SQLCancel that is on its way, so that it cannot
// hit a later statement.
class CancelScope {
 public:
  CancelScope(const CancellationToken& token, SQLHSTMT target);
  ~CancelScope();
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

 private:
  void Start();
  void Run();

  const SQLHSTMT target_;
  absl::Mutex mu_;
  bool done_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<CancelCallback> callback_;
};

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_CANCEL_H_
