// SPDX-License-Identifier: Apache-2.0
#include "validator/report/outcome.h"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

v1::Run MakeRun(int state, int verdict, int decision) {
  v1::Run run;
  run.set_run_id("r1");
  run.set_state(static_cast<v1::Run::State>(state));
  run.set_verdict(static_cast<v1::Verdict>(verdict));
  run.set_decision(static_cast<v1::Decision>(decision));
  v1::VerdictCounts& counts = *run.mutable_counts();
  counts.set_pass_count(3);
  if (verdict == v1::VERDICT_WARN) counts.set_warn_count(1);
  if (verdict == v1::VERDICT_FAIL) counts.set_fail_count(1);
  if (verdict == v1::VERDICT_ERROR) counts.set_error_count(1);
  return run;
}

// Every value that the enums have, and two that they do not.
constexpr int kStates[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 99};
constexpr int kVerdicts[] = {0, 1, 2, 3, 4, 5, 99};
constexpr int kDecisions[] = {0, 1, 2, 3, 4, 99};

TEST(JudgeTest, OnlyFullAgreementProceedsOrRollsBack) {
  for (int state : kStates) {
    for (int verdict : kVerdicts) {
      for (int decision : kDecisions) {
        SCOPED_TRACE(testing::Message() << "state " << state << " verdict "
                                        << verdict << " decision " << decision);
        const Outcome outcome = Judge(MakeRun(state, verdict, decision));
        const bool proceeds =
            state == v1::Run::SUCCEEDED && decision == v1::DECISION_PROCEED &&
            (verdict == v1::VERDICT_PASS || verdict == v1::VERDICT_WARN);
        const bool rolls_back = state == v1::Run::SUCCEEDED &&
                                decision == v1::DECISION_ROLLBACK &&
                                verdict == v1::VERDICT_FAIL;
        EXPECT_EQ(outcome.decision == v1::DECISION_PROCEED, proceeds);
        EXPECT_EQ(outcome.exit_code == kExitProceed, proceeds);
        EXPECT_EQ(outcome.decision == v1::DECISION_ROLLBACK, rolls_back);
        EXPECT_EQ(outcome.exit_code == kExitRollback, rolls_back);
        if (!proceeds && !rolls_back) {
          EXPECT_EQ(outcome.decision, v1::DECISION_HOLD);
        }
        EXPECT_EQ(outcome.terminal, state >= 5 && state <= 7);
      }
    }
  }
}

TEST(JudgeTest, ExitCodesOfTheContract) {
  v1::Run run =
      MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_FAIL, v1::DECISION_HOLD);
  EXPECT_EQ(Judge(run).exit_code, 1);
  run.set_decision(v1::DECISION_ROLLBACK);
  EXPECT_EQ(Judge(run).exit_code, 4);
  run = MakeRun(v1::Run::FAILED, v1::VERDICT_ERROR, v1::DECISION_HOLD);
  EXPECT_EQ(Judge(run).exit_code, 5);
  run.set_retryable(true);
  EXPECT_EQ(Judge(run).exit_code, 3);
  EXPECT_EQ(Judge(run).contradiction, "");
  run.set_state(v1::Run::CANCELLED);
  EXPECT_EQ(Judge(run).exit_code, 3);
}

TEST(JudgeTest, FailOnWarnHoldsWhateverTheServerSays) {
  v1::Run run =
      MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_WARN, v1::DECISION_PROCEED);
  EXPECT_EQ(Judge(run).exit_code, 0);
  EXPECT_EQ(Judge(run, true).exit_code, 1);
  EXPECT_EQ(Judge(run, true).decision, v1::DECISION_HOLD);
  run.set_decision(v1::DECISION_HOLD);
  EXPECT_EQ(Judge(run).exit_code, 1);
  EXPECT_EQ(Judge(run).verdict, v1::VERDICT_WARN);
}

TEST(JudgeTest, ResultsThatAreWorseThanTheVerdictHold) {
  v1::Run run =
      MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_PASS, v1::DECISION_PROCEED);
  EXPECT_EQ(Judge(run).exit_code, 0);
  v1::RuleResult& result = *run.add_results();
  result.set_verdict(v1::VERDICT_PASS);
  EXPECT_EQ(Judge(run).exit_code, 0);
  result.set_verdict(static_cast<v1::Verdict>(17));
  EXPECT_EQ(Judge(run).exit_code, 5);
  run.clear_results();
  run.mutable_counts()->set_fail_count(1);
  EXPECT_EQ(Judge(run).decision, v1::DECISION_HOLD);
  EXPECT_NE(Judge(run).contradiction, "");
}

TEST(JudgeTest, NothingEvaluatedIsNoPass) {
  v1::Run run =
      MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_PASS, v1::DECISION_PROCEED);
  run.clear_counts();
  EXPECT_EQ(Judge(run).decision, v1::DECISION_HOLD);
  EXPECT_EQ(Judge(run).verdict, v1::VERDICT_ERROR);
}

TEST(JudgeTest, AnErrorBesideAPassHolds) {
  v1::Run run =
      MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_PASS, v1::DECISION_PROCEED);
  run.mutable_error()->set_reason("INTERNAL");
  EXPECT_EQ(Judge(run).decision, v1::DECISION_HOLD);
}

TEST(JudgeTest, AFailProceedsOnlyByANamedRelease) {
  const auto released = [](v1::Run run) {
    v1::Release& release = *run.mutable_release();
    release.set_principal("ops");
    release.set_reason("known");
    release.mutable_release_time()->set_seconds(1);
    return run;
  };
  const v1::Run good = released(
      MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_FAIL, v1::DECISION_PROCEED));
  EXPECT_EQ(Judge(good).decision, v1::DECISION_PROCEED);
  EXPECT_EQ(Judge(good).exit_code, 0);
  EXPECT_EQ(Judge(good).verdict, v1::VERDICT_FAIL);
  EXPECT_EQ(Judge(good).contradiction, "");
  for (int part = 0; part < 3; ++part) {
    v1::Run run = good;
    if (part == 0) run.mutable_release()->clear_principal();
    if (part == 1) run.mutable_release()->clear_reason();
    if (part == 2) run.mutable_release()->clear_release_time();
    EXPECT_EQ(Judge(run).decision, v1::DECISION_HOLD) << part;
    EXPECT_EQ(Judge(run).exit_code, 1) << part;
    EXPECT_NE(Judge(run).contradiction, "") << part;
  }
  v1::Run error = good;
  error.mutable_error()->set_reason("INTERNAL");
  EXPECT_EQ(Judge(error).decision, v1::DECISION_HOLD);
  // Whatever else a release stands beside, it does not make it proceed.
  for (int state : kStates) {
    for (int verdict : kVerdicts) {
      for (int decision : kDecisions) {
        const bool proceeds =
            state == v1::Run::SUCCEEDED && decision == v1::DECISION_PROCEED &&
            (verdict == v1::VERDICT_PASS || verdict == v1::VERDICT_WARN ||
             verdict == v1::VERDICT_FAIL);
        EXPECT_EQ(Judge(released(MakeRun(state, verdict, decision))).decision ==
                      v1::DECISION_PROCEED,
                  proceeds)
            << state << " " << verdict << " " << decision;
      }
    }
  }
}

TEST(JudgeTest, AHeldRunHolds) {
  const Outcome outcome =
      Judge(MakeRun(v1::Run::HELD, v1::VERDICT_FAIL, v1::DECISION_HOLD));
  EXPECT_FALSE(outcome.terminal);
  EXPECT_EQ(outcome.verdict, v1::VERDICT_FAIL);
  EXPECT_EQ(outcome.decision, v1::DECISION_HOLD);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.contradiction, "");
}

TEST(JudgeTest, AnEmptyMessageHolds) {
  EXPECT_EQ(Judge(v1::Run()).decision, v1::DECISION_HOLD);
  EXPECT_EQ(Judge(v1::Run()).exit_code, 3);
}

}  // namespace
}  // namespace assay::report
