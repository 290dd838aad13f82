// SPDX-License-Identifier: Apache-2.0
// The durable memory of runs: what was asked, claimed, found and decided.
//
// Thread-safe: one connection behind a mutex; every call is one transaction of
// about 0.1 ms on a local file. The SQL is the common ground of SQLite and
// PostgreSQL. Every failure is kStoreFailed, and then nothing was changed.
#ifndef ASSAY_VALIDATOR_RUNS_STORE_H_
#define ASSAY_VALIDATOR_RUNS_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/db/store_connection.h"
#include "validator/runs/run.h"
#include "validator/runs/run_manager.h"

namespace assay::runs {

// The schema that this server reads and writes.
inline constexpr int64_t kStoreVersion = 1;

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
};

struct StoredRun {
  Run run;  // `results` is empty.
  std::string request_digest;
  int64_t epoch = 0;  // How many restarts it has lived through.
};

// An unfinished run with all that is needed to go on.
struct UnfinishedRun {
  StoredRun stored;
  std::vector<StoredResult> results;
  std::set<int> done_groups;
  std::vector<std::pair<std::string, int64_t>> sessions;
  std::vector<Claim> claims;
};

class Store {
 public:
  // Takes a connection to a new or existing store and brings its schema up.
  static absl::StatusOr<std::unique_ptr<Store>> Open(
      std::unique_ptr<db::StoreConnection> connection);

  // A new run and its first claim.
  absl::Status InsertRun(const Run& run, const std::string& request_digest,
                         const Claim& claim);

  // A further claim, or a change of one.
  absl::Status SaveClaim(const Claim& claim);

  absl::StatusOr<std::optional<Claim>> FindClaim(const std::string& key);

  // Writes results and finished groups, and, where `run` is not null, its state
  // and status: at once or not at all. A terminal run's sessions are forgotten.
  absl::Status SaveProgress(const std::string& run_id,
                            const std::vector<StoredResult>& results,
                            const std::vector<int>& groups, const Run* run);

  // A session is about to work for the run.
  absl::Status AddSession(const std::string& run_id,
                          const std::string& connection,
                          int64_t server_connection_id);

  // nullopt where there is no such run. The rule set's text is read as well.
  absl::StatusOr<std::optional<StoredRun>> LoadRun(const std::string& run_id);

  // Results with a sequence above `after`, at most `limit`, by sequence.
  absl::StatusOr<std::vector<StoredResult>> LoadResults(
      const std::string& run_id, int64_t after, int64_t limit);

  // Full ids that begin with `prefix`, at most `limit`, newest first.
  absl::StatusOr<std::vector<std::string>> FindIds(const std::string& prefix,
                                                   int limit);

  // Newest first, without results and rule set text.
  absl::StatusOr<std::vector<Run>> List(const ListFilter& filter,
                                        const std::optional<ListCursor>& after,
                                        int limit);

  // Starts a new epoch of every unfinished run and returns them, oldest first.
  absl::StatusOr<std::vector<UnfinishedRun>> TakeUnfinished();

  // Removes terminal runs beyond the newest `keep_runs` and those that ended
  // before `ended_before`; at most `limit` a call. Returns their ids.
  absl::StatusOr<std::vector<std::string>> RemoveOld(int64_t keep_runs,
                                                     absl::Time ended_before,
                                                     int limit);

 private:
  using Rows = std::vector<db::StoreRow>;

  explicit Store(std::unique_ptr<db::StoreConnection> connection)
      : connection_(std::move(connection)) {}

  // store_schema.cc
  absl::Status BringUpSchema() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  absl::StatusOr<Rows> Query(const std::string& sql, std::vector<Value> values)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Do(const std::string& sql, std::vector<Value> values)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Runs `work` in a transaction, rolled back where it fails.
  absl::Status InTransaction(const std::function<absl::Status()>& work)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status WriteClaim(const Claim& claim)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status WriteStatus(const Run& run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::optional<StoredRun>> ReadRun(const std::string& run_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::vector<StoredResult>> ReadResults(
      const std::string& run_id, int64_t after, int64_t limit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<UnfinishedRun> ReadUnfinished(const std::string& run_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  absl::Mutex mu_;
  const std::unique_ptr<db::StoreConnection> connection_
      ABSL_PT_GUARDED_BY(mu_);
};

// Reading a cell of the store, whatever integer or text type the driver chose.
int64_t CellInt(const Value& value);
std::string CellText(const Value& value);

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_STORE_H_
