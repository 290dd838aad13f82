// SPDX-License-Identifier: Apache-2.0
// The named connections of a server: configuration, limits, pools, policies.
//
// A connection string may say ${env:NAME} and ${file:PATH}; both are read when
// a connection is opened and never appear in a log, an error, a result or the
// store.
#ifndef ASSAY_VALIDATOR_CONNECTIONS_REGISTRY_H_
#define ASSAY_VALIDATOR_CONNECTIONS_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "validator/base/cancellation.h"
#include "validator/db/connection.h"
#include "validator/sql/dialect.h"

namespace assay::connections {

// What of a failing row may leave the server.
enum class SamplePolicy { kNone, kKeys, kFull };

struct ConnectionConfig {
  std::string name;
  std::string odbc;         // With ${env:…} and ${file:…} unexpanded.
  std::string dialect;      // Empty: asked of the server.
  int max_connections = 4;  // Over all runs; at least 1.
  absl::Duration statement_timeout = absl::InfiniteDuration();
  std::string time_zone = "UTC";  // Of timestamps without zone.
  SamplePolicy samples = SamplePolicy::kFull;
  std::vector<std::string> masked_columns;  // Without case; in every table.
  bool author_sql = true;  // Whether rule sets may carry SQL of their own.

  friend bool operator==(const ConnectionConfig&,
                         const ConnectionConfig&) = default;
};

// A table as the catalog knows it, its columns classified by the dialect.
struct Column {
  std::string name;
  sql::ColumnType type;
  int64_t size = 0;
  int16_t scale = 0;
  bool nullable = true;
};

struct Table {
  std::string catalog;
  std::string schema;
  std::string name;
  std::vector<Column> columns;
  std::vector<std::string> primary_key;
  std::vector<std::vector<std::string>> unique_keys;

  // Exactly as spelled, else the only one that matches without case; null
  // where there is none.
  const Column* FindColumn(std::string_view column_name) const;
};

class Pool;

// A connection on loan from its pool, and what belongs to it. Movable;
// the destructor gives it back (or closes it, where it is broken or was used
// under a cancelled token). Confined to one thread at a time.
class Session {
 public:
  Session(std::shared_ptr<Pool> pool,
          std::unique_ptr<db::Connection> connection,
          int64_t server_connection_id = 0);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  db::Connection& connection() { return *connection_; }
  const sql::Dialect& dialect() const;
  const ConnectionConfig& config() const;

  // Begins and ends a read-only snapshot. A session given back inside one is
  // closed instead of pooled.
  absl::Status BeginSnapshot(const CancellationToken& cancel);
  absl::Status EndSnapshot(const CancellationToken& cancel);
  // Begins one that others can join while this session is in it; returns its
  // name. REQUIRES: dialect().BeginSharedSnapshot() is not empty.
  absl::StatusOr<std::string> BeginSharedSnapshot(
      const CancellationToken& cancel);
  absl::Status JoinSnapshot(const std::string& name,
                            const CancellationToken& cancel);

  // Splits `name` at its dots (quotes as in the dialect respected), looks it
  // up, and classifies its columns.
  absl::StatusOr<Table> DescribeTable(std::string_view name,
                                      const CancellationToken& cancel);

  // The tables and views of the schemas that match; see
  // db::Connection::ListTables.
  absl::StatusOr<std::vector<db::TableName>> ListTables(
      std::string_view schema_pattern, const CancellationToken& cancel);

  // This connection's id on the server; 0 where the dialect has none.
  int64_t server_connection_id() const { return server_connection_id_; }

 private:
  friend class Pool;
  void Release();
  std::shared_ptr<Pool> pool_;
  std::unique_ptr<db::Connection> connection_;
  bool in_snapshot_ = false;
  int64_t server_connection_id_ = 0;
};

// What TestConnection found.
struct ConnectionReport {
  std::string dbms_name;
  std::string dbms_version;
  std::string dialect;
  absl::Duration connect_time;
  std::vector<std::string> warnings;  // e.g. the role can write.
};

class ReplaceableRegistry;

// Thread-safe.
class Registry {
 public:
  // Validates all configurations; kArgumentInvalid lists every mistake.
  static absl::StatusOr<std::unique_ptr<ReplaceableRegistry>> Create(
      std::vector<ConnectionConfig> configs);
  static absl::Status Check(const std::vector<ConnectionConfig>& configs);
  virtual ~Registry() = default;

  // The connections as they are now, for as long as the result lives: what
  // takes more than one look, as a run does, takes all of them there. The
  // result must not outlive this.
  virtual std::shared_ptr<Registry> Pin() {
    return std::shared_ptr<Registry>(std::shared_ptr<void>(), this);
  }

  // What these two point to may go with the next Replace; Pin() before.
  virtual std::vector<const ConnectionConfig*> List() const = 0;
  // Null where there is no such connection.
  virtual const ConnectionConfig* Find(std::string_view name) const = 0;

  // Takes one session for each of `names`, which may repeat, in name order,
  // waiting while a pool is at its max_connections until `cancel` says
  // otherwise. Sessions come back in the order of `names`. Fails with
  // kArgumentInvalid where a name stands there more often than its
  // max_connections allows, kConnectionNotFound (with "did you mean"),
  // kDriverMissing, kAuthenticationFailed, kDatabaseUnreachable, …
  virtual absl::StatusOr<std::vector<Session>> Acquire(
      const std::vector<std::string>& names,
      const CancellationToken& cancel) = 0;

  // Connects anew, outside the pool.
  virtual absl::StatusOr<ConnectionReport> Test(
      std::string_view name, const CancellationToken& cancel) = 0;

  // Ends what a dead server left on connection `name`: each id whose current
  // statement carries `marker`. Best effort; returns how many were ended.
  virtual absl::StatusOr<int> KillOrphans(std::string_view name,
                                          const std::vector<int64_t>& ids,
                                          std::string_view marker) = 0;
};

// How two lists of connections differ; names in order.
struct ConnectionChanges {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;

  bool empty() const {
    return added.empty() && changed.empty() && removed.empty();
  }
};

// One whose connections may change while it is used.
class ReplaceableRegistry : public Registry {
 public:
  // Other connections from now on; kArgumentInvalid as of Create changes
  // nothing. A connection that is as it was keeps its pool. Whoever has pinned
  // one that was changed or removed goes on with it, beside what comes after
  // it; its pool is closed when the last of them lets go. May wait for
  // databases that say goodbye slowly.
  virtual absl::StatusOr<ConnectionChanges> Replace(
      std::vector<ConnectionConfig> configs) = 0;
};

}  // namespace assay::connections

#endif  // ASSAY_VALIDATOR_CONNECTIONS_REGISTRY_H_
