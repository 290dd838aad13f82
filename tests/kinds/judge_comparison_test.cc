// SPDX-License-Identifier: Apache-2.0
// Observation → verdict for comparisons that count and measure; see
// judge_diff_test.cc for those that compare rows.
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/kinds/thresholds.h"
#include "tests/kinds/comparisons_of.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

constexpr auto kPass = Verdict::kPass;
constexpr auto kWarn = Verdict::kWarn;
constexpr auto kFail = Verdict::kFail;

ComparisonObservation Rows(int64_t source, int64_t target) {
  ComparisonObservation out;
  out.rows_source = source;
  out.rows_target = target;
  return out;
}

struct RowCountCase {
  const char* tolerance;
  int64_t source, target;
  Verdict verdict;
};

TEST(CompareRowCount, TolerancesAreOfTheSource) {
  const RowCountCase cases[] = {
      {"0", 10, 10, kPass},
      {"0", 10, 11, kFail},
      {"0", 10, 0, kFail},
      {"0", 0, 10, kFail},
      {"1", 10, 11, kPass},
      {"1", 10, 9, kPass},
      {"1", 10, 12, kFail},
      {"10%", 100, 110, kPass},
      {"10%", 100, 90, kPass},
      {"10%", 100, 111, kFail},
      // Of 110 it would be 11, of the source's 100 it is 10.
      {"10%", 100, 89, kFail},
      {"10%", 110, 100, kPass},
      {"10%", 110, 99, kPass},
      {"10%", 110, 98, kFail},
      // Of nothing, the tolerance is a number of rows.
      {"10%", 0, 10, kPass},
      {"10%", 0, 11, kFail},
      {"0.1%", 1000, 1001, kPass},
      {"0.1%", 999, 1000, kFail},
      {"0%", 10, 11, kFail},
      {"100%", 10, 0, kPass},
  };
  for (const RowCountCase& c : cases) {
    const Result result = JudgedComparison(
        absl::StrCat("- row_count: ", c.tolerance), Rows(c.source, c.target));
    EXPECT_EQ(result.verdict, c.verdict)
        << c.tolerance << " " << c.source << " " << c.target;
    EXPECT_FALSE(result.empty);
  }
  const Result huge = JudgedComparison(
      "- row_count: 0.1%", Rows(std::numeric_limits<int64_t>::max(), 1));
  EXPECT_EQ(huge.verdict, kFail);
  EXPECT_EQ(huge.found,
            "9223372036854775807 rows in the source, 1 in the "
            "target");
  EXPECT_EQ(
      JudgedComparison("- row_count: 0\n  severity: warn", Rows(1, 2)).verdict,
      kWarn);
}

TEST(CompareRowCount, BothSidesEmptyIsOnEmpty) {
  const Result result = JudgedComparison("- row_count: 100%", Rows(0, 0));
  EXPECT_EQ(result.verdict, kFail);
  EXPECT_TRUE(result.empty);
  EXPECT_EQ(
      JudgedComparison("- row_count: 0\n  on_empty: warn", Rows(0, 0)).verdict,
      kWarn);
  const Result filtered =
      JudgedComparison("- row_count: 0\n  where: a > 1", Rows(0, 0));
  EXPECT_EQ(filtered.verdict, kFail);
  EXPECT_EQ(filtered.found, "both sides are empty inside the where clause");
}

// |t − s| ≤ tolerance in whole numbers: cents against a share in thousandths.
TEST(WithinTolerance, AgreesWithWholeNumbers) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int64_t> cents(-5000, 5000);
  std::uniform_int_distribution<int64_t> thousandths(0, 4000);
  const auto decimal = [](int64_t units, int64_t scale) {
    return Divide(Decimal{std::to_string(units)}, scale, 6);
  };
  int within = 0;
  for (int i = 0; i < 20000; ++i) {
    const int64_t source = i % 10 == 0 ? 0 : cents(random);
    const int64_t target = source + cents(random) / 50;
    const int64_t tolerance = thousandths(random);
    const bool percent = i % 2 == 0;
    // In hundred-thousandths of a unit, times 1000 for a percentage.
    const int64_t distance = std::abs(target - source);
    const bool expected =
        percent && source != 0
            ? distance * 100 * 1000 <= std::abs(source) * tolerance
            : distance * 10 <= tolerance;
    const bool got = WithinTolerance(decimal(target, 100), decimal(source, 100),
                                     decimal(tolerance, 1000), percent);
    EXPECT_EQ(got, expected) << source << " " << target << " " << tolerance;
    // More tolerance never takes a PASS away; equal is always within.
    if (got) {
      ++within;
      EXPECT_TRUE(WithinTolerance(decimal(target, 100), decimal(source, 100),
                                  decimal(tolerance + 1, 1000), percent));
    }
    EXPECT_TRUE(WithinTolerance(decimal(source, 100), decimal(source, 100),
                                Decimal{"0"}, percent));
  }
  EXPECT_GT(within, 1000);
  EXPECT_LT(within, 19000);
}

ComparisonObservation Pair(std::optional<Value> source,
                           std::optional<Value> target, int64_t rows = 10) {
  ComparisonObservation out = Rows(rows, rows);
  out.aggregates.push_back({{}, std::move(source), std::move(target)});
  return out;
}

struct AggregateCase {
  const char* tolerance;
  Value source, target;
  Verdict verdict;
};

TEST(CompareAggregate, ComparesExactly) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const AggregateCase cases[] = {
      {"0", Value(int64_t{5}), Value(int64_t{5}), kPass},
      {"0", Value(Decimal{"1.1"}), Value(std::string("1.10")), kPass},
      {"0", Value(std::string("1.10")), Value(Decimal{"1.1"}), kPass},
      {"0", Value(int64_t{5}), Value(5.0), kPass},
      {"0", Value(Decimal{"0.1"}), Value(0.1), kFail},
      {"0", Value(int64_t{9007199254740993}), Value(9007199254740992.0), kFail},
      {"0", Value(Null{}), Value(int64_t{0}), kFail},
      {"100%", Value(int64_t{0}), Value(Null{}), kFail},
      {"0", Value(nan), Value(nan), kPass},
      {"1", Value(nan), Value(1.0), kFail},
      {"0.5", Value(int64_t{5}), Value(Decimal{"5.5"}), kPass},
      {"0.5", Value(int64_t{5}), Value(Decimal{"5.51"}), kFail},
      {"1%", Value(int64_t{-100}), Value(int64_t{-101}), kPass},
      {"1%", Value(int64_t{0}), Value(Decimal{"1.01"}), kFail},
      {"0", Value(std::string("abc")), Value(std::string("abc")), kPass},
      {"5", Value(std::string("abc")), Value(std::string("abd")), kFail},
      // Texts of text columns: no number is seen in them.
      {"0", Value(std::string("1.0")), Value(std::string("1.00")), kFail},
      {"1", Value(Date{5}), Value(Date{6}), kFail},
      {"0", Value(Date{5}), Value(Date{5}), kPass},
      {"0", Value(Timestamp{5, true}), Value(Timestamp{5, false}), kFail},
  };
  for (const AggregateCase& c : cases) {
    const Result result = JudgedComparison(
        absl::StrCat("- aggregate: {function: max, column: a, tolerance: ",
                     c.tolerance, "}"),
        Pair(c.source, c.target));
    EXPECT_EQ(result.verdict, c.verdict)
        << ToText(c.source) << " " << ToText(c.target) << ": " << result.found;
  }
}

TEST(CompareAggregate, NothingIsNoQuietPass) {
  const std::string sum = "- aggregate: {function: sum, column: a}";
  const std::string count = "- aggregate: {function: count, column: a}";
  // Rows on both sides, and no value in them.
  const Result nulls =
      JudgedComparison(sum, Pair(Value(Null{}), Value(Null{})));
  EXPECT_EQ(nulls.verdict, kWarn);
  EXPECT_TRUE(nulls.empty);
  EXPECT_EQ(
      JudgedComparison(sum, Pair(Value(Null{}), Value(Null{}), 0)).verdict,
      kFail);
  // A count of values among rows is a number like any other.
  EXPECT_EQ(JudgedComparison(count, Pair(Value(int64_t{0}), Value(int64_t{0})))
                .verdict,
            kPass);
  ComparisonObservation unknown = Pair(Value(int64_t{0}), Value(int64_t{0}));
  unknown.rows_source.reset();
  unknown.rows_target.reset();
  EXPECT_EQ(JudgedComparison(count, unknown).verdict, kFail);
  EXPECT_EQ(JudgedComparison(count, ComparisonObservation{}).verdict, kFail);
}

TEST(CompareAggregate, GroupsMeet) {
  const std::string rule =
      "- aggregate: {function: sum, column: a, group_by: [g]}";
  ComparisonObservation observation = Rows(10, 10);
  observation.aggregates = {
      {{"1"}, Value(int64_t{5}), Value(int64_t{5})},
      {{"2"}, Value(Null{}), Value(Null{})},
  };
  const Result equal = JudgedComparison(rule, observation);
  EXPECT_EQ(equal.verdict, kPass);
  EXPECT_EQ(equal.found, "sum(a) differs in 0 of 2 groups");
  observation.aggregates.push_back({{"3"}, Value(int64_t{1}), std::nullopt});
  observation.aggregates.push_back({{"NULL"}, std::nullopt, Value(Null{})});
  const Result result = JudgedComparison(rule, observation);
  EXPECT_EQ(result.verdict, kFail);
  EXPECT_EQ(result.counters.groups_failing, 2);
  EXPECT_EQ(result.found,
            "sum(a) differs in 2 of 4 groups: (g = 3): 1 → no such group; "
            "(g = NULL): no such group → NULL");
  for (int i = 0; i < 9; ++i) {
    observation.aggregates.push_back({{"x"}, Value(int64_t{1}), std::nullopt});
  }
  EXPECT_THAT(JudgedComparison(rule, observation).found, HasSubstr("; …"));
}

TEST(CompareSchema, MismatchesFail) {
  ComparisonObservation observation;
  EXPECT_EQ(JudgedComparison("- schema", observation).verdict, kPass);
  observation.mismatches = {"a: only in the source", "b: text, not integer"};
  const Result result = JudgedComparison("- schema", observation);
  EXPECT_EQ(result.verdict, kFail);
  EXPECT_EQ(result.found, "a: only in the source; b: text, not integer");
  EXPECT_EQ(result.counters.groups_failing, 2);
  EXPECT_EQ(result.measures,
            (std::vector<Measure>{{"mismatch", "a: only in the source"},
                                  {"mismatch", "b: text, not integer"}}));
}

TEST(CompareForeignKey, Judges) {
  const std::string rule = "- foreign_key: {columns: a}\n";
  ComparisonObservation observation;
  observation.rows_considered = 1000;
  observation.rows_null = 5;
  observation.rows_failing = 0;
  EXPECT_EQ(JudgedComparison(rule, observation).verdict, kPass);
  observation.rows_failing = 2;
  observation.groups_failing = 1;
  const Result result = JudgedComparison(rule, observation);
  EXPECT_EQ(result.verdict, kFail);
  EXPECT_EQ(result.found, "2 of 1000 rows without parent (1 key)");
  EXPECT_EQ(result.counters.rows_total, 1005);
  EXPECT_EQ(JudgedComparison(rule + "  fail_above: 0.2%", observation).verdict,
            kPass);
  EXPECT_EQ(JudgedComparison(rule + "  fail_above: 0.1%", observation).verdict,
            kFail);
  // Every key is NULL; then no row at all.
  observation = ComparisonObservation{};
  observation.rows_considered = 0;
  observation.rows_null = 5;
  EXPECT_EQ(JudgedComparison(rule, observation).verdict, kWarn);
  observation.rows_null = 0;
  observation.rows_source = 0;
  observation.rows_target = 7;
  const Result empty = JudgedComparison(rule, observation);
  EXPECT_EQ(empty.verdict, kFail);
  EXPECT_TRUE(empty.empty);
  EXPECT_EQ(empty.found, "the source is empty: nothing refers");
}

}  // namespace
}  // namespace assay
