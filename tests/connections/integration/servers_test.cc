// SPDX-License-Identifier: Apache-2.0
// The registry on PostgreSQL and MariaDB.
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/databases.h"
#include "validator/base/status.h"
#include "validator/connections/registry.h"
#include "validator/odbc/connection_string.h"
#include "validator/odbc/odbc.h"

namespace assay::connections {
namespace {

class ServersTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string owner = assay::testing::FromDatabases(
        postgresql() ? "ASSAY_TEST_POSTGRESQL" : "ASSAY_TEST_MARIADB");
    ConnectionConfig config;
    config.name = "owner";
    config.odbc = owner;
    owner_ = owner;
    ConnectionConfig reader;
    reader.name = "reader";
    // The password as a secret of the environment.
    odbc::ConnectionString string(assay::testing::FromDatabases(
        postgresql() ? "ASSAY_TEST_POSTGRESQL_READER"
                     : "ASSAY_TEST_MARIADB_READER"));
    setenv("ASSAY_T_SERVERS_PWD", string.Get("pwd").value_or("").c_str(), 1);
    string.Set("Pwd", "PLACE");
    reader.odbc = string.ToString();
    reader.odbc.replace(reader.odbc.find("PLACE"), 5,
                        "${env:ASSAY_T_SERVERS_PWD}");
    auto registry = Registry::Create({config, reader});
    ASSERT_TRUE(registry.ok()) << registry.status();
    registry_ = *std::move(registry);
  }

  bool postgresql() const { return GetParam() == "postgresql"; }

  Session Take(const std::string& name) {
    auto sessions = registry_->Acquire({name}, never_);
    if (!sessions.ok()) {
      ADD_FAILURE() << sessions.status();
      std::abort();
    }
    return std::move(sessions->front());
  }

  std::string One(Session& session, const std::string& sql) {
    auto cursor = session.connection().Query({sql, {}}, {});
    if (!cursor.ok()) return cursor.status().ToString();
    auto row = db::ReadSingleRow(**cursor);
    return row.ok() ? ToText(row->front()) : row.status().ToString();
  }

  std::string Id(Session& session) {
    return One(session, postgresql() ? "SELECT pg_backend_pid()"
                                     : "SELECT CONNECTION_ID()");
  }

  std::string owner_;
  std::unique_ptr<Registry> registry_;
  const CancellationToken never_;
};

TEST_P(ServersTest, ConnectionsAreReused) {
  std::string first;
  {
    Session session = Take("reader");
    first = Id(session);
    EXPECT_EQ(session.dialect().name(), GetParam());
  }
  Session session = Take("reader");
  EXPECT_EQ(Id(session), first);
}

TEST_P(ServersTest, ConnectionsInASnapshotOrCancelledAreNot) {
  std::string first;
  {
    Session session = Take("reader");
    first = Id(session);
    ASSERT_TRUE(session.BeginSnapshot(never_).ok());
  }
  std::string second;
  {
    Session session = Take("reader");
    second = Id(session);
    EXPECT_NE(second, first);
    ASSERT_TRUE(session.BeginSnapshot(never_).ok());
    ASSERT_TRUE(session.EndSnapshot(never_).ok());
  }
  {
    Session session = Take("reader");
    EXPECT_EQ(Id(session), second);
    const CancellationToken soon = CancellationToken().WithDeadline(
        absl::Now() + absl::Milliseconds(50),
        MakeError(ErrorReason::kRunTimeout, "late"));
    EXPECT_FALSE(
        session.connection()
            .Execute(postgresql() ? "SELECT pg_sleep(30)" : "SELECT SLEEP(30)",
                     soon)
            .ok());
  }
  Session session = Take("reader");
  EXPECT_NE(Id(session), second);
}

TEST_P(ServersTest, KilledIdleConnectionsAreReplaced) {
  std::string first;
  {
    Session session = Take("reader");
    first = Id(session);
  }
  {
    Session owner = Take("owner");
    if (postgresql()) {
      One(owner, "SELECT pg_terminate_backend(" + first + ")");
    } else {
      EXPECT_TRUE(owner.connection().Execute("KILL " + first, never_).ok());
    }
  }
  absl::SleepFor(absl::Milliseconds(1100));
  Session session = Take("reader");
  EXPECT_NE(Id(session), first);
}

TEST_P(ServersTest, SessionsAreReadOnlySnapshots) {
  Session owner = Take("owner");
  const auto write = [&] {
    return GetReason(owner.connection().Execute(
        "CREATE TABLE never_there (a INTEGER)", never_));
  };
  EXPECT_EQ(write(), ErrorReason::kPermissionDenied);
  ASSERT_TRUE(owner.BeginSnapshot(never_).ok());
  EXPECT_EQ(write(), ErrorReason::kPermissionDenied);
  EXPECT_EQ(One(owner, "SELECT 5"), "5");
  EXPECT_TRUE(owner.EndSnapshot(never_).ok());
}

TEST_P(ServersTest, TestWarnsOfRolesThatCanWrite) {
  {
    auto connection = odbc::Open({.connection_string = owner_});
    ASSERT_TRUE(connection.ok()) << connection.status();
    EXPECT_TRUE(
        (*connection)
            ->Execute("CREATE TABLE IF NOT EXISTS writable (a INTEGER)", never_)
            .ok());
  }
  const auto owner = registry_->Test("owner", never_);
  ASSERT_TRUE(owner.ok()) << owner.status();
  EXPECT_EQ(owner->dialect, GetParam());
  ASSERT_EQ(owner->warnings.size(), 1u);
  EXPECT_TRUE(absl::StrContains(owner->warnings[0], "may write"))
      << owner->warnings[0];
  const auto reader = registry_->Test("reader", never_);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE(reader->warnings.empty()) << reader->warnings[0];
  RecordProperty(
      "connect_microseconds",
      static_cast<int>(absl::ToInt64Microseconds(reader->connect_time)));
}

TEST_P(ServersTest, SecretsDoNotShow) {
  setenv("ASSAY_T_SERVERS_PWD", "wr%ng;s3cret", 1);
  const auto sessions = registry_->Acquire({"reader"}, never_);
  EXPECT_EQ(GetReason(sessions.status()), ErrorReason::kAuthenticationFailed)
      << sessions.status();
  EXPECT_FALSE(absl::StrContains(sessions.status().message(), "s3cret"));
  EXPECT_TRUE(absl::StrContains(sessions.status().message(), "reader"));
}

TEST_P(ServersTest, OrphansAreKilledByMarkerOnly) {
  Session session = Take("reader");
  const int64_t id = session.server_connection_id();
  if (postgresql()) {
    EXPECT_EQ(*registry_->KillOrphans("reader", {1}, "m"), 0);
    return;  // The server ends them itself.
  }
  ASSERT_GT(id, 0);
  std::thread slow([&session] {
    auto cursor = session.connection().Query(
        {"SELECT /* assay-run-42 */ SLEEP(30)", {}}, {});
    EXPECT_FALSE(cursor.ok());
  });
  absl::SleepFor(absl::Milliseconds(200));
  const auto other = registry_->KillOrphans("owner", {id}, "assay-run-43");
  EXPECT_TRUE(other.ok() && *other == 0) << other.status();
  const auto killed = registry_->KillOrphans("owner", {id}, "assay-run-42");
  EXPECT_TRUE(killed.ok() && *killed == 1) << killed.status();
  slow.join();
}

TEST_P(ServersTest, ColumnsHaveTheirDeclaredType) {
  auto owner = odbc::Open({.connection_string = owner_});
  ASSERT_TRUE(owner.ok()) << owner.status();
  const auto execute = [&](const std::string& sql) {
    const absl::Status status = (*owner)->Execute(sql, never_);
    ASSERT_TRUE(status.ok()) << status;
  };
  if (postgresql()) {
    execute("DROP TABLE IF EXISTS con_types");
    execute("DROP DOMAIN IF EXISTS con_outer, con_inner");
    execute("DROP TYPE IF EXISTS con_mood");
    execute("CREATE TYPE con_mood AS ENUM ('a', 'b')");
    execute("CREATE DOMAIN con_inner AS numeric(12,2)");
    execute("CREATE DOMAIN con_outer AS con_inner CHECK (value > 0)");
    execute("CREATE TABLE con_types (n numeric(12,2), t timestamp(3), "
            "d con_outer, e con_mood, b bit(3))");
  } else {
    execute("DROP TABLE IF EXISTS con_types");
    execute("CREATE TABLE con_types (n DECIMAL(12,2), u BIGINT UNSIGNED, "
            "e ENUM('a','b'), l VARCHAR(5) CHARACTER SET latin1, "
            "m VARCHAR(5) CHARACTER SET utf8mb4, b BIT(3))");
  }
  std::vector<std::string> found;
  {
    Session session = Take("owner");
    const auto table = session.DescribeTable("con_types", never_);
    ASSERT_TRUE(table.ok()) << table.status();
    for (const Column& column : table->columns) {
      found.push_back(absl::StrCat(
          column.name, " ", column.type.full_name, " ",
          column.type.character_set, " ",
          std::string(TypeClassName(column.type.type)), " ",
          session.dialect().BitLength(column.type).value_or(-1)));
    }
  }
  EXPECT_EQ(found,
            postgresql()
                ? (std::vector<std::string>{
                      "n numeric(12,2)  decimal -1",
                      "t timestamp(3) without time zone  timestamp -1",
                      "d numeric(12,2)  decimal -1", "e con_mood  text -1",
                      "b bit(3)  other 3"})
                : (std::vector<std::string>{
                      "n decimal(12,2)  decimal -1",
                      "u bigint(20) unsigned  integer -1",
                      "e enum('a','b') utf8mb4 text -1",
                      "l varchar(5) latin1 text -1",
                      "m varchar(5) utf8mb4 text -1", "b bit(3)  bytes 3"}));
  execute("DROP TABLE con_types");
}

INSTANTIATE_TEST_SUITE_P(Servers, ServersTest,
                         ::testing::Values("postgresql", "mariadb"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace assay::connections
