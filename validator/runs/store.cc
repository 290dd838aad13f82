// SPDX-License-Identifier: Apache-2.0
// Writing; store_read.cc has the queries, store_shared.cc what servers that
// share a store say to each other, store_lists.cc lists of differences.
#include "validator/runs/store.h"

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/base/utf8.h"
#include "validator/runs/digest.h"
#include "validator/runs/result_json.h"
#include "validator/runs/store_rows.h"

namespace assay::runs {
namespace {

constexpr char kNotOwnerUrl[] = "assay/not_owner";
constexpr char kCancelWantedUrl[] = "assay/cancel_wanted";

absl::Status NotOwner(const std::string& run_id) {
  absl::Status status = MakeError(
      ErrorReason::kStoreFailed,
      absl::StrCat("run ", run_id,
                   " is not this server's any more: another one has taken it "
                   "over or ended it, or it was removed from the store"));
  status.SetPayload(kNotOwnerUrl, absl::Cord("1"));
  return status;
}

absl::Status CancelWanted(const std::string& run_id) {
  absl::Status status =
      MakeError(ErrorReason::kStoreFailed,
                absl::StrCat("run ", run_id, " was cancelled meanwhile"));
  status.SetPayload(kCancelWantedUrl, absl::Cord("1"));
  return status;
}

absl::Status WriteStatus(StoreSession& session, const Run& run, int64_t epoch) {
  static constexpr char kUpdate[] =
      "UPDATE runs SET active = ?, state = ?, verdict = ?, end_time = ?, "
      "sequence = ?, status = ? WHERE run_id = ? AND epoch = ? AND active = 1";
  // Whoever was told that a run is being cancelled never sees it succeed.
  static constexpr char kSucceed[] =
      "UPDATE runs SET active = ?, state = ?, verdict = ?, end_time = ?, "
      "sequence = ?, status = ? WHERE run_id = ? AND epoch = ? AND active = 1 "
      "AND cancel_wanted = 0";
  const bool judged = IsJudged(run.state);
  const bool succeeds =
      run.state == RunState::kSucceeded || run.state == RunState::kHeld;
  const std::string state = RunStateName(run.state);
  ASSAY_ASSIGN_OR_RETURN(
      const int64_t changed,
      session.Change(
          succeeds ? kSucceed : kUpdate,
          {Value(ActiveColumn(run.state)), Value(state),
           Value(std::string(VerdictName(run.outcome.verdict))),
           Value(EndColumn(run)), Value(run.sequence), Value(StatusToJson(run)),
           Value(run.run_id), Value(epoch)}));
  if (changed == 1) return absl::OkStatus();
  if (!judged) return NotOwner(run.run_id);
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows rows,
      session.Query("SELECT state, sequence, active, cancel_wanted FROM runs "
                    "WHERE run_id = ? AND epoch = ?",
                    {Value(run.run_id), Value(epoch)}));
  if (rows.empty()) return NotOwner(run.run_id);
  if (CellInt(rows[0][2]) == kActive) {
    return succeeds && CellInt(rows[0][3]) != 0 ? CancelWanted(run.run_id)
                                                : NotOwner(run.run_id);
  }
  // Only the owner ends a run: where it has ended so in this epoch, an earlier
  // attempt to write this did, and its connection went before it could say so.
  const bool same =
      CellText(rows[0][0]) == state && CellInt(rows[0][1]) == run.sequence;
  return same ? absl::OkStatus() : NotOwner(run.run_id);
}

absl::Status WriteResult(StoreSession& session, const std::string& run_id,
                         const StoredResult& stored) {
  return session.Do(
      "INSERT INTO results (run_id, rule_index, sequence, document, rule_key, "
      "list_epoch) VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (run_id, rule_index) DO UPDATE SET "
      "sequence = excluded.sequence, document = excluded.document, "
      "rule_key = excluded.rule_key, list_epoch = excluded.list_epoch",
      {Value(run_id), Value(int64_t{stored.index}), Value(stored.sequence),
       Value(ResultToJson(*stored.result)),
       Value(StoreKey(stored.result->rule_id)), Value(stored.list_epoch)});
}

// What an ended run needs no longer.
absl::Status Forget(StoreSession& session, const std::string& run_id) {
  ASSAY_RETURN_IF_ERROR(
      session.Do("DELETE FROM sessions WHERE run_id = ?", {Value(run_id)}));
  if (!session.dialect().shared) return absl::OkStatus();
  return session.Do(
      "DELETE FROM differences WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM "
      "results WHERE results.run_id = differences.run_id AND "
      "results.rule_index = differences.rule_index AND "
      "results.list_epoch = differences.epoch)",
      {Value(run_id)});
}

}  // namespace

std::string StoreKey(const std::string& text) { return Sha256Hex(text); }

bool IsNotOwner(const absl::Status& status) {
  return status.GetPayload(kNotOwnerUrl).has_value();
}

bool IsCancelWanted(const absl::Status& status) {
  return status.GetPayload(kCancelWantedUrl).has_value();
}

std::string LookupText(const std::string& text) {
  if (IsValidUtf8(text) && text.find('\0') == std::string::npos) return text;
  return absl::StrCat("hex:", absl::BytesToHexString(text));
}

absl::Status HoldRun(StoreSession& session, const std::string& run_id,
                     int64_t epoch) {
  ASSAY_ASSIGN_OR_RETURN(
      const int64_t held,
      session.Change("UPDATE runs SET epoch = epoch "
                     "WHERE run_id = ? AND epoch = ? AND active = 1",
                     {Value(run_id), Value(epoch)}));
  return held == 1 ? absl::OkStatus() : NotOwner(run_id);
}

absl::Status InsertRun(StoreSession& session, const Run& run,
                       const std::string& request_digest,
                       const std::string& owner) {
  static const auto* const kColumns = new std::string(
      "INSERT INTO runs (run_id, as_of, active, state, verdict, end_time, "
      "epoch, rule_set_name, migration, request_digest, request, status, "
      "rule_set, owner, sequence, correlation_key, leased_until) VALUES (?, ?, "
      "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ");
  const RunRequest& request = run.request;
  ASSAY_RETURN_IF_ERROR(session.Do(
      absl::StrCat(*kColumns, session.dialect().now,
                   " + ?) ON CONFLICT (run_id) DO NOTHING"),
      {Value(run.run_id), Value(absl::ToUnixMicros(run.as_of_time)),
       Value(int64_t{1}), Value(std::string(RunStateName(run.state))),
       Value(std::string(VerdictName(run.outcome.verdict))), Value(int64_t{0}),
       Value(int64_t{0}), Value(LookupText(run.rule_set_name)),
       Value(LookupText(run.migration)), Value(request_digest),
       Value(RequestToJson(run)), Value(StatusToJson(run)),
       Value(TextToJson(request.rule_set_text)), Value(owner),
       Value(run.sequence),
       Value(request.correlation_id.empty() ? std::string()
                                            : StoreKey(request.correlation_id)),
       Value(request.options.detached
                 ? int64_t{0}
                 : absl::ToInt64Microseconds(request.options.lease))}));
  for (const auto& [name, value] : request.labels) {
    ASSAY_RETURN_IF_ERROR(
        session.Do("INSERT INTO labels (run_id, label_key) VALUES (?, ?) "
                   "ON CONFLICT (run_id, label_key) DO NOTHING",
                   {Value(run.run_id), Value(LabelKey(name, value))}));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> InsertClaim(StoreSession& session, const Claim& claim) {
  ASSAY_ASSIGN_OR_RETURN(
      const int64_t inserted,
      session.Change(
          "INSERT INTO claims (claim_key, run_id, request_digest, "
          "withdrawn) VALUES (?, ?, ?, ?) "
          "ON CONFLICT (claim_key) DO NOTHING",
          {Value(claim.key), Value(claim.run_id), Value(claim.request_digest),
           Value(int64_t{claim.withdrawn})}));
  return inserted == 1;
}

absl::Status Store::SaveClaim(const Claim& claim) {
  return pool_.With([&](StoreSession& session) {
    return session.Do(
        "INSERT INTO claims (claim_key, run_id, request_digest, withdrawn) "
        "VALUES (?, ?, ?, ?) ON CONFLICT (claim_key) DO UPDATE SET "
        "withdrawn = excluded.withdrawn",
        {Value(claim.key), Value(claim.run_id), Value(claim.request_digest),
         Value(int64_t{claim.withdrawn})});
  });
}

absl::Status Store::Save(const std::string& run_id, int64_t epoch,
                         const RunChanges& changes) {
  return pool_.With([&](StoreSession& session) {
    return session.InTransaction([&]() -> absl::Status {
      // First: from here on nobody else writes the run.
      if (changes.run != nullptr) {
        ASSAY_RETURN_IF_ERROR(WriteStatus(session, *changes.run, epoch));
      } else if (dialect_.shared) {
        ASSAY_RETURN_IF_ERROR(HoldRun(session, run_id, epoch));
      }
      for (const int index : changes.dropped) {
        ASSAY_RETURN_IF_ERROR(session.Do(
            "DELETE FROM results WHERE run_id = ? AND rule_index = ?",
            {Value(run_id), Value(int64_t{index})}));
      }
      for (const StoredResult& stored : changes.results) {
        ASSAY_RETURN_IF_ERROR(WriteResult(session, run_id, stored));
      }
      for (const int group : changes.groups) {
        ASSAY_RETURN_IF_ERROR(session.Do(
            "INSERT INTO groups_done (run_id, group_index) VALUES (?, ?) "
            "ON CONFLICT (run_id, group_index) DO NOTHING",
            {Value(run_id), Value(int64_t{group})}));
      }
      if (changes.run == nullptr || !IsJudged(changes.run->state)) {
        return absl::OkStatus();
      }
      return Forget(session, run_id);
    });
  });
}

absl::Status Store::SavePair(const std::string& run_id, int64_t epoch,
                             int index, const std::string& pair,
                             const engine::PairResult& result) {
  const auto insert = [&](StoreSession& session) {
    return session.Do(
        "INSERT INTO pairs (run_id, rule_index, pair_key, pair, binding, "
        "document) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, rule_index, "
        "pair_key) DO UPDATE SET binding = excluded.binding, document = "
        "excluded.document",
        {Value(run_id), Value(int64_t{index}), Value(StoreKey(pair)),
         Value(TextToJson(pair)), Value(result.binding),
         Value(ResultToJson(result.result))});
  };
  return pool_.With([&](StoreSession& session) -> absl::Status {
    if (!dialect_.shared) return insert(session);
    return session.InTransaction([&]() -> absl::Status {
      ASSAY_RETURN_IF_ERROR(HoldRun(session, run_id, epoch));
      return insert(session);
    });
  });
}

absl::Status Store::AddSession(const std::string& run_id, int64_t epoch,
                               const std::string& connection,
                               int64_t server_connection_id) {
  const auto insert = [&](StoreSession& session) {
    return session.Do(
        "INSERT INTO sessions (run_id, connection, server_connection_id) "
        "VALUES (?, ?, ?) ON CONFLICT (run_id, connection, "
        "server_connection_id) DO NOTHING",
        {Value(run_id), Value(connection), Value(server_connection_id)});
  };
  return pool_.With([&](StoreSession& session) -> absl::Status {
    if (!dialect_.shared) return insert(session);
    // Whoever takes the run over sees it, or it is not added.
    return session.InTransaction([&]() -> absl::Status {
      ASSAY_RETURN_IF_ERROR(HoldRun(session, run_id, epoch));
      return insert(session);
    });
  });
}

absl::StatusOr<std::vector<std::string>> Store::RemoveOld(
    int64_t keep_runs, absl::Time ended_before, int limit) {
  using Ids = std::vector<std::string>;
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<Ids> {
    Ids ids;
    const absl::Status status = session.InTransaction([&]() -> absl::Status {
      ASSAY_ASSIGN_OR_RETURN(
          StoreRows rows,
          session.Query("SELECT run_id FROM runs WHERE active = 0 "
                        "ORDER BY end_time DESC, run_id DESC LIMIT ? OFFSET ?",
                        {Value(int64_t{limit}), Value(keep_runs)}));
      if (rows.empty()) {
        ASSAY_ASSIGN_OR_RETURN(
            rows, session.Query("SELECT run_id FROM runs WHERE active = 0 AND "
                                "end_time < ? ORDER BY end_time LIMIT ?",
                                {Value(absl::ToUnixMicros(ended_before)),
                                 Value(int64_t{limit})}));
      }
      for (const db::StoreRow& row : rows) {
        const std::string id = CellText(row[0]);
        static constexpr const char* kDeletes[] = {
            "DELETE FROM results WHERE run_id = ?",
            "DELETE FROM pairs WHERE run_id = ?",
            "DELETE FROM groups_done WHERE run_id = ?",
            "DELETE FROM sessions WHERE run_id = ?",
            "DELETE FROM labels WHERE run_id = ?",
            "DELETE FROM claims WHERE run_id = ?",
            "DELETE FROM differences WHERE run_id = ?",
            "DELETE FROM runs WHERE run_id = ?",
        };
        for (const char* const statement : kDeletes) {
          ASSAY_RETURN_IF_ERROR(session.Do(statement, {Value(id)}));
        }
        ids.push_back(id);
      }
      return absl::OkStatus();
    });
    ASSAY_RETURN_IF_ERROR(status);
    return ids;
  });
}

}  // namespace assay::runs
