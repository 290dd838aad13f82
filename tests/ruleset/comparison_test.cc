// SPDX-License-Identifier: Apache-2.0
// What comparisons of a file become.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/ruleset/parser.h"
#include "tests/ruleset/fake_kinds.h"

namespace assay {
namespace {

using ::testing::ElementsAre;

// The comparisons of a file with the parameters :pk, :db, :t and :day.
ParseResult Parse(const std::string& comparisons) {
  return ParseRuleSet(
      "version: 1\nname: x\nparams:\n"
      "  pk: {type: column, default: id}\n"
      "  db: {type: connection, default: c}\n"
      "  t: {type: table, default: s.t}\n"
      "  day: {type: date, default: 2026-01-01}\n"
      "comparisons:\n" +
          comparisons,
      FakeKinds());
}

Comparison One(const std::string& body) {
  const std::string text =
      "- source: {connection: a, table: s.payment}\n"
      "  target: {connection: b, table: payment}\n"
      "  rules: [full_diff]\n" +
      body;
  const ParseResult result = Parse(text);
  for (const Issue& issue : result.issues) {
    EXPECT_NE(issue.severity, Severity::kError) << issue.message;
  }
  return result.rule_set.comparisons.empty() ? Comparison{}
                                             : result.rule_set.comparisons[0];
}

std::vector<std::string> Texts(const std::vector<Word>& words) {
  std::vector<std::string> out;
  for (const Word& word : words) out.push_back(word.text);
  return out;
}

TEST(Comparisons, HaveDefaults) {
  const Comparison comparison = One("");
  EXPECT_EQ(comparison.source.connection.text, "a");
  ASSERT_TRUE(comparison.source.table.has_value());
  EXPECT_EQ(comparison.source.table->text, "s.payment");
  EXPECT_FALSE(comparison.source.tables.has_value());
  EXPECT_FALSE(comparison.source.query.has_value());
  EXPECT_FALSE(comparison.source.where.has_value());
  EXPECT_TRUE(comparison.key.empty());
  EXPECT_FALSE(comparison.keyless);
  EXPECT_TRUE(comparison.columns.only.empty());
  EXPECT_EQ(comparison.consistency, Consistency::kSnapshot);
  EXPECT_EQ(comparison.range.line, 9);
  ASSERT_EQ(comparison.rules.size(), 1u);
  EXPECT_EQ(comparison.rules[0].id, "payment.full_diff");
}

TEST(Comparisons, TakeParametersForNames) {
  const ParseResult result = Parse(
      "- source: {connection: :db, table: :t, where: d > :day}\n"
      "  target: {connection: \":db\", query: SELECT 1 FROM t}\n"
      "  key: :pk\n"
      "  rules: [full_diff]\n");
  EXPECT_FALSE(HasErrors(result.issues));
  const Comparison& comparison = result.rule_set.comparisons.at(0);
  EXPECT_EQ(comparison.source.connection.parameter, "db");
  EXPECT_EQ(comparison.source.table->parameter, "t");
  EXPECT_EQ(comparison.source.where->text, "d > :day");
  EXPECT_EQ(comparison.target.connection.parameter, "");
  EXPECT_EQ(comparison.target.query->text, "SELECT 1 FROM t");
  ASSERT_EQ(comparison.key.size(), 1u);
  EXPECT_EQ(comparison.key[0].parameter, "pk");
  EXPECT_EQ(comparison.rules[0].id, "t.full_diff");
}

TEST(Comparisons, TellNoKeyFromAColumnOfThatName) {
  EXPECT_TRUE(One("  key: none\n").keyless);
  const Comparison listed = One("  key: [none]\n");
  EXPECT_FALSE(listed.keyless);
  EXPECT_THAT(Texts(listed.key), ElementsAre("none"));
  EXPECT_THAT(Texts(One("  key: \"none\"\n").key), ElementsAre("none"));
  EXPECT_THAT(Texts(One("  key: [a, b]\n").key), ElementsAre("a", "b"));
}

TEST(Comparisons, MapColumns) {
  const Comparison comparison =
      One("  columns:\n    except: last_update\n    map:\n"
          "      full_name: name\n"
          "      total: {source_sql: price * qty}\n"
          "      note: {target: remark}\n"
          "      both: {source_sql: a, target_sql: b}\n");
  const std::vector<ColumnMapping>& map = comparison.columns.map;
  EXPECT_THAT(Texts(comparison.columns.except), ElementsAre("last_update"));
  ASSERT_EQ(map.size(), 4u);
  EXPECT_EQ(map[0].name, "full_name");
  EXPECT_EQ(map[0].source->text, "full_name");
  EXPECT_EQ(map[0].target->text, "name");
  EXPECT_EQ(map[1].source_sql->text, "price * qty");
  EXPECT_FALSE(map[1].source.has_value());
  EXPECT_EQ(map[1].target->text, "total");
  EXPECT_EQ(map[2].source->text, "note");
  EXPECT_EQ(map[2].target->text, "remark");
  EXPECT_EQ(map[3].target_sql->text, "b");
  for (const ColumnMapping& mapping : map) {
    EXPECT_NE(mapping.source.has_value(), mapping.source_sql.has_value());
    EXPECT_NE(mapping.target.has_value(), mapping.target_sql.has_value());
  }
}

TEST(Comparisons, ReadPolicies) {
  const Comparison comparison =
      One("  columns:\n    policies:\n"
          "      amount: {tolerance: 0.01, relative_tolerance: 1e-9}\n"
          "      at: {precision: 3, rounding: round}\n"
          "      day: {precision: 0}\n"
          "      name: {trim: both, ignore_case: true, empty_is_null: true}\n"
          "      doc: {as: JSON}\n"
          "      zip: {as: varchar, trim: trailing}\n");
  const std::vector<ColumnPolicy>& policies = comparison.columns.policies;
  ASSERT_EQ(policies.size(), 6u);
  EXPECT_EQ(policies[0].column.text, "amount");
  EXPECT_EQ(policies[0].tolerance->digits, "0.01");
  EXPECT_EQ(policies[0].relative_tolerance->digits, "0.000000001");
  EXPECT_EQ(policies[1].precision, 3);
  EXPECT_EQ(policies[1].rounding, Rounding::kRound);
  EXPECT_EQ(policies[2].precision, 0);
  EXPECT_EQ(policies[2].rounding, Rounding::kTruncate);
  EXPECT_EQ(policies[3].trim, Trim::kBoth);
  EXPECT_TRUE(policies[3].ignore_case);
  EXPECT_TRUE(policies[3].empty_is_null);
  EXPECT_EQ(policies[4].as, TypeClass::kJson);
  EXPECT_EQ(policies[5].as, TypeClass::kText);
  EXPECT_EQ(policies[5].trim, Trim::kTrailing);
}

TEST(Comparisons, ReadAccepted) {
  const Comparison comparison =
      One("  key: [id]\n  accept:\n"
          "  - {keys: [1, \"two\", [3]], reason: r, owner: o}\n"
          "  - {kind: changed, column: c, cause: trailing blanks, reason: r,\n"
          "     owner: o, until: 2026-12-31}\n");
  ASSERT_EQ(comparison.accept.size(), 2u);
  const AcceptedDifference& keyed = comparison.accept[0];
  ASSERT_EQ(keyed.keys.size(), 3u);
  EXPECT_EQ(keyed.keys[0][0].text, "1");
  EXPECT_TRUE(keyed.keys[1][0].quoted);
  EXPECT_EQ(keyed.keys[2][0].text, "3");
  EXPECT_EQ(keyed.kind, "");
  EXPECT_FALSE(keyed.until.has_value());
  const AcceptedDifference& changed = comparison.accept[1];
  EXPECT_EQ(changed.kind, "changed");
  EXPECT_EQ(changed.column, "c");
  EXPECT_EQ(changed.cause, "trailing blanks");
  EXPECT_EQ(changed.owner, "o");
  EXPECT_EQ(ToText(Value(*changed.until)), "2026-12-31");
}

TEST(Comparisons, FlattenMapsOfRules) {
  const Comparison comparison = One("  consistency: statement\n");
  EXPECT_EQ(comparison.consistency, Consistency::kStatement);
  const ParseResult result = Parse(
      "- source: {connection: a, table: t}\n"
      "  target: {connection: b, table: t}\n"
      "  key: [a, b]\n"
      "  rules:\n"
      "  - full_diff: {recheck: {times: 3, after: 5s}}\n"
      "  - sample_diff: {keys: [[1, x], [2, y]]}\n");
  EXPECT_FALSE(HasErrors(result.issues));
  const std::vector<Rule>& rules = result.rule_set.comparisons.at(0).rules;
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].arguments.Get<int64_t>("recheck.times"), 3);
  EXPECT_EQ(rules[0].arguments.Get<int64_t>("recheck.after"), 5000000);
  EXPECT_FALSE(rules[0].arguments.Has("recheck"));
  const auto& keys =
      rules[1].arguments.Get<std::vector<std::vector<Literal>>>("keys");
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[1][1].text, "y");
}

TEST(Comparisons, HaveIdsThatDoNotRenameThoseOfTables) {
  const std::string sides =
      "  target: {connection: b, query: SELECT 1}\n  key: none\n"
      "  rules: [row_count]\n";
  const ParseResult result = ParseRuleSet(
      "version: 1\nname: x\ncomparisons:\n"
      "- source: {connection: a, table: s.pay}\n" +
          sides + "- source: {connection: a, query: SELECT 1}\n" + sides +
          "- source: {connection: a, tables: sakila.*}\n"
          "  target: {connection: b, tables: sakila.*}\n"
          "  rules: [row_count]\n"
          "- source: {connection: a, tables: sakila.old_*}\n"
          "  target: {connection: b, tables: sakila.*}\n"
          "  rules: [row_count]\n"
          "- source: {connection: a, query: SELECT 1}\n"
          "  target: {connection: b, table: t}\n  key: none\n"
          "  rules: [row_count]\n"
          "tables:\n- connection: a\n  table: pay\n  rules: [row_count: 1]\n",
      FakeKinds());
  EXPECT_FALSE(HasErrors(result.issues));
  std::vector<std::string> ids;
  for (const Comparison& comparison : result.rule_set.comparisons) {
    ids.push_back(comparison.rules.at(0).id);
  }
  EXPECT_EQ(result.rule_set.tables.at(0).rules.at(0).id, "pay.row_count");
  EXPECT_THAT(
      ids, ElementsAre("pay.row_count_2", "query.row_count", "sakila.row_count",
                       "old.row_count", "t.row_count"));
}

TEST(Comparisons, KnowOnlyKindsOfTheirScope) {
  const ParseResult result = Parse(
      "- source: {connection: a, table: t}\n"
      "  target: {connection: b, table: t}\n"
      "  rules:\n  - row_count: {equals: 5}\n");
  ASSERT_TRUE(HasErrors(result.issues));
  EXPECT_EQ(result.issues[0].code, "unknown_key");
}

}  // namespace
}  // namespace assay
