// SPDX-License-Identifier: Apache-2.0
// The connections of a run store, and one transaction on one of them.
#ifndef ASSAY_VALIDATOR_RUNS_STORE_SESSION_H_
#define ASSAY_VALIDATOR_RUNS_STORE_SESSION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/base/status.h"
#include "validator/db/store_connection.h"
#include "validator/runs/store_dialect.h"

namespace assay::runs {

using StoreRows = std::vector<db::StoreRow>;

// Reading a cell of the store, whatever integer or text type the driver chose.
int64_t CellInt(const Value& value);
std::string CellText(const Value& value);

// One connection. Confined to one thread at a time. Failures are
// kStoreUnreachable where the database does not answer, else kStoreFailed.
class StoreSession {
 public:
  StoreSession(std::unique_ptr<db::StoreConnection> connection,
               const StoreDialect& dialect)
      : connection_(std::move(connection)), dialect_(dialect) {}

  absl::StatusOr<StoreRows> Query(const std::string& sql,
                                  std::vector<Value> values);
  absl::Status Do(const std::string& sql, std::vector<Value> values);
  // The same, and how many rows it changed.
  absl::StatusOr<int64_t> Change(const std::string& sql,
                                 std::vector<Value> values);
  // Runs `work` in a transaction, rolled back where it fails.
  absl::Status InTransaction(const std::function<absl::Status()>& work);

  const StoreDialect& dialect() const { return dialect_; }
  bool alive() const { return connection_->alive(); }
  // Whether the last failure was one that a repetition may well not have: a
  // connection that went, a deadlock. Nothing is known of a commit under way.
  bool may_repeat() const { return may_repeat_; }
  void Begin() { may_repeat_ = false; }

 private:
  absl::Status Failure(const absl::Status& status);

  const std::unique_ptr<db::StoreConnection> connection_;
  const StoreDialect& dialect_;
  bool may_repeat_ = false;
};

// The status of an absl::Status or an absl::StatusOr.
inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// For the metrics: how long a transaction takes, from here to its destruction.
class StoreTimer {
 public:
  StoreTimer();
  ~StoreTimer();
  StoreTimer(const StoreTimer&) = delete;
  StoreTimer& operator=(const StoreTimer&) = delete;

 private:
  const absl::Time begin_;
};

// Counts what is a failure of the store itself, and returns the status.
absl::Status CountStoreError(const absl::Status& status);

// Thread-safe. Connects when a connection is needed, and anew where one was
// lost; while the database cannot be reached, one caller a second tries, and
// the others hear at once what that one was told.
class StorePool {
 public:
  using Connect =
      std::function<absl::StatusOr<std::unique_ptr<db::StoreConnection>>()>;

  // REQUIRES: size >= 1; `dialect` outlives the pool.
  StorePool(Connect connect, int size, const StoreDialect& dialect)
      : connect_(std::move(connect)), dialect_(dialect), free_(size) {}

  // Calls `work` with a session; again where a failure may be overcome so,
  // which only a shared store's can. So `work` must be right when an earlier
  // call of it took effect, even its commit.
  template <typename Work>
  auto With(const Work& work) -> decltype(work(std::declval<StoreSession&>())) {
    const StoreTimer timer;
    for (int attempt = 1;; ++attempt) {
      absl::StatusOr<std::unique_ptr<StoreSession>> session = Take();
      if (!session.ok()) return CountStoreError(session.status());
      (*session)->Begin();
      auto result = work(**session);
      const bool again = !StatusOf(result).ok() && (*session)->may_repeat();
      GiveBack(*std::move(session));
      if (again && attempt < kAttempts) continue;
      CountStoreError(StatusOf(result)).IgnoreError();
      return result;
    }
  }

 private:
  static constexpr int kAttempts = 3;

  absl::StatusOr<std::unique_ptr<StoreSession>> Take();
  void GiveBack(std::unique_ptr<StoreSession> session);

  const Connect connect_;
  const StoreDialect& dialect_;
  absl::Mutex mu_;
  int free_ ABSL_GUARDED_BY(mu_);  // How many more may be taken.
  std::vector<std::unique_ptr<StoreSession>> idle_ ABSL_GUARDED_BY(mu_);
  // The last attempt to connect failed so, and until when that is believed.
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  absl::Time failed_until_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_STORE_SESSION_H_
