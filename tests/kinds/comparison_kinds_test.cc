// SPDX-License-Identifier: Apache-2.0
// What must hold for every kind of comparisons, and what each compiles to.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/kinds/comparisons_of.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(ComparisonKinds, EachFileIsListed) {
  std::set<std::string> listed, defined;
#define COMPARISON_KIND(name) listed.insert(#name);
#include "rules/kinds/comparison_kinds.inc"
#undef COMPARISON_KIND
  const std::string marker = "\nconst ComparisonKind& ";
  for (const auto& entry :
       fs::directory_iterator(fs::path(ASSAY_SOURCE_DIR) / "rules/kinds")) {
    const std::string text = Read(entry.path());
    const size_t at = text.find(marker);
    if (entry.path().extension() != ".cc" || at == std::string::npos) continue;
    const size_t begin = at + marker.size();
    defined.insert(text.substr(begin, text.find("Kind()", begin) - begin));
  }
  EXPECT_EQ(defined, listed);
  EXPECT_EQ(AllComparisonKinds().size(), listed.size());
}

TEST(ComparisonKinds, AreFoundByNameInTheirScope) {
  std::set<std::string> names;
  for (const ComparisonKind* kind : AllComparisonKinds()) {
    EXPECT_EQ(FindComparisonKind(kind->spec.name), kind);
    EXPECT_EQ(kind->spec.scope, KindScope::kComparison);
    EXPECT_TRUE(names.insert(kind->spec.name).second);
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"row_count", "aggregate", "schema",
                                   "foreign_key", "sample_diff", "full_diff"}));
  EXPECT_EQ(FindComparisonKind("not_null"), nullptr);
  for (const RuleKind* kind : AllKinds()) {
    EXPECT_EQ(kind->spec.scope, KindScope::kTable);
  }
  EXPECT_EQ(AllKindSpecs().size(),
            AllKinds().size() + AllComparisonKindSpecs().size());
}

class EachComparisonKind
    : public testing::TestWithParam<const ComparisonKind*> {
 protected:
  const KindSpec& spec() const { return GetParam()->spec; }
};

TEST_P(EachComparisonKind, ExampleLintsCleanAndCompiles) {
  ASSERT_THAT(spec().example, StartsWith("- " + spec().name + ":"));
  EXPECT_THAT(ComparisonIssues(spec().example), IsEmpty());
  const Rule rule = OneComparisonRule(spec().example);
  EXPECT_EQ(rule.kind, spec().name);
  EXPECT_FALSE(PlanOf(spec().example).expected.empty());
}

TEST_P(EachComparisonKind, IsDocumented) {
  EXPECT_EQ(spec().summary.back(), '.');
  EXPECT_GT(spec().semantics.size(), 80u);
  EXPECT_EQ(spec().semantics.back(), '.');
  std::set<std::string> names;
  for (const ParamSpec& param : FlatParams(spec())) {
    EXPECT_TRUE(names.insert(param.name).second) << param.name;
    ASSERT_FALSE(param.doc.empty()) << param.name;
    EXPECT_EQ(param.doc.back(), '.') << param.name;
    EXPECT_EQ(param.type == assay::ParamType::kMap, !param.fields.empty());
    if (param.type == assay::ParamType::kChoice) {
      EXPECT_GE(param.choices.size(), 2u) << param.name;
      EXPECT_NE(param.required, !param.default_text.empty()) << param.name;
    }
  }
  for (const std::string& param : spec().id_params) {
    EXPECT_EQ(names.count(param), 1u) << param;
  }
  EXPECT_EQ(spec().keys.thresholds, !spec().counter.empty());
}

// Never PASS, and never a read past what was measured.
TEST_P(EachComparisonKind, JudgesNothing) {
  ComparisonObservation observation;
  observation.rows_source = 0;
  observation.rows_target = 0;
  observation.diff = DiffCounts{};
  const Result result = JudgedComparison(spec().example, observation);
  EXPECT_FALSE(result.found.empty());
  EXPECT_EQ(result.threshold.empty(), !spec().keys.thresholds);
  EXPECT_EQ(result.expected, PlanOf(spec().example).expected);
  if (!spec().keys.on_empty) return;
  EXPECT_EQ(result.verdict, Verdict::kFail);
  EXPECT_TRUE(result.empty);
  EXPECT_EQ(result.found, "both sides are empty");
  EXPECT_EQ(JudgedComparison(spec().example + "  on_empty: pass\n", observation)
                .verdict,
            Verdict::kPass);
}

TEST_P(EachComparisonKind, StandsInTheGeneratedDocuments) {
  EXPECT_THAT(RuleKindsMarkdown(AllKindSpecs()),
              HasSubstr(absl::StrCat("\n## comparison ", spec().name, "\n")));
  EXPECT_THAT(RuleSetJsonSchema(AllKindSpecs()),
              HasSubstr(absl::StrCat("\"comparison_kind.", spec().name, "\"")));
}

INSTANTIATE_TEST_SUITE_P(All, EachComparisonKind,
                         testing::ValuesIn(AllComparisonKinds()),
                         [](const auto& test) {
                           return test.param->spec.name;
                         });

TEST(CompileComparison, RowCount) {
  const ComparisonPlan bare = PlanOf("- row_count");
  EXPECT_EQ(std::get<CompareCounts>(bare.step).tolerance.value.digits, "0");
  const ComparisonPlan plan = PlanOf("- row_count: 0.1%\n  where: a > 1");
  const Tolerance& tolerance = std::get<CompareCounts>(plan.step).tolerance;
  EXPECT_EQ(tolerance.value.digits, "0.1");
  EXPECT_TRUE(tolerance.percent);
  EXPECT_THAT(ExplainText(plan.filter), HasSubstr("a > 1"));
  EXPECT_THAT(plan.expected, HasSubstr("± 0.1%"));
  EXPECT_EQ(bare.filter, nullptr);
}

TEST(CompileComparison, Aggregate) {
  const ComparisonPlan plan = PlanOf(
      "- aggregate: {function: avg, column: a, group_by: [b, c], "
      "tolerance: 2}");
  const auto& step = std::get<CompareAggregate>(plan.step);
  EXPECT_EQ(step.function, CompareAggregate::Function::kAverage);
  EXPECT_EQ(step.column->name, "a");
  ASSERT_EQ(step.group_by.size(), 2u);
  EXPECT_EQ(step.group_by[1].name, "c");
  EXPECT_FALSE(step.tolerance.percent);
  EXPECT_EQ(plan.subject, "a");
  EXPECT_EQ(plan.expected,
            "avg(a) of the target = of the source ± 2, for each b, c");
  const ComparisonPlan count = PlanOf("- aggregate: {function: count}");
  EXPECT_FALSE(std::get<CompareAggregate>(count.step).column.has_value());
  EXPECT_THAT(ComparisonIssues("- aggregate: {function: sum}"),
              ElementsAre("missing_key"));
}

TEST(CompileComparison, Schema) {
  const auto all = std::get<CompareSchemas>(PlanOf("- schema").step);
  EXPECT_TRUE(all.columns && all.types && all.nullability && all.defaults &&
              all.keys && all.indexes && all.foreign_keys && all.sequences);
  const auto some = std::get<CompareSchemas>(
      PlanOf("- schema: {ignore: [types, foreign_keys]}").step);
  EXPECT_FALSE(some.types);
  EXPECT_FALSE(some.foreign_keys);
  EXPECT_TRUE(some.columns && some.keys);
  EXPECT_THAT(ComparisonIssues("- schema: {ignore: [index]}"),
              ElementsAre("bad_value"));
}

TEST(CompileComparison, ForeignKey) {
  const ComparisonPlan plan = PlanOf("- foreign_key: {columns: [a, b]}");
  const auto& step = std::get<CompareForeignKey>(plan.step);
  EXPECT_EQ(step.child, CompareForeignKey::Child::kSource);
  ASSERT_EQ(step.key.size(), 2u);
  EXPECT_EQ(step.key[1].name, "b");
  EXPECT_EQ(plan.expected,
            "(a, b) of the source found in (a, b) of the target");
  const ComparisonPlan other =
      PlanOf("- foreign_key: {columns: a, key: id, child: target}");
  EXPECT_EQ(std::get<CompareForeignKey>(other.step).child,
            CompareForeignKey::Child::kTarget);
  EXPECT_EQ(other.expected, "(a) of the target found in (id) of the source");
  EXPECT_THAT(ComparisonIssues("- foreign_key: {columns: [a, b], key: id}"),
              ElementsAre("key_size"));
}

TEST(CompileComparison, SampleDiff) {
  const auto bare = std::get<SampleDiff>(PlanOf("- sample_diff").step);
  EXPECT_EQ(bare.random, 1000);
  EXPECT_TRUE(bare.edges);
  EXPECT_EQ(bare.seed, 0u);
  EXPECT_EQ(bare.recheck.times, 0);
  const auto seeded =
      std::get<SampleDiff>(PlanOf("- sample_diff: {seed: 7}").step);
  EXPECT_EQ(seeded.random, 1000);
  EXPECT_EQ(seeded.seed, 7u);
  const auto random = std::get<SampleDiff>(PlanOf("- sample_diff: 50").step);
  EXPECT_EQ(random.random, 50);
  EXPECT_FALSE(random.edges);
  const ComparisonPlan plan = PlanOf(
      "- sample_diff: {keys: [[1, x], [2, y]], recent: {column: at, within: "
      "24h, limit: 5}, recheck: {times: 2}}");
  const auto& step = std::get<SampleDiff>(plan.step);
  EXPECT_EQ(step.random, 0);
  ASSERT_EQ(step.keys.size(), 2u);
  EXPECT_EQ(step.keys[1][1].text, "y");
  EXPECT_EQ(step.recent_column->name, "at");
  EXPECT_EQ(step.recent_micros, 86400000000);
  EXPECT_EQ(step.recent_limit, 5);
  EXPECT_EQ(step.recheck.times, 2);
  EXPECT_EQ(step.recheck.after_micros, 1000000);
  EXPECT_EQ(plan.expected,
            "equal on both sides: 2 given keys, up to 5 rows with at within "
            "1d; differences are read again up to 2 times, 1s apart");
}

TEST(CompileComparison, SampleDiffMustSample) {
  EXPECT_THAT(ComparisonIssues("- sample_diff: 0"),
              ElementsAre("nothing_sampled"));
  EXPECT_THAT(ComparisonIssues("- sample_diff: {edges: false}"),
              ElementsAre("nothing_sampled"));
  EXPECT_THAT(ComparisonIssues("- sample_diff: {random: 0, edges: true}"),
              IsEmpty());
  EXPECT_THAT(ComparisonIssues("- sample_diff: 1000001"),
              ElementsAre("bad_value"));
}

TEST(CompileComparison, FullDiff) {
  for (const char* text : {"- full_diff", "- full_diff: {}", "- full_diff:"}) {
    const auto bare = std::get<FullDiff>(PlanOf(text).step);
    EXPECT_FALSE(bare.stop_after || bare.max_rows || bare.rows_per_second);
    EXPECT_EQ(bare.hashing, FullDiff::Hashing::kAuto);
    EXPECT_EQ(bare.recheck.times, 0);
  }
  const ComparisonPlan plan = PlanOf(
      "- full_diff: {stop_after: 5, max_rows: 6, rows_per_second: 7, hashing: "
      "never, older_than: {column: at, age: 1h}, recheck: {times: 3, after: "
      "5s}}");
  const auto& step = std::get<FullDiff>(plan.step);
  EXPECT_EQ(step.stop_after, 5);
  EXPECT_EQ(step.max_rows, 6);
  EXPECT_EQ(step.rows_per_second, 7);
  EXPECT_EQ(step.hashing, FullDiff::Hashing::kNever);
  EXPECT_EQ(step.older_than_column->name, "at");
  EXPECT_EQ(step.older_than_micros, 3600000000);
  EXPECT_EQ(step.recheck.after_micros, 5000000);
  EXPECT_EQ(plan.expected,
            "every row with at older than 1h equal on both sides; differences "
            "are read again up to 3 times, 5s apart");
  EXPECT_THAT(ComparisonIssues("- full_diff: {stop_after: 0}"),
              ElementsAre("bad_value"));
  EXPECT_THAT(ComparisonIssues("- full_diff: {recheck: {times: 101}}"),
              ElementsAre("bad_value"));
  EXPECT_THAT(
      ComparisonIssues("- full_diff: {stop_after: 9}\n  fail_above: 1%"),
      ElementsAre("share_unknown"));
  const std::string text =
      ComparisonText("- full_diff: {stop_after: 9}\n  fail_above: 1%");
  const auto issues = ParseRuleSet(text, AllKindSpecs()).issues;
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_THAT(FormatIssue(issues[0], "x", text),  // At what must be changed.
              HasSubstr("fail_above: 1%\n                  ^~"));
}

TEST(CompileComparison, UnknownKindIsAnError) {
  Rule rule;
  rule.kind = "not_null";
  EXPECT_FALSE(CompileComparison(rule, {}, absl::FromUnixSeconds(1)).ok());
}

}  // namespace
}  // namespace assay
