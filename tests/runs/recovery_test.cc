// SPDX-License-Identifier: Apache-2.0
// What a server finds that was killed: every state, nothing lost, nothing
// executed twice that was finished.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "tests/runs/fixture.h"

namespace assay::runs {
namespace {

class RecoveryTest : public RunsTest {
 protected:
  // Finishes `groups` groups of one rule each, then waits to be stopped.
  void HoldAfterGroups(int groups, bool with_session = false) {
    SetScript([groups, with_session](const engine::ExecuteRequest& request,
                                     engine::Observer& observer,
                                     const CancellationToken& token) {
      if (with_session) {
        EXPECT_TRUE(observer.OnSession("crm", 41).ok());
        EXPECT_TRUE(observer.OnSession("crm", 41).ok());
        EXPECT_TRUE(observer.OnSession("warehouse", 7).ok());
      }
      for (int group = 0; group < groups; ++group) {
        if (request.done_groups.count(group) > 0) continue;
        observer.OnResult(group, PassResult(absl::StrCat("first", group)));
        observer.OnGroupDone(group);
      }
      // Judged, but its group is not finished.
      observer.OnResult(groups, PassResult("half"));
      observer.OnProgress({});
      return UntilCancelled(token);
    });
  }
};

TEST_F(RecoveryTest, GroupsDoneAreKeptAndTheRestExecuted) {
  HoldAfterGroups(2);
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(4)));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 3; }));
  const int64_t seen = MustGet(run.run_id).sequence;
  SetScript(nullptr);
  CrashAndReopen();
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kSucceeded);
  EXPECT_EQ(after.attempts, 2);
  EXPECT_EQ(after.outcome.counts.pass, 4);
  EXPECT_GT(after.sequence, seen);
  EXPECT_EQ(after.as_of_time, run.as_of_time);
  ASSERT_EQ(after.results.size(), 4u);
  EXPECT_EQ(after.results[0]->rule_id, "first0");
  EXPECT_EQ(after.results[1]->rule_id, "first1");
  EXPECT_NE(after.results[2]->rule_id, "half");
  absl::MutexLock lock(&mu_);
  ASSERT_EQ(done_groups_seen_.size(), 2u);
  EXPECT_EQ(done_groups_seen_[1], (std::set<int>{0, 1}));
  EXPECT_EQ(as_of_seen_[0], as_of_seen_[1]);
}

TEST_F(RecoveryTest, AllGroupsDoneButNoVerdictNeedsNothingRead) {
  // The last group is written with the verdict; a crash between the two loses
  // both, so the last group alone is read again.
  SetScript([](const engine::ExecuteRequest& request,
               engine::Observer& observer, const CancellationToken& token) {
    PassEverything(request, observer).IgnoreError();
    return UntilCancelled(token);
  });
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(3)));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 3; }));
  SetScript(nullptr);
  CrashAndReopen();
  EXPECT_EQ(AwaitEnd(run.run_id).outcome.verdict, Verdict::kPass);
  absl::MutexLock lock(&mu_);
  EXPECT_EQ(done_groups_seen_[1], (std::set<int>{0, 1}));
}

TEST_F(RecoveryTest, PendingRunsAreExecutedInTheirOrder) {
  options_.max_concurrent_runs = 1;
  HoldExecutions();
  Open();
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(MustStart(Request(absl::StrCat("r", i))).run_id);
    clock_.Advance(absl::Milliseconds(5));
  }
  ASSERT_TRUE(AwaitExecutions(1));
  CrashAndReopen();
  EXPECT_EQ(manager_->active_runs(), 3);
  Release();
  for (size_t i = 0; i < ids.size(); ++i) {
    const Run run = AwaitEnd(ids[i]);
    EXPECT_EQ(run.state, RunState::kSucceeded);
    EXPECT_EQ(run.attempts, i == 0 ? 2 : 1);
    EXPECT_EQ(MustStart(Request(absl::StrCat("r", i))).run_id, ids[i]);
  }
}

TEST_F(RecoveryTest, CancellingEndsCancelled) {
  SetScript([this](const engine::ExecuteRequest&, engine::Observer&,
                   const CancellationToken&) -> absl::Status {
    while (true) {  // A query that does not listen.
      absl::SleepFor(absl::Milliseconds(1));
      absl::MutexLock lock(&mu_);
      if (released_) return absl::CancelledError();
    }
  });
  Open();
  const Run run = MustStart(Request("r1"));
  ASSERT_TRUE(AwaitExecutions(1));
  EXPECT_EQ(manager_->Cancel(run.run_id, "r1")->state, RunState::kCancelling);
  const StoreOptions copy = CopyStore();
  Release();
  manager_.reset();
  options_.store = copy;
  Open();
  const Run after = MustGet(run.run_id);
  EXPECT_EQ(after.state, RunState::kCancelled);
  EXPECT_EQ(after.outcome.verdict, Verdict::kError);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
  EXPECT_EQ(after.error->reason, ErrorReason::kCancelled);
  EXPECT_EQ(executions(), 1);
}

TEST_F(RecoveryTest, SuspendedStaysSuspendedUntilAClaimant) {
  HoldAfterGroups(1);
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(3)));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 2; }));
  clock_.Advance(absl::Minutes(16));
  manager_->Sweep();
  AwaitState(run.run_id, RunState::kSuspended);
  // Returns once the state that was just seen is in the store, too.
  manager_->Sweep();
  SetScript(nullptr);
  CrashAndReopen();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kSuspended);
  EXPECT_EQ(executions(), 1);
  auto subscription = manager_->Subscribe(run.run_id, [] {});
  ASSERT_TRUE(subscription.ok());
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kSucceeded);
  absl::MutexLock lock(&mu_);
  EXPECT_EQ(done_groups_seen_[1], (std::set<int>{0}));
}

TEST_F(RecoveryTest, EndsWhatWasLeftBeforeItGoesOn) {
  HoldAfterGroups(0, true);
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(2)));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 1; }));
  int executed_before_kill = -1;
  registry_.before_kill = [&] {
    absl::SleepFor(absl::Milliseconds(30));
    executed_before_kill = executions();
  };
  SetScript(nullptr);
  CrashAndReopen();
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kSucceeded);
  EXPECT_EQ(executed_before_kill, 1);
  {
    absl::MutexLock lock(&registry_.mu);
    const std::string marker = "/" + engine::RunMarker(run.run_id);
    std::sort(registry_.kills.begin(), registry_.kills.end());
    EXPECT_EQ(registry_.kills, (std::vector<std::string>{
                                   "crm/41" + marker, "warehouse/7" + marker}));
    registry_.kills.clear();
  }
  // A terminal run has left nothing.
  manager_.reset();
  Open();
  absl::MutexLock lock(&registry_.mu);
  EXPECT_TRUE(registry_.kills.empty());
}

TEST_F(RecoveryTest, FailingOrSlowKillDoesNotHoldTheRunForEver) {
  HoldAfterGroups(0, true);
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(2)));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 1; }));
  registry_.kill_status = MakeError(ErrorReason::kDatabaseUnreachable, "gone");
  registry_.before_kill = [&] { absl::SleepFor(absl::Milliseconds(150)); };
  const StoreOptions copy = CopyStore();
  manager_.reset();
  options_.store = copy;
  SetScript(nullptr);
  Seams seams = TestSeams();
  seams.orphan_timeout = absl::Milliseconds(20);
  ASSERT_TRUE(TryOpen(std::move(seams)).ok());
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kSucceeded);
}

TEST_F(RecoveryTest, LeasesStartAfreshAndTimeoutsDoNot) {
  HoldExecutions();
  Open();
  RunRequest request = Request("r1");
  request.options.timeout = absl::Hours(1);
  const Run run = MustStart(request);
  ASSERT_TRUE(AwaitExecutions(1));
  clock_.Advance(absl::Minutes(14));
  CrashAndReopen();
  clock_.Advance(absl::Minutes(14));
  manager_->Sweep();
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  clock_.Advance(absl::Minutes(40));
  CrashAndReopen();
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kCancelled);
  EXPECT_EQ(after.error->reason, ErrorReason::kRunTimeout);
}

TEST_F(RecoveryTest, ShutdownLeavesRunsToTheNextStart) {
  HoldAfterGroups(1);
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(2)));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 2; }));
  manager_->Drain(absl::Milliseconds(10));
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  manager_.reset();
  SetScript(nullptr);
  Open();
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kSucceeded);
  EXPECT_EQ(after.attempts, 2);
}

TEST_F(RecoveryTest, ManyCrashesStillOneVerdict) {
  HoldAfterGroups(0);
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(6)));
  int64_t sequence = 0;
  for (int crash = 1; crash <= 5; ++crash) {
    ASSERT_TRUE(AwaitExecutions(crash));
    ASSERT_TRUE(Eventually(
        [&] { return MustGet(run.run_id).outcome.counts.pass >= crash; }));
    const Run now = MustGet(run.run_id);
    EXPECT_GT(now.sequence, sequence);
    sequence = now.sequence;
    HoldAfterGroups(crash);
    CrashAndReopen();
  }
  SetScript(nullptr);
  ASSERT_TRUE(AwaitExecutions(6));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 6; }));
  CrashAndReopen();
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kSucceeded);
  // The sixth may have stored its end before the crash.
  EXPECT_TRUE(after.attempts == 6 || after.attempts == 7) << after.attempts;
  EXPECT_EQ(after.outcome.counts.pass, 6);
}

#ifndef ASSAY_TEST_STORE_POSTGRESQL
// kill −9 for real: a child process dies in the middle of a run.
TEST_F(RecoveryTest, KilledProcess) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    HoldAfterGroups(2);
    if (!TryOpen().ok()) _exit(1);
    const Run run = MustStart(Request("r1", RuleSetText(4)));
    Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 3; });
    if (write(ready[1], run.run_id.data(), run.run_id.size()) != 20) _exit(2);
    while (true) pause();
  }
  close(ready[1]);  // So that a child that fails ends the read below.
  char id[21] = {};
  ASSERT_EQ(read(ready[0], id, 20), 20);
  // Another process has the store: this one is refused, and says why.
  const absl::Status refused = TryOpen();
  EXPECT_EQ(GetReason(refused), ErrorReason::kStoreFailed);
  EXPECT_NE(refused.message().find(absl::StrCat("process ", child)),
            absl::string_view::npos)
      << refused;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  Open();
  const Run after = AwaitEnd(id);
  EXPECT_EQ(after.state, RunState::kSucceeded);
  EXPECT_EQ(after.attempts, 2);
  EXPECT_EQ(after.results[0]->rule_id, "first0");
  EXPECT_EQ(MustStart(Request("r1", RuleSetText(4))).run_id, id);
}
#endif

}  // namespace
}  // namespace assay::runs
