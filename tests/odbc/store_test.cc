// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>

#include "absl/time/clock.h"
#include "tests/support/databases.h"
#include "validator/base/status.h"
#include "validator/odbc/odbc.h"

namespace assay::odbc {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenAgain();
    ASSERT_NE(store_, nullptr);
  }

  std::unique_ptr<db::StoreConnection> OpenAgain() {
    auto store = OpenStore({.connection_string = "Driver=SQLite3;Database=" +
                                                 directory_.File("runs.db")});
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  std::vector<db::StoreRow> Run(const std::string& sql,
                                std::vector<Value> parameters = {}) {
    auto rows = store_->Run({sql, std::move(parameters)});
    EXPECT_TRUE(rows.ok()) << sql << "\n" << rows.status();
    return rows.ok() ? *std::move(rows) : std::vector<db::StoreRow>();
  }

  testing::ScratchDirectory directory_;
  std::unique_ptr<db::StoreConnection> store_;
};

TEST_F(StoreTest, IsPrivateAndDurableEnough) {
  struct stat file {};
  ASSERT_EQ(stat(directory_.File("runs.db").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  EXPECT_EQ(ToText(Run("PRAGMA journal_mode")[0][0]), "wal");
  EXPECT_EQ(ToText(Run("PRAGMA synchronous")[0][0]), "1");
  EXPECT_EQ(ToText(Run("PRAGMA foreign_keys")[0][0]), "1");
  EXPECT_EQ(ToText(Run("PRAGMA busy_timeout")[0][0]), "10000");
}

TEST_F(StoreTest, ValuesRoundTripExactly) {
  Run("CREATE TABLE t (id INTEGER PRIMARY KEY, i INTEGER, s TEXT, b BLOB)");
  const std::string zeros("a\0b\nc\r\n\0", 8);
  const std::string large(5 << 20, 'x');
  const std::vector<std::pair<Value, std::string>> values = {
      {int64_t{std::numeric_limits<int64_t>::min()}, ""},
      {int64_t{std::numeric_limits<int64_t>::max()}, "plain"},
      {Null(), zeros},
      {int64_t{0}, "X'00FF'"},
      {int64_t{7}, "123"},
      {int64_t{8}, "\xF0\x9F\x98\x80 {ts '1'} ?; --"},
      {int64_t{9}, large},
  };
  for (size_t i = 0; i < values.size(); ++i) {
    Run("INSERT INTO t VALUES (?, ?, ?, ?)",
        {static_cast<int64_t>(i), values[i].first, values[i].second,
         Bytes{zeros + values[i].second}});
    EXPECT_EQ(store_->changed_rows(), 1);
  }
  const auto rows = Run("SELECT id, i, s, b FROM t ORDER BY id");
  ASSERT_EQ(rows.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::get<int64_t>(rows[i][0]), static_cast<int64_t>(i));
    EXPECT_TRUE(rows[i][1] == values[i].first) << i;
    EXPECT_TRUE(std::get<std::string>(rows[i][2]) == values[i].second) << i;
    EXPECT_TRUE(std::get<Bytes>(rows[i][3]).data == zeros + values[i].second);
  }
  EXPECT_EQ(std::get<int64_t>(Run("SELECT COUNT(*) FROM t")[0][0]), 7);
  EXPECT_EQ(std::get<int64_t>(Run("SELECT MAX(i) FROM t")[0][0]),
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(std::get<std::string>(
                Run("SELECT COALESCE(s, '') FROM t WHERE id = 4")[0][0]),
            "123");
  EXPECT_TRUE(IsNull(Run("SELECT MAX(i) FROM t WHERE id > 99")[0][0]));
  EXPECT_EQ(Run("SELECT id FROM t WHERE s = ?", {std::string("123")}).size(),
            1u);
}

TEST_F(StoreTest, TransactionsAndChangedRows) {
  Run("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  ASSERT_TRUE(store_->Begin().ok());
  for (int64_t i = 0; i < 10; ++i) Run("INSERT INTO t VALUES (?, 'a')", {i});
  Run("UPDATE t SET v = 'b' WHERE id >= ?", {int64_t{4}});
  EXPECT_EQ(store_->changed_rows(), 6);
  ASSERT_TRUE(store_->Rollback().ok());
  EXPECT_EQ(std::get<int64_t>(Run("SELECT COUNT(*) FROM t")[0][0]), 0);
  ASSERT_TRUE(store_->Begin().ok());
  Run("INSERT INTO t VALUES (1, 'a')");
  ASSERT_TRUE(store_->Commit().ok());
  const auto other = OpenAgain();
  const auto rows = other->Run({"SELECT v FROM t", {}});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(ToText((*rows)[0][0]), "a");
}

TEST_F(StoreTest, FailuresHaveTheirReasonAndPass) {
  EXPECT_EQ(GetReason(store_->Run({"SELECT * FROM nowhere", {}}).status()),
            ErrorReason::kTableNotFound);
  EXPECT_TRUE(store_->alive());
  EXPECT_EQ(GetReason(OpenStore({.connection_string =
                                     "Driver=SQLite3;Database=/no/dir/x.db"})
                          .status()),
            ErrorReason::kStoreFailed);
  Run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  Run("INSERT INTO t VALUES (1)");
  EXPECT_FALSE(store_->Run({"INSERT INTO t VALUES (1)", {}}).ok());
  EXPECT_EQ(Run("SELECT id FROM t").size(), 1u);
}

TEST_F(StoreTest, SmallStatementsAreQuick) {
  Run("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  const absl::Time begin = absl::Now();
  for (int64_t i = 0; i < 200; ++i) {
    Run("INSERT INTO t VALUES (?, ?)", {i, std::string("value")});
    Run("SELECT v FROM t WHERE id = ?", {i});
  }
  const absl::Duration each = (absl::Now() - begin) / 400;
  RecordProperty("microseconds",
                 static_cast<int>(absl::ToInt64Microseconds(each)));
  EXPECT_LT(each, absl::Milliseconds(5));
}

}  // namespace
}  // namespace assay::odbc
