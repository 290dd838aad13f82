// SPDX-License-Identifier: Apache-2.0
// The same value, written to each database that can hold it, read through its
// driver: equal canonical bytes, and different ones for a value that is hardly
// different.
#ifndef ASSAY_TESTS_DIFF_INTEGRATION_READ_FORM_FIXTURE_H_
#define ASSAY_TESTS_DIFF_INTEGRATION_READ_FORM_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/databases.h"
#include "validator/connections/registry.h"
#include "validator/diff/encode.h"
#include "validator/odbc/odbc.h"

namespace assay::diff {

// A column type of a database and a literal for it.
struct Stored {
  std::string database;
  std::string type;
  std::string literal;
};

inline Stored Pg(const std::string& type, const std::string& literal) {
  return {"postgresql", type, literal};
}
inline Stored Maria(const std::string& type, const std::string& literal) {
  return {"mariadb", type, literal};
}
inline Stored Lite(const std::string& type, const std::string& literal) {
  return {"sqlite", type, literal};
}

inline std::string Shown(const Stored& stored) {
  return absl::StrCat(stored.database, " ", stored.type, " ",
                      stored.literal.substr(0, 60));
}

class ReadFormTest : public ::testing::Test {
 protected:
  // What is read of one stored value, and how.
  struct Column {
    ColumnSide side;
    std::string table;
    connections::Session* session = nullptr;
  };

  static void SetUpTestSuite() {
    directory_ = new assay::testing::ScratchDirectory();
    const std::map<std::string, std::string> strings = {
        {"postgresql", assay::testing::FromDatabases("ASSAY_TEST_POSTGRESQL")},
        {"mariadb", assay::testing::FromDatabases("ASSAY_TEST_MARIADB")},
        {"sqlite", "Driver=SQLite3;Database=" + directory_->File("test.db")}};
    std::vector<connections::ConnectionConfig> configs;
    for (const auto& [name, string] : strings) {
      auto owner = odbc::Open({.connection_string = string});
      ASSERT_TRUE(owner.ok()) << owner.status();
      owners_[name] = *std::move(owner);
      connections::ConnectionConfig& config = configs.emplace_back();
      config.name = name;
      config.odbc = string;
    }
    // Zero dates; backslashes as they are, as everywhere.
    Execute("mariadb", "SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
    Execute("postgresql", "SET timezone = 'UTC'");
    Execute("postgresql", "DROP TYPE IF EXISTS diff_mood");
    Execute("postgresql", "CREATE TYPE diff_mood AS ENUM ('ok', 'so, so')");
    // The files of a database must be there before a session opens it.
    Execute("sqlite", "CREATE TABLE made (a)");
    auto registry = connections::Registry::Create(configs);
    ASSERT_TRUE(registry.ok()) << registry.status();
    registry_ = registry->release();
    auto sessions = registry_->Acquire({"postgresql", "mariadb", "sqlite"},
                                       CancellationToken());
    ASSERT_TRUE(sessions.ok()) << sessions.status();
    sessions_ = new std::vector<connections::Session>(*std::move(sessions));
  }

  static void TearDownTestSuite() {
    delete sessions_;
    delete registry_;
    owners_.clear();
    delete directory_;
  }

  static void Execute(const std::string& database, const std::string& sql) {
    const absl::Status status =
        owners_.at(database)->Execute(sql, CancellationToken());
    ASSERT_TRUE(status.ok()) << sql.substr(0, 300) << "\n" << status;
  }

  static connections::Session& SessionOf(const std::string& database) {
    return (*sessions_)[database == "postgresql" ? 0
                        : database == "mariadb"  ? 1
                                                 : 2];
  }

  Column Store(const Stored& stored) {
    Column column;
    column.table = absl::StrCat("diff_", ++tables_);
    column.session = &SessionOf(stored.database);
    Execute(stored.database,
            absl::StrCat("DROP TABLE IF EXISTS ", column.table));
    Execute(stored.database, absl::StrCat("CREATE TABLE ", column.table, " (v ",
                                          stored.type, ")"));
    Execute(stored.database, absl::StrCat("INSERT INTO ", column.table,
                                          " VALUES (", stored.literal, ")"));
    made_.emplace_back(stored.database, column.table);
    const auto table =
        column.session->DescribeTable(column.table, CancellationToken());
    EXPECT_TRUE(table.ok()) << table.status();
    if (table.ok()) column.side.type = table->columns.at(0).type;
    column.side.dialect = &column.session->dialect();
    return column;
  }

  void TearDown() override {
    RecordProperty("pairs", pairs_);
    for (const auto& [database, table] : made_) {
      Execute(database, "DROP TABLE " + table);
    }
  }

  // The canonical bytes of the column's values, in order.
  std::vector<std::string> Read(const Column& column,
                                const ComparedType& compared,
                                const ColumnPolicy* policy,
                                absl::TimeZone zone = absl::UTCTimeZone(),
                                const std::string& order = "") {
    std::vector<std::string> out;
    auto cursor = column.session->connection().Query(
        {absl::StrCat("SELECT ", ReadForm(column.side, "v", compared.type),
                      " FROM ", column.table, order),
         {}},
        {});
    EXPECT_TRUE(cursor.ok()) << cursor.status();
    if (!cursor.ok()) return out;
    const ColumnEncoding encoding =
        EncodingOf(column.side, compared, policy, zone);
    while (true) {
      const auto block = (*cursor)->Next();
      EXPECT_TRUE(block.ok()) << block.status();
      if (!block.ok() || *block == nullptr) return out;
      for (size_t row = 0; row < (*block)->rows(); ++row) {
        const absl::Status status =
            EncodeCell(encoding, **block, row, 0,
                       (*cursor)->columns()[0].kind, out.emplace_back());
        EXPECT_TRUE(status.ok()) << status;
      }
    }
  }

  // All of `equal` are one value, and none of `different` is.
  void Check(const std::vector<Stored>& equal,
             const std::vector<Stored>& different,
             const ColumnPolicy* policy = nullptr) {
    std::vector<Column> columns;
    for (const Stored& stored : equal) columns.push_back(Store(stored));
    const size_t count = columns.size();
    for (const Stored& stored : different) columns.push_back(Store(stored));
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = i + 1; j < columns.size(); ++j) {
        const Stored& other = j < count ? equal[j] : different[j - count];
        SCOPED_TRACE(absl::StrCat(Shown(equal[i]), " and ", Shown(other)));
        const auto compared =
            ChooseCompareType(columns[i].side, columns[j].side, policy);
        ASSERT_TRUE(compared.ok()) << compared.status();
        const auto a = Read(columns[i], *compared, policy);
        const auto b = Read(columns[j], *compared, policy);
        ASSERT_EQ(a.size(), 1u);
        ASSERT_EQ(b.size(), 1u);
        if (j < count) {
          EXPECT_TRUE(a == b) << Text(a[0]) << " and " << Text(b[0]);
        } else {
          EXPECT_TRUE(a != b) << Text(a[0]);
        }
        ++pairs_;
      }
    }
  }

  static std::string Text(std::string_view bytes) {
    const auto value = DecodeValue(bytes);
    return value.has_value() ? ToText(*value).substr(0, 100) : "<none>";
  }

  static inline assay::testing::ScratchDirectory* directory_ = nullptr;
  static inline std::map<std::string, std::unique_ptr<db::Connection>> owners_;
  static inline connections::Registry* registry_ = nullptr;
  static inline std::vector<connections::Session>* sessions_ = nullptr;
  static inline int tables_ = 0;
  int pairs_ = 0;
  std::vector<std::pair<std::string, std::string>> made_;
};

}  // namespace assay::diff

#endif  // ASSAY_TESTS_DIFF_INTEGRATION_READ_FORM_FIXTURE_H_
