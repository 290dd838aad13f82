// SPDX-License-Identifier: Apache-2.0
// Cancelling, leases, suspension, time-outs, ends.
#include <thread>

#include "tests/runs/fixture.h"

namespace assay::runs {
namespace {

class LifecycleTest : public RunsTest {
 protected:
  // A run that is being executed.
  Run StartHeld(const RunRequest& request) {
    const int before = executions();
    const Run run = MustStart(request);
    EXPECT_TRUE(AwaitExecutions(before + 1));
    return run;
  }
  void Expire(const std::string& run_id) {
    clock_.Advance(absl::Minutes(16));
    manager_->Sweep();
    AwaitState(run_id, RunState::kSuspended);
  }
};

TEST_F(LifecycleTest, CancelStopsTheRun) {
  HoldExecutions();
  Open();
  const Run run = StartHeld(Request("r1", RuleSetText(2)));
  ASSERT_TRUE(manager_->Cancel(run.run_id, "r1").ok());
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kCancelled);
  EXPECT_EQ(after.outcome.verdict, Verdict::kError);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
  EXPECT_EQ(after.outcome.counts.error, 2);
  EXPECT_FALSE(after.outcome.retryable);
  ASSERT_EQ(after.results.size(), 2u);
  EXPECT_EQ(after.results[1]->error->reason, ErrorReason::kCancelled);
  EXPECT_EQ(GetReason(manager_->Cancel(run.run_id, "").status()),
            ErrorReason::kRunAlreadyFinished);
  manager_.reset();
  Open();
  EXPECT_EQ(GetReason(manager_->Cancel(run.run_id, "").status()),
            ErrorReason::kRunAlreadyFinished);
  EXPECT_EQ(GetReason(manager_->Cancel("0000nothere", "").status()),
            ErrorReason::kRunNotFound);
}

TEST_F(LifecycleTest, CancelledRunNeverProceedsWhateverIsFinished) {
  SetScript([](const engine::ExecuteRequest& request,
               engine::Observer& observer, const CancellationToken& token) {
    UntilCancelled(token).IgnoreError();
    return PassEverything(request, observer);  // Finished all the same.
  });
  Open();
  const Run run = StartHeld(Request("r1"));
  ASSERT_TRUE(manager_->Cancel(run.run_id, "").ok());
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kCancelled);
  EXPECT_EQ(after.outcome.counts.pass, 1);
  EXPECT_EQ(after.outcome.verdict, Verdict::kError);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
}

TEST_F(LifecycleTest, ProvenFailureSurvivesCancelButDoesNotRollBack) {
  SetScript([](const engine::ExecuteRequest&, engine::Observer& observer,
               const CancellationToken& token) {
    Result result = PassResult("a");
    result.verdict = Verdict::kFail;
    result.confirmed = true;
    result.rollback = true;
    observer.OnResult(0, result);
    return UntilCancelled(token);
  });
  Open();
  const Run run = StartHeld(Request("r1", RuleSetText(2)));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.fail == 1; }));
  ASSERT_TRUE(manager_->Cancel(run.run_id, "r1").ok());
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.outcome.verdict, Verdict::kFail);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
  EXPECT_EQ(after.outcome.counts, (VerdictCounts{0, 0, 1, 1}));
}

TEST_F(LifecycleTest, CancelOfAWaitingRunIsImmediate) {
  options_.max_concurrent_runs = 1;
  HoldExecutions();
  Open();
  StartHeld(Request("r1"));
  const Run waiting = MustStart(Request("r2"));
  EXPECT_EQ(manager_->Cancel(waiting.run_id, "r2")->state,
            RunState::kCancelled);
  Release();
  ASSERT_TRUE(Eventually([&] { return manager_->active_runs() == 0; }));
  EXPECT_EQ(executions(), 1);
}

TEST_F(LifecycleTest, RunEndsWithItsLastClaim) {
  HoldExecutions();
  Open();
  RunRequest request = Request("try1");
  request.correlation_id = "task";
  request.attach = Attach::kAlways;
  const Run run = StartHeld(request);
  for (const char* id : {"try2", "try3"}) {
    request.request_id = id;
    EXPECT_EQ(MustStart(request).run_id, run.run_id);
  }
  EXPECT_EQ(manager_->Cancel(run.run_id, "try1")->state, RunState::kRunning);
  EXPECT_EQ(manager_->Cancel(run.run_id, "try1")->state, RunState::kRunning);
  EXPECT_EQ(GetReason(manager_->Cancel(run.run_id, "stranger").status()),
            ErrorReason::kArgumentInvalid);
  EXPECT_EQ(manager_->Cancel(run.run_id, "try3")->state, RunState::kRunning);
  CrashAndReopen();  // Claims are durable.
  ASSERT_TRUE(AwaitExecutions(2));
  EXPECT_EQ(manager_->Cancel(run.run_id, "try3")->state, RunState::kRunning);
  ASSERT_TRUE(manager_->Cancel(run.run_id, "try2").ok());
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kCancelled);
}

TEST_F(LifecycleTest, EmptyRequestIdEndsTheRunForAll) {
  HoldExecutions();
  Open();
  RunRequest request = Request("try1");
  request.correlation_id = "task";
  request.attach = Attach::kAlways;
  const Run run = StartHeld(request);
  request.request_id = "try2";
  MustStart(request);
  ASSERT_TRUE(manager_->Cancel(run.run_id, "").ok());
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kCancelled);
}

TEST_F(LifecycleTest, ClaimWithoutRequestIdKeepsTheRun) {
  HoldExecutions();
  Open();
  RunRequest request = Request("");
  request.correlation_id = "task";
  request.attach = Attach::kAlways;
  const Run run = StartHeld(request);
  request.request_id = "named";
  EXPECT_EQ(MustStart(request).run_id, run.run_id);
  EXPECT_EQ(manager_->Cancel(run.run_id, "named")->state, RunState::kRunning);
  Release();
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kSucceeded);
}

TEST_F(LifecycleTest, LeaseEndsSuspendsAndASubscriberResumes) {
  HoldExecutions();
  Open();
  const Run run = StartHeld(Request("r1"));
  clock_.Advance(absl::Minutes(14));
  manager_->Sweep();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  {
    auto subscription = manager_->Subscribe(run.run_id, [] {});
    clock_.Advance(absl::Hours(5));  // Open: live for ever.
    manager_->Sweep();
    absl::SleepFor(absl::Milliseconds(10));
    EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  }
  clock_.Advance(absl::Minutes(14));
  manager_->Sweep();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  Expire(run.run_id);
  EXPECT_EQ(manager_->active_runs(), 1);
  auto subscription = manager_->Subscribe(run.run_id, [] {});
  ASSERT_TRUE(AwaitExecutions(2));
  Release();
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kSucceeded);
  EXPECT_EQ(after.attempts, 2);
}

TEST_F(LifecycleTest, ClaimantThatComesWhileQueriesStopIsNotForgotten) {
  SetScript([this](const engine::ExecuteRequest& request,
                   engine::Observer& observer,
                   const CancellationToken& token) -> absl::Status {
    if (executions() > 1) return PassEverything(request, observer);
    UntilCancelled(token).IgnoreError();
    while (true) {  // The database takes its time to stop.
      absl::SleepFor(absl::Milliseconds(1));
      absl::MutexLock lock(&mu_);
      if (released_) return token.status();
    }
  });
  Open();
  const Run run = StartHeld(Request("r1"));
  clock_.Advance(absl::Minutes(16));
  manager_->Sweep();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  auto subscription = manager_->Subscribe(run.run_id, [] {});
  Release();
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kSucceeded);
  EXPECT_EQ(executions(), 2);
}

TEST_F(LifecycleTest, CancelWhileSuspending) {
  HoldExecutions();
  Open();
  const Run run = StartHeld(Request("r1"));
  Expire(run.run_id);
  EXPECT_EQ(manager_->Cancel(run.run_id, "r1")->state, RunState::kCancelled);
}

TEST_F(LifecycleTest, DetachedRunsHaveNoLease) {
  HoldExecutions();
  Open();
  RunRequest request = Request("r1");
  request.options.detached = true;
  request.correlation_id = "audit";
  const Run run = StartHeld(request);
  clock_.Advance(absl::Hours(100));
  manager_->Sweep();
  absl::SleepFor(absl::Milliseconds(10));
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  request.request_id = "r2";  // Nobody holds it: an orphan.
  EXPECT_EQ(MustStart(request).run_id, run.run_id);
}

TEST_F(LifecycleTest, WaitingRunsAreSuspendedWithoutBeingExecuted) {
  options_.max_concurrent_runs = 1;
  HoldExecutions();
  Open();
  RunRequest detached = Request("r1");
  detached.options.detached = true;
  StartHeld(detached);
  const Run waiting = MustStart(Request("r2"));
  clock_.Advance(absl::Minutes(16));
  manager_->Sweep();
  EXPECT_EQ(MustGet(waiting.run_id).state, RunState::kSuspended);
  Release();
  ASSERT_TRUE(Eventually([&] { return manager_->active_runs() == 1; }));
  EXPECT_EQ(executions(), 1);
  MustStart(Request("r2"));  // The same request is a sign of life.
  EXPECT_EQ(AwaitEnd(waiting.run_id).state, RunState::kSucceeded);
}

TEST_F(LifecycleTest, SuspendedForADayIsCancelled) {
  HoldExecutions();
  Open();
  const Run run = StartHeld(Request("r1"));
  Expire(run.run_id);
  clock_.Advance(absl::Hours(23));
  manager_->Sweep();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kSuspended);
  clock_.Advance(absl::Hours(2));
  manager_->Sweep();
  const Run after = MustGet(run.run_id);
  EXPECT_EQ(after.state, RunState::kCancelled);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
}

TEST_F(LifecycleTest, TimeoutWhileExecuting) {
  SetScript([](const engine::ExecuteRequest&, engine::Observer& observer,
               const CancellationToken& token) {
    observer.OnResult(0, PassResult("a"));
    return UntilCancelled(token);
  });
  Open();
  RunRequest request = Request("r1", RuleSetText(2));
  request.options.timeout = absl::Milliseconds(60);
  const Run after = AwaitEnd(MustStart(request).run_id);
  EXPECT_EQ(after.state, RunState::kCancelled);
  EXPECT_EQ(after.error->reason, ErrorReason::kRunTimeout);
  EXPECT_EQ(after.outcome.verdict, Verdict::kError);
  EXPECT_TRUE(after.outcome.retryable);
  EXPECT_EQ(after.outcome.counts, (VerdictCounts{1, 0, 0, 1}));
  EXPECT_EQ(after.results[1]->error->reason, ErrorReason::kRunTimeout);
}

TEST_F(LifecycleTest, TimeoutOfAWaitingAndOfASuspendedRun) {
  options_.max_concurrent_runs = 1;
  options_.default_timeout = absl::Hours(2);
  HoldExecutions();
  Open();
  const Run suspended = StartHeld(Request("r1"));
  Expire(suspended.run_id);
  RunRequest detached = Request("r2");
  detached.options.detached = true;
  detached.options.timeout = absl::Hours(9);
  StartHeld(detached);
  detached.request_id = "r3";
  detached.options.timeout = absl::Hours(1);
  const Run waiting = MustStart(detached);
  clock_.Advance(absl::Hours(3));
  manager_->Sweep();
  for (const std::string& id : {suspended.run_id, waiting.run_id}) {
    EXPECT_EQ(MustGet(id).state, RunState::kCancelled);
    EXPECT_EQ(MustGet(id).error->reason, ErrorReason::kRunTimeout);
  }
}

TEST_F(LifecycleTest, TroubleOfTheServersIsAnErrorThatHolds) {
  SetScript([](const engine::ExecuteRequest&, engine::Observer& observer,
               const CancellationToken&) {
    observer.OnResult(0, PassResult("a"));
    return MakeError(ErrorReason::kDatabaseUnreachable, "nobody there");
  });
  Open();
  const Run after = AwaitEnd(MustStart(Request("", RuleSetText(2))).run_id);
  EXPECT_EQ(after.state, RunState::kFailed);
  EXPECT_EQ(after.outcome.verdict, Verdict::kError);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
  EXPECT_TRUE(after.outcome.retryable);
  EXPECT_EQ(after.error->reason, ErrorReason::kDatabaseUnreachable);
}

TEST_F(LifecycleTest, MissingResultsAreNeverSuccess) {
  SetScript([](const engine::ExecuteRequest&, engine::Observer& observer,
               const CancellationToken&) {
    observer.OnResult(0, PassResult("a"));
    observer.OnGroupDone(0);
    return absl::OkStatus();
  });
  Open();
  const Run after = AwaitEnd(MustStart(Request("", RuleSetText(2))).run_id);
  EXPECT_EQ(after.state, RunState::kFailed);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
  EXPECT_EQ(after.error->reason, ErrorReason::kInternal);
}

TEST_F(LifecycleTest, WarningsFoldAsTheCallerWants) {
  SetScript([](const engine::ExecuteRequest& request,
               engine::Observer& observer, const CancellationToken&) {
    return PassEverything(request, observer, Verdict::kWarn);
  });
  Open();
  EXPECT_EQ(AwaitEnd(MustStart(Request("r1")).run_id).outcome.decision,
            Decision::kProceed);
  RunRequest strict = Request("r2");
  strict.options.fail_on_warn = true;
  const Run after = AwaitEnd(MustStart(strict).run_id);
  EXPECT_EQ(after.outcome.verdict, Verdict::kFail);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
}

TEST_F(LifecycleTest, DrainWaitsForActiveRuns) {
  HoldExecutions();
  Open();
  const Run run = StartHeld(Request("r1"));
  std::thread release([this] {
    absl::SleepFor(absl::Milliseconds(30));
    Release();
  });
  manager_->Drain(absl::Seconds(30));
  release.join();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kSucceeded);
}

TEST_F(LifecycleTest, BackgroundSweepActsByItself) {
  HoldExecutions();
  Seams seams = TestSeams();
  seams.sweep_interval = absl::Milliseconds(5);
  ASSERT_TRUE(TryOpen(std::move(seams)).ok());
  const Run run = StartHeld(Request("r1"));
  clock_.Advance(absl::Minutes(16));
  AwaitState(run.run_id, RunState::kSuspended);
}

}  // namespace
}  // namespace assay::runs
