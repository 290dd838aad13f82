// SPDX-License-Identifier: Apache-2.0
// Holds: who may end one, what it survives, and that nothing else proceeds.
#include "absl/strings/match.h"
#include "tests/runs/fixture.h"

namespace assay::runs {
namespace {

using HoldRelease = ::assay::runs::Release;  // Not the fixture's.

class HoldTest : public RunsTest {
 protected:
  // Rule i gets the i-th verdict.
  void JudgeAs(const std::vector<Verdict>& verdicts, bool rollback = false) {
    SetScript([verdicts, rollback](const engine::ExecuteRequest& request,
                                   engine::Observer& observer,
                                   const CancellationToken&) {
      for (size_t i = 0; i < verdicts.size(); ++i) {
        Result result = PassResult(request.rule_set->tables[0].rules[i].id);
        result.verdict = verdicts[i];
        result.rollback = rollback;
        result.confirmed = rollback;
        if (verdicts[i] == Verdict::kError) {
          result.error = ResultError{ErrorReason::kSqlError, "no", false};
        }
        observer.OnResult(static_cast<int>(i), result);
      }
      observer.OnGroupDone(0);
      return absl::OkStatus();
    });
  }

  RunRequest Waiting(const std::string& request_id = "", int rules = 1) {
    RunRequest request = Request(request_id, RuleSetText(1, rules));
    request.options.on_hold = OnHold::kWait;
    request.options.hold_timeout = absl::Hours(2);
    return request;
  }

  Run HeldRun(const std::string& request_id = "") {
    JudgeAs({Verdict::kFail});
    return AwaitState(MustStart(Waiting(request_id)).run_id, RunState::kHeld);
  }

  static HoldRelease By(const std::string& request_id = "r1") {
    HoldRelease release;
    release.principal = "ops";
    release.user = "anna";
    release.reason = "known, see OPS-12";
    release.request_id = request_id;
    return release;
  }

  absl::StatusOr<Run> TryRelease(const std::string& run_id,
                                 const HoldRelease& release) {
    return manager_->ReleaseHold(run_id, release, nullptr);
  }

  ErrorReason Refusal(const std::string& run_id,
                      const HoldRelease& release = By()) {
    return GetReason(TryRelease(run_id, release).status());
  }
};

constexpr Verdict kPass = Verdict::kPass;
constexpr Verdict kWarn = Verdict::kWarn;
constexpr Verdict kFail = Verdict::kFail;
constexpr Verdict kError = Verdict::kError;

TEST_F(HoldTest, ReleaseChangesTheDecisionAndNothingElse) {
  JudgeAs({kFail, kPass});
  Open();
  const Run before =
      AwaitEnd(MustStart(Request("a", RuleSetText(1, 2))).run_id);
  ASSERT_EQ(before.outcome.decision, Decision::kHold);
  clock_.Advance(absl::Minutes(5));
  std::vector<std::string> told;
  const auto released = manager_->ReleaseHold(
      before.run_id.substr(0, 19), By(), [&told](const Run& run) {
        told.push_back(run.run_id + " " + run.release->reason);
        return absl::OkStatus();
      });
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_EQ(told,
            std::vector<std::string>{before.run_id + " known, see OPS-12"});
  for (const Run& run : {*released, MustGet(before.run_id)}) {
    EXPECT_EQ(run.state, RunState::kSucceeded);
    EXPECT_EQ(run.outcome.verdict, kFail);
    EXPECT_EQ(run.outcome.decision, Decision::kProceed);
    EXPECT_EQ(run.outcome.counts, before.outcome.counts);
    EXPECT_EQ(run.end_time, before.end_time);
    EXPECT_GT(run.sequence, before.sequence);
    ASSERT_TRUE(run.release.has_value());
    EXPECT_EQ(run.release->principal, "ops");
    EXPECT_EQ(run.release->user, "anna");
    EXPECT_EQ(run.release->reason, "known, see OPS-12");
    EXPECT_EQ(run.release->request_id, "r1");
    EXPECT_EQ(run.release->time, clock_.Now());
    EXPECT_FALSE(run.hold.has_value());
  }
  CrashAndReopen();
  const Run after = MustGet(before.run_id);
  EXPECT_EQ(after.outcome.decision, Decision::kProceed);
  EXPECT_EQ(after.release->user, "anna");
}

TEST_F(HoldTest, TheSameRequestReleasesOnce) {
  JudgeAs({kFail});
  Open();
  const std::string id = AwaitEnd(MustStart(Request()).run_id).run_id;
  ASSERT_TRUE(TryRelease(id, By()).ok());
  const Run first = MustGet(id);
  clock_.Advance(absl::Minutes(1));
  const auto again = TryRelease(id, By());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->release->time, first.release->time);
  EXPECT_EQ(again->sequence, first.sequence);
  EXPECT_EQ(Refusal(id, By("r2")), ErrorReason::kHoldAlreadyReleased);
  EXPECT_EQ(Refusal(id, By("")), ErrorReason::kHoldAlreadyReleased);
  HoldRelease other = By();
  other.principal = "dev";
  EXPECT_EQ(Refusal(id, other), ErrorReason::kHoldAlreadyReleased);
  other = By();
  other.reason = "something else";
  EXPECT_EQ(Refusal(id, other), ErrorReason::kRequestIdReused);
  EXPECT_EQ(MustGet(id).release->reason, "known, see OPS-12");
}

TEST_F(HoldTest, OnlyAFailThatHoldsCanBeReleased) {
  Open();
  HoldExecutions();
  const std::string running = MustStart(Waiting()).run_id;
  ASSERT_TRUE(AwaitExecutions(1));
  EXPECT_EQ(Refusal(running), ErrorReason::kRunNotHeld);
  ASSERT_TRUE(manager_->Cancel(running, "").ok());
  EXPECT_EQ(AwaitEnd(running).state, RunState::kCancelled);
  EXPECT_EQ(Refusal(running), ErrorReason::kRunNotHeld);

  struct Case {
    std::vector<Verdict> verdicts;
    bool rollback;
    Decision decision;
  };
  for (const Case& each : {Case{{kPass, kPass}, false, Decision::kProceed},
                           Case{{kPass, kWarn}, false, Decision::kProceed},
                           Case{{kPass, kError}, false, Decision::kHold},
                           Case{{kPass, kFail}, true, Decision::kRollback}}) {
    JudgeAs(each.verdicts, each.rollback);
    // None of them waits either.
    const Run run = AwaitEnd(MustStart(Waiting("", 2)).run_id);
    EXPECT_EQ(run.state, RunState::kSucceeded);
    EXPECT_EQ(run.outcome.decision, each.decision);
    EXPECT_EQ(Refusal(run.run_id), ErrorReason::kRunNotHeld);
    EXPECT_EQ(MustGet(run.run_id).outcome.decision, each.decision);
    EXPECT_FALSE(MustGet(run.run_id).release.has_value());
  }
  EXPECT_EQ(Refusal("nosuchrun"), ErrorReason::kRunNotFound);
}

TEST_F(HoldTest, AReleaseIsOfOneRun) {
  Open();
  const Run first = HeldRun("a");
  ASSERT_TRUE(TryRelease(first.run_id, By()).ok());
  const Run second = HeldRun("b");
  EXPECT_NE(second.run_id, first.run_id);
  EXPECT_EQ(second.outcome.decision, Decision::kHold);
  RunRequest recheck = Waiting("c");
  recheck.rule_set_text.clear();
  recheck.recheck_of = first.run_id;
  const Run third = AwaitState(MustStart(recheck).run_id, RunState::kHeld);
  EXPECT_EQ(third.outcome.decision, Decision::kHold);
  EXPECT_FALSE(third.release.has_value());
}

TEST_F(HoldTest, ARunWithAHoldWaitsForItsRelease) {
  Open();
  const Run held = HeldRun("a");
  EXPECT_EQ(held.outcome.verdict, kFail);
  EXPECT_EQ(held.outcome.decision, Decision::kHold);
  EXPECT_EQ(held.end_time, absl::InfinitePast());
  ASSERT_TRUE(held.hold.has_value());
  EXPECT_EQ(held.hold->begin, clock_.Now());
  EXPECT_EQ(held.hold->until, clock_.Now() + absl::Hours(2));
  ASSERT_EQ(held.results.size(), 1u);
  // It takes no place, and the same request finds it.
  EXPECT_EQ(manager_->active_runs(), 0);
  EXPECT_EQ(MustStart(Waiting("a")).run_id, held.run_id);
  ListFilter active;
  active.active_only = true;
  EXPECT_EQ(manager_->List(active, std::nullopt, 10)->runs.size(), 1u);
  // No lease is needed.
  clock_.Advance(absl::Hours(1));
  manager_->Sweep();
  EXPECT_EQ(MustGet(held.run_id).state, RunState::kHeld);

  std::atomic<int> wakes = 0;
  const auto subscription =
      manager_->Subscribe(held.run_id, [&wakes] { ++wakes; });
  ASSERT_TRUE(subscription.ok());
  // Some are woken once, to look again at what they have just seen.
  absl::SleepFor(absl::Milliseconds(100));
  const int before = wakes;
  const auto released = TryRelease(held.run_id, By());
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_TRUE(Eventually([&] { return wakes > before; }));
  EXPECT_EQ(released->state, RunState::kSucceeded);
  EXPECT_EQ(released->outcome.verdict, kFail);
  EXPECT_EQ(released->outcome.decision, Decision::kProceed);
  EXPECT_EQ(released->end_time, clock_.Now());
  EXPECT_EQ(released->hold->end, HoldEnd::kReleased);
  const auto events = manager_->ReadEvents(held.run_id, held.sequence, 10);
  ASSERT_TRUE(events.ok());
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(std::get<StateEvent>(events->back().what).state,
            RunState::kSucceeded);
}

TEST_F(HoldTest, WhoSubscribedWhileItRanIsWokenByTheRelease) {
  Open();
  std::atomic<bool> judge = false;
  SetScript([&judge](const engine::ExecuteRequest& request,
                     engine::Observer& observer, const CancellationToken&) {
    while (!judge) absl::SleepFor(absl::Milliseconds(1));
    return PassEverything(request, observer, kFail);
  });
  const std::string id = MustStart(Waiting()).run_id;
  ASSERT_TRUE(AwaitExecutions(1));
  std::atomic<int> wakes = 0;
  const auto subscription = manager_->Subscribe(id, [&wakes] { ++wakes; });
  ASSERT_TRUE(subscription.ok());
  judge = true;
  AwaitState(id, RunState::kHeld);
  // The wake-ups of the verdict are over.
  absl::SleepFor(absl::Milliseconds(100));
  const int before = wakes;
  ASSERT_GE(before, 1);
  ASSERT_TRUE(TryRelease(id, By()).ok());
  EXPECT_TRUE(Eventually([&] { return wakes > before; }));
}

TEST_F(HoldTest, AHoldSurvivesTheServer) {
  Open();
  const Run held = HeldRun("a");
  const int executions_before = executions();
  CrashAndReopen();
  const Run after = MustGet(held.run_id);
  EXPECT_EQ(after.state, RunState::kHeld);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
  EXPECT_EQ(after.hold->until, held.hold->until);
  EXPECT_EQ(MustStart(Waiting("a")).run_id, held.run_id);
  EXPECT_EQ(executions(), executions_before);
  ASSERT_TRUE(TryRelease(held.run_id, By()).ok());
  CrashAndReopen();
  EXPECT_EQ(MustGet(held.run_id).outcome.decision, Decision::kProceed);
}

TEST_F(HoldTest, AHoldThatNobodyReleasesEndsHeld) {
  Open();
  const Run held = HeldRun("a");
  CrashAndReopen();
  clock_.Advance(absl::Hours(2) - absl::Seconds(1));
  manager_->Sweep();
  EXPECT_EQ(MustGet(held.run_id).state, RunState::kHeld);
  clock_.Advance(absl::Seconds(1));
  manager_->Sweep();
  const Run ended = MustGet(held.run_id);
  EXPECT_EQ(ended.state, RunState::kSucceeded);
  EXPECT_EQ(ended.outcome.verdict, kFail);
  EXPECT_EQ(ended.outcome.decision, Decision::kHold);
  EXPECT_EQ(ended.hold->end, HoldEnd::kTimedOut);
  EXPECT_EQ(ended.end_time, clock_.Now());
  EXPECT_FALSE(ended.error.has_value());
  // As any run that says HOLD.
  ASSERT_TRUE(TryRelease(held.run_id, By()).ok());
  EXPECT_EQ(MustGet(held.run_id).outcome.decision, Decision::kProceed);
  EXPECT_EQ(MustGet(held.run_id).hold->end, HoldEnd::kTimedOut);
}

TEST_F(HoldTest, CancelEndsAHoldForGood) {
  Open();
  const Run held = HeldRun("a");
  EXPECT_EQ(GetReason(manager_->Cancel(held.run_id, "other").status()),
            ErrorReason::kArgumentInvalid);
  EXPECT_EQ(MustGet(held.run_id).state, RunState::kHeld);
  const auto cancelled = manager_->Cancel(held.run_id, "a");
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  for (const Run& run : {*cancelled, MustGet(held.run_id)}) {
    EXPECT_EQ(run.state, RunState::kCancelled);
    EXPECT_EQ(run.outcome.verdict, kFail);
    EXPECT_EQ(run.outcome.decision, Decision::kHold);
    EXPECT_EQ(run.hold->end, HoldEnd::kCancelled);
    EXPECT_EQ(run.error->reason, ErrorReason::kCancelled);
  }
  EXPECT_EQ(Refusal(held.run_id), ErrorReason::kRunNotHeld);
  EXPECT_EQ(GetReason(manager_->Cancel(held.run_id, "").status()),
            ErrorReason::kRunAlreadyFinished);
  // And a release for good, too.
  const Run other = HeldRun("b");
  ASSERT_TRUE(TryRelease(other.run_id, By()).ok());
  EXPECT_EQ(GetReason(manager_->Cancel(other.run_id, "").status()),
            ErrorReason::kRunAlreadyFinished);
  EXPECT_EQ(MustGet(other.run_id).outcome.decision, Decision::kProceed);
}

TEST_F(HoldTest, NamedRulesMustBeAllThatHold) {
  JudgeAs({kFail, kPass, kFail, kWarn, kError});
  Open();
  const std::string id =
      AwaitState(MustStart(Waiting("", 5)).run_id, RunState::kHeld).run_id;
  const std::vector<std::shared_ptr<const Result>> results =
      MustGet(id).results;
  HoldRelease release = By();
  release.rule_ids = {results[0]->rule_id, results[2]->rule_id};
  // An error behind a FAIL is let through as well: it has to be named.
  const absl::Status missing = TryRelease(id, release).status();
  EXPECT_EQ(GetReason(missing), ErrorReason::kArgumentInvalid);
  EXPECT_TRUE(absl::StrContains(missing.message(), results[4]->rule_id))
      << missing;
  release.rule_ids.push_back(results[1]->rule_id);
  EXPECT_TRUE(absl::StrContains(TryRelease(id, release).status().message(),
                                "does not hold"));
  release.rule_ids.back() = results[2]->rule_id + "x";
  EXPECT_TRUE(absl::StrContains(TryRelease(id, release).status().message(),
                                "did you mean"));
  EXPECT_EQ(MustGet(id).state, RunState::kHeld);
  release.rule_ids = {results[4]->rule_id, results[2]->rule_id,
                      results[0]->rule_id, results[2]->rule_id};
  const auto released = TryRelease(id, release);
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_EQ(released->release->rule_ids.size(), 3u);
  // In another order they are the same.
  std::swap(release.rule_ids[0], release.rule_ids[1]);
  EXPECT_TRUE(TryRelease(id, release).ok());
}

TEST_F(HoldTest, AWarningThatCountsAsFailureIsNamedToo) {
  JudgeAs({kWarn});
  Open();
  RunRequest request = Waiting();
  request.options.fail_on_warn = true;
  const Run held = AwaitState(MustStart(request).run_id, RunState::kHeld);
  EXPECT_EQ(held.outcome.verdict, kFail);
  HoldRelease release = By();
  release.rule_ids = {held.results[0]->rule_id};
  EXPECT_TRUE(TryRelease(held.run_id, release).ok());
}

TEST_F(HoldTest, WhatCannotBeRecordedIsNotReleased) {
  Open();
  const Run held = HeldRun();
  const auto refused = manager_->ReleaseHold(held.run_id, By(), [](const Run&) {
    return MakeError(ErrorReason::kAuditFailed, "disk full");
  });
  EXPECT_EQ(GetReason(refused.status()), ErrorReason::kAuditFailed);
  EXPECT_EQ(MustGet(held.run_id).state, RunState::kHeld);
  EXPECT_FALSE(MustGet(held.run_id).release.has_value());
}

TEST_F(HoldTest, OfTwoWhoReleaseAtOnceOneDoes) {
  Open();
  for (int round = 0; round < 20; ++round) {
    const Run held = HeldRun();
    std::atomic<int> released = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const auto run = TryRelease(held.run_id, By(absl::StrCat("r", i)));
        if (run.ok()) ++released;
        if (GetReason(run.status()) == ErrorReason::kHoldAlreadyReleased) {
          ++refused;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(released, 1);
    EXPECT_EQ(refused, 3);
  }
}

TEST_F(HoldTest, NobodyAttachesToARunThatIsJudged) {
  Open();
  JudgeAs({kFail});
  RunRequest request = Waiting("a");
  request.correlation_id = "dag/task";
  request.attach = Attach::kAlways;
  const Run held = AwaitState(MustStart(request).run_id, RunState::kHeld);
  request.request_id = "b";
  EXPECT_NE(MustStart(request).run_id, held.run_id);
}

TEST_F(HoldTest, HoldTimeoutHasBounds) {
  Open();
  RunRequest request = Waiting();
  for (const absl::Duration wrong :
       {absl::ZeroDuration(), absl::Hours(24 * 31)}) {
    request.options.hold_timeout = wrong;
    EXPECT_EQ(GetReason(manager_->Start(request, nullptr).status()),
              ErrorReason::kArgumentInvalid);
  }
}

TEST_F(HoldTest, OnHoldIsPartOfTheRequest) {
  Open();
  const Run held = HeldRun("a");
  RunRequest other = Request("a");
  EXPECT_EQ(GetReason(manager_->Start(other, nullptr).status()),
            ErrorReason::kRequestIdReused);
  other = Waiting("a");
  other.options.hold_timeout = absl::Hours(3);
  EXPECT_EQ(GetReason(manager_->Start(other, nullptr).status()),
            ErrorReason::kRequestIdReused);
}

}  // namespace
}  // namespace assay::runs
