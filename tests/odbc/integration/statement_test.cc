// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/odbc/integration/odbc_fixture.h"

namespace assay::odbc {
namespace {

class StatementTest : public OdbcTest {
 protected:
  // Runs for a minute before the first row.
  std::string SlowQuery() const {
    if (postgresql()) return "SELECT pg_sleep(60)";
    if (mariadb()) return "SELECT SLEEP(60)";
    return "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s "
           "WHERE i < 4000000000) SELECT COUNT(*) FROM s";
  }

  absl::Status RunAll(const std::string& sql, const CancellationToken& token) {
    auto cursor = connection_->Query({sql, {}}, {.cancel = token});
    if (!cursor.ok()) return cursor.status();
    while (true) {
      auto block = (*cursor)->Next();
      if (!block.ok()) return block.status();
      if (*block == nullptr) return absl::OkStatus();
    }
  }
};

TEST_P(StatementTest, TheVersionIsTheServersOwn) {
  // SQLite's driver tells the version that it was built with.
  if (sqlite()) GTEST_SKIP() << "a library has no server";
  auto rows = Rows("SELECT version()");
  ASSERT_TRUE(rows.ok()) << rows.status();
  // "PostgreSQL 15.18 (Debian …) on …", "10.11.19-MariaDB-…".
  std::string told = ToText(rows->at(0).at(0));
  if (postgresql()) told = told.substr(told.find(' ') + 1);
  told = told.substr(0, told.find_first_not_of("0123456789."));
  EXPECT_EQ(connection_->dbms_version(), told);
}

TEST_P(StatementTest, CancelStopsARunningStatementWithinTwoSeconds) {
  for (const int delay_ms : {0, 1, 5, 50, 300}) {
    CancellationSource source;
    std::thread canceller([&] {
      absl::SleepFor(absl::Milliseconds(delay_ms));
      source.Cancel(MakeError(ErrorReason::kRunTimeout, "out of time"));
    });
    const absl::Time begin = absl::Now();
    const absl::Status status = RunAll(SlowQuery(), source.token());
    const absl::Duration took = absl::Now() - begin;
    canceller.join();
    EXPECT_EQ(GetReason(status), ErrorReason::kRunTimeout) << status;
    EXPECT_LT(took, absl::Seconds(2))
        << "cancelled after " << delay_ms << " ms";
    EXPECT_TRUE(connection_->alive());
    // The next statement is not hit by it.
    for (int i = 0; i < 20; ++i) ASSERT_EQ(One("SELECT 1"), "1");
  }
  // The first may have been cancelled before it began; the last was not.
  EXPECT_FALSE(connection_->clean());
}

TEST_P(StatementTest, CancelStopsAFetch) {
  const std::string sql =
      postgresql() ? "SELECT i, repeat('x', 100) FROM generate_series(1, "
                     "300000) i"
      : mariadb()  ? "SELECT seq, REPEAT('x', 100) FROM seq_1_to_300000"
                   : "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                     "FROM s) SELECT i, 'x' FROM s";
  CancellationSource source;
  auto cursor = connection_->Query(
      {sql, {}}, {.cancel = source.token(), .block_rows = 100});
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  ASSERT_TRUE((*cursor)->Next().ok());
  std::thread canceller([&] {
    absl::SleepFor(absl::Milliseconds(20));
    source.Cancel(MakeError(ErrorReason::kCancelled, "enough"));
  });
  absl::Status status;
  for (int i = 0; i < 100'000'000; ++i) {
    auto block = (*cursor)->Next();
    status = block.status();
    if (!status.ok()) break;
    // The small results may end before the cancel.
    if (*block == nullptr) {
      absl::SleepFor(absl::Milliseconds(1));
    }
  }
  canceller.join();
  EXPECT_EQ(GetReason(status), ErrorReason::kCancelled) << status;
  cursor->reset();
  EXPECT_EQ(One("SELECT 2"), "2");
}

TEST_P(StatementTest, ADeadlineIsACancel) {
  const CancellationToken token = CancellationToken().WithDeadline(
      absl::Now() + absl::Milliseconds(200),
      MakeError(ErrorReason::kStatementTimeout, "too slow"));
  const absl::Time begin = absl::Now();
  EXPECT_EQ(GetReason(RunAll(SlowQuery(), token)),
            ErrorReason::kStatementTimeout);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(2));
}

TEST_P(StatementTest, ACancelledTokenRunsNothing) {
  CancellationSource source;
  source.Cancel(MakeError(ErrorReason::kCancelled, "no"));
  EXPECT_EQ(GetReason(RunAll("SELECT 1", source.token())),
            ErrorReason::kCancelled);
  EXPECT_EQ(GetReason(connection_->Execute("SELECT 1", source.token())),
            ErrorReason::kCancelled);
  EXPECT_TRUE(connection_->clean());
}

TEST_P(StatementTest, FailuresHaveReasons) {
  Execute("DROP TABLE IF EXISTS present");
  Execute("CREATE TABLE present (a INTEGER)");
  const auto reason = [this](const std::string& sql) {
    const auto rows = Rows(sql);
    EXPECT_FALSE(rows.ok()) << sql;
    EXPECT_EQ(rows.status().message().find("[unixODBC]"),
              absl::string_view::npos)
        << rows.status();
    return GetReason(rows.status());
  };
  EXPECT_EQ(reason("SELECT a FROM absent"), ErrorReason::kTableNotFound);
  EXPECT_EQ(reason("SELECT b FROM present"), ErrorReason::kColumnNotFound);
  EXPECT_EQ(reason("SELEC 1"), ErrorReason::kSqlError);
  if (postgresql()) {
    EXPECT_EQ(reason("SELECT 1 / 0"), ErrorReason::kDataError);
    EXPECT_EQ(reason("SELECT CAST('x' AS integer)"), ErrorReason::kDataError);
  }
  if (sqlite()) {
    EXPECT_EQ(reason("SELECT abs(-9223372036854775808)"),
              ErrorReason::kDataError);
  }
  // The connection survives.
  EXPECT_EQ(One("SELECT 3"), "3");
  EXPECT_TRUE(connection_->clean());
}

TEST_P(StatementTest, ASecondStatementChangesNothing) {
  Execute("DROP TABLE IF EXISTS present");
  Execute("CREATE TABLE present (a INTEGER)");
  Execute("INSERT INTO present VALUES (1)");
  if (postgresql()) {
    // psqlODBC splits what it is given and runs every part, so a read-only
    // session is what holds here (and the lexer in validator/sql before it).
    Execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
  }
  const auto rows = Rows("SELECT a FROM present; COMMIT; DELETE FROM present");
  EXPECT_FALSE(rows.ok());
  EXPECT_EQ(One("SELECT COUNT(*) FROM present"), "1");
}

TEST_P(StatementTest, StatementTimeoutsOfTheServerAreToldApart) {
  if (sqlite()) return;  // SQLite has none
  Execute(postgresql() ? "SET statement_timeout = 100"
                       : "SET max_statement_time = 0.1");
  const auto rows =
      Rows(postgresql()
               ? "SELECT pg_sleep(20)"
               : "SELECT COUNT(*) FROM seq_1_to_100000 a, seq_1_to_100000 b");
  EXPECT_EQ(GetReason(rows.status()), ErrorReason::kStatementTimeout)
      << rows.status();
}

TEST_P(StatementTest, ALostConnectionIsNoticed) {
  if (sqlite()) return;  // a file cannot be lost
  const std::string id =
      One(postgresql() ? "SELECT pg_backend_pid()" : "SELECT CONNECTION_ID()");
  std::unique_ptr<db::Connection> other = Connect();
  ASSERT_NE(other, nullptr);
  if (postgresql()) {
    auto cursor =
        other->Query({"SELECT pg_terminate_backend(" + id + ")", {}}, {});
    ASSERT_TRUE(cursor.ok()) << cursor.status();
  } else {
    ASSERT_TRUE(other->Execute("KILL " + id, CancellationToken()).ok());
  }
  absl::SleepFor(absl::Milliseconds(100));
  const auto rows = Rows("SELECT 1");
  EXPECT_EQ(GetReason(rows.status()), ErrorReason::kConnectionLost)
      << rows.status();
  EXPECT_FALSE(connection_->alive());
  EXPECT_EQ(GetReason(Rows("SELECT 1").status()), ErrorReason::kConnectionLost);
}

TEST_P(StatementTest, AFailedStatementDoesNotEndThePostgresqlSnapshot) {
  if (!postgresql()) return;  // PostgreSQL only
  Execute("DROP TABLE IF EXISTS present");
  Execute("CREATE TABLE present (a INTEGER)");
  Execute(
      "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE "
      "READ, READ ONLY");
  Execute("BEGIN");
  EXPECT_EQ(One("SELECT COUNT(*) FROM present"), "0");
  std::unique_ptr<db::Connection> other = Connect();
  ASSERT_TRUE(
      other->Execute("INSERT INTO present VALUES (1)", CancellationToken())
          .ok());
  EXPECT_FALSE(Rows("SELECT 1 / 0").ok());
  EXPECT_FALSE(Rows("SELECT nothing FROM nowhere").ok());
  EXPECT_EQ(One("SELECT COUNT(*) FROM present"), "0");  // Still the snapshot.
  EXPECT_EQ(GetReason(Rows("INSERT INTO present VALUES (2)").status()),
            ErrorReason::kPermissionDenied);
  EXPECT_EQ(One("SELECT COUNT(*) FROM present"), "0");
  Execute("ROLLBACK");
  EXPECT_EQ(One("SELECT COUNT(*) FROM present"), "1");
}

TEST_P(StatementTest, ServerCursorsTakeParameters) {
  if (!postgresql()) return;  // PostgreSQL only
  Execute("BEGIN");
  const auto declared = Rows(
      "DECLARE c NO SCROLL CURSOR FOR SELECT i FROM generate_series(1, "
      "CAST(? AS integer)) i WHERE i <> CAST(? AS integer)",
      {int64_t{1000}, int64_t{7}});
  ASSERT_TRUE(declared.ok()) << declared.status();
  size_t rows = 0;
  while (true) {
    const auto page = Rows("FETCH FORWARD 300 FROM c");
    ASSERT_TRUE(page.ok()) << page.status();
    if (page->empty()) break;
    rows += page->size();
  }
  EXPECT_EQ(rows, 999u);
  Execute("CLOSE c");
  Execute("ROLLBACK");
}

ASSAY_ON_ALL_DATABASES(StatementTest);

}  // namespace
}  // namespace assay::odbc
