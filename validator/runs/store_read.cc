// SPDX-License-Identifier: Apache-2.0
// The store's queries.
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"
#include "validator/runs/result_json.h"
#include "validator/runs/store.h"

namespace assay::runs {
namespace {

RunState ParseState(const std::string& name) {
  for (RunState state :
       {RunState::kPending, RunState::kRunning, RunState::kSuspended,
        RunState::kCancelling, RunState::kSucceeded, RunState::kFailed,
        RunState::kCancelled}) {
    if (name == RunStateName(state)) return state;
  }
  return RunState::kUnspecified;
}

// The columns that ReadRow takes, in its order.
constexpr char kRunColumns[] =
    "r.run_id, r.as_of, r.state, r.request, r.status, r.request_digest, "
    "r.epoch";

absl::StatusOr<StoredRun> ReadRow(const db::StoreRow& row) {
  StoredRun stored;
  Run& run = stored.run;
  run.run_id = CellText(row[0]);
  run.as_of_time = absl::FromUnixMicros(CellInt(row[1]));
  run.state = ParseState(CellText(row[2]));
  ASSAY_RETURN_IF_ERROR(RequestFromJson(CellText(row[3]), run));
  ASSAY_RETURN_IF_ERROR(StatusFromJson(CellText(row[4]), run));
  stored.request_digest = CellText(row[5]);
  stored.epoch = CellInt(row[6]);
  return stored;
}

}  // namespace

int64_t CellInt(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) {
    return static_cast<int64_t>(*number);
  }
  int64_t number = 0;
  const std::string text = CellText(value);
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

std::string CellText(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data;
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    return decimal->digits;
  }
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return absl::StrCat(*number);
  }
  return "";
}

absl::StatusOr<std::optional<Claim>> Store::FindClaim(const std::string& key) {
  absl::MutexLock lock(&mu_);
  ASSAY_ASSIGN_OR_RETURN(
      const Rows rows,
      Query("SELECT run_id, request_digest, withdrawn FROM claims "
            "WHERE claim_key = ?",
            {Value(key)}));
  if (rows.empty()) return std::optional<Claim>();
  return std::optional<Claim>(Claim{key, CellText(rows[0][0]),
                                    CellText(rows[0][1]),
                                    CellInt(rows[0][2]) != 0});
}

absl::StatusOr<std::optional<StoredRun>> Store::ReadRun(
    const std::string& run_id) {
  static const auto* const kSql =
      new std::string(absl::StrCat("SELECT ", kRunColumns,
                                   ", r.rule_set FROM runs r "
                                   "WHERE r.run_id = ?"));
  ASSAY_ASSIGN_OR_RETURN(const Rows rows, Query(*kSql, {Value(run_id)}));
  if (rows.empty()) return std::optional<StoredRun>();
  ASSAY_ASSIGN_OR_RETURN(StoredRun stored, ReadRow(rows[0]));
  ASSAY_ASSIGN_OR_RETURN(stored.run.request.rule_set_text,
                         TextFromJson(CellText(rows[0][7])));
  return std::optional<StoredRun>(std::move(stored));
}

absl::StatusOr<std::optional<StoredRun>> Store::LoadRun(
    const std::string& run_id) {
  absl::MutexLock lock(&mu_);
  return ReadRun(run_id);
}

absl::StatusOr<std::vector<StoredResult>> Store::ReadResults(
    const std::string& run_id, int64_t after, int64_t limit) {
  ASSAY_ASSIGN_OR_RETURN(
      const Rows rows,
      Query("SELECT rule_index, sequence, document FROM results "
            "WHERE run_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            {Value(run_id), Value(after), Value(limit)}));
  std::vector<StoredResult> results;
  results.reserve(rows.size());
  for (const db::StoreRow& row : rows) {
    ASSAY_ASSIGN_OR_RETURN(Result result, ResultFromJson(CellText(row[2])));
    results.push_back(
        StoredResult{static_cast<int>(CellInt(row[0])), CellInt(row[1]),
                     std::make_shared<const Result>(std::move(result))});
  }
  return results;
}

absl::StatusOr<std::vector<StoredResult>> Store::LoadResults(
    const std::string& run_id, int64_t after, int64_t limit) {
  absl::MutexLock lock(&mu_);
  return ReadResults(run_id, after, limit);
}

absl::StatusOr<std::vector<std::string>> Store::FindIds(
    const std::string& prefix, int limit) {
  absl::MutexLock lock(&mu_);
  // Padded to whole ids, so that the order of any collation gives the same.
  std::string low = prefix;
  std::string high = prefix;
  low.resize(kRunIdLength, '0');
  high.resize(kRunIdLength, 'z');
  ASSAY_ASSIGN_OR_RETURN(
      const Rows rows,
      Query("SELECT run_id FROM runs WHERE run_id >= ? AND run_id <= ? "
            "ORDER BY run_id DESC LIMIT ?",
            {Value(low), Value(high), Value(int64_t{limit})}));
  std::vector<std::string> ids;
  for (const db::StoreRow& row : rows) ids.push_back(CellText(row[0]));
  return ids;
}

absl::StatusOr<std::vector<Run>> Store::List(
    const ListFilter& filter, const std::optional<ListCursor>& after,
    int limit) {
  std::string sql =
      absl::StrCat("SELECT ", kRunColumns, " FROM runs r WHERE 1 = 1");
  std::vector<Value> values;
  if (!filter.rule_set_name.empty()) {
    sql += " AND r.rule_set_name = ?";
    values.emplace_back(filter.rule_set_name);
  }
  if (!filter.migration.empty()) {
    sql += " AND r.migration = ?";
    values.emplace_back(filter.migration);
  }
  if (filter.verdict != Verdict::kUnspecified) {
    sql += " AND r.verdict = ?";
    values.emplace_back(std::string(VerdictName(filter.verdict)));
  }
  if (filter.active_only) sql += " AND r.active = 1";
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
  absl::MutexLock lock(&mu_);
  ASSAY_ASSIGN_OR_RETURN(const Rows rows, Query(sql, std::move(values)));
  std::vector<Run> runs;
  for (const db::StoreRow& row : rows) {
    ASSAY_ASSIGN_OR_RETURN(StoredRun stored, ReadRow(row));
    runs.push_back(std::move(stored.run));
  }
  return runs;
}

absl::StatusOr<UnfinishedRun> Store::ReadUnfinished(const std::string& run_id) {
  UnfinishedRun unfinished;
  ASSAY_ASSIGN_OR_RETURN(std::optional<StoredRun> stored, ReadRun(run_id));
  if (!stored.has_value()) {
    return MakeError(ErrorReason::kStoreFailed,
                     absl::StrCat("run ", run_id, " left the run store"));
  }
  unfinished.stored = *std::move(stored);
  ASSAY_ASSIGN_OR_RETURN(
      unfinished.results,
      ReadResults(run_id, -1, std::numeric_limits<int64_t>::max()));
  ASSAY_ASSIGN_OR_RETURN(
      const Rows groups,
      Query("SELECT group_index FROM groups_done WHERE run_id = ?",
            {Value(run_id)}));
  for (const db::StoreRow& row : groups) {
    unfinished.done_groups.insert(static_cast<int>(CellInt(row[0])));
  }
  ASSAY_ASSIGN_OR_RETURN(
      const Rows sessions,
      Query("SELECT connection, server_connection_id FROM sessions "
            "WHERE run_id = ?",
            {Value(run_id)}));
  for (const db::StoreRow& row : sessions) {
    unfinished.sessions.emplace_back(CellText(row[0]), CellInt(row[1]));
  }
  ASSAY_ASSIGN_OR_RETURN(
      const Rows claims,
      Query("SELECT claim_key, request_digest, withdrawn FROM claims "
            "WHERE run_id = ?",
            {Value(run_id)}));
  for (const db::StoreRow& row : claims) {
    unfinished.claims.push_back(Claim{CellText(row[0]), run_id,
                                      CellText(row[1]), CellInt(row[2]) != 0});
  }
  return unfinished;
}

absl::StatusOr<std::vector<UnfinishedRun>> Store::TakeUnfinished() {
  absl::MutexLock lock(&mu_);
  std::vector<UnfinishedRun> unfinished;
  const absl::Status status =
      InTransaction([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::Status {
        ASSAY_RETURN_IF_ERROR(
            Do("UPDATE runs SET epoch = epoch + 1 WHERE active = 1", {}));
        ASSAY_ASSIGN_OR_RETURN(const Rows rows,
                               Query("SELECT run_id FROM runs WHERE active = 1 "
                                     "ORDER BY as_of, run_id",
                                     {}));
        for (const db::StoreRow& row : rows) {
          ASSAY_ASSIGN_OR_RETURN(UnfinishedRun run,
                                 ReadUnfinished(CellText(row[0])));
          unfinished.push_back(std::move(run));
        }
        return absl::OkStatus();
      });
  ASSAY_RETURN_IF_ERROR(status);
  return unfinished;
}

}  // namespace assay::runs
