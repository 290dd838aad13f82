// SPDX-License-Identifier: Apache-2.0
// The writable seam on PostgreSQL; tests/odbc/store_test.cc has SQLite.
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/support/databases.h"
#include "validator/base/status.h"
#include "validator/odbc/odbc.h"

namespace assay::odbc {
namespace {

class StoreConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenAgain();
    ASSERT_NE(store_, nullptr);
    Run(absl::StrCat("DROP TABLE IF EXISTS ", table_));
  }
  void TearDown() override {
    store_ = OpenAgain();
    Run(absl::StrCat("DROP TABLE IF EXISTS ", table_));
  }

  std::unique_ptr<db::StoreConnection> OpenAgain() {
    auto store = OpenStore(
        {.connection_string =
             testing::FromDatabases("ASSAY_TEST_POSTGRESQL") +
             ";Protocol=7.4-1;UseServerSidePrepare=1;TextAsLongVarchar=1;"
             "LFConversion=0;UseDeclareFetch=0"});
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  std::vector<db::StoreRow> Run(const std::string& sql,
                                std::vector<Value> parameters = {}) {
    auto rows = store_->Run({sql, std::move(parameters)});
    EXPECT_TRUE(rows.ok()) << sql << "\n" << rows.status();
    return rows.ok() ? *std::move(rows) : std::vector<db::StoreRow>();
  }

  int64_t Count(db::StoreConnection& of) {
    auto rows = of.Run({absl::StrCat("SELECT COUNT(*) FROM ", table_), {}});
    return rows.ok() ? std::get<int64_t>((*rows)[0][0]) : -1;
  }

  const std::string table_ = absl::StrCat("store_connection_", getpid());
  std::unique_ptr<db::StoreConnection> store_;
};

TEST_F(StoreConnectionTest, ValuesRoundTripExactly) {
  Run(absl::StrCat("CREATE TABLE ", table_, " (i BIGINT, s TEXT)"));
  const std::string large(5 << 20, 'x');
  const std::vector<std::pair<int64_t, std::string>> values = {
      {std::numeric_limits<int64_t>::min(), ""},
      {std::numeric_limits<int64_t>::max(), "a\nb\r\nc\\'\"?{ts}"},
      {0, "\xF0\x9F\x98\x80 ä X'00FF'"},
      {1, large},
  };
  for (const auto& [i, s] : values) {
    Run(absl::StrCat("INSERT INTO ", table_, " VALUES (?, ?)"), {i, s});
    EXPECT_EQ(store_->changed_rows(), 1);
    const auto rows =
        Run(absl::StrCat("SELECT i, s FROM ", table_, " WHERE i = ?"), {i});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(std::get<int64_t>(rows[0][0]), i);
    EXPECT_TRUE(std::get<std::string>(rows[0][1]) == s) << i;
  }
  Run(absl::StrCat("UPDATE ", table_, " SET s = 'y' WHERE i >= ?"),
      {int64_t{0}});
  EXPECT_EQ(store_->changed_rows(), 3);
  Run(absl::StrCat("UPDATE ", table_, " SET s = 'y' WHERE i = 77"));
  EXPECT_EQ(store_->changed_rows(), 0);
}

// Left to itself, the driver commits behind CREATE TABLE.
TEST_F(StoreConnectionTest, TransactionsAreWholeWhateverIsInThem) {
  const auto other = OpenAgain();
  const std::string create =
      absl::StrCat("CREATE TABLE ", table_, " (i BIGINT PRIMARY KEY)");
  const std::string insert =
      absl::StrCat("INSERT INTO ", table_, " VALUES (?)");
  ASSERT_TRUE(store_->Begin().ok());
  Run(create);
  Run(insert, {int64_t{1}});
  EXPECT_EQ(Count(*other), -1);
  ASSERT_TRUE(store_->Rollback().ok());
  EXPECT_EQ(Count(*store_), -1);

  ASSERT_TRUE(store_->Begin().ok());
  Run(create);
  Run(insert, {int64_t{1}});
  ASSERT_TRUE(store_->Commit().ok());
  EXPECT_EQ(Count(*other), 1);

  ASSERT_TRUE(store_->Begin().ok());
  Run(insert, {int64_t{2}});
  Run(absl::StrCat("SELECT COUNT(*) FROM ", table_));
  Run(absl::StrCat("UPDATE ", table_, " SET i = 3 WHERE i = 2"));
  EXPECT_EQ(Count(*other), 1);
  const absl::Status twice = store_->Run({insert, {int64_t{1}}}).status();
  EXPECT_FALSE(twice.ok());
  ASSERT_TRUE(store_->Rollback().ok());
  EXPECT_EQ(Count(*store_), 1);
  EXPECT_TRUE(store_->alive());
  // Outside of a transaction each statement is one.
  Run(insert, {int64_t{4}});
  EXPECT_EQ(Count(*other), 2);
}

TEST_F(StoreConnectionTest, ALostConnectionIsKnown) {
  const auto other = OpenAgain();
  const auto end = [&](db::StoreConnection& victim) {
    const auto pid = victim.Run({"SELECT pg_backend_pid()", {}});
    ASSERT_TRUE(pid.ok());
    Run("SELECT pg_terminate_backend(?)", {(*pid)[0][0]});
  };
  end(*other);
  EXPECT_EQ(GetReason(other->Run({"SELECT 1", {}}).status()),
            ErrorReason::kConnectionLost);
  EXPECT_FALSE(other->alive());

  const auto in_transaction = OpenAgain();
  ASSERT_TRUE(in_transaction->Begin().ok());
  ASSERT_TRUE(in_transaction->Run({"SELECT 1", {}}).ok());
  end(*in_transaction);
  EXPECT_FALSE(in_transaction->Commit().ok());
  EXPECT_FALSE(in_transaction->alive());
}

}  // namespace
}  // namespace assay::odbc
