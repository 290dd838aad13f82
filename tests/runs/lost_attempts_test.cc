// SPDX-License-Identifier: Apache-2.0
// A run that ends every server that takes it up, and those that only happen to
// be there when a server ends.
#include <atomic>
#include <filesystem>
#include <utility>

#include "tests/runs/fixture.h"
#include "validator/base/state_paths.h"
#include "validator/engine/checkpoint.h"

namespace assay::runs {
namespace {

class LostAttemptsTest : public RunsTest {
 protected:
  LostAttemptsTest() { options_.directory = directory_ + "/state"; }

  // Ends the server `times` times while `runs` runs are executed.
  void Crash(int times, int runs = 1) {
    for (int i = 0; i < times; ++i) {
      expected_ += runs;
      ASSERT_TRUE(AwaitExecutions(expected_));
      CrashAndReopen();
    }
  }

  const int limit_ = static_cast<int>(Seams().max_lost_attempts);
  int expected_ = 0;  // Executions so far.
};

TEST_F(LostAttemptsTest, GivesUpARunThatEndsEveryServer) {
  SetScript([](const engine::ExecuteRequest& request,
               engine::Observer& observer, const CancellationToken& token) {
    if (request.done_groups.empty()) {
      observer.OnResult(0, PassResult("first"));
      observer.OnGroupDone(0);
    }
    return UntilCancelled(token);
  });
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(3)));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 1; }));
  manager_.reset();  // The group is stored.
  Open();
  ++expected_;
  Crash(limit_ - 1);
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  Crash(1);
  const Run after = MustGet(run.run_id);
  EXPECT_EQ(after.state, RunState::kFailed);
  EXPECT_EQ(after.attempts, limit_ + 1);
  EXPECT_EQ(after.outcome.verdict, Verdict::kError);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
  EXPECT_FALSE(after.outcome.retryable);
  // What was found stays.
  EXPECT_EQ(after.outcome.counts.pass, 1);
  EXPECT_EQ(after.outcome.counts.error, 2);
  ASSERT_TRUE(after.error.has_value());
  EXPECT_EQ(after.error->reason, ErrorReason::kInternal);
  EXPECT_NE(
      after.error->message.find(absl::StrCat("ended ", limit_, " times in")),
      std::string::npos)
      << after.error->message;
  // For good, and whoever asks again is told so.
  SetScript(nullptr);
  manager_.reset();
  Open();
  EXPECT_EQ(MustStart(Request("r1", RuleSetText(3))).state, RunState::kFailed);
  EXPECT_EQ(AwaitEnd(MustStart(Request("r2", RuleSetText(3))).run_id).state,
            RunState::kSucceeded);
}

TEST_F(LostAttemptsTest, ShutdownsDoNotCount) {
  HoldExecutions();
  Open();
  const Run run = MustStart(Request("r1"));
  Crash(limit_ - 1);
  for (int i = 0; i < 2 * limit_; ++i) {
    ASSERT_TRUE(AwaitExecutions(++expected_));
    manager_.reset();
    Open();
  }
  Crash(limit_ - 1);
  Release();
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kSucceeded);
}

TEST_F(LostAttemptsTest, SuspensionEndsTheRow) {
  HoldExecutions();
  Open();
  const Run run = MustStart(Request("r1"));
  Crash(limit_ - 1);
  ASSERT_TRUE(AwaitExecutions(++expected_));
  clock_.Advance(absl::Minutes(16));
  manager_->Sweep();
  AwaitState(run.run_id, RunState::kSuspended);
  manager_->Sweep();  // Which waits until that is stored.
  for (int i = 0; i < 2 * limit_; ++i) CrashAndReopen();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kSuspended);
  ASSERT_TRUE(manager_->Subscribe(run.run_id, [] {}).ok());
  Crash(limit_ - 1);
  Release();
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kSucceeded);
}

TEST_F(LostAttemptsTest, AWaitingRunLosesNothing) {
  options_.max_concurrent_runs = 1;
  HoldExecutions();
  Open();
  const Run first = MustStart(Request("r1"));
  clock_.Advance(absl::Milliseconds(5));
  const Run second = MustStart(Request("r2"));
  Crash(limit_);
  EXPECT_EQ(MustGet(first.run_id).state, RunState::kFailed);
  Release();
  const Run after = AwaitEnd(second.run_id);
  EXPECT_EQ(after.state, RunState::kSucceeded);
  EXPECT_EQ(after.attempts, 1);
}

TEST_F(LostAttemptsTest, NewGroupsAreProgress) {
  SetScript([](const engine::ExecuteRequest& request,
               engine::Observer& observer, const CancellationToken& token) {
    const auto next = static_cast<int>(request.done_groups.size());
    observer.OnResult(next, PassResult("next"));
    observer.OnGroupDone(next);
    return UntilCancelled(token);
  });
  Open();
  const int groups = 3 * limit_;
  const Run run = MustStart(Request("r1", RuleSetText(groups + 1)));
  for (int i = 1; i <= groups; ++i) {
    ASSERT_TRUE(AwaitExecutions(i));
    ASSERT_TRUE(Eventually([&] {
      return MustGet(run.run_id).outcome.counts.pass == i &&
             manager_->active_runs() == 1;
    }));
    // In memory a moment before it is in the store.
    absl::SleepFor(absl::Milliseconds(5));
    CrashAndReopen();
  }
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
}

TEST_F(LostAttemptsTest, ACheckpointThatIsFurtherIsProgress) {
  std::atomic<int64_t> rows = 10;
  std::atomic<int64_t> further = 1;
  std::atomic<bool> written = false;
  SetScript([&](const engine::ExecuteRequest& request, engine::Observer&,
                const CancellationToken& token) {
    const std::string folder =
        ScratchDirectory(request.directory, request.run_id) + "/some rule";
    std::filesystem::create_directories(folder);
    engine::Checkpoint checkpoint;
    checkpoint.ranges.resize(1);
    checkpoint.ranges[0].source.rows = rows += further;
    checkpoint.ranges[0].target.rows = 7;
    EXPECT_TRUE(engine::WriteCheckpoint(folder, "binding", checkpoint).ok());
    written = true;
    return UntilCancelled(token);
  });
  Open();
  const Run run = MustStart(Request("r1"));
  const auto crash = [&] {
    ASSERT_TRUE(Eventually([&] { return written.exchange(false); }));
    CrashAndReopen();
  };
  for (int i = 0; i < 3 * limit_; ++i) crash();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  // A reading that starts again is none, however often it writes.
  ASSERT_TRUE(Eventually([&] { return written.load(); }));
  rows = 9;
  further = 0;
  crash();  // The last that was further.
  for (int i = 0; i < limit_ - 1; ++i) crash();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  crash();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kFailed);
}

TEST_F(LostAttemptsTest, TheLastAttemptIsMadeAlone) {
  HoldExecutions();
  Open();
  const Run guilty = MustStart(Request("r1"));
  clock_.Advance(absl::Milliseconds(5));
  const Run innocent = MustStart(Request("r2"));
  Crash(limit_ - 1, 2);
  // Either may be the one; whoever comes now must not be hit.
  clock_.Advance(absl::Milliseconds(5));
  const Run fresh = MustStart(Request("r3"));
  ASSERT_TRUE(AwaitExecutions(++expected_));
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(executions(), expected_);
  EXPECT_EQ(MustGet(guilty.run_id).attempts, limit_);
  EXPECT_EQ(MustGet(innocent.run_id).attempts, limit_ - 1);
  CrashAndReopen();
  EXPECT_EQ(MustGet(guilty.run_id).state, RunState::kFailed);
  ASSERT_TRUE(AwaitExecutions(++expected_));
  EXPECT_EQ(MustGet(innocent.run_id).attempts, limit_);
  EXPECT_EQ(MustGet(fresh.run_id).attempts, 0);
  Release();
  EXPECT_EQ(AwaitEnd(innocent.run_id).state, RunState::kSucceeded);
  EXPECT_EQ(AwaitEnd(fresh.run_id).state, RunState::kSucceeded);
}

}  // namespace
}  // namespace assay::runs
