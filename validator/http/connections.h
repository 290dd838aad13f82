// SPDX-License-Identifier: Apache-2.0
// The connections that are open, and what they may have together.
//
// Thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_CONNECTIONS_H_
#define ASSAY_VALIDATOR_HTTP_CONNECTIONS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/base/metrics.h"

namespace assay::http {

class Connection {
 public:
  virtual ~Connection() = default;
  // Both may be called on any thread and return at once.
  virtual void EndWhenIdle() = 0;
  virtual void Abort() = 0;
};

enum class Admission {
  kServe,
  kRefuse,  // Tell it that there are too many.
  kDrop,    // Too many even for that, or the end has begun.
};

class Connections {
 public:
  // At most `max_connections` are served, and 64 more told so.
  explicit Connections(int max_connections)
      : max_(max_connections),
        collector_(Metrics::Global().AddCollector(
            [this](const Metrics::Tell& tell) { TellMetrics(tell); })) {}

  // One comes in; Remove() it when it is destroyed, unless it is dropped.
  Admission Add(Connection* key, const std::weak_ptr<Connection>& connection);
  void Remove(Connection* key);

  // Admits no more.
  void Close();
  std::vector<std::shared_ptr<Connection>> All() const;
  // Returns whether there are none, after at most `limit`.
  bool AwaitNone(absl::Duration limit);

  // Takes from what large bodies and answers may have together, or returns
  // false.
  bool TakeBytes(int64_t bytes);
  void GiveBytes(int64_t bytes);

 private:
  void TellMetrics(const Metrics::Tell& tell) const {
    absl::MutexLock lock(&mu_);
    tell(Metric::kHttpConnections, {}, static_cast<double>(open_.size()));
    tell(Metric::kHttpConnectionsLimit, {}, max_);
  }
  bool None() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return open_.empty(); }

  const int max_;
  mutable absl::Mutex mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  std::map<Connection*, std::weak_ptr<Connection>> open_ ABSL_GUARDED_BY(mu_);
  int64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
  const std::shared_ptr<void> collector_;  // Last: it asks the rest.
};

// Among the open connections, for as long as it lives.
class Place {
 public:
  explicit Place(Connections* connections) : connections_(connections) {}
  ~Place() {
    if (key_ != nullptr) connections_->Remove(key_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Admission Take(const std::shared_ptr<Connection>& connection) {
    const Admission out = connections_->Add(connection.get(), connection);
    if (out != Admission::kDrop) key_ = connection.get();
    return out;
  }

 private:
  Connections* const connections_;
  Connection* key_ = nullptr;
};

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_CONNECTIONS_H_
