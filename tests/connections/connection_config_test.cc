// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/connection_config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "validator/base/status.h"
#include "validator/connections/table_name.h"
#include "yaml-cpp/yaml.h"

namespace assay::connections {
namespace {

std::vector<ConnectionConfig> Parse(const std::string& yaml,
                                    std::vector<Issue>& issues) {
  return ParseConnections(YAML::Load(yaml), issues);
}

TEST(ConnectionConfigTest, ReadsEveryKey) {
  std::vector<Issue> issues;
  const auto configs = Parse(R"(
warehouse:
  odbc: "Driver=PostgreSQL Unicode;Pwd=${env:W_PWD}"
  max_connections: 7
  statement_timeout: 10m
  time_zone: Europe/Berlin
  samples: keys
  masked_columns: [email, ssn]
  author_sql: false
  dialect: postgresql
plain: {odbc: "DSN=x"}
)",
                             issues);
  ASSERT_TRUE(issues.empty()) << FormatIssue(issues[0], "f", "");
  ASSERT_EQ(configs.size(), 2u);
  const ConnectionConfig& config = configs[0];
  EXPECT_EQ(config.name, "warehouse");
  EXPECT_EQ(config.odbc, "Driver=PostgreSQL Unicode;Pwd=${env:W_PWD}");
  EXPECT_EQ(config.max_connections, 7);
  EXPECT_EQ(config.statement_timeout, absl::Minutes(10));
  EXPECT_EQ(config.time_zone, "Europe/Berlin");
  EXPECT_EQ(config.samples, SamplePolicy::kKeys);
  EXPECT_EQ(config.masked_columns, (std::vector<std::string>{"email", "ssn"}));
  EXPECT_FALSE(config.author_sql);
  EXPECT_EQ(config.dialect, "postgresql");
  EXPECT_EQ(configs[1].max_connections, 4);
  EXPECT_EQ(configs[1].statement_timeout, absl::InfiniteDuration());
  EXPECT_EQ(configs[1].samples, SamplePolicy::kFull);
}

TEST(ConnectionConfigTest, EveryMistakeAtItsPlace) {
  std::vector<Issue> issues;
  Parse(R"(bad name:
  odbc: "DSN=x"
a:
  odbd: "DSN=x"
b:
  odbc: "Pwd=${X}"
  max_connections: 1001
  statement_timeout: 0s
  time_zone: Mars/Base
  dialect: postgres
c:
  odbc: "DSN=x"
  odbc: "DSN=y"
  max_connections: many
  samples: ful
  author_sql: yes
  masked_columns: email
  statement_timeout: soon
d: 5
a: {odbc: x}
)",
        issues);
  const auto at = [&issues](int line) {
    for (const Issue& issue : issues) {
      if (issue.range.line == line) return issue.message + "|" + issue.hint;
    }
    return std::string("nothing");
  };
  EXPECT_EQ(at(1).substr(0, 10), "'bad name'");
  EXPECT_EQ(at(3).substr(0, 14), "connection 'a'");
  EXPECT_EQ(at(4), "unknown key 'odbd' in connection 'a'|did you mean 'odbc'?");
  for (const int line : {6, 7, 8, 9, 10, 13, 14, 15, 16, 17, 18, 19, 20}) {
    EXPECT_NE(at(line), "nothing") << line;
  }
  EXPECT_EQ(issues.size(), 16u);
}

TEST(ConnectionConfigTest, TimeZones) {
  for (const char* good : {"UTC", "Europe/Berlin", "+02:00", "-09:30"}) {
    EXPECT_TRUE(IsTimeZone(good)) << good;
  }
  for (const char* bad : {"", "Mars", "+2", "+15:00", "+02:60", "/etc/passwd",
                          "../UTC", "+0a:00"}) {
    EXPECT_FALSE(IsTimeZone(bad)) << bad;
  }
}

TEST(ConnectionConfigTest, RegistryRefusesWhatIsWrong) {
  ConnectionConfig config;
  config.name = "x y";
  config.odbc = "DSN=x";
  ConnectionConfig twice;
  twice.name = "t";
  twice.odbc = "DSN=x";
  const auto registry = Registry::Create({config, twice, twice});
  EXPECT_EQ(GetReason(registry.status()), ErrorReason::kArgumentInvalid);
  EXPECT_NE(registry.status().message().find("twice"), absl::string_view::npos);
  EXPECT_NE(registry.status().message().find("x y"), absl::string_view::npos);
}

TEST(TableNameTest, SplitsAtDotsOutsideOfQuotes) {
  const sql::Dialect::LexRules ansi;
  const auto name = SplitTableName("a.\"b.\"\"c\".d", ansi);
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->catalog, "a");
  EXPECT_EQ(name->schema, "b.\"c");
  EXPECT_EQ(name->name, "d");
  EXPECT_EQ(SplitTableName("t", ansi)->name, "t");
  EXPECT_EQ(SplitTableName("`t", ansi)->name, "`t");
  sql::Dialect::LexRules mariadb;
  mariadb.backtick_quotes = true;
  EXPECT_EQ(SplitTableName("s.`t.x`", mariadb)->name, "t.x");
  EXPECT_EQ(SplitTableName("s.`t.x`", mariadb)->schema, "s");
  for (const char* bad :
       {"", ".", "a.", ".a", "a..b", "\"a", "\"a\"b", "a.b.c.d"}) {
    EXPECT_FALSE(SplitTableName(bad, ansi).has_value()) << bad;
  }
}

TEST(TableTest, ColumnsExactlyThenWithoutCase) {
  Table table;
  for (const char* name : {"Id", "ID", "Name"}) {
    table.columns.push_back({.name = name});
  }
  EXPECT_EQ(table.FindColumn("ID")->name, "ID");
  EXPECT_EQ(table.FindColumn("name")->name, "Name");
  EXPECT_EQ(table.FindColumn("id"), nullptr);
  EXPECT_EQ(table.FindColumn("x"), nullptr);
}

}  // namespace
}  // namespace assay::connections
