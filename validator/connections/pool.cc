// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/pool.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"

namespace assay::connections {
namespace {

constexpr absl::Duration kKeepIdle = absl::Seconds(60);
// After a shorter rest a connection is taken to be as it was.
constexpr absl::Duration kTrusted = absl::Seconds(1);

}  // namespace

absl::Status Pool::TakeSlots(int count, const CancellationToken& cancel) {
  if (count > config_.max_connections) {
    return MakeError(
        ErrorReason::kArgumentInvalid,
        absl::StrCat("connection ", config_.name, " is needed ", count,
                     " times at once, and its max_connections is ",
                     config_.max_connections));
  }
  const absl::Time begin = absl::Now();
  bool cancelled = false;
  CancelCallback on_cancel(cancel, [this, &cancelled] {
    absl::MutexLock lock(&mu_);
    cancelled = true;
  });
  absl::MutexLock lock(&mu_);
  const uint64_t ticket = next_ticket_++;
  waiting_.push_back(ticket);
  auto done = [&, this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return cancelled || (waiting_.front() == ticket &&
                         taken_ + count <= config_.max_connections);
  };
  mu_.Await(absl::Condition(&done));
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), ticket));
  Observe(Metric::kConnectionWait, {config_.name}, absl::Now() - begin);
  if (cancelled) return cancel.status();
  taken_ += count;
  return absl::OkStatus();
}

void Pool::ReturnSlots(int count) {
  absl::MutexLock lock(&mu_);
  taken_ -= count;
}

absl::StatusOr<Session> Pool::Open(const CancellationToken& cancel) {
  while (true) {
    std::optional<Idle> idle;
    {
      absl::MutexLock lock(&mu_);
      if (!idle_.empty()) {
        idle = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (!idle.has_value()) break;
    const absl::Duration rest = absl::Now() - idle->since;
    if (rest > kKeepIdle) continue;
    if (rest > kTrusted) {
      const auto row =
          FirstRow(*idle->connected.connection, "SELECT 1", cancel);
      ASSAY_RETURN_IF_ERROR(cancel.status());
      if (!row.ok()) continue;
    }
    return Session(shared_from_this(), std::move(idle->connected.connection),
                   idle->connected.server_connection_id);
  }
  ASSAY_ASSIGN_OR_RETURN(Connected connected, Connect(config_, cancel));
  dialect_.store(connected.dialect);
  return Session(shared_from_this(), std::move(connected.connection),
                 connected.server_connection_id);
}

void Pool::GiveBack(Connected connected, bool reusable) {
  // A file may be replaced under its name, and opening one costs next to
  // nothing: yesterday's inode must not be judged in place of today's.
  if (!reusable || connected.dialect->embedded()) {
    connected.connection.reset();  // Not under the lock: it may take long.
  }
  absl::MutexLock lock(&mu_);
  --taken_;
  if (connected.connection != nullptr) {
    idle_.push_back({std::move(connected), absl::Now()});
  }
}

PoolUse Pool::use() {
  absl::MutexLock lock(&mu_);
  return {.in_use = taken_, .idle = idle_.size(), .waiting = waiting_.size()};
}

void Pool::CloseExpired() {
  std::vector<Idle> expired;
  absl::MutexLock lock(&mu_);
  const absl::Time oldest = absl::Now() - kKeepIdle;
  // The oldest come first.
  while (!idle_.empty() && idle_.front().since < oldest) {
    expired.push_back(std::move(idle_.front()));
    idle_.erase(idle_.begin());
  }
}

}  // namespace assay::connections
