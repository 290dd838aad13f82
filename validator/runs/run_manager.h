// SPDX-License-Identifier: Apache-2.0
// Owns all runs of a server: accepts, executes, remembers, resumes, ends them.
//
// Servers that share a store answer for each other's runs: a call about a run
// that another one executes reads and writes the store, and a wait asks it now
// and then.
//
// Thread-safe. No call blocks on a database of a user's; Start, Cancel and
// lookups of runs that are not in memory touch the run store (a local file,
// about 1 ms, or a database). kStoreUnreachable where that does not answer.
#ifndef ASSAY_VALIDATOR_RUNS_RUN_MANAGER_H_
#define ASSAY_VALIDATOR_RUNS_RUN_MANAGER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rules/ruleset/kind_spec.h"
#include "validator/connections/registry.h"
#include "validator/runs/run.h"
#include "validator/runs/scratch.h"
#include "validator/runs/store_options.h"

namespace assay::runs {

// What may change while runs go on.
struct Limits {
  int max_concurrent_runs = 8;
  int max_queued_runs = 1000;
  absl::Duration default_timeout = absl::InfiniteDuration();
  // Retention: terminal runs beyond either bound are removed, oldest first.
  int64_t keep_runs = 10000;
  absl::Duration keep_for = absl::Hours(24 * 90);
  absl::Duration checkpoint_interval = absl::Seconds(10);
  size_t window_bytes = 16 << 20;

  friend bool operator==(const Limits&, const Limits&) = default;
};

struct ManagerOptions : Limits {
  StoreOptions store;
  // For spilled data and lists of differences; made where it is missing. Empty:
  // none, but with a temporary store a temporary one as well.
  std::string directory;
  absl::Duration suspended_for = absl::Hours(24);  // Then cancelled.
  int max_parallel_groups = 4;
};

// One event of a run's stream. A reader that falls behind sees progress
// coalesced and results complete.
struct ProgressEvent {
  engine::Progress progress;
};
struct ResultEvent {
  int index = 0;
  std::shared_ptr<const Result> result;
};
struct StateEvent {
  RunState state;
};
struct Event {
  int64_t sequence = 0;
  std::variant<ProgressEvent, ResultEvent, StateEvent> what;
};

struct ListFilter {
  std::string rule_set_name;
  std::string migration;
  Verdict verdict = Verdict::kUnspecified;
  bool active_only = false;
  std::map<std::string, std::string> labels;
};

// Position in a listing: the last run seen. Opaque to callers.
struct ListCursor {
  absl::Time as_of_time;
  std::string run_id;
};

struct ListPage {
  std::vector<Run> runs;  // Newest first, without results.
  std::optional<ListCursor> next;
};

// How StartRun is answered: by a run of its own, by a claim on an active one,
// or by the run that this request_id has had.
enum class Accepted { kNew, kAttached, kKnown };

// Who may see a run; a run that the caller may not see is kRunNotFound, as one
// that is none. Empty: everybody.
using SeesRun = std::function<bool(const Run&)>;

// What must hold before a run is accepted. Called on the thread of the call,
// never inside a transaction of the store.
struct Admission {
  // Of the request's principal, on this server; 0: no limit.
  int64_t max_active_runs = 0;
  SeesRun sees;
  // Whether the principal may run this; `run.connections` is filled. Asked
  // before anything is said of a connection. Empty: yes.
  std::function<absl::Status(const RuleSet&, const Run& run)> admit;
  // Told what the answer will be; an error refuses a run that is kNew or
  // kAttached, and is ignored where it is kKnown.
  std::function<absl::Status(const Run&, Accepted)> record;
};

// Keeps a wake-up registered while it lives; destroying it from inside the
// callback is not allowed.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

class RunManager {
 public:
  // Opens the store, ends what a dead server left on the databases, and takes
  // unfinished runs up again. `registry` is borrowed and must outlive the
  // manager. `kinds` as for ParseRuleSet.
  static absl::StatusOr<std::unique_ptr<RunManager>> Create(
      ManagerOptions options, connections::Registry* registry,
      std::vector<const KindSpec*> kinds);
  virtual ~RunManager() = default;

  // Accepts a run, finds it by request_id, or attaches. On a rule set that does
  // not compile: kRuleSetInvalid, and `issues` is filled. With `recheck_of` (a
  // prefix will do) an empty rule set is that run's; kArgumentInvalid where
  // that run goes on, or is of another rule set or other params.
  // kTooManyActiveRuns as `admission` says.
  virtual absl::StatusOr<Run> Start(const RunRequest& request,
                                    const Admission& admission,
                                    std::vector<Issue>* issues) = 0;
  // By whom everything is allowed.
  absl::StatusOr<Run> Start(const RunRequest& request,
                            std::vector<Issue>* issues) {
    return Start(request, Admission(), issues);
  }

  // `run_id` may be a unique prefix of at least 4 characters.
  virtual absl::StatusOr<Run> Get(const std::string& run_id,
                                  bool with_results) = 0;

  // The same among the runs that the caller may see.
  virtual absl::StatusOr<Run> Find(const std::string& run_id,
                                   const SeesRun& sees, bool with_results) = 0;

  // Lines of the list of differing keys of a rule, as ReadLines does (see
  // scratch.h). kDifferencesNotFound says what is known of the rule.
  virtual absl::StatusOr<LinePage> ListDifferences(const std::string& run_id,
                                                   const std::string& rule_id,
                                                   int64_t offset, int limit,
                                                   size_t max_bytes) = 0;

  virtual absl::StatusOr<ListPage> List(const ListFilter& filter,
                                        const std::optional<ListCursor>& after,
                                        int page_size) = 0;

  // Withdraws the claim of `request_id`, which is `principal`'s; empty: all
  // claims of everybody.
  virtual absl::StatusOr<Run> Cancel(const std::string& run_id,
                                     const std::string& request_id,
                                     const std::string& principal) = 0;
  absl::StatusOr<Run> Cancel(const std::string& run_id,
                             const std::string& request_id) {
    return Cancel(run_id, request_id, "");
  }

  // Lets the migration go on although the run says HOLD; `release.time` is set
  // here. The same request_id of the same principal, with the same reason and
  // rules, gets the run that it released, and with others kRequestIdReused.
  // kRunNotHeld and kHoldAlreadyReleased say why not; kArgumentInvalid where
  // `release.rule_ids` are not all the rules that stand behind the hold.
  // `record` is told what is about to be done, outside of the store's
  // transactions; an error refuses. Empty: nobody is told.
  virtual absl::StatusOr<Run> ReleaseHold(
      const std::string& run_id, const Release& release,
      const std::function<absl::Status(const Run&)>& record) = 0;

  // The run that `run` (with its request) is to be compared with (see drift.h),
  // with its results; nullopt: there is none.
  virtual absl::StatusOr<std::optional<Run>> FindPrevious(const Run& run) = 0;

  // A claim's sign of life: renews the lease and resumes a suspended run. Holds
  // the lease open while the returned subscription lives, and calls `wake` (on
  // some thread of the manager; must return soon, may be called too often) when
  // events may have come after the last ReadEvents, or the run is terminal.
  virtual absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(
      const std::string& run_id, std::function<void()> wake) = 0;

  // Events after `after_sequence`, at most `limit`; empty where none. The last
  // event of a terminal run is a StateEvent.
  virtual absl::StatusOr<std::vector<Event>> ReadEvents(
      const std::string& run_id, int64_t after_sequence, int limit) = 0;

  virtual int64_t active_runs() const = 0;

  // Other limits from now on. What is beyond them goes on: runs that are
  // executed or queued are neither stopped nor refused, and have the time-out,
  // the window and the checkpoints with which they began.
  virtual void SetLimits(const Limits& limits) = 0;

  // Refuses new runs, waits up to `grace` for active ones, then stops their
  // queries and leaves them to the next start.
  virtual void Drain(absl::Duration grace) = 0;
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_RUN_MANAGER_H_
