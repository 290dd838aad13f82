// SPDX-License-Identifier: Apache-2.0
// Who owns which run, and what servers that share a store say to each other.
#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/runs/store.h"
#include "validator/runs/store_rows.h"

namespace assay::runs {
namespace {

// The sizes of lists that statements are made for: few texts, whatever is
// asked.
constexpr size_t kListSizes[] = {1, 16, 256};

// The number under which requests with one correlation_id follow one another.
// Others that share it wait for no reason, and that is all.
int64_t SerialNumber(const std::string& key) {
  uint64_t number = 0;
  std::from_chars(key.data(), key.data() + 15, number, 16);
  return static_cast<int64_t>(number);
}

// Renews the lease of a run that can still be claimed; false where it cannot.
absl::StatusOr<bool> TouchRun(StoreSession& session, const std::string& run_id,
                              absl::Duration lease) {
  const char* const now = session.dialect().now;
  ASSAY_ASSIGN_OR_RETURN(
      const int64_t changed,
      session.Change(
          absl::StrCat("UPDATE runs SET touched = ", now,
                       ", leased_until = ", now,
                       " + ? WHERE run_id = ? AND active = 1 AND "
                       "cancel_wanted = 0 AND state <> 'CANCELLING'"),
          {Value(absl::ToInt64Microseconds(lease)), Value(run_id)}));
  return changed == 1;
}

absl::StatusOr<std::vector<Attachable>> ReadAttachable(
    StoreSession& session, const std::string& correlation_id,
    const std::string& request_digest) {
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows rows,
      session.Query(
          absl::StrCat("SELECT ", kRunColumns, ", CASE WHEN r.leased_until > ",
                       session.dialect().now,
                       " THEN 1 ELSE 0 END FROM runs r WHERE r.active = 1 AND "
                       "r.correlation_key = ? AND r.request_digest = ? AND "
                       "r.cancel_wanted = 0 AND r.state <> 'CANCELLING' "
                       "ORDER BY r.as_of DESC, r.run_id DESC"),
          {Value(StoreKey(correlation_id)), Value(request_digest)}));
  std::vector<Attachable> found;
  for (const db::StoreRow& row : rows) {
    ASSAY_ASSIGN_OR_RETURN(StoredRun stored, ReadRow(row));
    found.push_back({std::move(stored), CellInt(row[kRunColumnCount]) != 0});
  }
  return found;
}

// Whether there is a run that the request of `run` may attach to. None comes
// before the transaction ends.
absl::StatusOr<bool> MayAttach(
    StoreSession& session, const Run& run, const std::string& request_digest,
    const std::function<bool(const Attachable&)>& attach) {
  const std::string& correlation_id = run.request.correlation_id;
  if (*session.dialect().serialize != '\0') {
    ASSAY_RETURN_IF_ERROR(
        session.Do(session.dialect().serialize,
                   {Value(SerialNumber(StoreKey(correlation_id)))}));
  }
  ASSAY_ASSIGN_OR_RETURN(
      const std::vector<Attachable> found,
      ReadAttachable(session, correlation_id, request_digest));
  return std::any_of(found.begin(), found.end(), [&](const Attachable& other) {
    return other.stored.run.run_id != run.run_id && attach(other);
  });
}

}  // namespace

absl::StatusOr<Insertion> Store::InsertRun(
    const Run& run, const std::string& request_digest, const Claim& claim,
    const std::string& owner,
    const std::function<bool(const Attachable&)>& attach) {
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<Insertion> {
    Insertion outcome = Insertion::kInserted;
    const absl::Status status = session.InTransaction([&]() -> absl::Status {
      if (attach != nullptr && !run.request.correlation_id.empty()) {
        ASSAY_ASSIGN_OR_RETURN(const bool found,
                               MayAttach(session, run, request_digest, attach));
        if (found) {
          outcome = Insertion::kAttachable;
          return absl::OkStatus();
        }
      }
      ASSAY_RETURN_IF_ERROR(
          runs::InsertRun(session, run, request_digest, owner));
      ASSAY_ASSIGN_OR_RETURN(const bool inserted, InsertClaim(session, claim));
      if (!inserted) outcome = Insertion::kKnown;
      return inserted ? absl::OkStatus() : absl::AlreadyExistsError("");
    });
    if (outcome != Insertion::kKnown) {
      ASSAY_RETURN_IF_ERROR(status);
      return outcome;
    }
    ASSAY_ASSIGN_OR_RETURN(const std::optional<Claim> known,
                           ReadClaim(session, claim.key));
    // Our own, where an earlier attempt of this call could not say so.
    const bool ours = known.has_value() && known->run_id == run.run_id;
    return ours ? Insertion::kInserted : Insertion::kKnown;
  });
}

absl::StatusOr<std::vector<Attachable>> Store::FindAttachable(
    const std::string& correlation_id, const std::string& request_digest) {
  return pool_.With([&](StoreSession& session) {
    return ReadAttachable(session, correlation_id, request_digest);
  });
}

absl::StatusOr<bool> Store::Attach(const Claim& claim, absl::Duration lease) {
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<bool> {
    bool attached = false;
    const absl::Status status = session.InTransaction([&]() -> absl::Status {
      ASSAY_ASSIGN_OR_RETURN(attached, TouchRun(session, claim.run_id, lease));
      if (!attached) return absl::OkStatus();
      ASSAY_ASSIGN_OR_RETURN(attached, InsertClaim(session, claim));
      return absl::OkStatus();
    });
    ASSAY_RETURN_IF_ERROR(status);
    if (attached) return true;
    // An earlier attempt of this call may have done it.
    ASSAY_ASSIGN_OR_RETURN(const std::optional<Claim> known,
                           ReadClaim(session, claim.key));
    return known.has_value() && known->run_id == claim.run_id;
  });
}

absl::Status Store::Join(const std::string& server_id, const std::string& name,
                         absl::Duration takeover_after) {
  return beats_.With([&](StoreSession& session) {
    return session.Do(
        absl::StrCat("INSERT INTO servers (server_id, name, expires) VALUES "
                     "(?, ?, ",
                     dialect_.now,
                     " + ?) ON CONFLICT (server_id) DO UPDATE SET expires = "
                     "excluded.expires"),
        {Value(server_id), Value(LookupText(name)),
         Value(absl::ToInt64Microseconds(takeover_after))});
  });
}

absl::StatusOr<bool> Store::Beat(const std::string& server_id,
                                 absl::Duration takeover_after) {
  return beats_.With([&](StoreSession& session) -> absl::StatusOr<bool> {
    ASSAY_ASSIGN_OR_RETURN(
        const int64_t changed,
        session.Change(absl::StrCat("UPDATE servers SET expires = ",
                                    dialect_.now, " + ? WHERE server_id = ?"),
                       {Value(absl::ToInt64Microseconds(takeover_after)),
                        Value(server_id)}));
    return changed == 1;
  });
}

absl::Status Store::Leave(const std::string& server_id) {
  return beats_.With([&](StoreSession& session) {
    return session.Do("DELETE FROM servers WHERE server_id = ?",
                      {Value(server_id)});
  });
}

absl::StatusOr<Survey> Store::Look(const std::string& server_id) {
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<Survey> {
    ASSAY_RETURN_IF_ERROR(
        session.Do(absl::StrCat("DELETE FROM servers WHERE expires < ",
                                dialect_.now, " AND server_id <> ?"),
                   {Value(server_id)}));
    ASSAY_ASSIGN_OR_RETURN(
        const StoreRows rows,
        session.Query(
            "SELECT r.run_id, r.owner, r.epoch, r.state, r.cancel_wanted, "
            "r.touched FROM runs r WHERE r.active = 1 AND (r.owner = ? OR NOT "
            "EXISTS (SELECT 1 FROM servers s WHERE s.server_id = r.owner)) "
            "ORDER BY r.as_of, r.run_id",
            {Value(server_id)}));
    Survey survey;
    for (const db::StoreRow& row : rows) {
      ActiveRun run;
      run.run_id = CellText(row[0]);
      run.owner = CellText(row[1]);
      run.epoch = CellInt(row[2]);
      run.state = ParseState(CellText(row[3]));
      run.cancel_wanted = CellInt(row[4]) != 0;
      run.touched = CellInt(row[5]);
      (run.owner == server_id ? survey.owned : survey.orphans)
          .push_back(std::move(run));
    }
    return survey;
  });
}

absl::StatusOr<std::optional<UnfinishedRun>> Store::TakeOver(
    const std::string& run_id, int64_t epoch, const std::string& server_id) {
  using Taken = std::optional<UnfinishedRun>;
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<Taken> {
    Taken taken;
    const absl::Status status = session.InTransaction([&]() -> absl::Status {
      ASSAY_ASSIGN_OR_RETURN(
          const int64_t changed,
          session.Change(
              "UPDATE runs SET owner = ?, epoch = epoch + 1 WHERE run_id = ? "
              "AND epoch = ? AND active = 1 AND (owner = ? OR NOT EXISTS "
              "(SELECT 1 FROM servers WHERE servers.server_id = runs.owner))",
              {Value(server_id), Value(run_id), Value(epoch),
               Value(server_id)}));
      if (changed == 0) {
        // Unless an earlier attempt of this call could not say that it did it.
        ASSAY_ASSIGN_OR_RETURN(
            const StoreRows rows,
            session.Query("SELECT 1 FROM runs WHERE run_id = ? AND owner = ? "
                          "AND epoch = ? AND active = 1",
                          {Value(run_id), Value(server_id), Value(epoch + 1)}));
        if (rows.empty()) return absl::OkStatus();
      }
      ASSAY_ASSIGN_OR_RETURN(taken, ReadUnfinished(session, run_id));
      return absl::OkStatus();
    });
    ASSAY_RETURN_IF_ERROR(status);
    return taken;
  });
}

absl::Status Store::Touch(const std::string& run_id, absl::Duration lease) {
  return pool_.With([&](StoreSession& session) {
    return TouchRun(session, run_id, lease).status();
  });
}

absl::Status Store::SaveLease(const std::string& run_id, int64_t epoch,
                              absl::Duration remaining) {
  return pool_.With([&](StoreSession& session) {
    return session.Do(
        absl::StrCat("UPDATE runs SET leased_until = ", dialect_.now,
                     " + ? WHERE run_id = ? AND epoch = ? AND active = 1"),
        {Value(absl::ToInt64Microseconds(remaining)), Value(run_id),
         Value(epoch)});
  });
}

absl::StatusOr<CancelOutcome> Store::Cancel(const std::string& run_id,
                                            const std::string& key) {
  return pool_.With([&](StoreSession& session)
                        -> absl::StatusOr<CancelOutcome> {
    CancelOutcome outcome = CancelOutcome::kWanted;
    const absl::Status status = session.InTransaction([&]() -> absl::Status {
      // Held: nobody attaches meanwhile.
      ASSAY_ASSIGN_OR_RETURN(const int64_t held,
                             session.Change("UPDATE runs SET epoch = epoch "
                                            "WHERE run_id = ? AND active <> 0",
                                            {Value(run_id)}));
      if (held == 0) {
        outcome = CancelOutcome::kEnded;
        return absl::OkStatus();
      }
      if (!key.empty()) {
        ASSAY_ASSIGN_OR_RETURN(
            const int64_t withdrawn,
            session.Change("UPDATE claims SET withdrawn = 1 "
                           "WHERE claim_key = ? AND run_id = ?",
                           {Value(key), Value(run_id)}));
        if (withdrawn == 0) {
          outcome = CancelOutcome::kNoClaim;
          return absl::OkStatus();
        }
        ASSAY_ASSIGN_OR_RETURN(
            const StoreRows rows,
            session.Query("SELECT claim_key FROM claims WHERE run_id = "
                          "? AND withdrawn = 0 LIMIT 1",
                          {Value(run_id)}));
        if (!rows.empty()) {
          outcome = CancelOutcome::kClaimed;
          return absl::OkStatus();
        }
      }
      ASSAY_ASSIGN_OR_RETURN(
          const int64_t changed,
          session.Change("UPDATE runs SET cancel_wanted = 1 WHERE run_id = ? "
                         "AND active = 1",
                         {Value(run_id)}));
      if (changed == 0) outcome = CancelOutcome::kHeld;
      return absl::OkStatus();
    });
    ASSAY_RETURN_IF_ERROR(status);
    return outcome;
  });
}

absl::StatusOr<std::vector<RunPulse>> Store::Pulses(
    const std::vector<std::string>& run_ids) {
  using List = std::vector<RunPulse>;
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<List> {
    List pulses;
    size_t done = 0;
    while (done < run_ids.size()) {
      size_t size = kListSizes[0];
      for (const size_t larger : kListSizes) {
        if (size < run_ids.size() - done) size = larger;
      }
      std::string sql =
          "SELECT run_id, sequence, state, cancel_wanted FROM runs "
          "WHERE run_id IN (?";
      std::vector<Value> values;
      for (size_t i = 0; i < size; ++i) {
        if (i > 0) sql += ", ?";
        values.emplace_back(done + i < run_ids.size() ? run_ids[done + i]
                                                      : std::string());
      }
      sql += ")";
      done += size;
      ASSAY_ASSIGN_OR_RETURN(const StoreRows rows,
                             session.Query(sql, std::move(values)));
      for (const db::StoreRow& row : rows) {
        pulses.push_back(
            {CellText(row[0]), CellInt(row[1]),
             ShownState(ParseState(CellText(row[2])), CellInt(row[3]) != 0)});
      }
    }
    return pulses;
  });
}

absl::StatusOr<bool> Store::ClaimRetention(absl::Duration interval) {
  if (!shared()) return true;
  return pool_.With([&](StoreSession& session) -> absl::StatusOr<bool> {
    ASSAY_ASSIGN_OR_RETURN(
        const int64_t changed,
        session.Change(
            absl::StrCat("UPDATE assay_store SET retention_at = ", dialect_.now,
                         " WHERE retention_at < ", dialect_.now, " - ?"),
            {Value(absl::ToInt64Microseconds(interval))}));
    return changed == 1;
  });
}

}  // namespace assay::runs
