// SPDX-License-Identifier: Apache-2.0
// Reads the facts of SQLite's tables, and takes CREATE TABLE apart.
#include "validator/connections/table_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "tests/support/databases.h"

namespace assay::connections {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ChecksOfCreateTableTest, FindsWholePredicates) {
  EXPECT_THAT(
      ChecksOfCreateTable(
          "CREATE TABLE t (a INT CHECK (a > (1 + 1)), b TEXT DEFAULT 'CHECK "
          "(no)' check(b IN ('x)', 'y''z')), -- CHECK (no)\n"
          "\"check\" INT, /* CHECK (no) */ CONSTRAINT c CHECK (\"check\" > 0 "
          "AND [a] < 5), checked INT, recheck INT (5))"),
      ElementsAre("a > (1 + 1)", "b IN ('x)', 'y''z')",
                  "\"check\" > 0 AND [a] < 5"));
  EXPECT_THAT(ChecksOfCreateTable("CREATE TABLE t (a CHECK (a > 1"), IsEmpty());
  EXPECT_THAT(ChecksOfCreateTable("check ('"), IsEmpty());
}

class SqliteFactsTest : public ::testing::Test {
 protected:
  db::TableFacts Read(const std::string& ddl, const std::string& table) {
    const std::string path = directory_.File("t.db");
    // Through its own shell: our connections cannot write.
    const std::string sql = directory_.File("t.sql");
    FILE* file = fopen(sql.c_str(), "w");
    fputs(ddl.c_str(), file);
    fclose(file);
    if (system(absl::StrCat("sqlite3 -bail ", path, " < ", sql).c_str()) != 0) {
      ADD_FAILURE() << "sqlite3 refused: " << ddl;
      return {};
    }
    ConnectionConfig config;
    config.name = "lite";
    config.odbc = absl::StrCat("Driver=SQLite3;Database=", path);
    auto registry = Registry::Create({config});
    if (!registry.ok()) {
      ADD_FAILURE() << registry.status();
      return {};
    }
    const CancellationToken never;
    auto sessions = (*registry)->Acquire({"lite"}, never);
    if (!sessions.ok()) {
      ADD_FAILURE() << sessions.status();
      return {};
    }
    Session& session = sessions->front();
    auto described = session.DescribeTable(table, never);
    if (!described.ok()) {
      ADD_FAILURE() << described.status();
      return {};
    }
    auto facts = ReadTableFacts(session, *described, never);
    if (!facts.ok()) {
      ADD_FAILURE() << facts.status();
      return {};
    }
    return *std::move(facts);
  }

  assay::testing::ScratchDirectory directory_;
};

TEST_F(SqliteFactsTest, ReadsEverything) {
  const db::TableFacts facts = Read(
      "CREATE TABLE parent (a INTEGER, b INTEGER, PRIMARY KEY (a, b));"
      "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20) "
      "NOT NULL DEFAULT 'x''y', amount DECIMAL(10,2) DEFAULT 0.00 CHECK "
      "(amount >= 0), a INT, b INT, twice INT AS (a * 2), made DATETIME "
      "DEFAULT CURRENT_TIMESTAMP, UNIQUE (name, a), FOREIGN KEY (a, b) "
      "REFERENCES parent);"
      "CREATE INDEX i_b ON t (b, a); CREATE INDEX i_low ON t (lower(name));"
      "CREATE INDEX i_part ON t (a) WHERE a > 0;",
      "t");
  EXPECT_EQ(facts.details_unread, "");
  ASSERT_EQ(facts.columns.size(), 7u);
  EXPECT_TRUE(facts.columns[0].numbered);
  EXPECT_FALSE(facts.columns[0].nullable);
  EXPECT_EQ(facts.columns[1].native_type, "VARCHAR(20)");
  EXPECT_FALSE(facts.columns[1].nullable);
  EXPECT_EQ(facts.columns[1].default_value, "x'y");
  EXPECT_EQ(facts.columns[2].default_value, "0");
  EXPECT_TRUE(facts.columns[5].generated);
  EXPECT_EQ(facts.columns[6].default_value, "current_timestamp");
  ASSERT_EQ(facts.indexes.size(), 5u);
  EXPECT_TRUE(facts.indexes[0].primary);
  EXPECT_THAT(facts.indexes[0].columns, ElementsAre("id"));
  int whole = 0;
  int unique = 0;
  for (const db::IndexFacts& index : facts.indexes) {
    whole += index.whole ? 1 : 0;
    unique += index.unique ? 1 : 0;
  }
  EXPECT_EQ(whole, 3);
  EXPECT_EQ(unique, 2);
  ASSERT_EQ(facts.foreign_keys.size(), 1u);
  EXPECT_EQ(facts.foreign_keys[0].table, "parent");
  EXPECT_THAT(facts.foreign_keys[0].columns, ElementsAre("a", "b"));
  EXPECT_THAT(facts.foreign_keys[0].key, ElementsAre("a", "b"));
  ASSERT_EQ(facts.checks.size(), 1u);
  EXPECT_EQ(facts.checks[0].text, "amount >= 0");
  ASSERT_EQ(facts.sequences.size(), 1u);
  EXPECT_EQ(facts.sequences[0].column, "id");
  EXPECT_TRUE(facts.sequences[0].follows_keys);
}

TEST_F(SqliteFactsTest, AnIndexedPrimaryKeyIsNoRowId) {
  const db::TableFacts facts =
      Read("CREATE TABLE t (id INT PRIMARY KEY, v TEXT);", "t");
  ASSERT_EQ(facts.columns.size(), 2u);
  EXPECT_FALSE(facts.columns[0].numbered);
  EXPECT_TRUE(facts.columns[0].nullable);
  ASSERT_EQ(facts.indexes.size(), 1u);
  EXPECT_TRUE(facts.indexes[0].primary);
  EXPECT_THAT(facts.sequences, IsEmpty());
}

TEST_F(SqliteFactsTest, ViewsAndStrangeNames) {
  const db::TableFacts facts = Read(
      "CREATE TABLE \"o'k \"\"t\" (\"a b\" TEXT NOT NULL UNIQUE);"
      "CREATE VIEW v AS SELECT * FROM \"o'k \"\"t\";",
      "\"o'k \"\"t\"");
  ASSERT_EQ(facts.columns.size(), 1u);
  EXPECT_EQ(facts.columns[0].name, "a b");
  ASSERT_EQ(facts.indexes.size(), 1u);
  EXPECT_THAT(facts.indexes[0].columns, ElementsAre("a b"));
  const db::TableFacts view = Read("", "v");
  ASSERT_EQ(view.columns.size(), 1u);
  EXPECT_THAT(view.indexes, IsEmpty());
}

}  // namespace
}  // namespace assay::connections
