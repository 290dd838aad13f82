// SPDX-License-Identifier: Apache-2.0
// Opening, taking up what a dead server left, closing.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/engine/checkpoint.h"
#include "validator/runs/manager_impl.h"
#include "validator/runs/run_metrics.h"

namespace assay::runs {
namespace {

constexpr int kKillThreads = 4;
constexpr size_t kMaxKills = 10000;

}  // namespace

Seams RealSeams() {
  Seams seams;
  seams.execute = engine::Execute;
  seams.clock = RealClock();
  seams.open_store = [](const StoreSource& source) { return source.Connect(); };
  return seams;
}

absl::StatusOr<std::unique_ptr<RunManager>> RunManager::Create(
    ManagerOptions options, connections::Registry* registry,
    std::vector<const KindSpec*> kinds) {
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<RunManagerImpl> manager,
                         RunManagerImpl::Create(std::move(options), registry,
                                                std::move(kinds), RealSeams()));
  return std::unique_ptr<RunManager>(std::move(manager));
}

absl::StatusOr<std::unique_ptr<RunManagerImpl>> RunManagerImpl::Create(
    ManagerOptions options, connections::Registry* registry,
    std::vector<const KindSpec*> kinds, Seams seams) {
  if (options.max_concurrent_runs < 1 || options.max_queued_runs < 0 ||
      options.keep_runs < 0) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     "runs: max_concurrent must be at least 1, max_queued and "
                     "keep at least 0");
  }
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<StoreSource> source,
                         StoreSource::Open(options.store));
  absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(
      [open = seams.open_store, from = source.get()] { return open(*from); },
      source->dialect(), options.store.max_connections);
  if (!store.ok()) return Annotate(store.status(), source->name());
  // A temporary store's folder goes with everything in it.
  if (options.directory.empty() && !(*store)->shared() &&
      options.store.path.empty()) {
    options.directory = source->file_path() + ".d";
  }
  ASSAY_ASSIGN_OR_RETURN(
      std::unique_ptr<StateDirectory> state,
      (*store)->shared()
          ? StateDirectory::OpenShared(options.directory, (*store)->id())
          : StateDirectory::Open(options.directory));
  const std::string context = source->name();
  std::unique_ptr<RunManagerImpl> manager(new RunManagerImpl(
      std::move(options), registry, std::move(kinds), std::move(seams),
      std::move(source), *std::move(store), std::move(state)));
  const bool shared = manager->store_->shared();
  if (absl::Status status =
          shared ? manager->RecoverShared() : manager->Recover();
      !status.ok()) {
    return Annotate(status, context);
  }
  if (manager->seams_.sweep_interval != absl::InfiniteDuration()) {
    // First, since the sweeper asks whether there is a beater.
    if (shared) {
      manager->beater_ =
          std::thread([raw = manager.get()] { raw->BeatLoop(); });
    }
    manager->sweeper_ =
        std::thread([raw = manager.get()] { raw->SweepLoop(); });
  }
  manager->collector_ = Metrics::Global().AddCollector(
      [raw = manager.get()](const Metrics::Tell& tell) {
        raw->TellMetrics(tell);
      });
  return manager;
}

RunManagerImpl::RunManagerImpl(ManagerOptions options,
                               connections::Registry* registry,
                               std::vector<const KindSpec*> kinds, Seams seams,
                               std::unique_ptr<StoreSource> source,
                               std::unique_ptr<Store> store,
                               std::unique_ptr<StateDirectory> state)
    : options_(std::move(options)),
      registry_(registry),
      kinds_(std::move(kinds)),
      seams_(std::move(seams)),
      source_(std::move(source)),
      store_(std::move(store)),
      state_(std::move(state)),
      membership_(store_->shared()
                      ? std::make_unique<Membership>(
                            store_.get(),
                            seams_.membership_clock != nullptr
                                ? seams_.membership_clock
                                : RealClock(),
                            ServerName(), options_.store.takeover_after)
                      : nullptr),
      watches_(MakeWatches()),
      // Taken-over runs may come at any time.
      kill_pool_(store_->shared()
                     ? std::make_unique<ThreadPool>(kKillThreads, kMaxKills)
                     : nullptr),
      // A finishing thread schedules its successor before it is free itself.
      pool_(std::make_unique<ThreadPool>(
          options_.max_concurrent_runs,
          2 * static_cast<size_t>(options_.max_concurrent_runs))) {
  absl::MutexLock lock(&mu_);
  limits_ = static_cast<const Limits&>(options_);
}

RunManagerImpl::~RunManagerImpl() {
  collector_.reset();
  StopAll();
  {
    absl::MutexLock lock(&mu_);
    closing_ = true;
  }
  if (sweeper_.joinable()) sweeper_.join();
  pool_.reset();
  kill_pool_.reset();
  watches_.reset();
  if (beater_.joinable()) beater_.join();
  // After the last write about a run.
  if (membership_ != nullptr) membership_->Leave();
}

std::string RunManagerImpl::server_id() const {
  return membership_ == nullptr ? "" : membership_->server_id();
}

absl::Status RunManagerImpl::RecoverShared() {
  ASSAY_RETURN_IF_ERROR(membership_->Join());
  RemoveLeavings();
  TendOwnership();
  return absl::OkStatus();
}

void RunManagerImpl::RemoveLeavings() {
  // A run is in the store before it has a folder, so what is seen here and is
  // not active there has ended.
  state_->RemoveLeavings(
      [this](const std::string& id) {
        const absl::StatusOr<std::set<std::string>> active =
            store_->ActiveOf({id});
        return !active.ok() || !active->empty();
      },
      nullptr);
}

absl::Status RunManagerImpl::Recover() {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<UnfinishedRun> unfinished,
                         store_->TakeUnfinished());
  size_t with_sessions = 0;
  std::set<std::string> active;
  for (const UnfinishedRun& run : unfinished) {
    active.insert(run.stored.run.run_id);
    with_sessions += run.sessions.empty() ? 0 : 1;
  }
  if (with_sessions > 0) {
    kill_pool_ = std::make_unique<ThreadPool>(kKillThreads, with_sessions);
  }
  // Before anything is executed that would write there.
  state_->RemoveLeavings(
      [&active](const std::string& id) { return active.count(id) > 0; },
      [this](const std::string& id) {
        const absl::StatusOr<std::vector<std::string>> ids =
            store_->FindIds(id, 1);
        return !ids.ok() || (!ids->empty() && ids->front() == id);
      });
  for (const UnfinishedRun& run : unfinished) {
    Count(Metric::kRunsTakenUp, {"restart"});
    TakeUp(run);
  }
  return absl::OkStatus();
}

void RunManagerImpl::TakeUp(const UnfinishedRun& unfinished) {
  const Run& stored = unfinished.stored.run;
  RunPlan plan;
  plan.run = stored;
  plan.request_digest = unfinished.stored.request_digest;
  ParseResult parsed = ParseRuleSet(stored.request.rule_set_text, kinds_);
  const bool parses = !HasErrors(parsed.issues);
  // The values that were bound when the run was accepted.
  if (parses) {
    plan.rule_set = std::move(parsed.rule_set);
    plan.parameters =
        BindParameters(plan.rule_set, stored.request.params, parsed.issues);
  }
  const RunPtr run = NewLiveRun(std::move(plan), unfinished.stored.epoch);
  const std::string checkpoints =
      state_->Checkpoints(stored.run_id, unfinished.stored.epoch);
  run->Restore(unfinished,
               checkpoints.empty() ? 0 : engine::CheckpointedRows(checkpoints));
  run->RenewLease(seams_.clock->Uptime());
  run->set_suspended_since(seams_.clock->Uptime());
  const bool withdrawn =
      !unfinished.claims.empty() && run->active_claims() == 0;
  {
    absl::MutexLock lock(&mu_);
    live_[run->id()] = run;
    if (forgiven_.erase(run->id()) > 0) run->Forgive();
  }
  KillOrphans(unfinished);
  absl::MutexLock lock(&run->transition_mu());
  if (stored.state == RunState::kCancelling || withdrawn) {
    Finish(run, RunState::kCancelled,
           MakeError(ErrorReason::kCancelled, "the run was cancelled"));
  } else if (HasErrors(parsed.issues)) {
    Finish(run, RunState::kFailed,
           MakeError(ErrorReason::kRuleSetInvalid,
                     "this version of the server does not compile the rule set "
                     "that an earlier one accepted"));
  } else if (run->lost_attempts() >= seams_.max_lost_attempts) {
    // Taken up once more, it would end this server too, and everybody's runs
    // with it.
    const absl::Status gave_up = MakeError(
        ErrorReason::kInternal,
        absl::StrCat(
            "the server ended ", run->lost_attempts(),
            " times in a row while this run was executing and finished nothing "
            "new, the last time with no other run beside it, so it is given "
            "up; look for the cause in the server's and the kernel's log (a "
            "crash, out of memory), and start a new run once it is removed"));
    LogError(std::string(gave_up.message()), run->log());
    Finish(run, RunState::kFailed, gave_up);
  } else if (stored.state != RunState::kSuspended) {
    Enqueue(run);
  }
}

void RunManagerImpl::KillOrphans(const UnfinishedRun& unfinished) {
  if (unfinished.sessions.empty()) return;
  const std::string run_id = unfinished.stored.run.run_id;
  std::map<std::string, std::vector<int64_t>> ids;
  for (const auto& [connection, id] : unfinished.sessions) {
    ids[connection].push_back(id);
  }
  auto orphans = std::make_shared<Orphans>();
  {
    absl::MutexLock lock(&mu_);
    orphans_[run_id] = orphans;
  }
  const bool scheduled = kill_pool_->TrySchedule(
      [registry = registry_->Pin(), run_id, ids = std::move(ids), orphans,
       log = LogFieldsOf(unfinished.stored.run)] {
        for (const auto& [connection, list] : ids) {
          LogFields about = log;
          about.connection = connection;
          const absl::StatusOr<int> ended = registry->KillOrphans(
              connection, list, engine::RunMarker(run_id));
          if (!ended.ok()) {
            LogWarning(absl::StrCat(
                           "statements left on '", connection,
                           "' could not be ended: ", ended.status().message()),
                       about);
          } else if (*ended > 0) {
            LogInfo(absl::StrCat("ended ", *ended, " statements left on '",
                                 connection, "'"),
                    about);
          }
        }
        absl::MutexLock lock(&orphans->mu);
        orphans->done = true;
      });
  if (!scheduled) {
    absl::MutexLock lock(&orphans->mu);
    orphans->done = true;
  }
}

}  // namespace assay::runs
