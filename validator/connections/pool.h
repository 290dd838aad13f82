// SPDX-License-Identifier: Apache-2.0
// The connections of one configured name: at most max_connections at a time,
// over all users.
#ifndef ASSAY_VALIDATOR_CONNECTIONS_POOL_H_
#define ASSAY_VALIDATOR_CONNECTIONS_POOL_H_

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/base/cancellation.h"
#include "validator/connections/connector.h"
#include "validator/connections/registry.h"

namespace assay::connections {

// How much of a pool is used at this moment.
struct PoolUse {
  int in_use = 0;
  size_t idle = 0;     // Connections that are open and nobody's.
  size_t waiting = 0;  // Callers of TakeSlots.
};

// Thread-safe. Its sessions keep it alive.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  explicit Pool(ConnectionConfig config) : config_(std::move(config)) {}

  const ConnectionConfig& config() const { return config_; }
  // Of the connections opened so far. REQUIRES: one was.
  const sql::Dialect& dialect() const { return *dialect_.load(); }

  // Waits for `count` free slots, first come first served, and takes them all
  // at once: who held one of two could wait for ever. kArgumentInvalid where
  // the pool has not so many.
  absl::Status TakeSlots(int count, const CancellationToken& cancel);
  void ReturnSlots(int count);

  // A session in a slot that is taken: an idle one that is still good, or a new
  // one. On failure the slot is the caller's again; else it is the session's.
  absl::StatusOr<Session> Open(const CancellationToken& cancel);

  // Takes a session's connection and slot back, and keeps the connection for
  // the next one where `reusable`.
  void GiveBack(Connected connected, bool reusable);

  PoolUse use();

  // Closes what has been idle for too long.
  void CloseExpired();

 private:
  struct Idle {
    Connected connected;
    absl::Time since;
  };

  const ConnectionConfig config_;
  std::atomic<const sql::Dialect*> dialect_{nullptr};
  absl::Mutex mu_;
  int taken_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t next_ticket_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<uint64_t> waiting_ ABSL_GUARDED_BY(mu_);
  std::vector<Idle> idle_ ABSL_GUARDED_BY(mu_);  // The newest last.
};

}  // namespace assay::connections

#endif  // ASSAY_VALIDATOR_CONNECTIONS_POOL_H_
