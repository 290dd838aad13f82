// SPDX-License-Identifier: Apache-2.0
// The store's queries.
#include <limits>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"
#include "validator/runs/result_json.h"
#include "validator/runs/store.h"
#include "validator/runs/store_rows.h"

namespace assay::runs {

RunState ParseState(const std::string& name) {
  for (RunState state :
       {RunState::kPending, RunState::kRunning, RunState::kSuspended,
        RunState::kCancelling, RunState::kSucceeded, RunState::kFailed,
        RunState::kCancelled, RunState::kHeld}) {
    if (name == RunStateName(state)) return state;
  }
  return RunState::kUnspecified;
}

RunState ShownState(RunState state, bool cancel_wanted) {
  return cancel_wanted && !IsJudged(state) ? RunState::kCancelling : state;
}

int64_t ActiveColumn(RunState state) {
  if (state == RunState::kHeld) return kHeldActive;
  return IsTerminal(state) ? kEnded : kActive;
}

int64_t EndColumn(const Run& run) {
  if (run.state == RunState::kHeld) return absl::ToUnixMicros(run.hold->until);
  return IsTerminal(run.state) ? absl::ToUnixMicros(run.end_time) : 0;
}

absl::StatusOr<StoredRun> ReadRow(const db::StoreRow& row) {
  StoredRun stored;
  Run& run = stored.run;
  run.run_id = CellText(row[0]);
  run.as_of_time = absl::FromUnixMicros(CellInt(row[1]));
  run.state = ShownState(ParseState(CellText(row[2])), CellInt(row[9]) != 0);
  ASSAY_RETURN_IF_ERROR(RequestFromJson(CellText(row[3]), run));
  ASSAY_RETURN_IF_ERROR(StatusFromJson(CellText(row[4]), run));
  stored.request_digest = CellText(row[5]);
  stored.epoch = CellInt(row[6]);
  stored.owner = CellText(row[7]);
  return stored;
}

absl::StatusOr<std::optional<Claim>> ReadClaim(StoreSession& session,
                                               const std::string& key) {
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows rows,
      session.Query("SELECT run_id, request_digest, withdrawn FROM claims "
                    "WHERE claim_key = ?",
                    {Value(key)}));
  if (rows.empty()) return std::optional<Claim>();
  return std::optional<Claim>(Claim{key, CellText(rows[0][0]),
                                    CellText(rows[0][1]),
                                    CellInt(rows[0][2]) != 0});
}

absl::StatusOr<std::optional<StoredRun>> ReadRun(StoreSession& session,
                                                 const std::string& run_id) {
  static const auto* const kSql =
      new std::string(absl::StrCat("SELECT ", kRunColumns,
                                   ", r.rule_set FROM runs r "
                                   "WHERE r.run_id = ?"));
  ASSAY_ASSIGN_OR_RETURN(const StoreRows rows,
                         session.Query(*kSql, {Value(run_id)}));
  if (rows.empty()) return std::optional<StoredRun>();
  ASSAY_ASSIGN_OR_RETURN(StoredRun stored, ReadRow(rows[0]));
  ASSAY_ASSIGN_OR_RETURN(stored.run.request.rule_set_text,
                         TextFromJson(CellText(rows[0][kRunColumnCount])));
  return std::optional<StoredRun>(std::move(stored));
}

absl::StatusOr<std::vector<StoredResult>> ReadResults(StoreSession& session,
                                                      const std::string& run_id,
                                                      int64_t after,
                                                      int64_t limit) {
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows rows,
      session.Query("SELECT rule_index, sequence, document, list_epoch "
                    "FROM results WHERE run_id = ? AND sequence > ? "
                    "ORDER BY sequence LIMIT ?",
                    {Value(run_id), Value(after), Value(limit)}));
  std::vector<StoredResult> results;
  results.reserve(rows.size());
  for (const db::StoreRow& row : rows) {
    ASSAY_ASSIGN_OR_RETURN(Result result, ResultFromJson(CellText(row[2])));
    results.push_back(StoredResult{
        static_cast<int>(CellInt(row[0])), CellInt(row[1]),
        std::make_shared<const Result>(std::move(result)), CellInt(row[3])});
  }
  return results;
}

absl::StatusOr<UnfinishedRun> ReadUnfinished(StoreSession& session,
                                             const std::string& run_id) {
  UnfinishedRun unfinished;
  ASSAY_ASSIGN_OR_RETURN(std::optional<StoredRun> stored,
                         ReadRun(session, run_id));
  if (!stored.has_value()) {
    return MakeError(ErrorReason::kStoreFailed,
                     absl::StrCat("run ", run_id, " left the run store"));
  }
  unfinished.stored = *std::move(stored);
  ASSAY_ASSIGN_OR_RETURN(
      unfinished.results,
      ReadResults(session, run_id, -1, std::numeric_limits<int64_t>::max()));
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows groups,
      session.Query("SELECT group_index FROM groups_done WHERE run_id = ?",
                    {Value(run_id)}));
  for (const db::StoreRow& row : groups) {
    unfinished.done_groups.insert(static_cast<int>(CellInt(row[0])));
  }
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows pairs,
      session.Query("SELECT COUNT(*) FROM pairs WHERE run_id = ?",
                    {Value(run_id)}));
  unfinished.done_pairs = CellInt(pairs.at(0).at(0));
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows sessions,
      session.Query("SELECT connection, server_connection_id FROM sessions "
                    "WHERE run_id = ?",
                    {Value(run_id)}));
  for (const db::StoreRow& row : sessions) {
    unfinished.sessions.emplace_back(CellText(row[0]), CellInt(row[1]));
  }
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows claims,
      session.Query("SELECT claim_key, request_digest, withdrawn FROM claims "
                    "WHERE run_id = ?",
                    {Value(run_id)}));
  for (const db::StoreRow& row : claims) {
    unfinished.claims.push_back(Claim{CellText(row[0]), run_id,
                                      CellText(row[1]), CellInt(row[2]) != 0});
  }
  return unfinished;
}

absl::StatusOr<std::optional<Claim>> Store::FindClaim(const std::string& key) {
  return pool_.With(
      [&](StoreSession& session) { return ReadClaim(session, key); });
}

absl::StatusOr<std::optional<StoredRun>> Store::LoadRun(
    const std::string& run_id) {
  return pool_.With(
      [&](StoreSession& session) { return ReadRun(session, run_id); });
}

absl::StatusOr<std::vector<StoredResult>> Store::LoadResults(
    const std::string& run_id, int64_t after, int64_t limit) {
  return pool_.With([&](StoreSession& session) {
    return ReadResults(session, run_id, after, limit);
  });
}

absl::StatusOr<std::map<int, engine::PairResults>> Store::LoadPairs(
    const std::string& run_id) {
  using Pairs = std::map<int, engine::PairResults>;
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<Pairs> {
    ASSAY_ASSIGN_OR_RETURN(
        const StoreRows rows,
        session.Query("SELECT rule_index, pair, binding, document FROM pairs "
                      "WHERE run_id = ?",
                      {Value(run_id)}));
    Pairs pairs;
    for (const db::StoreRow& row : rows) {
      ASSAY_ASSIGN_OR_RETURN(const std::string pair,
                             TextFromJson(CellText(row[1])));
      ASSAY_ASSIGN_OR_RETURN(Result result, ResultFromJson(CellText(row[3])));
      pairs[static_cast<int>(CellInt(row[0]))][pair] = {CellText(row[2]),
                                                        std::move(result)};
    }
    return pairs;
  });
}

absl::StatusOr<std::vector<std::string>> Store::FindIds(
    const std::string& prefix, int limit) {
  // Padded to whole ids, so that the order of any collation gives the same.
  std::string low = prefix;
  std::string high = prefix;
  low.resize(kRunIdLength, '0');
  high.resize(kRunIdLength, 'z');
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows rows, pool_.With([&](StoreSession& session) {
        return session.Query(
            "SELECT run_id FROM runs WHERE run_id >= ? AND run_id <= ? "
            "ORDER BY run_id DESC LIMIT ?",
            {Value(low), Value(high), Value(int64_t{limit})});
      }));
  std::vector<std::string> ids;
  for (const db::StoreRow& row : rows) ids.push_back(CellText(row[0]));
  return ids;
}

absl::StatusOr<std::set<std::string>> Store::ActiveOf(
    const std::vector<std::string>& run_ids) {
  using Ids = std::set<std::string>;
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<Ids> {
    Ids active;
    for (const std::string& id : run_ids) {
      ASSAY_ASSIGN_OR_RETURN(
          const StoreRows rows,
          session.Query(
              "SELECT run_id FROM runs WHERE run_id = ? AND active = 1",
              {Value(id)}));
      if (!rows.empty()) active.insert(id);
    }
    return active;
  });
}

absl::StatusOr<std::vector<Run>> Store::List(
    const ListFilter& filter, const std::optional<ListCursor>& after,
    int limit) {
  std::string sql =
      absl::StrCat("SELECT ", kRunColumns, " FROM runs r WHERE 1 = 1");
  std::vector<Value> values;
  if (!filter.rule_set_name.empty()) {
    sql += " AND r.rule_set_name = ?";
    values.emplace_back(LookupText(filter.rule_set_name));
  }
  if (!filter.migration.empty()) {
    sql += " AND r.migration = ?";
    values.emplace_back(LookupText(filter.migration));
  }
  if (filter.verdict != Verdict::kUnspecified) {
    sql += " AND r.verdict = ?";
    values.emplace_back(std::string(VerdictName(filter.verdict)));
  }
  if (filter.active_only) sql += " AND r.active <> 0";
  for (const auto& [name, value] : filter.labels) {
    sql +=
        " AND EXISTS (SELECT 1 FROM labels l WHERE l.run_id = r.run_id AND "
        "l.label_key = ?)";
    values.emplace_back(LabelKey(name, value));
  }
  if (after.has_value()) {
    const int64_t as_of = absl::ToUnixMicros(after->as_of_time);
    sql += " AND (r.as_of < ? OR (r.as_of = ? AND r.run_id < ?))";
    values.emplace_back(as_of);
    values.emplace_back(as_of);
    values.emplace_back(after->run_id);
  }
  sql += " ORDER BY r.as_of DESC, r.run_id DESC LIMIT ?";
  values.emplace_back(int64_t{limit});
  ASSAY_ASSIGN_OR_RETURN(const StoreRows rows,
                         pool_.With([&](StoreSession& session) {
                           return session.Query(sql, values);
                         }));
  std::vector<Run> runs;
  for (const db::StoreRow& row : rows) {
    ASSAY_ASSIGN_OR_RETURN(StoredRun stored, ReadRow(row));
    runs.push_back(std::move(stored.run));
  }
  return runs;
}

absl::StatusOr<std::vector<UnfinishedRun>> Store::TakeUnfinished() {
  using Runs = std::vector<UnfinishedRun>;
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<Runs> {
    Runs unfinished;
    const absl::Status status = session.InTransaction([&]() -> absl::Status {
      ASSAY_RETURN_IF_ERROR(
          session.Do("UPDATE runs SET epoch = epoch + 1 WHERE active = 1", {}));
      ASSAY_ASSIGN_OR_RETURN(
          const StoreRows rows,
          session.Query("SELECT run_id FROM runs WHERE active = 1 "
                        "ORDER BY as_of, run_id",
                        {}));
      for (const db::StoreRow& row : rows) {
        ASSAY_ASSIGN_OR_RETURN(UnfinishedRun run,
                               ReadUnfinished(session, CellText(row[0])));
        unfinished.push_back(std::move(run));
      }
      return absl::OkStatus();
    });
    ASSAY_RETURN_IF_ERROR(status);
    return unfinished;
  });
}

}  // namespace assay::runs
