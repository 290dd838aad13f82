// SPDX-License-Identifier: Apache-2.0
// Many tables, one result: nothing that one of them found may be lost.
#include "validator/engine/merge_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace assay::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Result Part(const std::string& table, Verdict verdict,
            const std::string& found = "as it should be") {
  Result part;
  part.table = table;
  part.verdict = verdict;
  part.found = found;
  if (verdict == Verdict::kError) {
    part.found.clear();
    part.error = ResultError{ErrorReason::kDatabaseUnreachable, found, true};
  }
  part.confirmed = verdict == Verdict::kFail;
  return part;
}

Result Merge(std::vector<Result> parts,
             const std::vector<std::string>& source_only = {},
             const std::vector<std::string>& target_only = {},
             const Rule& rule = {}) {
  Result result;
  MergeResults(rule, std::move(parts), source_only, target_only, result);
  return result;
}

std::vector<std::string> Lines(const Result& result,
                               const std::string& name = "table") {
  std::vector<std::string> lines;
  for (const Measure& measure : result.measures) {
    if (measure.name == name) lines.push_back(measure.value);
  }
  return lines;
}

constexpr Verdict kPass = Verdict::kPass;
constexpr Verdict kWarn = Verdict::kWarn;
constexpr Verdict kFail = Verdict::kFail;
constexpr Verdict kError = Verdict::kError;

TEST(MergeResultsTest, TheWorstVerdictCounts) {
  const std::vector<Verdict> from_best = {kPass, kWarn, kError, kFail};
  for (size_t a = 0; a < from_best.size(); ++a) {
    for (size_t b = 0; b < from_best.size(); ++b) {
      EXPECT_EQ(
          Merge({Part("a", from_best[a]), Part("b", from_best[b])}).verdict,
          from_best[std::max(a, b)]);
    }
  }
}

TEST(MergeResultsTest, AllAsExpected) {
  const Result result = Merge({Part("a", kPass, "1 row"), Part("b", kPass)});
  EXPECT_EQ(result.found, "2 tables, all as expected");
  EXPECT_THAT(Lines(result), IsEmpty());
  EXPECT_THAT(Lines(result, "table passed"),
              ElementsAre("a: PASS 1 row", "b: PASS as it should be"));
  EXPECT_FALSE(result.error.has_value());
  EXPECT_FALSE(result.confirmed);
  EXPECT_FALSE(result.empty);
}

TEST(MergeResultsTest, ALineForEachTableThatIsNotPass) {
  const Result result =
      Merge({Part("a", kFail, "1 changed"), Part("b", kPass),
             Part("c", kWarn, "2 changed"), Part("d", kFail, "3 changed")});
  EXPECT_EQ(result.found,
            "4 tables, 2 failed, 1 warned; c: WARN 2 changed; "
            "a: FAIL 1 changed; d: FAIL 3 changed");
  EXPECT_THAT(Lines(result),
              ElementsAre("c: WARN 2 changed", "a: FAIL 1 changed",
                          "d: FAIL 3 changed"));
}

TEST(MergeResultsTest, ALineForEachMismatchOfATable) {
  Result part = Part("a", kFail, "x; y");
  part.measures = {{"mismatch", "x"}, {"mismatch", "y"}, {"rows", "7"}};
  const Result result = Merge({part, Part("b", kPass)});
  EXPECT_THAT(Lines(result), ElementsAre("a: FAIL x", "a: FAIL y"));
  EXPECT_THAT(Lines(result, "mismatch"), IsEmpty());
}

TEST(MergeResultsTest, AnErrorAmongFailuresIsSaidFirst) {
  const Result result =
      Merge({Part("a", kFail, "1 changed"), Part("b", kFail, "2 changed"),
             Part("c", kError, "no key")});
  EXPECT_EQ(result.verdict, kFail);
  EXPECT_FALSE(result.error.has_value());
  EXPECT_EQ(result.found,
            "3 tables, 2 failed, 1 not judged; c: ERROR no key; "
            "a: FAIL 1 changed; b: FAIL 2 changed");
}

TEST(MergeResultsTest, AFailureAmongErrorsIsSaidFirst) {
  const Result result =
      Merge({Part("a", kError, "gone"), Part("b", kError, "gone"),
             Part("c", kFail, "1 changed")});
  EXPECT_EQ(result.verdict, kFail);
  EXPECT_THAT(Lines(result), ElementsAre("c: FAIL 1 changed", "a: ERROR gone",
                                         "b: ERROR gone"));
}

TEST(MergeResultsTest, RetryableOnlyWhereEveryErrorIs) {
  Result hopeless = Part("b", kError, "no such column");
  hopeless.error->reason = ErrorReason::kColumnNotFound;
  hopeless.error->retryable = false;
  EXPECT_TRUE(Merge({Part("a", kError, "locked")}).error->retryable);
  const Result result = Merge({Part("a", kError, "locked"), hopeless});
  EXPECT_EQ(result.verdict, kError);
  EXPECT_EQ(result.error->reason, ErrorReason::kDatabaseUnreachable);
  EXPECT_FALSE(result.error->retryable);
  // An error without its cause is no promise that it may pass.
  Result bare = Part("c", kError);
  bare.error.reset();
  EXPECT_FALSE(Merge({Part("a", kError, "locked"), bare}).error->retryable);
}

TEST(MergeResultsTest, OneSidedTablesFail) {
  const Result result = Merge({Part("a", kPass)}, {"old"}, {"new", "newer"});
  EXPECT_EQ(result.verdict, kFail);
  EXPECT_FALSE(result.confirmed);
  EXPECT_EQ(result.found,
            "1 table, 3 on one side only; only in the source: old; "
            "only in the target: new, newer");
  EXPECT_THAT(Lines(result), ElementsAre("old: FAIL only in the source",
                                         "new: FAIL only in the target",
                                         "newer: FAIL only in the target"));
}

TEST(MergeResultsTest, OneSidedTablesOfALenientRuleWarn) {
  Rule rule;
  rule.severity = RuleSeverity::kWarn;
  const Result result = Merge({Part("a", kPass)}, {"old"}, {}, rule);
  EXPECT_EQ(result.verdict, kWarn);
  EXPECT_THAT(Lines(result), ElementsAre("old: WARN only in the source"));
  // Nothing that a table found is made milder by it.
  EXPECT_EQ(Merge({Part("a", kError)}, {"old"}, {}, rule).verdict, kError);
}

TEST(MergeResultsTest, NoTableInCommon) {
  const Result result = Merge({}, {"old"}, {});
  EXPECT_EQ(result.verdict, kFail);
  EXPECT_FALSE(result.empty);
  EXPECT_EQ(result.found,
            "0 tables, 1 on one side only; only in the source: old");
}

TEST(MergeResultsTest, ConfirmedOnlyWhereEveryFailureIs) {
  EXPECT_TRUE(Merge({Part("a", kFail), Part("b", kPass)}).confirmed);
  Result once = Part("b", kFail);
  once.confirmed = false;
  EXPECT_FALSE(Merge({Part("a", kFail), once}).confirmed);
  EXPECT_FALSE(Merge({Part("a", kWarn)}).confirmed);
  EXPECT_FALSE(Merge({Part("a", kFail)}, {"old"}, {}).confirmed);
}

TEST(MergeResultsTest, EmptyOnlyWhereEveryTableIs) {
  Result empty = Part("a", kFail, "both sides are empty");
  empty.empty = true;
  empty.confirmed = false;
  EXPECT_TRUE(Merge({empty, empty}).empty);
  const Result result = Merge({empty, Part("b", kPass)});
  EXPECT_FALSE(result.empty);
  EXPECT_FALSE(result.confirmed);
}

TEST(MergeResultsTest, CountersAddUp) {
  Result a = Part("a", kFail);
  a.counters.rows_total = 10;
  a.counters.rows_failing = 2;
  a.differences = 2;
  a.attempts = 3;
  Result b = Part("b", kPass);
  b.counters.rows_total = 5;
  b.counters.rows_null = 1;
  b.differences = 4;
  const Result result = Merge({a, b});
  EXPECT_EQ(result.counters.rows_total, 15);
  EXPECT_EQ(result.counters.rows_failing, 2);
  EXPECT_EQ(result.counters.rows_null, 1);
  EXPECT_FALSE(result.counters.rows_considered.has_value());
  EXPECT_EQ(result.differences, 6);
  EXPECT_EQ(result.attempts, 3);
}

TEST(MergeResultsTest, DifferencesAddUpUnderTheirTables) {
  Result a = Part("a", kFail);
  a.diff.emplace();
  a.diff->keys = 10;
  a.diff->changed = 1;
  a.diff->columns = {{"x", "", 1}};
  a.diff->causes = {{"x", "case", 1}};
  a.diff->notes = {"hashed"};
  Result b = Part("b", kError, "a limit");
  b.diff.emplace();
  b.diff->keys = 20;
  b.diff->changed = 2;
  b.diff->complete = false;
  b.diff->incomplete_because = "stop_after: 2";
  b.diff->columns = {{"y", "", 2}};
  b.diff->source_only_columns = {"z"};
  const Result result = Merge({a, b});
  ASSERT_TRUE(result.diff.has_value());
  EXPECT_EQ(result.diff->keys, 30);
  EXPECT_EQ(result.diff->changed, 3);
  EXPECT_FALSE(result.diff->complete);
  EXPECT_EQ(result.diff->incomplete_because, "b: stop_after: 2");
  EXPECT_THAT(result.diff->columns, ElementsAre(ColumnChange{"b.y", "", 2},
                                                ColumnChange{"a.x", "", 1}));
  EXPECT_THAT(result.diff->causes, ElementsAre(ColumnChange{"a.x", "case", 1}));
  EXPECT_THAT(result.diff->source_only_columns, ElementsAre("b.z"));
  EXPECT_THAT(result.diff->notes, ElementsAre("a: hashed"));
}

TEST(MergeResultsTest, SamplesAndSqlAreOfThoseThatFound) {
  Rule rule;
  rule.samples = 3;
  Result a = Part("a", kPass);
  a.sql = "SELECT 1";
  Result b = Part("b", kFail);
  b.sql = "SELECT 2";
  b.target_sql = "SELECT 3";
  b.samples.resize(2);
  b.samples[0].note = "changed";
  Result c = Part("c", kFail);
  c.samples.resize(2);
  const Result result = Merge({a, b, c}, {}, {}, rule);
  EXPECT_EQ(result.sql, "SELECT 2");
  EXPECT_EQ(result.target_sql, "SELECT 3");
  ASSERT_EQ(result.samples.size(), 3u);
  EXPECT_EQ(result.samples[0].note, "b: changed");
}

}  // namespace
}  // namespace assay::engine
