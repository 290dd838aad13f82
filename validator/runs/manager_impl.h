// SPDX-License-Identifier: Apache-2.0
// The run manager behind run_manager.h, with the seams that tests replace.
// Nothing outside this room and its tests includes it.
//
// Locks, in the order in which they are taken: start_mu_ (one admission at a
// time), LiveRun::transition_mu (one change of a run's state and its write at a
// time), mu_ (the maps and the queue), LiveRun's own. Users' callbacks and
// cancellations run under none of them.
#ifndef ASSAY_VALIDATOR_RUNS_MANAGER_IMPL_H_
#define ASSAY_VALIDATOR_RUNS_MANAGER_IMPL_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "validator/base/clock.h"
#include "validator/base/metrics.h"
#include "validator/base/thread_pool.h"
#include "validator/runs/live_run.h"
#include "validator/runs/membership.h"
#include "validator/runs/notifier.h"
#include "validator/runs/run_manager.h"
#include "validator/runs/run_watches.h"
#include "validator/runs/store.h"
#include "validator/runs/store_source.h"

namespace assay::runs {

using Executor = std::function<absl::Status(
    const engine::ExecuteRequest&, connections::Registry&, engine::Observer&,
    const CancellationToken&)>;

struct Seams {
  Executor execute;
  const Clock* clock = nullptr;  // Outlives the manager.
  // By which it is decided whether other servers may have taken our runs; null:
  // the machine's.
  const Clock* membership_clock = nullptr;
  std::function<absl::StatusOr<std::unique_ptr<db::StoreConnection>>(
      const StoreSource&)>
      open_store;
  // Leases, time-outs and retention are looked at this often, and what other
  // servers want twice as often; infinite: only where Sweep is called.
  absl::Duration sweep_interval = absl::Seconds(1);
  // A run taken up again waits at most this long for its predecessor's
  // statements to be ended.
  absl::Duration orphan_timeout = absl::Seconds(30);
  // A run is given up once so many attempts in a row have ended with the server
  // and brought nothing new. The last one is made while no other run is
  // executed, so that none is given up for what another did.
  int64_t max_lost_attempts = 5;
};

// The seams of a real server.
Seams RealSeams();

// Why a run ends that somebody cancels.
absl::Status CancelledError();

class RunManagerImpl : public RunManager {
 public:
  static absl::StatusOr<std::unique_ptr<RunManagerImpl>> Create(
      ManagerOptions options, connections::Registry* registry,
      std::vector<const KindSpec*> kinds, Seams seams);
  // Stops what is being executed and leaves it to the next start.
  ~RunManagerImpl() override;

  using RunManager::Cancel;
  using RunManager::Start;
  absl::StatusOr<Run> Start(const RunRequest& request,
                            const Admission& admission,
                            std::vector<Issue>* issues) override;
  absl::StatusOr<Run> Get(const std::string& run_id,
                          bool with_results) override;
  absl::StatusOr<Run> Find(const std::string& run_id, const SeesRun& sees,
                           bool with_results) override;
  absl::StatusOr<LinePage> ListDifferences(const std::string& run_id,
                                           const std::string& rule_id,
                                           int64_t offset, int limit,
                                           size_t max_bytes) override;
  absl::StatusOr<ListPage> List(const ListFilter& filter,
                                const std::optional<ListCursor>& after,
                                int page_size) override;
  absl::StatusOr<Run> Cancel(const std::string& run_id,
                             const std::string& request_id,
                             const std::string& principal) override;
  absl::StatusOr<Run> ReleaseHold(
      const std::string& run_id, const Release& asked,
      const std::function<absl::Status(const Run&)>& record) override;
  absl::StatusOr<std::optional<Run>> FindPrevious(const Run& run) override;
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(
      const std::string& run_id, std::function<void()> wake) override;
  absl::StatusOr<std::vector<Event>> ReadEvents(const std::string& run_id,
                                                int64_t after_sequence,
                                                int limit) override;
  int64_t active_runs() const override;
  void SetLimits(const Limits& limits) override;
  void Drain(absl::Duration grace) override;

  // What the background thread does every sweep_interval: suspends runs whose
  // lease is over, ends those out of time, writes what could not be written,
  // removes old runs; where the store is shared, looks at what other servers
  // want, and takes over what dead ones left.
  void Sweep();

  // Which of the servers that share the store this is; "" where none do.
  std::string server_id() const;

 private:
  using RunPtr = std::shared_ptr<LiveRun>;
  class RunObserver;

  // A run's predecessor's sessions; `done` once they are dealt with.
  struct Orphans {
    absl::Mutex mu;
    bool done ABSL_GUARDED_BY(mu) = false;
  };

  RunManagerImpl(ManagerOptions options, connections::Registry* registry,
                 std::vector<const KindSpec*> kinds, Seams seams,
                 std::unique_ptr<StoreSource> source,
                 std::unique_ptr<Store> store,
                 std::unique_ptr<StateDirectory> state);

  // --- manager_start.cc
  absl::StatusOr<std::optional<Run>> FindByRequestId(const RunRequest& request,
                                                     const std::string& digest);
  absl::StatusOr<RunPlan> Plan(const RunRequest& request,
                               const std::string& digest,
                               std::vector<Issue>* issues);
  absl::Status Admit(const RunPlan& plan, const Admission& admission) const;
  std::vector<RunPtr> FindAttachable(const RunRequest& request,
                                     const std::string& digest);
  // False where the run ended meanwhile.
  absl::StatusOr<bool> AttachTo(const RunPtr& run, const RunRequest& request,
                                const std::string& digest,
                                const Admission& admission);
  absl::StatusOr<std::optional<Run>> AttachHere(const RunRequest& request,
                                                const std::string& digest,
                                                const Admission& admission);
  absl::Status CheckRoom(const std::string& principal,
                         const Admission& admission) const;
  // nullopt: the request_id, or a run to attach to, has come up meanwhile.
  // `plan` is used up otherwise.
  absl::StatusOr<std::optional<Run>> StartNew(RunPlan& plan,
                                              const Admission& admission);
  RunPtr NewLiveRun(RunPlan plan, int64_t epoch);

  // --- manager_shared.cc: calls about runs that are any server's
  bool MayAttach(const RunRequest& request, const Attachable& attachable) const;
  absl::StatusOr<std::optional<Run>> AttachAnywhere(const RunRequest& request,
                                                    const std::string& digest,
                                                    const Admission& admission);
  absl::StatusOr<Run> CancelAnywhere(const std::string& id,
                                     const std::string& claim_key);
  std::unique_ptr<RunWatches> MakeWatches();

  // --- manager_ownership.cc: only the sweeping thread
  void TendOwnership();
  void LoseAll(const std::string& why);
  void StopLost();
  void TendOwned(const std::vector<RunPtr>& live, const Survey& survey);
  void TendRun(const RunPtr& run, const ActiveRun& stored);
  // For requests with the same correlation_id that come to other servers.
  void TellLease(const RunPtr& run)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(run->transition_mu());
  void TakeBack(const ActiveRun& stored);
  void TakeOrphans(const std::vector<ActiveRun>& orphans);
  // The run is not ours any more, or may be another's: it is forgotten, and
  // stopped soon.
  void Lose(const RunPtr& run, const std::string& why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(run->transition_mu());

  // --- manager_lists.cc
  // Copies finished lists of differences into a shared store.
  absl::Status SaveLists(const RunPtr& run);
  // Where the engine looks for the parent's lists.
  void FetchLists(const engine::ExecuteRequest& request, const Run& parent);
  // As ReadLines, of a list in the store.
  absl::StatusOr<LinePage> ReadStoredLines(const std::string& run_id,
                                           int rule_index, int64_t epoch,
                                           int64_t offset, int limit,
                                           size_t max_bytes);

  // --- manager_recheck.cc
  // The run that `request` rechecks; completes the request from it. nullopt:
  // none.
  absl::StatusOr<std::optional<Run>> FindParent(RunRequest& request,
                                                const SeesRun& sees);
  // What of the parent's results an execution need not find out again.
  void TakeOver(const LiveRun& run, engine::ExecuteRequest& request);

  // --- manager_execute.cc
  // What an earlier execution of the run has finished within its groups.
  void GoOn(const LiveRun& run, engine::ExecuteRequest& request);
  void Enqueue(const RunPtr& run);
  void Dispatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Work(const RunPtr& run);
  void Execute(const RunPtr& run);
  absl::Status AwaitOrphans(const RunPtr& run, const CancellationToken& token);
  void Conclude(const RunPtr& run, const absl::Status& status,
                const CancellationToken& token)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(run->transition_mu());
  // Enters a terminal state; the verdict is stored before anybody sees it.
  void Finish(const RunPtr& run, RunState state, const absl::Status& why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(run->transition_mu());
  // Writes the state and all results so far; a failure is only logged, for the
  // last write decides.
  void SaveState(const RunPtr& run)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(run->transition_mu());
  absl::Time Deadline(const LiveRun& run) const;
  Limits limits() const;

  // --- manager_lifecycle.cc
  // Ends the run where it is not executed; else cancel what is returned,
  // without a lock.
  std::optional<CancellationSource> StopForGood(const RunPtr& run)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(run->transition_mu());
  void Resume(const RunPtr& run)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(run->transition_mu());
  void SweepRun(const RunPtr& run);
  void SaveUnsaved();
  void RemoveOldRuns();
  void StopAll();
  void TellMetrics(const Metrics::Tell& tell) const;
  void SweepLoop();
  void BeatLoop();

  // --- manager_hold.cc
  absl::StatusOr<Run> CheckRelease(const std::string& id,
                                   const Release& release);
  // The last claim on a held run is gone.
  absl::StatusOr<Run> CancelHeld(const std::string& id);
  void EndHolds();
  // Those who wait for the run on this server look at it again.
  void Wake(const std::string& id);

  // --- manager_recovery.cc
  absl::Status Recover();
  absl::Status RecoverShared();
  void RemoveLeavings();
  void TakeUp(const UnfinishedRun& unfinished);
  void KillOrphans(const UnfinishedRun& unfinished);

  // --- manager_read.cc
  absl::StatusOr<std::string> Resolve(const std::string& run_id,
                                      const SeesRun& sees = nullptr);
  RunPtr FindInMemory(const std::string& run_id) const;
  absl::StatusOr<Run> LoadStored(const std::string& run_id, bool with_results);

  const ManagerOptions options_;  // Its limits are those of the beginning.
  connections::Registry* const registry_;
  const std::vector<const KindSpec*> kinds_;
  const Seams seams_;
  // In this order: the store is closed before its file is unlocked.
  const std::unique_ptr<StoreSource> source_;
  const std::unique_ptr<Store> store_;
  const std::unique_ptr<StateDirectory> state_;
  Notifier notifier_;
  WakerBook wakers_;
  // Null unless the store is shared.
  const std::unique_ptr<Membership> membership_;
  std::unique_ptr<RunWatches> watches_;

  absl::Mutex start_mu_ ABSL_ACQUIRED_BEFORE(mu_);
  mutable absl::Mutex mu_;
  Limits limits_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, RunPtr> live_ ABSL_GUARDED_BY(mu_);  // Not terminal.
  // Terminal, and nobody can change their decision any more.
  std::map<std::string, RunPtr> finished_ ABSL_GUARDED_BY(mu_);
  std::deque<std::string> finished_order_ ABSL_GUARDED_BY(mu_);
  // Terminal runs that the store did not take; kept until it does.
  std::map<std::string, RunPtr> unsaved_ ABSL_GUARDED_BY(mu_);
  std::deque<RunPtr> queue_ ABSL_GUARDED_BY(mu_);
  // Executions to be stopped: their runs are lost.
  std::vector<RunPtr> lost_ ABSL_GUARDED_BY(mu_);
  // Runs that were lost while this server worked on them, not with it.
  std::set<std::string> forgiven_ ABSL_GUARDED_BY(mu_);
  int executing_ ABSL_GUARDED_BY(mu_) = 0;
  // The one run that is executed is to have the server for itself.
  bool alone_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;  // Nothing is begun any more.
  bool closing_ ABSL_GUARDED_BY(mu_) = false;   // The sweeper ends.
  bool retention_due_ ABSL_GUARDED_BY(mu_) = true;
  absl::Duration last_retention_ ABSL_GUARDED_BY(mu_) =
      -absl::InfiniteDuration();
  std::map<std::string, std::shared_ptr<Orphans>> orphans_ ABSL_GUARDED_BY(mu_);

  std::unique_ptr<ThreadPool> kill_pool_;
  std::unique_ptr<ThreadPool> pool_;
  std::thread sweeper_;
  std::thread beater_;
  std::shared_ptr<void> collector_;  // Last: it asks the rest.
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_MANAGER_IMPL_H_
