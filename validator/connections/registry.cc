// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/registry.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "validator/base/issue.h"
#include "validator/base/log.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/connections/connection_config.h"
#include "validator/connections/pool.h"

namespace assay::connections {
namespace {

constexpr absl::Duration kSweepEvery = absl::Seconds(15);

// Slots that are taken and not yet a session's.
class HeldSlots {
 public:
  HeldSlots() = default;
  HeldSlots(const HeldSlots&) = delete;
  HeldSlots& operator=(const HeldSlots&) = delete;
  ~HeldSlots() {
    for (const auto& [pool, count] : held_) pool->ReturnSlots(count);
  }

  void Add(Pool* pool, int count) { held_[pool] += count; }
  void HandOver(Pool* pool) { --held_[pool]; }

 private:
  std::map<Pool*, int> held_;
};

using Pools = std::map<std::string, std::shared_ptr<Pool>, std::less<>>;

// The connections of one moment.
class PoolSet final : public Registry {
 public:
  explicit PoolSet(Pools pools) : pools_(std::move(pools)) {}

  const Pools& pools() const { return pools_; }

  std::vector<const ConnectionConfig*> List() const override {
    std::vector<const ConnectionConfig*> configs;
    for (const auto& [name, pool] : pools_) configs.push_back(&pool->config());
    return configs;
  }

  const ConnectionConfig* Find(std::string_view name) const override {
    const auto it = pools_.find(name);
    return it == pools_.end() ? nullptr : &it->second->config();
  }

  absl::StatusOr<std::vector<Session>> Acquire(
      const std::vector<std::string>& names,
      const CancellationToken& cancel) override {
    // Everybody takes slots in this order, so nobody waits for somebody who
    // waits for him.
    std::map<std::string, int> counts;
    for (const std::string& name : names) {
      ASSAY_RETURN_IF_ERROR(FindPool(name).status());
      ++counts[name];
    }
    HeldSlots held;
    for (const auto& [name, count] : counts) {
      Pool* pool = *FindPool(name);
      ASSAY_RETURN_IF_ERROR(pool->TakeSlots(count, cancel));
      held.Add(pool, count);
    }
    std::vector<Session> sessions;
    for (const std::string& name : names) {
      Pool* pool = *FindPool(name);
      ASSAY_ASSIGN_OR_RETURN(Session session, pool->Open(cancel));
      held.HandOver(pool);
      sessions.push_back(std::move(session));
    }
    return sessions;
  }

  absl::StatusOr<ConnectionReport> Test(
      std::string_view name, const CancellationToken& cancel) override {
    ASSAY_ASSIGN_OR_RETURN(Pool * pool, FindPool(name));
    const absl::Time begin = absl::Now();
    ASSAY_ASSIGN_OR_RETURN(Connected connected,
                           Connect(pool->config(), cancel));
    ConnectionReport report;
    report.connect_time = absl::Now() - begin;
    report.dbms_name = connected.connection->dbms_name();
    report.dbms_version = connected.connection->dbms_version();
    report.dialect = connected.dialect->name();
    if (!connected.dialect->Speaks(report.dbms_name)) {
      report.warnings.push_back(
          absl::StrCat("dialect ", report.dialect,
                       " is configured, and the database says that it is ",
                       report.dbms_name));
    }
    const std::string query = connected.dialect->CanWriteQuery();
    if (!query.empty()) {
      const auto row = FirstRow(*connected.connection, query, cancel);
      ASSAY_RETURN_IF_ERROR(cancel.status());
      if (!row.ok()) {
        report.warnings.push_back(
            absl::StrCat("cannot tell whether the role may write: ",
                         row.status().message()));
      } else if (row->has_value() && !(*row)->empty()) {
        report.warnings.push_back(
            absl::StrCat(ToText((*row)->front()), "; SELECT is enough"));
      }
    }
    return report;
  }

  absl::StatusOr<int> KillOrphans(std::string_view name,
                                  const std::vector<int64_t>& ids,
                                  std::string_view marker) override {
    ASSAY_ASSIGN_OR_RETURN(Pool * pool, FindPool(name));
    if (ids.empty()) return 0;
    const CancellationToken cancel = CancellationToken().WithDeadline(
        absl::Now() + absl::Seconds(30),
        MakeError(ErrorReason::kStatementTimeout,
                  "looking for orphaned statements took too long"));
    ASSAY_ASSIGN_OR_RETURN(Connected connected,
                           Connect(pool->config(), cancel));
    int killed = 0;
    for (const int64_t id : ids) {
      const std::string query = connected.dialect->OrphanQuery(id, marker);
      if (query.empty()) return 0;  // The server notices by itself.
      ASSAY_ASSIGN_OR_RETURN(const std::optional<std::vector<Value>> row,
                             FirstRow(*connected.connection, query, cancel));
      if (!row.has_value()) continue;
      const absl::Status status = connected.connection->Execute(
          connected.dialect->KillStatement(id), cancel);
      if (status.ok()) {
        ++killed;
        Count(Metric::kOrphansEnded, {pool->config().name});
      } else {
        // It may have ended by itself in between.
        LogWarning(
            absl::StrCat("connection ", pool->config().name,
                         ": cannot end orphan ", id, ": ", status.message()),
            {.connection = pool->config().name});
      }
    }
    return killed;
  }

 private:
  absl::StatusOr<Pool*> FindPool(std::string_view name) const {
    const auto it = pools_.find(name);
    if (it != pools_.end()) return it->second.get();
    std::vector<std::string> known;
    for (const auto& [known_name, pool] : pools_) known.push_back(known_name);
    const std::string nearest = NearestName(name, known);
    return MakeError(
        ErrorReason::kConnectionNotFound,
        absl::StrCat("there is no connection \"", std::string(name), "\"",
                     nearest.empty()
                         ? ""
                         : absl::StrCat("; did you mean \"", nearest, "\"?")));
  }

  const Pools pools_;
};

class PooledRegistry final : public ReplaceableRegistry {
 public:
  explicit PooledRegistry(std::vector<ConnectionConfig> configs)
      : current_(std::make_shared<PoolSet>(Pools())) {
    Exchange(std::move(configs));
    collector_ = Metrics::Global().AddCollector(
        [this](const Metrics::Tell& tell) { TellUse(tell); });
    sweeper_ = std::thread([this] {
      while (!stop_.WaitForNotificationWithTimeout(kSweepEvery)) Sweep();
    });
  }

  ~PooledRegistry() override {
    stop_.Notify();
    sweeper_.join();
  }

  std::shared_ptr<Registry> Pin() override { return current(); }
  std::vector<const ConnectionConfig*> List() const override {
    return current()->List();
  }
  const ConnectionConfig* Find(std::string_view name) const override {
    return current()->Find(name);
  }
  absl::StatusOr<std::vector<Session>> Acquire(
      const std::vector<std::string>& names,
      const CancellationToken& cancel) override {
    return current()->Acquire(names, cancel);
  }
  absl::StatusOr<ConnectionReport> Test(
      std::string_view name, const CancellationToken& cancel) override {
    return current()->Test(name, cancel);
  }
  absl::StatusOr<int> KillOrphans(std::string_view name,
                                  const std::vector<int64_t>& ids,
                                  std::string_view marker) override {
    return current()->KillOrphans(name, ids, marker);
  }

  absl::StatusOr<ConnectionChanges> Replace(
      std::vector<ConnectionConfig> configs) override {
    ASSAY_RETURN_IF_ERROR(Check(configs));
    return Exchange(std::move(configs));
  }

 private:
  std::shared_ptr<PoolSet> current() const {
    absl::MutexLock lock(&mu_);
    return current_;
  }

  ConnectionChanges Exchange(std::vector<ConnectionConfig> configs) {
    ConnectionChanges changes;
    // Closed after the lock: that may take long.
    std::shared_ptr<PoolSet> before;
    absl::MutexLock one_at_a_time(&replace_mu_);
    before = current();
    Pools pools;
    for (ConnectionConfig& config : configs) {
      const auto old = before->pools().find(config.name);
      const bool known = old != before->pools().end();
      if (known && old->second->config() == config) {
        pools.emplace(config.name, old->second);
        continue;
      }
      (known ? changes.changed : changes.added).push_back(config.name);
      const std::string name = config.name;
      // 0, and not unknown, until they are used.
      for (const Metric metric :
           {Metric::kRowsRead, Metric::kStatements, Metric::kRetries,
            Metric::kConnectionsOpened}) {
        Metrics::Global().CounterOf(metric, {name});
      }
      pools.emplace(name, std::make_shared<Pool>(std::move(config)));
    }
    absl::MutexLock lock(&mu_);
    for (const auto& [name, pool] : before->pools()) {
      const auto now = pools.find(name);
      if (now == pools.end()) changes.removed.push_back(name);
      if (now == pools.end() || now->second != pool) retired_.push_back(pool);
    }
    current_ = std::make_shared<PoolSet>(std::move(pools));
    std::sort(changes.added.begin(), changes.added.end());
    std::sort(changes.changed.begin(), changes.changed.end());
    return changes;
  }

  void TellUse(const Metrics::Tell& tell) const {
    const std::shared_ptr<PoolSet> set = current();
    for (const auto& [name, pool] : set->pools()) {
      const PoolUse use = pool->use();
      tell(Metric::kConnectionsInUse, {name}, use.in_use);
      tell(Metric::kConnectionsIdle, {name}, static_cast<double>(use.idle));
      tell(Metric::kConnectionsWaiting, {name},
           static_cast<double>(use.waiting));
      tell(Metric::kConnectionsLimit, {name}, pool->config().max_connections);
    }
  }

  // Those that somebody still has pinned, too.
  void Sweep() {
    std::vector<std::shared_ptr<Pool>> pools;
    {
      absl::MutexLock lock(&mu_);
      std::erase_if(retired_, [](const auto& pool) { return pool.expired(); });
      for (const std::weak_ptr<Pool>& retired : retired_) {
        pools.push_back(retired.lock());
      }
      for (const auto& [name, pool] : current_->pools()) pools.push_back(pool);
    }
    for (const std::shared_ptr<Pool>& pool : pools) {
      if (pool != nullptr) pool->CloseExpired();
    }
  }

  absl::Mutex replace_mu_ ABSL_ACQUIRED_BEFORE(mu_);
  mutable absl::Mutex mu_;
  std::shared_ptr<PoolSet> current_ ABSL_GUARDED_BY(mu_);
  std::vector<std::weak_ptr<Pool>> retired_ ABSL_GUARDED_BY(mu_);
  absl::Notification stop_;
  std::thread sweeper_;
  std::shared_ptr<void> collector_;  // Last: it asks the pools.
};

}  // namespace

absl::Status Registry::Check(const std::vector<ConnectionConfig>& configs) {
  std::string mistakes;
  std::set<std::string> names;
  for (const ConnectionConfig& config : configs) {
    const auto add = [&](const std::string& message) {
      absl::StrAppend(&mistakes, mistakes.empty() ? "" : "; ", "connection ",
                      config.name, ": ", message);
    };
    if (!names.insert(config.name).second) add("the name stands twice");
    for (const ConfigMistake& mistake : CheckConfig(config)) {
      add(mistake.hint.empty()
              ? mistake.message
              : absl::StrCat(mistake.message, " (", mistake.hint, ")"));
    }
  }
  if (mistakes.empty()) return absl::OkStatus();
  return MakeError(ErrorReason::kArgumentInvalid, mistakes);
}

absl::StatusOr<std::unique_ptr<ReplaceableRegistry>> Registry::Create(
    std::vector<ConnectionConfig> configs) {
  ASSAY_RETURN_IF_ERROR(Check(configs));
  return std::make_unique<PooledRegistry>(std::move(configs));
}

}  // namespace assay::connections
