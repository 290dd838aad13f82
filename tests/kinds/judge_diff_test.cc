// SPDX-License-Identifier: Apache-2.0
// DiffCounts → verdict: full_diff and sample_diff.
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
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
                          "(map them, or leave them out with columns.except "
                          "or columns.only)"));
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
    // Nothing moves, and no further reading helps.
    diff.lost = 2;
    const Result lost = JudgeDiffOf(diff, c.keys);
    EXPECT_EQ(lost.verdict, c.unstable) << c.keys << c.changed;
    EXPECT_THAT(lost.found, HasSubstr("2 not found again by the key"));
    if (lost.error.has_value()) {
      EXPECT_EQ(lost.error->reason, ErrorReason::kNotComparable);
      EXPECT_FALSE(lost.error->retryable);
      EXPECT_THAT(lost.error->message,
                  HasSubstr("2 rows were not found again by the key"));
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
