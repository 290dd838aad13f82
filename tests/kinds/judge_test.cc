// SPDX-License-Identifier: Apache-2.0
// Observation → verdict: thresholds, severity, on_empty.
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/kinds/rule_kind.h"
#include "tests/kinds/rules_of.h"

namespace assay {
namespace {

using Counts = std::vector<int64_t>;

constexpr auto kPass = Verdict::kPass;
constexpr auto kWarn = Verdict::kWarn;
constexpr auto kFail = Verdict::kFail;

Result Judge(const std::string& rule_text, const Observation& observation,
             bool table_rows_exist = true) {
  const Rule rule = OneRule(rule_text);
  const auto plan = CompileRule(rule, {}, absl::FromUnixSeconds(1));
  EXPECT_TRUE(plan.ok()) << plan.status();
  Result result;
  if (!plan.ok()) return result;
  JudgeRule(rule, {}, absl::FromUnixSeconds(1), *plan, observation,
            table_rows_exist, result);
  return result;
}

Observation Measures(const Counts& counts) {
  Observation out;
  for (const int64_t count : counts) out.measures.emplace_back(count);
  return out;
}

// `range` with `keys` below it, after rows, values, failing.
Result JudgeRange(const std::string& keys, int64_t rows, int64_t values,
                  int64_t failing, bool table_rows_exist = true) {
  return Judge("- range: {column: a, min: 0}\n" + keys,
               Measures({rows, values, failing}), table_rows_exist);
}

struct ThresholdCase {
  const char* keys;
  int64_t values;
  int64_t failing;
  Verdict verdict;
};

TEST(Thresholds, AreExact) {
  const ThresholdCase cases[] = {
      // Without a threshold one row is enough.
      {"", 1000, 0, kPass},
      {"", 1000, 1, kFail},
      // "Above": the threshold itself is still allowed.
      {"  fail_above: 0", 1000, 0, kPass},
      {"  fail_above: 0", 1000, 1, kFail},
      {"  fail_above: 5", 1000, 4, kPass},
      {"  fail_above: 5", 1000, 5, kPass},
      {"  fail_above: 5", 1000, 6, kFail},
      {"  fail_above: 0.1%", 1000, 1, kPass},
      {"  fail_above: 0.1%", 999, 1, kFail},
      {"  fail_above: 0.1%", 1001, 1, kPass},
      {"  fail_above: 0.1%", 1000, 2, kFail},
      {"  fail_above: 0%", 1000, 0, kPass},
      {"  fail_above: 0%", 1000, 1, kFail},
      {"  fail_above: 100%", 1000, 1000, kPass},
      {"  fail_above: 33.3333333333333333%", 3, 1, kFail},
      {"  fail_above: 33.3333333333333334%", 3, 1, kPass},
      // 7 of 100 in doubles is 7.000000000000001 %.
      {"  fail_above: 7%", 100, 7, kPass},
      {"  fail_above: 0.07%", 10000, 7, kPass},
      {"  fail_above: 0.29%", 10000, 29, kPass},
      // Only warn_above: it never fails.
      {"  warn_above: 0", 1000, 0, kPass},
      {"  warn_above: 0", 1000, 1, kWarn},
      {"  warn_above: 0", 1000, 1000, kWarn},
      {"  warn_above: 1%", 1000, 10, kPass},
      {"  warn_above: 1%", 1000, 11, kWarn},
      // Bands.
      {"  warn_above: 2\n  fail_above: 5", 1000, 2, kPass},
      {"  warn_above: 2\n  fail_above: 5", 1000, 3, kWarn},
      {"  warn_above: 2\n  fail_above: 5", 1000, 5, kWarn},
      {"  warn_above: 2\n  fail_above: 5", 1000, 6, kFail},
      {"  warn_above: 0\n  fail_above: 0.1%", 10000, 0, kPass},
      {"  warn_above: 0\n  fail_above: 0.1%", 10000, 10, kWarn},
      {"  warn_above: 0\n  fail_above: 0.1%", 10000, 11, kFail},
      // severity: warn never fails.
      {"  severity: warn", 1000, 1, kWarn},
      {"  severity: warn", 1000, 0, kPass},
      {"  severity: warn\n  fail_above: 5", 1000, 5, kPass},
      {"  severity: warn\n  fail_above: 5", 1000, 6, kWarn},
  };
  for (const ThresholdCase& c : cases) {
    EXPECT_EQ(JudgeRange(c.keys, c.values, c.values, c.failing).verdict,
              c.verdict)
        << c.keys << ": " << c.failing << " of " << c.values;
  }
}

TEST(Thresholds, SurviveHugeCounts) {
  constexpr int64_t kHuge = int64_t{1} << 62;
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  // 50% of 2^62, exactly and one more; count · 100 overflows int64.
  EXPECT_EQ(JudgeRange("  fail_above: 50%", kHuge, kHuge, kHuge / 2).verdict,
            kPass);
  EXPECT_EQ(
      JudgeRange("  fail_above: 50%", kHuge, kHuge, kHuge / 2 + 1).verdict,
      kFail);
  EXPECT_EQ(JudgeRange("  fail_above: 100%", kMax, kMax, kMax).verdict, kPass);
  EXPECT_EQ(JudgeRange("  fail_above: 99.999999999999999999%", kMax, kMax, kMax)
                .verdict,
            kFail);
  EXPECT_EQ(JudgeRange("  fail_above: 4611686018427387904", kMax, kMax, kHuge)
                .verdict,
            kPass);
  EXPECT_EQ(JudgeRange("  fail_above: 4611686018427387903", kMax, kMax, kHuge)
                .verdict,
            kFail);
}

// count ≤ denominator · p%, for every small count, against integer arithmetic.
TEST(Thresholds, AgreeWithIntegers) {
  for (int permille = 0; permille <= 1000; permille += 37) {
    const std::string keys =
        absl::StrCat("  fail_above: ", permille / 10, ".", permille % 10, "%");
    for (int64_t rows = 1; rows <= 40; rows += 3) {
      for (int64_t failing = 0; failing <= rows; ++failing) {
        EXPECT_EQ(JudgeRange(keys, rows, rows, failing).verdict == kFail,
                  failing * 1000 > rows * permille)
            << keys << failing << "/" << rows;
      }
    }
  }
}

TEST(Thresholds, DivideByWhatWasJudged) {
  // 10 of 1000 values is 1%; 10 of 10000 rows would be 0.1%.
  EXPECT_EQ(JudgeRange("  fail_above: 0.5%", 10000, 1000, 10).verdict, kFail);
  EXPECT_EQ(JudgeRange("  fail_above: 1%", 10000, 1000, 10).verdict, kPass);
}

TEST(Thresholds, AreShown) {
  EXPECT_EQ(JudgeRange("", 9, 9, 0).threshold, "fail above 0 values outside");
  EXPECT_EQ(JudgeRange("  fail_above: 0.10%", 9, 9, 0).threshold,
            "fail above 0.1% values outside of rows with a value");
  EXPECT_EQ(JudgeRange("  warn_above: 2\n  fail_above: 5", 9, 9, 0).threshold,
            "warn above 2, fail above 5 values outside");
  EXPECT_EQ(JudgeRange("  warn_above: 2", 9, 9, 0).threshold,
            "warn above 2 values outside");
}

struct EmptyCase {
  const char* keys;
  int64_t rows;
  int64_t values;
  bool table_rows_exist;
  Verdict verdict;
  const char* found;
};

TEST(OnEmpty, IsNeverAQuietPass) {
  constexpr char kEmpty[] = "the table is empty";
  constexpr char kFiltered[] = "no row matches the where clause";
  constexpr char kNulls[] = "every value is NULL: nothing to judge";
  const EmptyCase cases[] = {
      {"", 0, 0, false, kFail, kEmpty},
      {"", 0, 0, true, kWarn, kFiltered},
      {"", 5, 0, true, kWarn, kNulls},
      {"  on_empty: pass", 0, 0, false, kPass, kEmpty},
      {"  on_empty: pass", 0, 0, true, kPass, kFiltered},
      {"  on_empty: pass", 5, 0, true, kPass, kNulls},
      {"  on_empty: warn", 0, 0, false, kWarn, kEmpty},
      {"  on_empty: fail", 0, 0, true, kFail, kFiltered},
      {"  on_empty: fail", 5, 0, true, kFail, kNulls},
      // No threshold excuses an empty table, but severity does.
      {"  fail_above: 100%", 0, 0, false, kFail, kEmpty},
      {"  warn_above: 5", 0, 0, false, kFail, kEmpty},
      {"  severity: warn", 0, 0, false, kWarn, kEmpty},
      {"  severity: warn\n  on_empty: fail", 5, 0, true, kWarn, kNulls},
  };
  for (const EmptyCase& c : cases) {
    const Result result =
        JudgeRange(c.keys, c.rows, c.values, 0, c.table_rows_exist);
    EXPECT_EQ(result.verdict, c.verdict) << c.keys << c.found;
    EXPECT_EQ(result.found, c.found) << c.keys;
    EXPECT_TRUE(result.empty);
  }
  EXPECT_FALSE(JudgeRange("", 5, 1, 0).empty);
}

TEST(OnEmpty, OfEachKind) {
  // row_count and schema judge emptiness themselves.
  EXPECT_EQ(Judge("- row_count: 0", Measures({0}), false).verdict, kPass);
  EXPECT_EQ(Judge("- row_count: {min: 1}", Measures({0}), false).verdict,
            kFail);
  Observation schema;
  EXPECT_EQ(Judge("- schema: {absent: [z]}", schema, false).verdict, kPass);
  schema.mismatches = {"column z is still there"};
  const Result mismatch = Judge("- schema: {absent: [z]}", schema, false);
  EXPECT_EQ(mismatch.verdict, kFail);
  EXPECT_EQ(mismatch.found, "column z is still there");
  // A count of no values is 0, a number; a maximum of none is nothing.
  EXPECT_EQ(Judge("- aggregate: {function: count, column: a, equals: 0}",
                  Measures({5, 0, 0}))
                .verdict,
            kPass);
  Observation nothing = Measures({5, 0});
  nothing.measures.emplace_back(Null{});
  nothing.measures.emplace_back(int64_t{0});
  EXPECT_EQ(
      Judge("- aggregate: {function: max, column: a, min: 0}", nothing).verdict,
      kWarn);
  // All rows NULL: not_null has judged every one of them.
  EXPECT_EQ(Judge("- not_null: a", Measures({5, 0})).verdict, kFail);
  EXPECT_FALSE(Judge("- not_null: a", Measures({5, 0})).empty);
}

TEST(Counters, OfNotNull) {
  const Result one = Judge("- not_null: a", Measures({10, 7}));
  EXPECT_EQ(one.counters.rows_total, 10);
  EXPECT_EQ(one.counters.rows_considered, 10);
  EXPECT_EQ(one.counters.rows_failing, 3);
  EXPECT_EQ(one.found, "3 of 10 rows NULL");
  const Result two = Judge("- not_null: [a, b]", Measures({10, 4, 3, 2}));
  EXPECT_EQ(two.counters.rows_failing, 4);
  EXPECT_THAT(two.measures, testing::ElementsAre(Measure{"a NULL", "3"},
                                                 Measure{"b NULL", "2"}));
}

TEST(Counters, OfUniqueAndForeignKey) {
  Observation unique = Measures({11, 9});
  unique.groups_failing = 1;
  unique.rows_failing = 3;
  const Result duplicates = Judge("- unique: [a, b]", unique);
  EXPECT_EQ(duplicates.verdict, kFail);
  EXPECT_EQ(duplicates.counters.rows_considered, 9);
  EXPECT_EQ(duplicates.counters.rows_null, 2);
  EXPECT_EQ(duplicates.counters.rows_failing, 3);
  EXPECT_EQ(duplicates.counters.groups_failing, 1);

  Observation orphans = Measures({5, 4});
  orphans.rows_failing = 1;
  const Result ignored =
      Judge("- foreign_key: {columns: a, table: p}", orphans);
  EXPECT_EQ(ignored.counters.rows_considered, 4);
  EXPECT_EQ(ignored.counters.rows_failing, 1);
  const Result failed =
      Judge("- foreign_key: {columns: a, table: p, nulls: fail}", orphans);
  EXPECT_EQ(failed.counters.rows_considered, 5);
  EXPECT_EQ(failed.counters.rows_failing, 2);
}

TEST(Enum, AnAbsentValueIsExcusedByNoThreshold) {
  const std::string rule =
      "- enum: {column: a, values: [x, y], complete: true}\n";
  EXPECT_EQ(Judge(rule, Measures({9, 9, 0, 5, 4})).verdict, kPass);
  const Result absent =
      Judge(rule + "  fail_above: 100%", Measures({9, 9, 0, 9, 0}));
  EXPECT_EQ(absent.verdict, kFail);
  EXPECT_EQ(absent.counters.groups_failing, 1);
  EXPECT_THAT(absent.found, testing::HasSubstr("never found: y"));
}

TEST(Freshness, TheFutureFails) {
  const std::string rule = "- freshness: {column: a, max_age: 1h}";
  // rows, values, latest, fresh, future, future or no time
  const auto observe = [](int64_t fresh, int64_t future, int64_t failing) {
    Observation out = Measures({9, 9});
    out.measures.emplace_back(Timestamp{0, true});
    for (const int64_t n : {fresh, future, failing})
      out.measures.emplace_back(n);
    return out;
  };
  EXPECT_EQ(Judge(rule, observe(1, 0, 0)).verdict, kPass);
  EXPECT_EQ(Judge(rule, observe(0, 0, 0)).verdict, kFail);
  EXPECT_EQ(Judge(rule, observe(1, 1, 1)).verdict, kFail);
  EXPECT_EQ(Judge(rule, observe(1, 0, 1)).verdict, kFail);
  const Result both = Judge(rule, observe(1, 2, 3));
  EXPECT_EQ(both.counters.rows_failing, 3);
  EXPECT_THAT(both.found,
              testing::HasSubstr("2 of 9 rows in the future; 1 of"));
}

TEST(Aggregate, ComputesTheMeanItself) {
  const std::string rule =
      "- aggregate: {function: avg, column: a, equals: 24}";
  Observation sum = Measures({6, 5, 120, 0});
  EXPECT_EQ(Judge(rule, sum).verdict, kPass);
  // Exact sums come as text from some drivers.
  sum.measures[2] = Value(std::string("120.0000"));
  EXPECT_EQ(Judge(rule, sum).verdict, kPass);
  sum.measures[2] = *ParseDecimal("120.0000000000000001");
  EXPECT_EQ(Judge(rule, sum).verdict, kFail);
  // SQLite takes text for 0: the sum is about other data.
  sum = Measures({6, 5, 120, 1});
  const Result wrong = Judge(rule, sum);
  EXPECT_EQ(wrong.verdict, kFail);
  EXPECT_EQ(wrong.counters.rows_failing, 1);
  sum = Measures({6, 5, 120, 0});
  sum.measures[2] = Value(std::string("NaN"));
  EXPECT_EQ(
      Judge("- aggregate: {function: sum, column: a, min: -1e9}", sum).verdict,
      kFail);
}

TEST(Query, JudgesItsShape) {
  Observation rows = Measures({5});
  rows.rows_failing = 3;
  EXPECT_EQ(Judge("- query: select 1", rows).verdict, kFail);
  EXPECT_EQ(Judge("- query: select 1\n  fail_above: 3", rows).verdict, kPass);
  EXPECT_EQ(Judge("- query: select 1\n  fail_above: 2", rows).verdict, kFail);
  EXPECT_EQ(Judge("- query: {sql: select 1, expect: rows}", rows).verdict,
            kPass);
  rows.rows_failing = 0;
  EXPECT_EQ(Judge("- query: {sql: select 1, expect: rows}", rows).verdict,
            kFail);
  const std::string value = "- query: {sql: select 1, expect: value, max: 5}";
  for (const Value& cell :
       {Value(int64_t{5}), Value(std::string("4.5")), Value(-1e9)}) {
    Observation one = Measures({5});
    one.scalar = cell;
    EXPECT_EQ(Judge(value, one).verdict, kPass) << ToText(cell);
  }
  for (const Value& cell :
       {Value(Null{}), Value(std::string("many")), Value(true)}) {
    Observation one = Measures({5});
    one.scalar = cell;
    const Result result = Judge(value, one);
    EXPECT_EQ(result.verdict, Verdict::kError) << ToText(cell);
    ASSERT_TRUE(result.error.has_value());
    EXPECT_EQ(result.error->reason, ErrorReason::kSqlError);
    EXPECT_FALSE(result.error->retryable);
  }
}

TEST(Query, WhatItFoundStandsBesideAnEmptyTable) {
  Observation rows = Measures({0});
  rows.rows_failing = 3;
  for (const char* on_empty : {"pass", "warn", "fail"}) {
    const Result result =
        Judge(std::string("- query: select 1\n  on_empty: ") + on_empty, rows);
    EXPECT_EQ(result.verdict, kFail) << on_empty;
    EXPECT_FALSE(result.empty);
  }
  EXPECT_EQ(Judge("- query: select 1\n  warn_above: 2\n  on_empty: pass", rows)
                .verdict,
            Verdict::kWarn);
  rows.rows_failing = 0;
  EXPECT_EQ(Judge("- query: select 1", rows).verdict, Verdict::kWarn);
  EXPECT_EQ(Judge("- query: select 1\n  on_empty: fail", rows).verdict, kFail);
  EXPECT_EQ(Judge("- query: select 1\n  on_empty: pass", rows).verdict, kPass);
}

TEST(Aggregate, ANullOfValuesIsNoAnswer) {
  Observation nan = Measures({3, 3});
  nan.measures.emplace_back(Null{});
  nan.measures.emplace_back(int64_t{0});
  const std::string sum =
      "- aggregate: {function: sum, column: a, min: 0}\n  on_empty: pass";
  EXPECT_EQ(Judge(sum, nan).verdict, kFail);
  nan.measures[1] = int64_t{0};
  EXPECT_EQ(Judge(sum, nan).verdict, kPass);
  nan.measures[1] = int64_t{1};
  EXPECT_EQ(Judge("- aggregate: {function: stddev, column: a, max: 1}\n"
                  "  on_empty: pass",
                  nan)
                .verdict,
            kPass)
      << "one value has no deviation";
}

TEST(CountOf, TakesWhatDriversSend) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(CountOf(Value(int64_t{12})), 12);
  EXPECT_EQ(CountOf(Value(Null{})), 0);
  EXPECT_EQ(CountOf(*ParseDecimal("12")), 12);
  EXPECT_EQ(CountOf(*ParseDecimal("12.0")), 12);
  EXPECT_EQ(CountOf(*ParseDecimal("999999999999999999")), 999999999999999999);
  // 19 digits, all of them: 2^62.
  EXPECT_EQ(CountOf(*ParseDecimal("4611686018427387904")), int64_t{1} << 62);
  EXPECT_EQ(CountOf(*ParseDecimal("9223372036854775807")), kMax);
  EXPECT_EQ(CountOf(*ParseDecimal("9223372036854775808")), kMax);
  EXPECT_EQ(CountOf(Value(std::string("4611686018427387904"))),
            int64_t{1} << 62);
  EXPECT_EQ(CountOf(Value(3.0)), 3);
}

}  // namespace
}  // namespace assay
