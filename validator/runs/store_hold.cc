// SPDX-License-Identifier: Apache-2.0
// Runs that have been judged and wait for a person.
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/runs/result_json.h"
#include "validator/runs/store.h"
#include "validator/runs/store_rows.h"

namespace assay::runs {
namespace {

absl::Status WriteRun(StoreSession& session, const Run& run) {
  return session.Do(
      "UPDATE runs SET active = ?, state = ?, end_time = ?, sequence = ?, "
      "status = ? WHERE run_id = ?",
      {Value(ActiveColumn(run.state)),
       Value(std::string(RunStateName(run.state))), Value(EndColumn(run)),
       Value(run.sequence), Value(StatusToJson(run)), Value(run.run_id)});
}

}  // namespace

absl::StatusOr<std::optional<Run>> Store::ChangeJudged(
    const std::string& run_id,
    const std::function<absl::StatusOr<bool>(Run&)>& change) {
  using Found = std::optional<Run>;
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<Found> {
    Found found;
    const absl::Status status = session.InTransaction([&]() -> absl::Status {
      found.reset();
      ASSAY_ASSIGN_OR_RETURN(
          const int64_t judged,
          session.Change("UPDATE runs SET epoch = epoch WHERE run_id = ? AND "
                         "active <> ?",
                         {Value(run_id), Value(kActive)}));
      if (judged == 0) return absl::OkStatus();
      ASSAY_ASSIGN_OR_RETURN(std::optional<StoredRun> stored,
                             ReadRun(session, run_id));
      if (!stored.has_value()) return absl::OkStatus();
      Run& run = found.emplace(std::move(stored->run));
      const RunState before = run.state;
      ASSAY_ASSIGN_OR_RETURN(const bool changed, change(run));
      if (!changed) return absl::OkStatus();
      ++run.sequence;
      if (run.state != before) run.state_sequence = run.sequence;
      return WriteRun(session, run);
    });
    ASSAY_RETURN_IF_ERROR(status);
    return found;
  });
}

absl::StatusOr<std::vector<std::string>> Store::HoldsOver(absl::Time now,
                                                          int limit) {
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows rows, pool_.With([&](StoreSession& session) {
        return session.Query(
            "SELECT run_id FROM runs WHERE active = ? AND end_time <= ? "
            "ORDER BY end_time LIMIT ?",
            {Value(kHeldActive), Value(absl::ToUnixMicros(now)),
             Value(int64_t{limit})});
      }));
  std::vector<std::string> ids;
  for (const db::StoreRow& row : rows) ids.push_back(CellText(row[0]));
  return ids;
}

}  // namespace assay::runs
