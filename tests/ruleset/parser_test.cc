// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/parser.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ruleset/fake_kinds.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A rule set about one table with these lines of rules.
std::string WithRules(const std::string& rules) {
  return "version: 1\nname: x\nparams:\n  cutoff: {type: timestamp}\n"
         "  col: {type: column}\ntables:\n- connection: c\n  table: s.payment\n"
         "  rules:\n" +
         rules;
}

ParseResult Parse(const std::string& yaml) {
  return ParseRuleSet(yaml, FakeKinds());
}

// The rules of a text without errors.
std::vector<Rule> Rules(const std::string& rules) {
  const std::string yaml = WithRules(rules);
  ParseResult result = Parse(yaml);
  for (const Issue& issue : result.issues) {
    EXPECT_NE(issue.severity, Severity::kError)
        << FormatIssue(issue, "x.yaml", yaml);
  }
  if (result.rule_set.tables.size() != 1) return {};
  return result.rule_set.tables[0].rules;
}

std::vector<std::string> Codes(const std::string& yaml) {
  std::vector<std::string> codes;
  for (const Issue& issue : Parse(yaml).issues) codes.push_back(issue.code);
  return codes;
}

TEST(ParseRuleSet, ReadsTheHead) {
  const ParseResult result = Parse(
      "version: 1\nname: a/b\ndescription: |\n  two\n  lines\n"
      "migration: m\nphase: cutover\nowner: me\ntags: [x, y]\n"
      "params:\n  p: {type: integer, default: 010, description: d}\n"
      "tables:\n- {connection: c, table: t, where: a = :p,\n"
      "   rules: [row_count]}\n");
  EXPECT_THAT(result.issues, IsEmpty());
  const RuleSet& set = result.rule_set;
  EXPECT_EQ(set.name, "a/b");
  EXPECT_EQ(set.description, "two\nlines\n");
  EXPECT_EQ(set.migration, "m");
  EXPECT_EQ(set.phase, "cutover");
  EXPECT_EQ(set.owner, "me");
  EXPECT_THAT(set.tags, ElementsAre("x", "y"));
  ASSERT_NE(set.FindParameter("p"), nullptr);
  EXPECT_EQ(set.FindParameter("p")->kind, ParamKind::kInteger);
  EXPECT_EQ(set.FindParameter("p")->default_value->text, "010");
  EXPECT_EQ(set.FindParameter("q"), nullptr);
  ASSERT_EQ(set.tables.size(), 1u);
  EXPECT_EQ(set.tables[0].connection.text, "c");
  EXPECT_EQ(set.tables[0].where->text, "a = :p");
}

TEST(ParseRuleSet, NeverTypesScalars) {
  const std::vector<Rule> rules = Rules(
      "  - enum: {column: yes, values: [no, null, 010, 1e3, ~x, \"~\", 'a''b', "
      "\"\", Null, 1_000, 0x1F, 12:30:45, .inf]}\n");
  ASSERT_EQ(rules.size(), 1u);
  std::vector<std::string> texts;
  for (const Literal& literal :
       rules[0].arguments.Get<std::vector<Literal>>("values")) {
    texts.push_back(literal.text);
  }
  EXPECT_THAT(texts,
              ElementsAre("no", "null", "010", "1e3", "~x", "~", "a'b", "",
                          "Null", "1_000", "0x1F", "12:30:45", ".inf"));
  EXPECT_EQ(rules[0].arguments.Get<Word>("column").text, "yes");
}

TEST(ParseRuleSet, TellsParametersFromQuotedText) {
  const std::vector<Rule> rules = Rules(
      "  - range: {column: :col, min: :cutoff, max: \":cutoff\"}\n"
      "  - not_null: [:col, \":col\", a]\n");
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].arguments.Get<Word>("column").parameter, "col");
  const auto& min = std::get<Literal>(rules[0].arguments.Get<Bound>("min"));
  EXPECT_EQ(min.parameter, "cutoff");
  EXPECT_EQ(min.text, ":cutoff");
  const auto& max = std::get<Literal>(rules[0].arguments.Get<Bound>("max"));
  EXPECT_EQ(max.parameter, "");
  EXPECT_TRUE(max.quoted);
}

TEST(ParseRuleSet, ReadsEveryType) {
  const std::vector<Rule> rules = Rules(
      "  - range: {column: a, min: now() - 1d12h, max: NOW(), strict: true}\n"
      "  - row_count: {equals: 1.50, tolerance: 0.10 %}\n"
      "  - freshness: {column: a, within: 90m, least: 7}\n"
      "  - schema: {columns: {a: int, b: {type: text, nullable: no}}}\n"
      "  - pattern: {column: a, regex: '', flags: i, unless: 5}\n"
      "  - expression: a < b\n"
      "  - row_count:\n");
  ASSERT_EQ(rules.size(), 7u);
  const Arguments& range = rules[0].arguments;
  EXPECT_EQ(std::get<NowOffset>(range.Get<Bound>("min")).offset_micros,
            -int64_t{129600} * 1000000);
  EXPECT_EQ(std::get<NowOffset>(range.Get<Bound>("max")).offset_micros, 0);
  EXPECT_TRUE(range.Get<bool>("strict"));
  EXPECT_EQ(rules[1].arguments.Get<Decimal>("equals").digits, "1.5");
  const auto& tolerance = rules[1].arguments.Get<Threshold>("tolerance");
  EXPECT_EQ(tolerance.value.digits, "0.1");
  EXPECT_TRUE(tolerance.percent);
  EXPECT_EQ(rules[2].arguments.Get<int64_t>("within"), int64_t{5400} * 1000000);
  EXPECT_EQ(rules[2].arguments.Get<int64_t>("least"), 7);
  using Types = std::vector<std::pair<Word, std::map<std::string, Word>>>;
  const auto& types = rules[3].arguments.Get<Types>("columns");
  ASSERT_EQ(types.size(), 2u);
  EXPECT_EQ(types[0].second.at("type").text, "int");
  EXPECT_EQ(types[1].second.at("nullable").text, "no");
  EXPECT_EQ(rules[4].arguments.Get<Word>("regex").text, "");
  EXPECT_EQ(rules[4].arguments.Get<std::vector<Word>>("flags").size(), 1u);
  EXPECT_EQ(rules[5].arguments.Get<SqlText>("sql").text, "a < b");
  EXPECT_FALSE(rules[6].arguments.Has("equals"));
}

TEST(ParseRuleSet, ReadsUniformKeys) {
  const std::vector<Rule> rules = Rules(
      "  - not_null: a\n    id: my.rule\n    description: d\n"
      "    where: a > :cutoff\n    severity: fail\n    warn_above: 5\n"
      "    fail_above: 1.50%\n    on_fail: rollback\n    on_error: warn\n"
      "    on_empty: pass\n    samples: 0\n    timeout: 90s\n    tags: t\n"
      "    owner: o\n"
      "  - not_null: b\n");
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].id, "my.rule");
  EXPECT_EQ(rules[0].where->text, "a > :cutoff");
  EXPECT_EQ(rules[0].fail_above->value.digits, "1.5");
  EXPECT_TRUE(rules[0].fail_above->percent);
  EXPECT_FALSE(rules[0].warn_above->percent);
  EXPECT_EQ(rules[0].on_fail, OnFail::kRollback);
  EXPECT_EQ(rules[0].on_error, OnError::kWarn);
  EXPECT_EQ(rules[0].on_empty, OnEmpty::kPass);
  EXPECT_EQ(rules[0].samples, 0);
  EXPECT_EQ(rules[0].timeout_micros, int64_t{90} * 1000000);
  EXPECT_FALSE(rules[1].on_empty.has_value());
  EXPECT_FALSE(rules[1].fail_above.has_value());
  EXPECT_EQ(rules[1].range, (SourceRange{24, 5, 24, 13}));
}

TEST(ParseRuleSet, MakesStableIds) {
  const std::vector<Rule> rules = Rules(
      "  - not_null: [a, \"B c\"]\n  - not_null: [a, \"B c\"]\n"
      "  - range: {column: a, min: 1}\n    id: payment.not_null.a_B_c_2\n"
      "  - row_count\n  - not_null: a\n    id: given\n");
  std::vector<std::string> ids;
  for (const Rule& rule : rules) ids.push_back(rule.id);
  EXPECT_THAT(
      ids,
      ElementsAre("payment.not_null.a_B_c", "payment.not_null.a_B_c_3",
                  "payment.not_null.a_B_c_2", "payment.row_count", "given"));
}

TEST(ParseRuleSet, IdsStayShortAndUnique) {
  const std::string column(500, 'a');
  const std::vector<Rule> rules =
      Rules("  - not_null: " + column + "\n  - not_null: " + column + "b\n");
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_LE(rules[0].id.size(), 128u);
  EXPECT_LE(rules[1].id.size(), 128u);
  EXPECT_NE(rules[0].id, rules[1].id);
}

TEST(ParseRuleSet, PlacesSqlWhereItStands) {
  const std::vector<Rule> rules = Rules(
      "  - expression: a < b\n"
      "  - expression: \"a < b\"\n"
      "  - expression: |\n\n      a < b\n        and c\n"
      "  - expression: \"a \\\"x\\\" b\"\n");
  ASSERT_EQ(rules.size(), 4u);
  auto range = [&rules](size_t i) {
    return rules[i].arguments.Get<SqlText>("sql").range;
  };
  EXPECT_EQ(range(0), (SourceRange{10, 17, 10, 22}));
  EXPECT_EQ(range(1), (SourceRange{11, 18, 11, 23}));
  // The text begins with an empty line.
  EXPECT_EQ(range(2).line, 13);
  EXPECT_EQ(range(2).column, 7);
  EXPECT_EQ(range(3).column, 17);
}

TEST(ParseRuleSet, ReportsInTheOrderOfTheFile) {
  const ParseResult result = Parse(WithRules(
      "  - range: {column: a, min: now(1)}\n    severity: x\n  - nope: 1\n"
      "  - not_null: a\n    id: i\n  - not_null: b\n    id: i\n"
      "  - not_null: :unknown\n"));
  int line = 0;
  for (const Issue& issue : result.issues) {
    EXPECT_GE(issue.range.line, line);
    line = issue.range.line;
  }
  EXPECT_EQ(result.issues.size(), 5u);
}

TEST(ParseRuleSet, RefusesWhatIsTooLarge) {
  EXPECT_THAT(Codes(std::string(kMaxRuleSetBytes + 1, 'a')),
              ElementsAre("too_large"));
  std::string many = "version: 1\nname: [";
  for (int i = 0; i < 210000; ++i) many += "a,";
  EXPECT_THAT(Codes(many), testing::Contains("too_large"));
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "[";
  EXPECT_THAT(Codes(deep), ElementsAre("too_deep"));
}

TEST(ParseRuleSet, EndsALongListOfIssues) {
  std::string rules;
  for (int i = 0; i < 3000; ++i) rules += "  - not_nul: a\n";
  const ParseResult result = Parse(WithRules(rules));
  ASSERT_EQ(result.issues.size(), 1000u);
  EXPECT_EQ(result.issues.back().code, "too_many_issues");
  std::string sql = "  - expression: ";
  for (int i = 0; i < 300000; ++i) sql += ":a ";
  EXPECT_THAT(Codes(WithRules(sql + "\n")), ElementsAre("unknown_parameter"));
}

TEST(ParseRuleSet, WarnsOfUnusedParameters) {
  const ParseResult result = Parse(WithRules("  - row_count\n"));
  ASSERT_EQ(result.issues.size(), 2u);
  EXPECT_EQ(result.issues[0].code, "unused_parameter");
  EXPECT_FALSE(HasErrors(result.issues));
}

TEST(BindParameters, TypesValuesAndDefaults) {
  const ParseResult result = Parse(
      "version: 1\nname: x\nparams:\n"
      "  at: {type: timestamp, default: 2026-01-01T00:00:00}\n"
      "  n: {type: integer, default: 5}\n  c: {type: connection}\n"
      "  t: {type: text, default: ''}\n"
      "tables:\n- {connection: :c, table: t, rules: [row_count]}\n");
  EXPECT_FALSE(HasErrors(result.issues));
  std::vector<Issue> issues;
  const BoundParameters bound = BindParameters(
      result.rule_set, {{"at", "2026-01-01T02:00:00+02:00"}, {"c", "legacy"}},
      issues);
  EXPECT_THAT(issues, IsEmpty());
  ASSERT_EQ(bound.size(), 4u);
  EXPECT_TRUE(std::get<Timestamp>(bound.at("at").value).zoned);
  EXPECT_EQ(ToText(bound.at("at").value), "2026-01-01T00:00:00Z");
  EXPECT_EQ(bound.at("n").value, Value(int64_t{5}));
  EXPECT_EQ(bound.at("c").text, "legacy");
  EXPECT_EQ(bound.at("c").kind, ParamKind::kConnection);
  EXPECT_EQ(bound.at("t").value, Value(std::string()));
}

TEST(BindParameters, ReportsEveryMistake) {
  const ParseResult result = Parse(
      "version: 1\nname: x\nparams:\n  cutoff: {type: date}\n"
      "  n: {type: integer}\n  c: {type: connection}\n"
      "tables:\n- {connection: :c, table: t, rules: [row_count]}\n");
  std::vector<Issue> issues;
  const BoundParameters bound = BindParameters(
      result.rule_set, {{"cutof", "x"}, {"n", "1.5"}, {"c", ""}}, issues);
  EXPECT_TRUE(bound.empty());
  std::vector<std::string> lines;
  for (const Issue& issue : issues) {
    lines.push_back(FormatIssue(issue, "f", ""));
  }
  EXPECT_THAT(
      lines,
      ElementsAre("f: error: the rule set has no parameter 'cutof' (did you "
                  "mean 'cutoff'?)",
                  "f:4:3: error: parameter 'cutoff' has no value (it has no "
                  "default, so the run must give one)",
                  "f:5:3: error: the value of parameter 'n': '1.5' is not an "
                  "integer",
                  "f:6:3: error: the value of parameter 'c' is empty (it takes "
                  "the name of a connection)"));
}

TEST(ParamKind, NamesRoundTrip) {
  for (int i = 0; i <= static_cast<int>(ParamKind::kColumn); ++i) {
    const auto kind = static_cast<ParamKind>(i);
    EXPECT_EQ(ParseParamKind(ParamKindName(kind)), kind);
  }
  EXPECT_FALSE(ParseParamKind("TEXT").has_value());
}

}  // namespace
}  // namespace assay
