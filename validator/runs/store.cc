// SPDX-License-Identifier: Apache-2.0
// Writing; store_read.cc has the queries.
#include "validator/runs/store.h"

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"
#include "validator/runs/result_json.h"

namespace assay::runs {

std::string StoreKey(const std::string& text) { return Sha256Hex(text); }

absl::StatusOr<std::unique_ptr<Store>> Store::Open(
    std::unique_ptr<db::StoreConnection> connection) {
  std::unique_ptr<Store> store(new Store(std::move(connection)));
  absl::MutexLock lock(&store->mu_);
  ASSAY_RETURN_IF_ERROR(store->BringUpSchema());
  return store;
}

absl::StatusOr<Store::Rows> Store::Query(const std::string& sql,
                                         std::vector<Value> values) {
  db::Statement statement;
  statement.sql = sql;
  statement.parameters = std::move(values);
  return connection_->Run(statement);
}

absl::Status Store::Do(const std::string& sql, std::vector<Value> values) {
  return Query(sql, std::move(values)).status();
}

absl::Status Store::InTransaction(const std::function<absl::Status()>& work) {
  ASSAY_RETURN_IF_ERROR(connection_->Begin());
  absl::Status status = work();
  if (status.ok()) status = connection_->Commit();
  if (!status.ok()) connection_->Rollback().IgnoreError();
  return status;
}

absl::Status Store::WriteClaim(const Claim& claim) {
  return Do(
      "INSERT INTO claims (claim_key, run_id, request_digest, withdrawn) "
      "VALUES (?, ?, ?, ?) ON CONFLICT (claim_key) DO UPDATE SET "
      "withdrawn = excluded.withdrawn",
      {Value(claim.key), Value(claim.run_id), Value(claim.request_digest),
       Value(int64_t{claim.withdrawn})});
}

absl::Status Store::InsertRun(const Run& run, const std::string& request_digest,
                              const Claim& claim) {
  absl::MutexLock lock(&mu_);
  return InTransaction([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    ASSAY_RETURN_IF_ERROR(
        Do("INSERT INTO runs (run_id, as_of, active, state, verdict, end_time, "
           "epoch, rule_set_name, migration, request_digest, request, status, "
           "rule_set) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
           {Value(run.run_id), Value(absl::ToUnixMicros(run.as_of_time)),
            Value(int64_t{1}), Value(std::string(RunStateName(run.state))),
            Value(std::string(VerdictName(run.outcome.verdict))),
            Value(int64_t{0}), Value(int64_t{0}), Value(run.rule_set_name),
            Value(run.migration), Value(request_digest),
            Value(RequestToJson(run)), Value(StatusToJson(run)),
            Value(TextToJson(run.request.rule_set_text))}));
    for (const auto& [name, value] : run.request.labels) {
      ASSAY_RETURN_IF_ERROR(
          Do("INSERT INTO labels (run_id, label_key) VALUES (?, ?)",
             {Value(run.run_id), Value(LabelKey(name, value))}));
    }
    return WriteClaim(claim);
  });
}

absl::Status Store::SaveClaim(const Claim& claim) {
  absl::MutexLock lock(&mu_);
  return WriteClaim(claim);
}

absl::Status Store::WriteStatus(const Run& run) {
  const bool terminal = IsTerminal(run.state);
  ASSAY_RETURN_IF_ERROR(Do(
      "UPDATE runs SET active = ?, state = ?, verdict = ?, end_time = ?, "
      "status = ? WHERE run_id = ?",
      {Value(int64_t{!terminal}), Value(std::string(RunStateName(run.state))),
       Value(std::string(VerdictName(run.outcome.verdict))),
       Value(terminal ? absl::ToUnixMicros(run.end_time) : int64_t{0}),
       Value(StatusToJson(run)), Value(run.run_id)}));
  if (connection_->changed_rows() != 1) {
    return MakeError(
        ErrorReason::kStoreFailed,
        absl::StrCat("run ", run.run_id, " is not in the run store"));
  }
  if (!terminal) return absl::OkStatus();
  return Do("DELETE FROM sessions WHERE run_id = ?", {Value(run.run_id)});
}

absl::Status Store::SaveProgress(const std::string& run_id,
                                 const std::vector<StoredResult>& results,
                                 const std::vector<int>& groups,
                                 const Run* run) {
  absl::MutexLock lock(&mu_);
  return InTransaction([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (const StoredResult& stored : results) {
      ASSAY_RETURN_IF_ERROR(
          Do("INSERT INTO results (run_id, rule_index, sequence, document) "
             "VALUES (?, ?, ?, ?) ON CONFLICT (run_id, rule_index) DO UPDATE "
             "SET sequence = excluded.sequence, document = excluded.document",
             {Value(run_id), Value(int64_t{stored.index}),
              Value(stored.sequence), Value(ResultToJson(*stored.result))}));
    }
    for (const int group : groups) {
      ASSAY_RETURN_IF_ERROR(
          Do("INSERT INTO groups_done (run_id, group_index) VALUES (?, ?) "
             "ON CONFLICT (run_id, group_index) DO NOTHING",
             {Value(run_id), Value(int64_t{group})}));
    }
    return run == nullptr ? absl::OkStatus() : WriteStatus(*run);
  });
}

absl::Status Store::AddSession(const std::string& run_id,
                               const std::string& connection,
                               int64_t server_connection_id) {
  absl::MutexLock lock(&mu_);
  return Do(
      "INSERT INTO sessions (run_id, connection, server_connection_id) "
      "VALUES (?, ?, ?) ON CONFLICT (run_id, connection, "
      "server_connection_id) DO NOTHING",
      {Value(run_id), Value(connection), Value(server_connection_id)});
}

absl::StatusOr<std::vector<std::string>> Store::RemoveOld(
    int64_t keep_runs, absl::Time ended_before, int limit) {
  absl::MutexLock lock(&mu_);
  std::vector<std::string> ids;
  const absl::Status status =
      InTransaction([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::Status {
        ASSAY_ASSIGN_OR_RETURN(
            Rows rows,
            Query("SELECT run_id FROM runs WHERE active = 0 "
                  "ORDER BY end_time DESC, run_id DESC LIMIT ? OFFSET ?",
                  {Value(int64_t{limit}), Value(keep_runs)}));
        if (rows.empty()) {
          ASSAY_ASSIGN_OR_RETURN(
              rows, Query("SELECT run_id FROM runs WHERE active = 0 AND "
                          "end_time < ? ORDER BY end_time LIMIT ?",
                          {Value(absl::ToUnixMicros(ended_before)),
                           Value(int64_t{limit})}));
        }
        for (const db::StoreRow& row : rows) {
          const std::string id = CellText(row[0]);
          static constexpr const char* kDeletes[] = {
              "DELETE FROM results WHERE run_id = ?",
              "DELETE FROM groups_done WHERE run_id = ?",
              "DELETE FROM sessions WHERE run_id = ?",
              "DELETE FROM labels WHERE run_id = ?",
              "DELETE FROM claims WHERE run_id = ?",
              "DELETE FROM runs WHERE run_id = ?",
          };
          for (const char* const statement : kDeletes) {
            ASSAY_RETURN_IF_ERROR(Do(statement, {Value(id)}));
          }
          ids.push_back(id);
        }
        return absl::OkStatus();
      });
  ASSAY_RETURN_IF_ERROR(status);
  return ids;
}

}  // namespace assay::runs
