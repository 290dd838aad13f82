// SPDX-License-Identifier: Apache-2.0
// Rows of the store as runs; what its files share. Nothing else includes it.
#ifndef ASSAY_VALIDATOR_RUNS_STORE_ROWS_H_
#define ASSAY_VALIDATOR_RUNS_STORE_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/runs/store.h"

namespace assay::runs {

// The columns of `runs r` that ReadRow takes first, in its order.
inline constexpr char kRunColumns[] =
    "r.run_id, r.as_of, r.state, r.request, r.status, r.request_digest, "
    "r.epoch, r.owner, r.active, r.cancel_wanted";
inline constexpr size_t kRunColumnCount = 10;

// The column `active`: whether there is work to do, so that the run needs an
// owner. A held run has ended but for its decision.
inline constexpr int64_t kEnded = 0;
inline constexpr int64_t kActive = 1;
inline constexpr int64_t kHeldActive = 2;
int64_t ActiveColumn(RunState state);
// The column `end_time`: when a run ended; of a held one, when its hold ends.
int64_t EndColumn(const Run& run);

absl::StatusOr<StoredRun> ReadRow(const db::StoreRow& row);
RunState ParseState(const std::string& name);
// What others are told of a run in `state`.
RunState ShownState(RunState state, bool cancel_wanted);

// Text in a column that is looked up: the same, but where a database could not
// hold it.
std::string LookupText(const std::string& text);

absl::StatusOr<std::optional<StoredRun>> ReadRun(StoreSession& session,
                                                 const std::string& run_id);
absl::StatusOr<std::vector<StoredResult>> ReadResults(StoreSession& session,
                                                      const std::string& run_id,
                                                      int64_t after,
                                                      int64_t limit);
absl::StatusOr<UnfinishedRun> ReadUnfinished(StoreSession& session,
                                             const std::string& run_id);
absl::StatusOr<std::optional<Claim>> ReadClaim(StoreSession& session,
                                               const std::string& key);

// Inserts a run that is `owner`'s, with its labels, unless it is there.
absl::Status InsertRun(StoreSession& session, const Run& run,
                       const std::string& request_digest,
                       const std::string& owner);
// False where its key is taken.
absl::StatusOr<bool> InsertClaim(StoreSession& session, const Claim& claim);

// Holds the run up to the end of the transaction: nobody else writes it or
// takes it over. IsNotOwner where it is not of `epoch`, or has ended.
absl::Status HoldRun(StoreSession& session, const std::string& run_id,
                     int64_t epoch);

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_STORE_ROWS_H_
