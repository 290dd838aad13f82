// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/store_session.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "validator/base/metrics.h"
#include "validator/runs/store.h"

namespace assay::runs {
namespace {

// How long nobody else tries to connect after a failure.
constexpr absl::Duration kPause = absl::Seconds(1);
// Longest wait for one of the connections.
constexpr absl::Duration kLongestWait = absl::Seconds(30);

bool IsUnreachable(ErrorReason reason) {
  return reason == ErrorReason::kConnectionLost ||
         reason == ErrorReason::kDatabaseUnreachable;
}

// A failure of the store's database as callers of the store know it.
absl::Status StoreError(const absl::Status& status) {
  return MakeError(
      IsUnreachable(GetReason(status)) ? ErrorReason::kStoreUnreachable
                                       : ErrorReason::kStoreFailed,
      absl::StrCat("the run store: ", std::string(status.message())));
}

}  // namespace

int64_t CellInt(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) {
    return static_cast<int64_t>(*number);
  }
  int64_t number = 0;
  const std::string text = CellText(value);
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

std::string CellText(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data;
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    return decimal->digits;
  }
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return absl::StrCat(*number);
  }
  return "";
}

absl::Status StoreSession::Failure(const absl::Status& status) {
  // A file that could not be written once will not be written now.
  may_repeat_ = dialect_.shared &&
                (GetReason(status) == ErrorReason::kTransient || !alive());
  return StoreError(status);
}

absl::StatusOr<StoreRows> StoreSession::Query(const std::string& sql,
                                              std::vector<Value> values) {
  db::Statement statement;
  statement.sql = sql;
  statement.parameters = std::move(values);
  absl::StatusOr<StoreRows> rows = connection_->Run(statement);
  if (!rows.ok()) return Failure(rows.status());
  return rows;
}

absl::Status StoreSession::Do(const std::string& sql,
                              std::vector<Value> values) {
  return Query(sql, std::move(values)).status();
}

absl::StatusOr<int64_t> StoreSession::Change(const std::string& sql,
                                             std::vector<Value> values) {
  ASSAY_RETURN_IF_ERROR(Do(sql, std::move(values)));
  return connection_->changed_rows();
}

absl::Status StoreSession::InTransaction(
    const std::function<absl::Status()>& work) {
  if (absl::Status begun = connection_->Begin(); !begun.ok()) {
    return Failure(begun);
  }
  absl::Status status = work();
  if (status.ok()) {
    const absl::Status committed = connection_->Commit();
    if (!committed.ok()) status = Failure(committed);
  }
  if (!status.ok()) connection_->Rollback().IgnoreError();
  return status;
}

StoreTimer::StoreTimer() : begin_(absl::Now()) {}

StoreTimer::~StoreTimer() {
  Observe(Metric::kStoreDuration, {}, absl::Now() - begin_);
}

absl::Status CountStoreError(const absl::Status& status) {
  const ErrorReason reason = GetReason(status);
  const bool of_store = reason == ErrorReason::kStoreFailed ||
                        reason == ErrorReason::kStoreUnreachable;
  // That a run has another owner by now is an answer.
  if (of_store && !IsNotOwner(status) && !IsCancelWanted(status)) {
    Count(Metric::kStoreErrors, {GetErrorReasonInfo(reason).name});
  }
  return status;
}

absl::StatusOr<std::unique_ptr<StoreSession>> StorePool::Take() {
  {
    absl::MutexLock lock(&mu_);
    auto available = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return free_ > 0;
    };
    if (!mu_.AwaitWithTimeout(absl::Condition(&available), kLongestWait)) {
      return MakeError(ErrorReason::kStoreUnreachable,
                       "the run store: all its connections are busy");
    }
    if (!idle_.empty()) {
      --free_;
      std::unique_ptr<StoreSession> session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
    if (absl::Now() < failed_until_) return failure_;
    --free_;
    // Until this attempt is over, others are told of the last one.
    if (!failure_.ok()) failed_until_ = absl::Now() + kPause;
  }
  absl::StatusOr<std::unique_ptr<db::StoreConnection>> connection = connect_();
  if (connection.ok()) {
    absl::MutexLock lock(&mu_);
    failure_ = absl::OkStatus();
    failed_until_ = absl::InfinitePast();
    return std::make_unique<StoreSession>(*std::move(connection), dialect_);
  }
  absl::MutexLock lock(&mu_);
  ++free_;
  failure_ = StoreError(connection.status());
  if (dialect_.shared) failed_until_ = absl::Now() + kPause;
  return failure_;
}

void StorePool::GiveBack(std::unique_ptr<StoreSession> session) {
  std::vector<std::unique_ptr<StoreSession>> dead;
  {
    absl::MutexLock lock(&mu_);
    ++free_;
    if (session->alive()) {
      idle_.push_back(std::move(session));
    } else {
      // What ended this one has mostly ended the others as well.
      dead = std::move(idle_);
      idle_.clear();
      dead.push_back(std::move(session));
    }
  }
  // Disconnecting may take its time.
}

}  // namespace assay::runs
