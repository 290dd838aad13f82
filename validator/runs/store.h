// SPDX-License-Identifier: Apache-2.0
// The durable memory of runs: what was asked, claimed, found and decided; and,
// where several servers share it, which of them each run belongs to.
//
// Thread-safe. Every call is one transaction: about 0.1 ms on a local file, a
// few round trips on a database. The SQL is the common ground of SQLite and
// PostgreSQL, the rest is in store_dialect.h. Every failure is kStoreFailed or
// kStoreUnreachable; a change may have been made all the same where the
// connection went in the middle of its commit.
//
// Ownership. A server is in the table `servers` as long as it says often enough
// that it is alive; a run belongs to the server that it names. A run of a
// server that is not there any more may be taken over, which makes its epoch
// greater. Every write about a run names the epoch in which its writer got it,
// and fails (IsNotOwner) once the run has a greater one or has ended: whoever
// was paused, and lost a run meanwhile, changes nothing of it. Times in the
// store are those of the store's own clock.
#ifndef ASSAY_VALIDATOR_RUNS_STORE_H_
#define ASSAY_VALIDATOR_RUNS_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "validator/engine/engine.h"
#include "validator/runs/run.h"
#include "validator/runs/run_manager.h"
#include "validator/runs/store_session.h"

namespace assay::runs {

// The schema that this server reads and writes.
inline constexpr int64_t kStoreVersion = 3;

// A claim on a run, by one request. The key is StoreKey(request_id), or, where
// no request_id was given, a name that no request_id can have.
struct Claim {
  std::string key;
  std::string run_id;
  std::string request_digest;
  bool withdrawn = false;
};

// The fixed-size key under which any bytes can be looked up in any collation.
std::string StoreKey(const std::string& text);

struct StoredResult {
  int index = 0;
  int64_t sequence = 0;
  std::shared_ptr<const Result> result;
  // The epoch whose list of differences (AddList) is the result's; -1: the
  // store has none of it.
  int64_t list_epoch = -1;
};

struct StoredRun {
  Run run;  // `results` is empty.
  std::string request_digest;
  int64_t epoch = 0;  // How many restarts and takeovers it has lived through.
  std::string owner;  // A server; "": this one.
};

// An unfinished run with all that is needed to go on.
struct UnfinishedRun {
  StoredRun stored;
  std::vector<StoredResult> results;
  std::set<int> done_groups;
  int64_t done_pairs = 0;
  std::vector<std::pair<std::string, int64_t>> sessions;
  std::vector<Claim> claims;
};

// What is written about a run at once.
struct RunChanges {
  std::vector<StoredResult> results;
  std::vector<int> groups;   // Finished.
  std::vector<int> dropped;  // Indices of results that are none any more.
  const Run* run = nullptr;  // Its state and status; null: unchanged.
};

// Whether a write failed because the run is not the writer's any more.
bool IsNotOwner(const absl::Status& status);
// Or because a run was to succeed that somebody had cancelled.
bool IsCancelWanted(const absl::Status& status);

// What became of a new run.
enum class Insertion {
  kInserted,
  kKnown,       // The claim's key is taken; nothing was changed.
  kAttachable,  // So is there an earlier run to attach to; nothing was changed.
};

// An earlier run that a request may attach to.
struct Attachable {
  StoredRun stored;
  bool leased = false;  // Somebody holds a lease on it.
};

// What became of a wish to cancel.
enum class CancelOutcome {
  kWanted,   // The owner will end the run.
  kClaimed,  // Others still have claims on it.
  kNoClaim,  // The claim is none on this run.
  kHeld,     // No claim is left on a run that is held: EndHold is next.
  kEnded,    // It has ended before, or there is none.
};

// An active run as its owner, or a server that may take it over, finds it.
struct ActiveRun {
  std::string run_id;
  std::string owner;
  int64_t epoch = 0;
  RunState state = RunState::kUnspecified;  // As its owner wrote it.
  bool cancel_wanted = false;
  int64_t touched = 0;  // Another value: a claimant has called elsewhere.
};

struct Survey {
  std::vector<ActiveRun> owned;
  std::vector<ActiveRun> orphans;  // Oldest first.
};

// How a run looks to those who wait for it. Equal: nothing has happened.
struct RunPulse {
  std::string run_id;
  int64_t sequence = 0;
  RunState state = RunState::kUnspecified;
  friend bool operator==(const RunPulse&, const RunPulse&) = default;
};

class Store {
 public:
  // Opens a store of this version. A file's schema is brought up; a database's
  // is not, and one of another version is kStoreFailed, which says what to do.
  static absl::StatusOr<std::unique_ptr<Store>> Open(
      StorePool::Connect connect, const StoreDialect& dialect,
      int max_connections);

  // Makes the schema or brings it up, one caller at a time; the version that
  // was found (0: none). kStoreFailed where servers are using an older one.
  static absl::StatusOr<int64_t> Migrate(const StorePool::Connect& connect,
                                         const StoreDialect& dialect);

  bool shared() const { return dialect_.shared; }
  // Of this store alone, for ever.
  const std::string& id() const { return id_; }

  // A new run and its first claim, of `owner` ("": the only server). kKnown
  // where the claim's key is taken, also by another server at this moment;
  // kAttachable where `attach` is not null and true of a run that the request
  // may attach to: of two requests that come at once, one sees the other's run.
  // It is called inside of the transaction, maybe more than once.
  absl::StatusOr<Insertion> InsertRun(
      const Run& run, const std::string& request_digest, const Claim& claim,
      const std::string& owner,
      const std::function<bool(const Attachable&)>& attach);

  // A further claim, or a change of one.
  absl::Status SaveClaim(const Claim& claim);

  absl::StatusOr<std::optional<Claim>> FindClaim(const std::string& key);

  // All of it or nothing. IsNotOwner where the run is not of `epoch`, or has
  // ended otherwise than by this very change; IsCancelWanted. A terminal run's
  // sessions are forgotten, and lists that belong to none of its results.
  absl::Status Save(const std::string& run_id, int64_t epoch,
                    const RunChanges& changes);

  // A pair of tables is judged for rule `index` of the run. Kept as long as the
  // run. IsNotOwner as above.
  absl::Status SavePair(const std::string& run_id, int64_t epoch, int index,
                        const std::string& pair,
                        const engine::PairResult& result);

  // By rule index.
  absl::StatusOr<std::map<int, engine::PairResults>> LoadPairs(
      const std::string& run_id);

  // A session is about to work for the run. IsNotOwner as above.
  absl::Status AddSession(const std::string& run_id, int64_t epoch,
                          const std::string& connection,
                          int64_t server_connection_id);

  // nullopt where there is no such run. The rule set's text is read as well. A
  // run that somebody wants cancelled is CANCELLING.
  absl::StatusOr<std::optional<StoredRun>> LoadRun(const std::string& run_id);

  // Results with a sequence above `after`, at most `limit`, by sequence.
  absl::StatusOr<std::vector<StoredResult>> LoadResults(
      const std::string& run_id, int64_t after, int64_t limit);

  // Full ids that begin with `prefix`, at most `limit`, newest first.
  absl::StatusOr<std::vector<std::string>> FindIds(const std::string& prefix,
                                                   int limit);

  // Which of `run_ids` are runs that have not ended.
  absl::StatusOr<std::set<std::string>> ActiveOf(
      const std::vector<std::string>& run_ids);

  // Newest first, without results and rule set text.
  absl::StatusOr<std::vector<Run>> List(const ListFilter& filter,
                                        const std::optional<ListCursor>& after,
                                        int limit);

  // Starts a new epoch of every unfinished run and returns them, oldest first.
  // Only for a store that is not shared.
  absl::StatusOr<std::vector<UnfinishedRun>> TakeUnfinished();

  // --- Holds (store_hold.cc). They are nobody's: any server may end them.

  // Puts what `change` makes of a run that is judged in its place; nobody else
  // changes it meanwhile. `change` returns whether it changed anything, or why
  // it must not; it is called inside of the transaction, maybe more than once.
  // The run as it is afterwards; nullopt where there is none that is judged.
  absl::StatusOr<std::optional<Run>> ChangeJudged(
      const std::string& run_id,
      const std::function<absl::StatusOr<bool>(Run&)>& change);

  // Held runs whose hold ends by `now`, at most `limit`. Clocks of servers are
  // compared here: a hold may end early or late by what they differ.
  absl::StatusOr<std::vector<std::string>> HoldsOver(absl::Time now, int limit);

  // Whether this server is to remove old runs now: true for one server in
  // `interval`.
  absl::StatusOr<bool> ClaimRetention(absl::Duration interval);

  // Removes terminal runs beyond the newest `keep_runs` and those that ended
  // before `ended_before`; at most `limit` a call. Returns their ids.
  absl::StatusOr<std::vector<std::string>> RemoveOld(int64_t keep_runs,
                                                     absl::Time ended_before,
                                                     int limit);

  // --- Only for a shared store, from here on (store_shared.cc).

  // Says for `takeover_after` from now on that `server_id` is alive. `Join`
  // makes it known under a name for people; `Beat` returns false where it has
  // been taken for dead, and then changes nothing.
  absl::Status Join(const std::string& server_id, const std::string& name,
                    absl::Duration takeover_after);
  absl::StatusOr<bool> Beat(const std::string& server_id,
                            absl::Duration takeover_after);
  absl::Status Leave(const std::string& server_id);

  // Forgets servers that were not heard of in time (never `server_id` itself),
  // and returns the runs of `server_id` and those of nobody.
  absl::StatusOr<Survey> Look(const std::string& server_id);

  // Makes `server_id` the owner of a run that is still nobody's, or its own, in
  // `epoch`. nullopt: somebody was faster, or it has ended.
  absl::StatusOr<std::optional<UnfinishedRun>> TakeOver(
      const std::string& run_id, int64_t epoch, const std::string& server_id);

  // Active runs of the same correlation_id and digest that nobody wants
  // cancelled, newest first.
  absl::StatusOr<std::vector<Attachable>> FindAttachable(
      const std::string& correlation_id, const std::string& request_digest);

  // Puts a further claim on an active run and renews its lease by `lease`.
  // False where it has ended or is being cancelled, or the key is taken.
  absl::StatusOr<bool> Attach(const Claim& claim, absl::Duration lease);

  // A claimant of an active run has called a server that is not the owner; the
  // lease is renewed by `lease`.
  absl::Status Touch(const std::string& run_id, absl::Duration lease);

  // For how long claimants still hold the run, as its owner knows; others ask
  // this in Admit. Not more than zero: nobody does.
  absl::Status SaveLease(const std::string& run_id, int64_t epoch,
                         absl::Duration remaining);

  // Withdraws the claim `key`, "": all, and wants the run cancelled where none
  // is left. Of a held run for any store.
  absl::StatusOr<CancelOutcome> Cancel(const std::string& run_id,
                                       const std::string& key);

  // Those of `run_ids` that exist.
  absl::StatusOr<std::vector<RunPulse>> Pulses(
      const std::vector<std::string>& run_ids);

  // --- Lists of differences (store_lists.cc): the bytes of a file, in pieces
  // that end with a line. A list is of one rule, and of the epoch that wrote
  // it: nobody reads it before a result names that epoch.

  absl::Status AddToList(const std::string& run_id, int rule_index,
                         int64_t epoch, int64_t offset,
                         const std::string& piece);
  // Where the list of the rule is: its index and epoch; nullopt: there is none.
  absl::StatusOr<std::optional<std::pair<int, int64_t>>> FindList(
      const std::string& run_id, const std::string& rule_id);
  // The piece with byte `offset`, and where it begins; nullopt behind the end.
  struct Piece {
    int64_t offset = 0;
    std::string text;
  };
  absl::StatusOr<std::optional<Piece>> ReadList(const std::string& run_id,
                                                int rule_index, int64_t epoch,
                                                int64_t offset);

 private:
  Store(StorePool::Connect connect, const StoreDialect& dialect,
        int max_connections);

  const StoreDialect& dialect_;
  StorePool pool_;
  // Apart, so that no work keeps the server from saying that it is alive.
  StorePool beats_;
  std::string id_;
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_STORE_H_
