// SPDX-License-Identifier: Apache-2.0
// Observation → verdict for comparisons.
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
using ::testing::IsEmpty;
using ::testing::Not;

constexpr auto kPass = Verdict::kPass;
constexpr auto kWarn = Verdict::kWarn;
constexpr auto kFail = Verdict::kFail;
constexpr auto kError = Verdict::kError;

ComparisonObservation Rows(int64_t source, int64_t target) {
  ComparisonObservation out;
  out.rows_source = source;
  out.rows_target = target;
  return out;
}

DiffCounts Counts(int64_t keys) {
  DiffCounts diff;
  diff.rows_source = diff.rows_target = diff.keys = keys;
  return diff;
}

Result JudgeDiffOf(const DiffCounts& diff, const std::string& keys = "") {
  ComparisonObservation observation;
  observation.diff = diff;
  return JudgedComparison("- full_diff: {}\n" + keys, observation);
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

TEST(FullDiff, CountsAndExplains) {
  const Result equal = JudgeDiffOf(Counts(16049));
  EXPECT_EQ(equal.verdict, kPass);
  EXPECT_EQ(equal.found, "no difference of 16049 keys");
  DiffCounts diff = Counts(16049);
  diff.missing = 3;
  diff.extra = 1;
  diff.changed = 603;
  diff.columns = {
      {"district", "", 603}, {"b", "", 3}, {"c", "", 2}, {"d", "", 1}};
  diff.causes = {{"district", "trailing blanks", 600}, {"district", "case", 3}};
  diff.explained = 603;
  const Result result = JudgeDiffOf(diff);
  EXPECT_EQ(result.verdict, kFail);
  EXPECT_EQ(result.found,
            "3 missing, 1 extra, 603 changed of 16049 keys; district: 603 "
            "(trailing blanks: 600), b: 3, c: 2, 1 more");
  EXPECT_EQ(result.counters.rows_considered, 16049);
  EXPECT_EQ(result.counters.rows_failing, 607);
  EXPECT_EQ(result.threshold, "fail above 0 differing rows");
  ASSERT_TRUE(result.diff.has_value());
  EXPECT_EQ(*result.diff, diff);
}

TEST(FullDiff, EveryFailingCounterFails) {
  int64_t DiffCounts::*const counters[] = {
      &DiffCounts::missing,
      &DiffCounts::extra,
      &DiffCounts::changed,
      &DiffCounts::duplicate_keys_source,
      &DiffCounts::duplicate_keys_target,
      &DiffCounts::null_keys_source,
      &DiffCounts::null_keys_target,
  };
  for (const auto counter : counters) {
    DiffCounts diff = Counts(1000);
    diff.*counter = 2;
    const Result result = JudgeDiffOf(diff);
    EXPECT_EQ(result.verdict, kFail);
    EXPECT_EQ(result.counters.rows_failing, 2);
    EXPECT_THAT(result.found, HasSubstr("2 "));
    EXPECT_EQ(JudgeDiffOf(diff, "  fail_above: 2").verdict, kPass);
    EXPECT_EQ(JudgeDiffOf(diff, "  fail_above: 1").verdict, kFail);
    EXPECT_EQ(JudgeDiffOf(diff, "  fail_above: 0.2%").verdict, kPass);
    EXPECT_EQ(JudgeDiffOf(diff, "  fail_above: 0.19%").verdict, kFail);
    EXPECT_EQ(JudgeDiffOf(diff, "  warn_above: 0").verdict, kWarn);
    EXPECT_EQ(JudgeDiffOf(diff, "  severity: warn").verdict, kWarn);
  }
  DiffCounts diff = Counts(5);
  diff.duplicate_keys_target = 1;
  diff.null_keys_source = 1;
  EXPECT_EQ(JudgeDiffOf(diff).found,
            "no difference of 5 keys; 1 key of the target with more than one "
            "row; 1 row of the source with NULL in the key");
  EXPECT_EQ(JudgeDiffOf(diff).counters.rows_null, 1);
  EXPECT_EQ(JudgeDiffOf(diff).counters.groups_failing, 1);
}

TEST(FullDiff, AcceptedAndSettledAreShown) {
  DiffCounts diff = Counts(10);
  diff.accepted = 4;
  diff.settled = 2;
  const Result result = JudgeDiffOf(diff);
  EXPECT_EQ(result.verdict, kPass);
  EXPECT_EQ(result.found,
            "no difference of 10 keys; 4 known and accepted; 2 equal when read "
            "again");
}

TEST(FullDiff, ColumnsOfOneSideFailWhateverTheThresholds) {
  DiffCounts diff = Counts(10);
  diff.source_only_columns = {"a"};
  diff.target_only_columns = {"b", "c"};
  for (const char* keys :
       {"", "  fail_above: 100%", "  fail_above: 1000", "  on_empty: pass"}) {
    const Result result = JudgeDiffOf(diff, keys);
    EXPECT_EQ(result.verdict, kFail) << keys;
    EXPECT_THAT(result.found,
                HasSubstr("only in the source: a; only in the target: b, c "
                          "(name them in columns.except, or map them)"));
  }
  // Also where the sides are empty, or not everything was seen.
  diff.rows_source = diff.rows_target = diff.keys = 0;
  EXPECT_EQ(JudgeDiffOf(diff, "  on_empty: pass").verdict, kFail);
  diff.complete = false;
  EXPECT_EQ(JudgeDiffOf(diff).verdict, kFail);
  EXPECT_EQ(JudgeDiffOf(diff, "  severity: warn").verdict, kWarn);
}

struct PartCase {
  const char* keys;
  int64_t changed;
  Verdict incomplete, unstable;
};

TEST(FullDiff, APartNeverPasses) {
  const PartCase cases[] = {
      {"", 0, kError, kError},
      {"", 1, kFail, kFail},
      {"  fail_above: 5", 5, kError, kError},
      {"  fail_above: 5", 6, kFail, kFail},
      // The share of all keys is known only where all were seen.
      {"  fail_above: 1%", 999, kError, kFail},
      {"  fail_above: 1%", 0, kError, kError},
      {"  warn_above: 0", 5, kError, kError},
      {"  severity: warn", 5, kWarn, kWarn},
      {"  severity: warn", 0, kError, kError},
      {"  on_empty: pass", 0, kError, kError},
  };
  for (const PartCase& c : cases) {
    DiffCounts diff = Counts(1000);
    diff.changed = c.changed;
    diff.complete = false;
    diff.incomplete_because = "max_rows: 5 was reached";
    const Result incomplete = JudgeDiffOf(diff, c.keys);
    EXPECT_EQ(incomplete.verdict, c.incomplete) << c.keys << c.changed;
    EXPECT_THAT(incomplete.found, HasSubstr("max_rows: 5 was reached"));
    EXPECT_EQ(incomplete.error.has_value(), c.incomplete == kError);
    if (incomplete.error.has_value()) {
      EXPECT_EQ(incomplete.error->reason, ErrorReason::kBudgetReached);
      EXPECT_THAT(incomplete.error->message, HasSubstr("max_rows: 5"));
    }
    diff.complete = true;
    diff.unstable = 3;
    const Result unstable = JudgeDiffOf(diff, c.keys);
    EXPECT_EQ(unstable.verdict, c.unstable) << c.keys << c.changed;
    if (unstable.error.has_value()) {
      EXPECT_EQ(unstable.error->reason, ErrorReason::kUnstable);
      EXPECT_EQ(unstable.error->retryable,
                GetErrorReasonInfo(ErrorReason::kUnstable).retryable);
    }
  }
  // Nothing was read before the limit: not an empty table.
  DiffCounts none;
  none.complete = false;
  EXPECT_EQ(JudgeDiffOf(none, "  on_empty: pass").verdict, kError);
}

TEST(FullDiff, NothingComparedIsNoQuietPass) {
  const Result empty = JudgeDiffOf(DiffCounts{});
  EXPECT_EQ(empty.verdict, kFail);
  EXPECT_EQ(empty.found, "both sides are empty");
  EXPECT_EQ(JudgeDiffOf(DiffCounts{}, "  on_empty: pass").verdict, kPass);
  // One side empty is a difference like any other.
  DiffCounts one = Counts(5);
  one.rows_target = 0;
  one.missing = 5;
  EXPECT_EQ(JudgeDiffOf(one, "  on_empty: pass").verdict, kFail);
  // Rows, and no key of them looked at.
  DiffCounts no_key = Counts(5);
  no_key.keys = 0;
  EXPECT_EQ(JudgeDiffOf(no_key).verdict, kWarn);
  EXPECT_TRUE(JudgeDiffOf(no_key).empty);
  // Everything excepted but the key.
  ComparisonObservation observation;
  observation.diff = Counts(5);
  observation.columns_compared = 0;
  const Result bare = JudgedComparison("- full_diff", observation);
  EXPECT_EQ(bare.verdict, kWarn);
  EXPECT_THAT(bare.found, HasSubstr("no column was compared beside the key"));
  observation.diff->missing = 1;
  EXPECT_EQ(JudgedComparison("- full_diff", observation).verdict, kFail);
  observation.diff.reset();
  EXPECT_EQ(JudgedComparison("- full_diff", observation).verdict, kError);
}

std::string ConfidenceOf(const ComparisonObservation& observation) {
  for (const Measure& measure :
       JudgedComparison("- sample_diff: 1000", observation).measures) {
    if (measure.name == "confidence") return measure.value;
  }
  return "";
}

TEST(SampleDiff, BoundsOnlyAUniformDrawWithoutDifference) {
  ComparisonObservation observation;
  observation.diff = Counts(1002);
  EXPECT_THAT(ConfidenceOf(observation), IsEmpty());
  observation.drawn = 1000;
  observation.drawn_differing = 0;
  EXPECT_EQ(ConfidenceOf(observation),
            "with 95 % confidence fewer than 0.3 % of the keys differ");
  EXPECT_EQ(JudgedComparison("- sample_diff: 1000", observation).verdict,
            kPass);
  const std::pair<int64_t, const char*> draws[] = {{1, " 95 %"},
                                                   {10, " 26 %"},
                                                   {100, " 3 %"},
                                                   {299, " 1 %"},
                                                   {1000000, " 0.0003 %"}};
  for (const auto& [drawn, share] : draws) {
    observation.drawn = drawn;
    EXPECT_THAT(ConfidenceOf(observation), HasSubstr(share)) << drawn;
  }
  observation.drawn = 1000;
  observation.diff->accepted = 1;
  EXPECT_THAT(ConfidenceOf(observation), HasSubstr("beyond what is accepted"));
  // An edge that differs says nothing against the draw.
  observation.diff->changed = 1;
  EXPECT_THAT(ConfidenceOf(observation), Not(IsEmpty()));
  observation.drawn_differing = 1;
  EXPECT_THAT(ConfidenceOf(observation), IsEmpty());
  observation.drawn_differing.reset();
  EXPECT_THAT(ConfidenceOf(observation), IsEmpty());
  observation.drawn_differing = 0;
  observation.diff->unstable = 1;
  EXPECT_THAT(ConfidenceOf(observation), IsEmpty());
  observation.diff->unstable = 0;
  observation.diff->complete = false;
  EXPECT_THAT(ConfidenceOf(observation), IsEmpty());
}

}  // namespace
}  // namespace assay
