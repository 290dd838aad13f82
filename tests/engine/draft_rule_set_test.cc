// SPDX-License-Identifier: Apache-2.0
// Drafts from facts, without a database: what is said, and that it lints.
#include "validator/engine/draft_rule_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/kinds/kinds.h"
#include "rules/ruleset/parser.h"
#include "validator/engine/draft_pair.h"
#include "validator/engine/draft_yaml.h"

namespace assay::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct ColumnSpec {
  const char* name;
  const char* type;
  TypeClass type_class;
  bool nullable = true;
};

DraftSide Side(const char* dialect, const char* table,
               const std::vector<ColumnSpec>& columns,
               std::vector<std::vector<std::string>> unique_keys = {}) {
  DraftSide out;
  out.dialect = sql::FindDialect(dialect);
  out.table.schema = out.facts.schema = "s";
  out.table.name = out.facts.name = table;
  for (const ColumnSpec& spec : columns) {
    connections::Column column;
    column.name = spec.name;
    column.type.type = spec.type_class;
    column.type.native_name = column.type.full_name = spec.type;
    column.nullable = spec.nullable;
    out.table.columns.push_back(column);
    db::ColumnFacts facts;
    facts.name = spec.name;
    facts.native_type = facts.base_type = spec.type;
    facts.type = spec.type_class;
    facts.nullable = spec.nullable;
    facts.capacity = out.dialect->Capacity(spec.type);
    out.facts.columns.push_back(facts);
  }
  for (const auto& key : unique_keys) {
    db::IndexFacts index;
    index.name = absl::StrCat("i", out.facts.indexes.size());
    index.columns = key;
    index.unique = true;
    index.primary = out.facts.indexes.empty();
    out.facts.indexes.push_back(index);
  }
  out.table.unique_keys = std::move(unique_keys);
  return out;
}

// The whole rule set that has only this pair; with its issues in it.
std::string Whole(const DraftPair& pair) {
  const std::string comparison = DraftComparison(pair);
  const std::string rules = DraftTableRules(pair, {pair});
  std::string yaml = absl::StrCat(
      "version: 1\nname: x\nparams:\n  source: {type: connection, default: a}\n"
      "  target: {type: connection, default: b}\n",
      comparison.empty() ? "" : "comparisons:\n", comparison,
      absl::StartsWith(rules, "  - ") ? "tables:\n" : "", rules);
  for (const Issue& issue : ParseRuleSet(yaml, AllKindSpecs()).issues) {
    if (issue.message.find("':target'") != std::string::npos) continue;
    yaml += FormatIssue(issue, "ISSUE", yaml);
  }
  return yaml;
}

constexpr TypeClass kInt = TypeClass::kInteger;
constexpr TypeClass kText = TypeClass::kText;

TEST(DraftTest, AProvenKeyIsNotWrittenOut) {
  const std::vector<ColumnSpec> columns = {{"id", "bigint", kInt, false},
                                           {"v", "text", kText}};
  const DraftPair pair{Side("mariadb", "t", columns, {{"id"}}),
                       Side("postgresql", "T", columns, {{"id"}})};
  const std::string yaml = Whole(pair);
  EXPECT_THAT(yaml, HasSubstr("# Key: [id], which both catalogs prove."));
  EXPECT_THAT(yaml, Not(HasSubstr("key: [id]\n")));
  EXPECT_THAT(yaml, HasSubstr("- full_diff: {}"));
  EXPECT_THAT(yaml, HasSubstr("- not_null: [id]"));
  EXPECT_THAT(yaml, HasSubstr("- unique: [id]"));
  EXPECT_THAT(yaml, Not(HasSubstr("ISSUE")));
}

TEST(DraftTest, OtherKeysAreWrittenOut) {
  const std::vector<ColumnSpec> columns = {{"id", "bigint", kInt, false},
                                           {"v", "text", kText}};
  EXPECT_THAT(Whole({Side("mariadb", "t", columns, {{"id"}}),
                     Side("postgresql", "t", columns)}),
              HasSubstr("key: [id]  # unique on the source"));
  EXPECT_THAT(Whole({Side("mariadb", "t", columns),
                     Side("postgresql", "t", columns, {{"id"}})}),
              HasSubstr("key: [id]  # unique on the target"));
  const std::string yaml =
      Whole({Side("mariadb", "t", columns), Side("postgresql", "t", columns)});
  EXPECT_THAT(yaml, HasSubstr("key: none  #"));
  EXPECT_THAT(yaml, Not(HasSubstr("ISSUE")));
}

TEST(DraftTest, ColumnsOfOneSideAreExcepted) {
  const std::string yaml =
      Whole({Side("mariadb", "t", {{"id", "int", kInt}, {"old", "int", kInt}}),
             Side("postgresql", "t",
                  {{"id", "integer", kInt}, {"New One", "integer", kInt}})});
  EXPECT_THAT(yaml, HasSubstr("# - old  # only in the source"));
  EXPECT_THAT(yaml, HasSubstr("- 'New One'  # only in the target"));
  EXPECT_THAT(yaml, Not(HasSubstr("ISSUE")));
}

TEST(DraftTest, PoliciesThatTheTypesCallFor) {
  const std::string yaml =
      Whole({Side("postgresql", "t",
                  {{"id", "integer", kInt, false},
                   {"at", "timestamp without time zone", TypeClass::kTimestamp},
                   {"c", "character(5)", kText},
                   {"n", "text", kText},
                   {"f", "double precision", TypeClass::kDouble},
                   {"x", "double precision", TypeClass::kDouble}},
                  {{"id"}}),
             Side("mariadb", "t",
                  {{"id", "int(11)", kInt, false},
                   {"at", "datetime", TypeClass::kTimestamp},
                   {"c", "varchar(5)", kText},
                   {"n", "decimal(10,2)", TypeClass::kDecimal},
                   {"f", "float", TypeClass::kDouble},
                   {"x", "datetime", TypeClass::kTimestamp}},
                  {{"id"}})});
  EXPECT_THAT(yaml, HasSubstr("at: {precision: 0, rounding: truncate}"));
  EXPECT_THAT(yaml, HasSubstr("c: {trim: trailing}"));
  EXPECT_THAT(yaml, HasSubstr("'n': {as: decimal}"));
  EXPECT_THAT(yaml, HasSubstr("f: {relative_tolerance: 0.0000001}"));
  EXPECT_THAT(yaml, HasSubstr("- x  # double precision → datetime: no exact"));
  EXPECT_THAT(yaml, HasSubstr("#   column at: "));  // What schema finds now.
  EXPECT_THAT(yaml, Not(HasSubstr("ISSUE")));
}

TEST(DraftTest, ATolerantColumnWithoutKeyIsExcepted) {
  const std::string yaml = Whole(
      {Side("postgresql", "t",
            {{"id", "integer", kInt},
             {"f", "double precision", TypeClass::kDouble}}),
       Side("mariadb", "t",
            {{"id", "int(11)", kInt}, {"f", "float", TypeClass::kDouble}})});
  EXPECT_THAT(yaml, HasSubstr("- f  # double precision"));
  EXPECT_THAT(yaml, Not(HasSubstr("ISSUE")));
}

TEST(DraftTest, RulesOfCatalogs) {
  DraftSide source = Side("mariadb", "t",
                          {{"id", "int(11)", kInt, false},
                           {"mood", "enum('on','it''s: #1','no')", kText},
                           {"amount", "decimal(10,2)", TypeClass::kDecimal},
                           {"day", "date", TypeClass::kDate},
                           {"parent", "int(11)", kInt}},
                          {{"id"}, {"parent", "day"}});
  source.facts.checks = {{"c1", "", "`amount` >= 0 and `amount` < 1000.50"},
                         {"c2", "", "`day` >= '2020-01-01'"},
                         {"c3", "", "length(`mood`) >\n 3"},
                         {"c4", "", "`id` in (1,2)"}};
  db::ForeignKeyFacts key;
  key.name = "fk";
  key.columns = {"parent"};
  key.schema = "legacy";
  key.table = "T";
  key.key = {"ID"};
  source.facts.foreign_keys = {key};
  key.table = "elsewhere";
  source.facts.foreign_keys.push_back(key);
  DraftSide target = Side("postgresql", "t",
                          {{"id", "integer", kInt},
                           {"mood", "text", kText},
                           {"amount", "numeric(10,2)", TypeClass::kDecimal},
                           {"day", "date", TypeClass::kDate},
                           {"parent", "integer", kInt}});
  target.facts.checks = {
      {"c1", "", "((amount >= (0)::numeric) AND (amount < 1000.50))"},
      {"c2", "",
       "(mood = ANY (ARRAY['no'::text, 'on'::text, 'it''s: #1'::text]))"},
      // Said in part already, and not as a whole.
      {"c3", "", "((day >= '2020-01-01'::date) AND (length(mood) > 1))"}};
  const std::string yaml = Whole({source, target});
  EXPECT_THAT(yaml, HasSubstr("- not_null: [id]\n"));
  EXPECT_THAT(yaml, HasSubstr("- unique: [parent, day]\n"));
  EXPECT_THAT(yaml, HasSubstr("- enum: {column: mood, values: ['on', "
                              "'it''s: #1', 'no']}\n"));
  EXPECT_THAT(yaml,
              HasSubstr("- range: {column: amount, min: 0, below: 1000.50}\n"));
  EXPECT_THAT(yaml, HasSubstr("- range: {column: day, min: 2020-01-01}\n"));
  EXPECT_THAT(yaml, HasSubstr("- enum: {column: id, values: [1, 2]}\n"));
  EXPECT_THAT(yaml, HasSubstr("- foreign_key: {columns: [parent], table: s.t, "
                              "key: [id]}\n"));
  EXPECT_THAT(yaml, HasSubstr("length(`mood`) >\n      #  3\n"));
  EXPECT_THAT(yaml, HasSubstr("a foreign key to elsewhere"));
  EXPECT_THAT(yaml, Not(HasSubstr("ISSUE")));
  // What both sides demand is one rule, whoever writes it how.
  for (const char* once : {"range: {column: amount", "enum: {column: mood",
                           "range: {column: day", "length(mood) > 1"}) {
    EXPECT_NE(yaml.find(once), std::string::npos) << once;
    EXPECT_EQ(yaml.find(once), yaml.rfind(once)) << once;
  }
}

TEST(DraftTest, AnyNameSurvives) {
  for (const char* name :
       {"none",  "yes",    "NULL", "1st", "a b",  "a: b", "a #b", "it's",
        "\"q\"", "ümlaut", "a.b",  "-",   "*",    "&x",   "!x",   ":x",
        "[x]",   "{x}",    "a,b",  "%",   "@x",   "`x`",  "a\tb", "a\nb",
        "\x07",  "a\\b",   "~",    " x ", "null", "0x10", "1.5",  "2020-01-01",
        "<<",    "=",      "?",    "|",   ">"}) {
    const std::vector<ColumnSpec> columns = {{name, "integer", kInt, false},
                                             {"v", "integer", kInt, false}};
    const std::string yaml =
        Whole({Side("postgresql", name, columns, {{name, "v"}}),
               Side("postgresql", name, columns)});
    EXPECT_THAT(yaml, Not(HasSubstr("ISSUE"))) << yaml;
    const RuleSet parsed = ParseRuleSet(yaml, AllKindSpecs()).rule_set;
    ASSERT_EQ(parsed.comparisons.size(), 1u) << yaml;
    ASSERT_EQ(parsed.comparisons[0].key.size(), 2u) << yaml;
    EXPECT_EQ(parsed.comparisons[0].key[0].text, name) << yaml;
  }
}

TEST(DraftTest, TablesWithoutCommonColumnsAreNotCompared) {
  EXPECT_EQ(DraftComparison({Side("mariadb", "t", {{"a", "int", kInt}}),
                             Side("postgresql", "t", {{"b", "int", kInt}})}),
            "");
}

TEST(DraftYamlTest, QualifiedNames) {
  EXPECT_EQ(QualifiedName("public", "t_1"), "public.t_1");
  EXPECT_EQ(QualifiedName("", "t"), "t");
  EXPECT_EQ(QualifiedName("a.b", "it\"s"), "\"a.b\".\"it\"\"s\"");
}

}  // namespace
}  // namespace assay::engine
