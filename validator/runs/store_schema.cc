// SPDX-License-Identifier: Apache-2.0
// The store's tables and their version.
//
// Types and statements are those that SQLite and PostgreSQL share. Columns that
// are looked up have fixed-size keys or numbers; everything else is JSON, so
// that a new field needs no new schema.
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/runs/store.h"

namespace assay::runs {
namespace {

constexpr const char* kSchema[] = {
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
};

}  // namespace

absl::Status Store::BringUpSchema() {
  ASSAY_RETURN_IF_ERROR(Do(
      "CREATE TABLE IF NOT EXISTS assay_store (version BIGINT NOT NULL)", {}));
  ASSAY_ASSIGN_OR_RETURN(const Rows rows,
                         Query("SELECT version FROM assay_store", {}));
  if (rows.empty()) {
    return InTransaction([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      for (const char* const statement : kSchema) {
        ASSAY_RETURN_IF_ERROR(Do(statement, {}));
      }
      return Do("INSERT INTO assay_store (version) VALUES (?)",
                {Value(kStoreVersion)});
    });
  }
  const int64_t version = CellInt(rows[0][0]);
  if (version > kStoreVersion) {
    return MakeError(
        ErrorReason::kStoreFailed,
        absl::StrCat("the run store has schema ", version,
                     ", written by a newer assayd; this one knows up to ",
                     kStoreVersion,
                     ": run the newer version, or use another store"));
  }
  if (version < kStoreVersion) {
    return MakeError(ErrorReason::kStoreFailed,
                     absl::StrCat("the run store has schema ", version,
                                  ", which no assayd has written"));
  }
  return absl::OkStatus();
}

}  // namespace assay::runs
