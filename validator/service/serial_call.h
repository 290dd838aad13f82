// SPDX-License-Identifier: Apache-2.0
// One RPC that many threads poke and one at a time serves.
//
// A long RPC hears of wake-ups, alarms, finished writes and cancellation on
// threads that must not block and in any order. Each of them leaves its news in
// an atomic and calls Kick(); Step() then runs on the pool, never twice at
// once, and at least once after each Kick(). So only Step() touches the rest of
// the call, and it alone may finish the RPC.
#ifndef ASSAY_VALIDATOR_SERVICE_SERIAL_CALL_H_
#define ASSAY_VALIDATOR_SERVICE_SERIAL_CALL_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "validator/base/thread_pool.h"

namespace assay::service {

// Thread-safe. Made by std::make_shared and kept by Keep() until Release(),
// which OnDone calls; a step that runs then keeps it a little longer.
class SerialCall : public std::enable_shared_from_this<SerialCall> {
 public:
  // `pool` is borrowed and must outlive the call.
  explicit SerialCall(ThreadPool* pool) : pool_(pool) {}
  virtual ~SerialCall() = default;
  SerialCall(const SerialCall&) = delete;
  SerialCall& operator=(const SerialCall&) = delete;

  // Returns soon and runs nothing on the calling thread.
  void Kick();

 protected:
  void Keep() { self_ = shared_from_this(); }
  void Release() { self_.reset(); }

 private:
  virtual void Step() = 0;
  void Run();

  ThreadPool* const pool_;
  absl::Mutex mu_;
  bool scheduled_ ABSL_GUARDED_BY(mu_) = false;  // Queued or running.
  bool again_ ABSL_GUARDED_BY(mu_) = false;      // Kicked meanwhile.
  std::shared_ptr<SerialCall> self_;
};

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_SERIAL_CALL_H_
