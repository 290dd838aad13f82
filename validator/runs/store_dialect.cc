// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/store_dialect.h"

namespace assay::runs {

const StoreDialect& SqliteStore() {
  static const auto* const kDialect = new StoreDialect{
      .name = "SQLite",
      .shared = false,
      .pinned = {},
      .defaults = {},
      .session = {},
      .unfit =
          "SELECT CASE WHEN EXISTS (SELECT 1 FROM sqlite_master "
          "WHERE type = 'table' AND name NOT LIKE 'sqlite_%') AND NOT EXISTS "
          "(SELECT 1 FROM sqlite_master WHERE name = 'assay_store') "
          "THEN 'it holds the tables of something else; name a file of the "
          "store''s own' ELSE '' END",
      .count_stores =
          "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' "
          "AND name = 'assay_store'",
      // Milliseconds: it has no more.
      .now = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
      .serialize = "",
      .before_migration = "",
  };
  return *kDialect;
}

const StoreDialect& PostgresqlStore() {
  static const auto* const kDialect = new StoreDialect{
      .name = "PostgreSQL",
      .shared = true,
      .pinned =
          {
              // An error ends the whole transaction: no savepoint for each
              // statement.
              {"Protocol", "7.4-1"},
              {"UseServerSidePrepare", "1"},
              {"UseDeclareFetch", "0"},
              {"BoolsAsChar", "1"},
              {"TextAsLongVarchar", "1"},
              {"UnknownsAsLongVarchar", "0"},
              {"ReadOnly", "0"},
              {"LFConversion", "0"},
              {"CommLog", "0"},
              {"Debug", "0"},
          },
      .defaults =
          {
              {"ApplicationName", "assay-store"},
              // A database that has gone without a word is given up after
              // seconds, not hours.
              {"pqopt",
               "connect_timeout=5 keepalives_idle=5 keepalives_interval=2 "
               "keepalives_count=3 tcp_user_timeout=10000"},
          },
      .session =
          {
              "SELECT set_config('TimeZone', 'UTC', false),"
              " set_config('standard_conforming_strings', 'on', false),"
              // A verdict that was told survives whatever happens to the
              // database.
              " CASE WHEN current_setting('synchronous_commit') = 'off' THEN"
              " set_config('synchronous_commit', 'on', false) END,"
              // A paused server must not hold others up with its locks.
              " set_config('idle_in_transaction_session_timeout', '10s',"
              " false),"
              " set_config('lock_timeout', '5s', false),"
              " set_config('statement_timeout', '30s', false)",
              // Ownership needs to see what others have committed.
              "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ "
              "COMMITTED, READ WRITE",
          },
      .unfit =
          "SELECT CASE "
          "WHEN current_setting('server_encoding') <> 'UTF8' THEN 'its "
          "encoding is ' || current_setting('server_encoding') || ', and "
          "must be UTF8' "
          "WHEN pg_is_in_recovery() THEN 'it is a standby, which cannot "
          "be written' "
          "ELSE '' END",
      .count_stores =
          "SELECT CASE WHEN to_regclass('assay_store') IS NULL THEN 0 "
          "ELSE 1 END",
      .now = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
      .serialize = "SELECT 1 FROM (SELECT pg_advisory_xact_lock(?)) AS l",
      .before_migration =
          "SELECT set_config('statement_timeout', '0', true), "
          "set_config('lock_timeout', '60s', true)",
  };
  return *kDialect;
}

}  // namespace assay::runs
