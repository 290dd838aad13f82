// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/uses.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/ruleset/parser.h"
#include "tests/ruleset/fake_kinds.h"

namespace assay {
namespace {

using ::testing::ElementsAre;

RuleSet Parse(const std::string& body) {
  ParseResult result = ParseRuleSet(
      "version: 1\nname: x\nparams: {db: {type: connection, default: c}}\n" +
          body,
      FakeKinds());
  EXPECT_FALSE(HasErrors(result.issues)) << result.issues[0].message;
  return std::move(result.rule_set);
}

std::vector<std::string> Connections(const std::string& body,
                                     const ParameterValues& values = {}) {
  const RuleSet rule_set = Parse(body);
  std::vector<Issue> issues;
  const BoundParameters bound = BindParameters(rule_set, values, issues);
  std::vector<std::string> names;
  for (const ConnectionUse& use : ConnectionsUsed(rule_set, bound)) {
    names.push_back(use.name);
  }
  return names;
}

std::string FirstSql(const std::string& body) {
  const RuleSet rule_set = Parse(body);
  const SqlText* sql = FindAuthorSql(rule_set);
  return sql == nullptr ? "" : sql->text;
}

constexpr char kTable[] =
    "tables: [{connection: a, table: t, rules: [row_count: 1]}]\n";

TEST(UsesTest, ConnectionsOfTablesAndComparisonsWithParametersResolved) {
  const std::string body = std::string(kTable) +
                           "comparisons:\n"
                           "- source: {connection: :db, table: t}\n"
                           "  target: {connection: b, table: t}\n"
                           "  rules: [full_diff]\n";
  EXPECT_THAT(Connections(body), ElementsAre("a", "c", "b"));
  EXPECT_THAT(Connections(body, {{"db", "d"}}), ElementsAre("a", "d", "b"));
}

TEST(UsesTest, AuthorSqlIsFoundWhereverItMayStand) {
  const std::string comparison =
      "comparisons:\n"
      "- source: {connection: a, table: t}\n"
      "  target: {connection: b, table: t}\n"
      "  rules: [full_diff]\n";
  const struct {
    std::string body;
    std::string sql;
  } cases[] = {
      {kTable, ""},
      {comparison, ""},
      {"tables: [{connection: a, table: t, where: x > 1, rules: "
       "[row_count: 1]}]\n",
       "x > 1"},
      {"tables: [{connection: a, table: t, rules: "
       "[{row_count: 1, where: x > 2}]}]\n",
       "x > 2"},
      {"comparisons:\n"
       "- source: {connection: a, query: SELECT 1}\n"
       "  target: {connection: b, table: t}\n"
       "  key: [id]\n"
       "  rules: [full_diff]\n",
       "SELECT 1"},
      {"comparisons:\n"
       "- source: {connection: a, table: t}\n"
       "  target: {connection: b, table: t, where: x > 3}\n"
       "  rules: [full_diff]\n",
       "x > 3"},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(FirstSql(test.body), test.sql) << test.body;
  }
}

TEST(UsesTest, AuthorSqlOfArgumentsIsFoundByItsType) {
  RuleSet rule_set;
  rule_set.tables.resize(1);
  rule_set.tables[0].rules.resize(2);
  rule_set.tables[0].rules[1].arguments.by_name["any_name"] = {
      SqlText{"x = y", {}}, {}};
  const SqlText* sql = FindAuthorSql(rule_set);
  ASSERT_NE(sql, nullptr);
  EXPECT_EQ(sql->text, "x = y");
  rule_set.tables.clear();
  rule_set.comparisons.resize(1);
  EXPECT_EQ(FindAuthorSql(rule_set), nullptr);
  rule_set.comparisons[0].columns.map.resize(1);
  rule_set.comparisons[0].columns.map[0].target_sql = SqlText{"upper(x)", {}};
  sql = FindAuthorSql(rule_set);
  ASSERT_NE(sql, nullptr);
  EXPECT_EQ(sql->text, "upper(x)");
}

}  // namespace
}  // namespace assay
