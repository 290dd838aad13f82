// SPDX-License-Identifier: Apache-2.0
// One test on all three databases.
#ifndef ASSAY_TESTS_ODBC_INTEGRATION_ODBC_FIXTURE_H_
#define ASSAY_TESTS_ODBC_INTEGRATION_ODBC_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/databases.h"
#include "validator/base/status.h"
#include "validator/odbc/odbc.h"

namespace assay::odbc {

class OdbcTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    connection_ = Connect();
    ASSERT_NE(connection_, nullptr);
  }

  bool postgresql() const { return GetParam() == "postgresql"; }
  bool mariadb() const { return GetParam() == "mariadb"; }
  bool sqlite() const { return GetParam() == "sqlite"; }

  std::string ConnectionString() const {
    if (postgresql()) {
      return testing::FromDatabases("ASSAY_TEST_POSTGRESQL") +
             ";Protocol=7.4-2;UseServerSidePrepare=1;BoolsAsChar=1;"
             "TextAsLongVarchar=1;LFConversion=0;UseDeclareFetch=0";
    }
    if (mariadb()) return testing::FromDatabases("ASSAY_TEST_MARIADB");
    return "Driver=SQLite3;Database=" + directory_.File("test.db") +
           ";StepAPI=1;NoWCHAR=1";
  }

  std::unique_ptr<db::Connection> Connect() const {
    absl::StatusOr<std::unique_ptr<db::Connection>> connection =
        Open({.connection_string = ConnectionString()});
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *std::move(connection) : nullptr;
  }

  void Execute(const std::string& sql) {
    const absl::Status status = connection_->Execute(sql, CancellationToken());
    ASSERT_TRUE(status.ok()) << sql << "\n" << status;
  }

  // All rows of a query, typed by cell kind.
  absl::StatusOr<std::vector<std::vector<Value>>> Rows(
      const std::string& sql, std::vector<Value> parameters = {},
      const db::QueryOptions& options = {}) {
    ASSAY_ASSIGN_OR_RETURN(
        std::unique_ptr<db::Cursor> cursor,
        connection_->Query({sql, std::move(parameters)}, options));
    std::vector<std::vector<Value>> rows;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr) return rows;
      EXPECT_GT(block->rows(), 0u);
      for (size_t row = 0; row < block->rows(); ++row) {
        std::vector<Value>& out = rows.emplace_back();
        for (size_t i = 0; i < cursor->columns().size(); ++i) {
          out.push_back(db::CellValue(*cursor, *block, row, i));
        }
      }
    }
  }

  // The one value of a query, as text.
  std::string One(const std::string& sql, std::vector<Value> parameters = {}) {
    auto rows = Rows(sql, std::move(parameters));
    if (!rows.ok()) return rows.status().ToString();
    if (rows->size() != 1 || rows->front().size() != 1) return "not one value";
    return ToText(rows->front().front());
  }

  assay::testing::ScratchDirectory directory_;
  std::unique_ptr<db::Connection> connection_;
};

inline std::string DatabaseName(
    const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

#define ASSAY_ON_ALL_DATABASES(suite)                                         \
  INSTANTIATE_TEST_SUITE_P(                                                   \
      Databases, suite, ::testing::Values("sqlite", "postgresql", "mariadb"), \
      DatabaseName)

}  // namespace assay::odbc

#endif  // ASSAY_TESTS_ODBC_INTEGRATION_ODBC_FIXTURE_H_
