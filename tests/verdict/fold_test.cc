// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "rules/verdict/result.h"

namespace assay {
namespace {

Result Of(Verdict verdict) {
  Result result;
  result.verdict = verdict;
  return result;
}

Result Failure(bool confirmed, bool empty, bool rollback) {
  Result result = Of(Verdict::kFail);
  result.confirmed = confirmed;
  result.empty = empty;
  result.rollback = rollback;
  return result;
}

Result Error(bool retryable) {
  Result result = Of(Verdict::kError);
  result.error = ResultError{ErrorReason::kTransient, "x", retryable};
  return result;
}

// Every subset of verdicts, with both options and both ways to end.
TEST(FoldTest, MatrixOfVerdictsAndDecisions) {
  for (int mask = 0; mask < 64; ++mask) {
    const bool pass = mask & 1;
    const bool warn = mask & 2;
    const bool fail = mask & 4;
    const bool error = mask & 8;
    const bool fail_on_warn = mask & 16;
    const bool interrupted = mask & 32;
    SCOPED_TRACE(mask);
    std::vector<Result> results;
    if (pass) results.push_back(Of(Verdict::kPass));
    if (warn) results.push_back(Of(Verdict::kWarn));
    if (fail) results.push_back(Of(Verdict::kFail));
    if (error) results.push_back(Error(true));
    FoldOptions options;
    options.fail_on_warn = fail_on_warn;
    const Outcome outcome = Fold(results, options, interrupted);

    Verdict verdict = Verdict::kPass;
    if (warn) verdict = Verdict::kWarn;
    if (error || interrupted || results.empty()) verdict = Verdict::kError;
    if (fail || (warn && fail_on_warn)) verdict = Verdict::kFail;
    EXPECT_EQ(outcome.verdict, verdict);
    const bool proceed = verdict == Verdict::kPass || verdict == Verdict::kWarn;
    EXPECT_EQ(outcome.decision, proceed ? Decision::kProceed : Decision::kHold);
    EXPECT_EQ(outcome.counts, (VerdictCounts{pass, warn, fail, error}));
    EXPECT_EQ(outcome.retryable,
              verdict == Verdict::kError && (interrupted || !results.empty()));
  }
}

TEST(FoldTest, OnlyAConfirmedAskedForNonEmptyFailureRollsBack) {
  for (int mask = 0; mask < 64; ++mask) {
    const bool confirmed = mask & 1;
    const bool empty = mask & 2;
    const bool rollback = mask & 4;
    const bool interrupted = mask & 8;
    const bool error = mask & 16;
    const bool order = mask & 32;
    SCOPED_TRACE(mask);
    std::vector<Result> results = {Of(Verdict::kPass)};
    if (error) results.push_back(Error(false));
    results.insert(order ? results.begin() : results.end(),
                   Failure(confirmed, empty, rollback));
    const Outcome outcome = Fold(results, {}, interrupted);
    EXPECT_EQ(outcome.verdict, Verdict::kFail);
    const bool expected = confirmed && !empty && rollback && !interrupted;
    EXPECT_EQ(outcome.decision,
              expected ? Decision::kRollback : Decision::kHold);
    EXPECT_FALSE(outcome.retryable);
  }
}

TEST(FoldTest, TheThreeMarksMustMeetInOneResult) {
  const Outcome outcome =
      Fold({Failure(true, false, false), Failure(false, false, true),
            Failure(true, true, true)},
           {}, false);
  EXPECT_EQ(outcome.decision, Decision::kHold);
}

TEST(FoldTest, WarningCountedAsFailureNeverRollsBack) {
  Result warning = Of(Verdict::kWarn);
  warning.confirmed = true;
  warning.rollback = true;
  FoldOptions options;
  options.fail_on_warn = true;
  const Outcome outcome = Fold({warning}, options, false);
  EXPECT_EQ(outcome.verdict, Verdict::kFail);
  EXPECT_EQ(outcome.decision, Decision::kHold);
  EXPECT_EQ(outcome.counts.warn, 1);
}

TEST(FoldTest, RetryableOnlyWhereEveryErrorIs) {
  EXPECT_TRUE(Fold({Error(true), Error(true)}, {}, false).retryable);
  EXPECT_FALSE(Fold({Error(true), Error(false)}, {}, false).retryable);
  EXPECT_FALSE(Fold({Of(Verdict::kError)}, {}, false).retryable);
  EXPECT_FALSE(Fold({}, {}, false).retryable);
}

TEST(FoldTest, NothingEvaluatedAndNotJudgedAreErrors) {
  EXPECT_EQ(Fold({}, {}, false).verdict, Verdict::kError);
  const Outcome outcome =
      Fold({Of(Verdict::kPass), Of(Verdict::kUnspecified)}, {}, false);
  EXPECT_EQ(outcome.verdict, Verdict::kError);
  EXPECT_EQ(outcome.decision, Decision::kHold);
  EXPECT_EQ(outcome.counts.error, 1);
}

TEST(FoldTest, Names) {
  EXPECT_STREQ(VerdictName(Verdict::kFail), "FAIL");
  EXPECT_STREQ(VerdictName(Verdict::kUnspecified), "UNSPECIFIED");
  EXPECT_STREQ(DecisionName(Decision::kRollback), "ROLLBACK");
  EXPECT_STREQ(DecisionName(Decision::kUnspecified), "UNSPECIFIED");
}

}  // namespace
}  // namespace assay
