// SPDX-License-Identifier: Apache-2.0
// Rechecks: which parents are taken, and what of them.
#include "absl/strings/match.h"
#include "tests/runs/fixture.h"

namespace assay::runs {
namespace {

class RecheckTest : public RunsTest {
 protected:
  // Rule i gets the i-th verdict; what is carried is handed over as it is.
  void JudgeAs(std::vector<Verdict> verdicts, bool with_error = false) {
    SetScript([verdicts, with_error](const engine::ExecuteRequest& request,
                                     engine::Observer& observer,
                                     const CancellationToken&) {
      for (size_t i = 0; i < verdicts.size(); ++i) {
        const int index = static_cast<int>(i);
        if (auto it = request.carried.find(index);
            it != request.carried.end()) {
          observer.OnResult(index, it->second);
          continue;
        }
        Result result = PassResult(request.rule_set->tables[0].rules[i].id);
        result.verdict = verdicts[i];
        result.found = absl::StrCat("found ", index);
        if (with_error) result.error.emplace();
        observer.OnResult(index, result);
      }
      observer.OnGroupDone(0);
      return absl::OkStatus();
    });
  }

  Run EndedParent(const std::string& text = RuleSetText(1, 4)) {
    RunRequest request = Request("", text);
    return AwaitEnd(MustStart(request).run_id);
  }

  RunRequest Recheck(const std::string& run_id) {
    RunRequest request;
    request.recheck_of = run_id;
    return request;
  }

  engine::ExecuteRequest LastRequest() {
    absl::MutexLock lock(&mu_);
    return last_request_;
  }

  ErrorReason Refusal(const RunRequest& request) {
    return GetReason(manager_->Start(request, nullptr).status());
  }
};

constexpr Verdict kPass = Verdict::kPass;
constexpr Verdict kWarn = Verdict::kWarn;
constexpr Verdict kFail = Verdict::kFail;
constexpr Verdict kError = Verdict::kError;

TEST_F(RecheckTest, TakesOverWhatPassed) {
  JudgeAs({kPass, kFail, kWarn, kError});
  Open();
  const Run parent = EndedParent();
  EXPECT_EQ(LastRequest().recheck_of, "");
  EXPECT_TRUE(LastRequest().carried.empty());
  JudgeAs({kFail, kPass, kFail, kPass});
  const Run run =
      AwaitEnd(MustStart(Recheck(parent.run_id.substr(0, 19))).run_id);
  EXPECT_EQ(run.request.recheck_of, parent.run_id);
  EXPECT_EQ(run.rule_set_digest, parent.rule_set_digest);
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_EQ(run.outcome.verdict, kWarn);
  const engine::ExecuteRequest request = LastRequest();
  EXPECT_EQ(request.recheck_of, parent.run_id);
  ASSERT_EQ(request.carried.size(), 2u);
  ASSERT_EQ(request.earlier.size(), 2u);
  EXPECT_EQ(request.earlier.at(1).verdict, kFail);
  EXPECT_EQ(request.earlier.at(3).verdict, kError);
  const std::string as_of = absl::StrCat(" (as of run ", parent.run_id, ")");
  EXPECT_EQ(run.results[0]->found, "found 0" + as_of);
  EXPECT_EQ(run.results[2]->found, "found 2" + as_of);
  EXPECT_EQ(run.results[1]->found, "found 1");

  // Of a chain, the run that read it; also after a restart.
  manager_.reset();
  Open();
  const Run again = AwaitEnd(MustStart(Recheck(run.run_id)).run_id);
  EXPECT_EQ(again.results[0]->found, "found 0" + as_of);
  EXPECT_EQ(again.results[1]->found,
            absl::StrCat("found 1 (as of run ", run.run_id, ")"));
}

TEST_F(RecheckTest, WarningsThatWouldHoldAreLookedAtAgain) {
  JudgeAs({kPass, kWarn, kWarn, kWarn});
  Open();
  const Run parent = EndedParent();
  RunRequest strict = Recheck(parent.run_id);
  strict.options.fail_on_warn = true;
  AwaitEnd(MustStart(strict).run_id);
  EXPECT_EQ(LastRequest().carried.size(), 1u);
  EXPECT_EQ(LastRequest().earlier.size(), 3u);
}

TEST_F(RecheckTest, WhatCouldNotBeJudgedIsLookedAtAgain) {
  JudgeAs({kPass, kWarn, kPass, kPass}, /*with_error=*/true);
  Open();
  const Run parent = EndedParent();
  AwaitEnd(MustStart(Recheck(parent.run_id)).run_id);
  EXPECT_TRUE(LastRequest().carried.empty());
}

TEST_F(RecheckTest, ParentMustFit) {
  Open();
  const Run parent = EndedParent();
  EXPECT_EQ(Refusal(Recheck("zzzzzzzzzzzzzzzzzzzz")),
            ErrorReason::kRunNotFound);
  RunRequest other = Recheck(parent.run_id);
  other.rule_set_text = RuleSetText(1, 3);
  EXPECT_EQ(Refusal(other), ErrorReason::kArgumentInvalid);
  RunRequest same = Recheck(parent.run_id);
  same.rule_set_text = RuleSetText(1, 4);
  EXPECT_TRUE(manager_->Start(same, nullptr).ok());
  HoldExecutions();
  const Run running = MustStart(Request());
  EXPECT_EQ(Refusal(Recheck(running.run_id)), ErrorReason::kArgumentInvalid);
}

TEST_F(RecheckTest, ParamsAreTheParents) {
  const std::string text =
      "params:\n  p: {type: text, default: x}\n" + RuleSetText(1, 1);
  Open();
  RunRequest request = Request("", text);
  request.params["p"] = "y";
  const Run parent = AwaitEnd(MustStart(request).run_id);
  EXPECT_EQ(MustStart(Recheck(parent.run_id)).bound_params.at("p"), "y");
  RunRequest without = Recheck(parent.run_id);
  without.rule_set_text = text;
  EXPECT_EQ(Refusal(without), ErrorReason::kArgumentInvalid) << "default x";
  RunRequest other = Recheck(parent.run_id);
  other.params["p"] = "z";
  EXPECT_EQ(Refusal(other), ErrorReason::kArgumentInvalid);
}

TEST_F(RecheckTest, SameRequestIdGivesTheSameRun) {
  Open();
  const Run parent = EndedParent();
  RunRequest request = Recheck(parent.run_id);
  request.request_id = "r1";
  const Run run = MustStart(request);
  EXPECT_EQ(MustStart(request).run_id, run.run_id);
  AwaitEnd(run.run_id);
  request.recheck_of = run.run_id;
  EXPECT_EQ(Refusal(request), ErrorReason::kRequestIdReused);
}

// Servers that share a store remove old runs once a minute.
#ifndef ASSAY_TEST_STORE_POSTGRESQL
TEST_F(RecheckTest, WithoutItsParentEverythingIsRead) {
  JudgeAs({kPass, kFail, kPass, kPass});
  options_.keep_runs = 0;
  options_.max_concurrent_runs = 1;
  Open();
  const Run parent = EndedParent();
  HoldExecutions();
  const Run blocker = MustStart(Request());
  ASSERT_TRUE(AwaitExecutions(2));
  const Run run = MustStart(Recheck(parent.run_id));
  manager_->Sweep();
  EXPECT_FALSE(manager_->Get(parent.run_id, false).ok());
  JudgeAs({kPass, kFail, kPass, kPass});
  Release();
  ASSERT_TRUE(AwaitExecutions(3));
  EXPECT_EQ(LastRequest().recheck_of, "");
  EXPECT_TRUE(LastRequest().carried.empty());
}
#endif

}  // namespace
}  // namespace assay::runs
