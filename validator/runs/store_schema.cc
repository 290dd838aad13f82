// SPDX-License-Identifier: Apache-2.0
// The store's tables and their versions.
//
// Types and statements are those that SQLite and PostgreSQL share. Columns that
// are looked up have fixed-size keys or numbers; everything else is JSON, so
// that most new fields need no new schema.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "validator/runs/digest.h"
#include "validator/runs/store.h"

namespace assay::runs {
namespace {

// Any number, so long as all servers take the same one.
constexpr int64_t kMigrationLock = 0x6173736179;

// What brings a store from the version before to this one. A new store goes
// through all of them.
const std::vector<std::vector<const char*>>& Steps() {
  static const auto* const kSteps = new std::vector<std::vector<const char*>>{
      {
          "CREATE TABLE runs ("
          "run_id VARCHAR(20) NOT NULL PRIMARY KEY, "
          "as_of BIGINT NOT NULL, "
          "active BIGINT NOT NULL, "
          "state TEXT NOT NULL, "
          "verdict TEXT NOT NULL, "
          "end_time BIGINT NOT NULL, "
          "epoch BIGINT NOT NULL, "
          "rule_set_name TEXT NOT NULL, "
          "migration TEXT NOT NULL, "
          "request_digest TEXT NOT NULL, "
          "request TEXT NOT NULL, "
          "status TEXT NOT NULL, "
          "rule_set TEXT NOT NULL)",
          "CREATE INDEX runs_by_time ON runs (as_of, run_id)",
          "CREATE INDEX runs_by_end ON runs (active, end_time)",
          "CREATE TABLE labels ("
          "run_id VARCHAR(20) NOT NULL, "
          "label_key VARCHAR(64) NOT NULL, "
          "PRIMARY KEY (run_id, label_key))",
          "CREATE TABLE claims ("
          "claim_key VARCHAR(80) NOT NULL PRIMARY KEY, "
          "run_id VARCHAR(20) NOT NULL, "
          "request_digest TEXT NOT NULL, "
          "withdrawn BIGINT NOT NULL)",
          "CREATE INDEX claims_by_run ON claims (run_id)",
          "CREATE TABLE results ("
          "run_id VARCHAR(20) NOT NULL, "
          "rule_index BIGINT NOT NULL, "
          "sequence BIGINT NOT NULL, "
          "document TEXT NOT NULL, "
          "PRIMARY KEY (run_id, rule_index))",
          "CREATE TABLE groups_done ("
          "run_id VARCHAR(20) NOT NULL, "
          "group_index BIGINT NOT NULL, "
          "PRIMARY KEY (run_id, group_index))",
          "CREATE TABLE sessions ("
          "run_id VARCHAR(20) NOT NULL, "
          "connection TEXT NOT NULL, "
          "server_connection_id BIGINT NOT NULL, "
          "PRIMARY KEY (run_id, connection, server_connection_id))",
      },
      // 2: several servers.
      {
          "CREATE TABLE servers ("
          "server_id VARCHAR(20) NOT NULL PRIMARY KEY, "
          "name TEXT NOT NULL, "
          "expires BIGINT NOT NULL)",
          "ALTER TABLE runs ADD COLUMN owner VARCHAR(20) NOT NULL DEFAULT ''",
          "ALTER TABLE runs ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0",
          "ALTER TABLE runs ADD COLUMN cancel_wanted BIGINT NOT NULL DEFAULT 0",
          "ALTER TABLE runs ADD COLUMN touched BIGINT NOT NULL DEFAULT 0",
          "ALTER TABLE runs ADD COLUMN leased_until BIGINT NOT NULL DEFAULT 0",
          "ALTER TABLE runs ADD COLUMN correlation_key VARCHAR(64) NOT NULL "
          "DEFAULT ''",
          "ALTER TABLE results ADD COLUMN rule_key VARCHAR(64) NOT NULL "
          "DEFAULT ''",
          "ALTER TABLE results ADD COLUMN list_epoch BIGINT NOT NULL "
          "DEFAULT -1",
          "CREATE TABLE differences ("
          "run_id VARCHAR(20) NOT NULL REFERENCES runs (run_id), "
          "rule_index BIGINT NOT NULL, "
          "epoch BIGINT NOT NULL, "
          "begins BIGINT NOT NULL, "
          "piece TEXT NOT NULL, "
          "PRIMARY KEY (run_id, rule_index, epoch, begins))",
          "ALTER TABLE assay_store ADD COLUMN store_id VARCHAR(20) NOT NULL "
          "DEFAULT ''",
          "ALTER TABLE assay_store ADD COLUMN retention_at BIGINT NOT NULL "
          "DEFAULT 0",
      },
      // 3: pairs of wildcards.
      {
          "CREATE TABLE pairs ("
          "run_id VARCHAR(20) NOT NULL, "
          "rule_index BIGINT NOT NULL, "
          "pair_key VARCHAR(80) NOT NULL, "
          "pair TEXT NOT NULL, "
          "binding TEXT NOT NULL, "
          "document TEXT NOT NULL, "
          "PRIMARY KEY (run_id, rule_index, pair_key))",
      },
  };
  return *kSteps;
}

// The version of the store that is there; 0: none. kStoreFailed where this
// server is too old for it.
absl::StatusOr<int64_t> FindVersion(StoreSession& session) {
  ASSAY_ASSIGN_OR_RETURN(const StoreRows stores,
                         session.Query(session.dialect().count_stores, {}));
  if (stores.empty() || CellInt(stores[0][0]) == 0) return int64_t{0};
  ASSAY_ASSIGN_OR_RETURN(const StoreRows rows,
                         session.Query("SELECT version FROM assay_store", {}));
  // Before a file's first transaction, which fills it.
  if (rows.empty()) return int64_t{0};
  const int64_t version = CellInt(rows[0][0]);
  if (version > kStoreVersion) {
    return MakeError(
        ErrorReason::kStoreFailed,
        absl::StrCat("the run store has schema ", version,
                     ", written by a newer assayd; this one knows up to ",
                     kStoreVersion,
                     ": run the newer version, or use another store"));
  }
  if (version < 1) {
    return MakeError(ErrorReason::kStoreFailed,
                     absl::StrCat("the run store has schema ", version,
                                  ", which no assayd has written"));
  }
  return version;
}

absl::Status CheckFit(StoreSession& session) {
  const StoreDialect& dialect = session.dialect();
  if (*dialect.unfit == '\0') return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(const StoreRows rows,
                         session.Query(dialect.unfit, {}));
  const std::string why = rows.empty() ? "" : CellText(rows[0][0]);
  if (why.empty()) return absl::OkStatus();
  return MakeError(
      ErrorReason::kStoreFailed,
      absl::StrCat("the database cannot hold the run store: ", why));
}

// Servers of a version that other ones would pull the tables from under.
absl::Status CheckUnused(StoreSession& session, int64_t version) {
  if (!session.dialect().shared || version < 2) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows rows,
      session.Query(absl::StrCat("SELECT name FROM servers WHERE expires > ",
                                 session.dialect().now),
                    {}));
  if (rows.empty()) return absl::OkStatus();
  std::vector<std::string> names;
  for (const db::StoreRow& row : rows) names.push_back(CellText(row[0]));
  return MakeError(
      ErrorReason::kStoreFailed,
      absl::StrCat("the run store is in use by ", absl::StrJoin(names, ", "),
                   "; stop these servers, then migrate again"));
}

// Brings the store up in one transaction; returns the version that was found.
absl::StatusOr<int64_t> BringUp(StoreSession& session) {
  const StoreDialect& dialect = session.dialect();
  int64_t found = 0;
  const absl::Status status = session.InTransaction([&]() -> absl::Status {
    if (*dialect.serialize != '\0') {
      ASSAY_RETURN_IF_ERROR(
          session.Do(dialect.serialize, {Value(kMigrationLock)}));
    }
    if (*dialect.before_migration != '\0') {
      ASSAY_RETURN_IF_ERROR(session.Do(dialect.before_migration, {}));
    }
    ASSAY_ASSIGN_OR_RETURN(found, FindVersion(session));
    if (found == kStoreVersion) return absl::OkStatus();
    ASSAY_RETURN_IF_ERROR(CheckUnused(session, found));
    if (found == 0) {
      ASSAY_RETURN_IF_ERROR(
          session.Do("CREATE TABLE IF NOT EXISTS assay_store (version BIGINT "
                     "NOT NULL)",
                     {}));
      ASSAY_RETURN_IF_ERROR(session.Do(
          "INSERT INTO assay_store (version) VALUES (?)", {Value(int64_t{0})}));
    }
    for (size_t i = static_cast<size_t>(found); i < Steps().size(); ++i) {
      for (const char* const statement : Steps()[i]) {
        ASSAY_RETURN_IF_ERROR(session.Do(statement, {}));
      }
    }
    ASSAY_ASSIGN_OR_RETURN(const std::string id, NewRunId(absl::Now()));
    ASSAY_RETURN_IF_ERROR(
        session.Do("UPDATE assay_store SET store_id = ? "
                   "WHERE store_id = ''",
                   {Value(id)}));
    return session.Do("UPDATE assay_store SET version = ?",
                      {Value(kStoreVersion)});
  });
  ASSAY_RETURN_IF_ERROR(status);
  return found;
}

}  // namespace

Store::Store(StorePool::Connect connect, const StoreDialect& dialect,
             int max_connections)
    : dialect_(dialect),
      pool_(connect, max_connections, dialect),
      beats_(std::move(connect), 1, dialect) {}

absl::StatusOr<int64_t> Store::Migrate(const StorePool::Connect& connect,
                                       const StoreDialect& dialect) {
  StorePool pool(connect, 1, dialect);
  return pool.With([](StoreSession& session) -> absl::StatusOr<int64_t> {
    ASSAY_RETURN_IF_ERROR(CheckFit(session));
    return BringUp(session);
  });
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(StorePool::Connect connect,
                                                   const StoreDialect& dialect,
                                                   int max_connections) {
  // A file has one writer at a time whatever we do.
  std::unique_ptr<Store> store(new Store(std::move(connect), dialect,
                                         dialect.shared ? max_connections : 1));
  const absl::Status status =
      store->pool_.With([&](StoreSession& session) -> absl::Status {
        ASSAY_RETURN_IF_ERROR(CheckFit(session));
        absl::StatusOr<int64_t> version =
            dialect.shared ? FindVersion(session) : BringUp(session);
        ASSAY_RETURN_IF_ERROR(version.status());
        if (dialect.shared && *version != kStoreVersion) {
          const std::string what =
              *version == 0
                  ? std::string("the database has no run store yet")
                  : absl::StrCat("the run store has schema ", *version,
                                 ", and this assayd needs ", kStoreVersion,
                                 ": stop the servers that use it");
          return MakeError(
              ErrorReason::kStoreFailed,
              absl::StrCat(what,
                           "; run `assayd store migrate` with this "
                           "configuration, then start the server again"));
        }
        ASSAY_ASSIGN_OR_RETURN(
            const StoreRows rows,
            session.Query("SELECT store_id FROM assay_store", {}));
        store->id_ = rows.empty() ? "" : CellText(rows[0][0]);
        return absl::OkStatus();
      });
  ASSAY_RETURN_IF_ERROR(status);
  return store;
}

}  // namespace assay::runs
