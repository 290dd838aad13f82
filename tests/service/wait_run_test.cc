// SPDX-License-Identifier: Apache-2.0
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/service/test_server.h"

namespace assay::service {
namespace {

using runs::RunState;

v1::WaitRunRequest WaitFor(const std::string& run_id, absl::Duration timeout) {
  v1::WaitRunRequest request;
  request.set_run_id(run_id);
  request.mutable_timeout()->set_seconds(absl::ToInt64Seconds(timeout));
  request.mutable_timeout()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(timeout) % 1000000000));
  return request;
}

TEST(WaitRunTest, TimeoutAnswersWithTheRunAsItIs) {
  TestServer server;
  server.runs.Add("run-1");
  grpc::ClientContext context;
  v1::Run run;
  const absl::Time start = absl::Now();
  const grpc::Status status = server.stub->WaitRun(
      &context, WaitFor("run-1", absl::Milliseconds(200)), &run);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(run.state(), v1::Run::RUNNING);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(190));
  EXPECT_EQ(server.runs.subscriptions(), 0);
}

TEST(WaitRunTest, ZeroTimeoutAnswersAtOnce) {
  TestServer server;
  server.runs.Add("run-1");
  grpc::ClientContext context;
  v1::Run run;
  const absl::Time start = absl::Now();
  EXPECT_TRUE(
      server.stub
          ->WaitRun(&context, WaitFor("run-1", absl::ZeroDuration()), &run)
          .ok());
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
}

TEST(WaitRunTest, TerminalRunNeedsNoSubscription) {
  TestServer server;
  server.runs.Add("run-1");
  server.runs.AddResult("run-1", "a");
  server.runs.SetState("run-1", RunState::kSucceeded);
  grpc::ClientContext context;
  v1::WaitRunRequest request = WaitFor("run-1", absl::Seconds(20));
  request.set_view(v1::RUN_VIEW_FULL);
  v1::Run run;
  EXPECT_TRUE(server.stub->WaitRun(&context, request, &run).ok());
  EXPECT_EQ(run.verdict(), v1::VERDICT_PASS);
  EXPECT_EQ(run.decision(), v1::DECISION_PROCEED);
  ASSERT_EQ(run.results_size(), 1);
  EXPECT_EQ(run.results(0).rule_id(), "a");
}

TEST(WaitRunTest, WakeEndsTheWait) {
  TestServer server;
  server.runs.Add("run-1");
  std::thread finisher([&] {
    EXPECT_TRUE(server.runs.AwaitSubscriptions(1));
    server.runs.AddProgress("run-1", 5);  // A wake that changes nothing.
    server.runs.SetState("run-1", RunState::kSucceeded);
  });
  grpc::ClientContext context;
  v1::Run run;
  const absl::Time start = absl::Now();
  EXPECT_TRUE(
      server.stub->WaitRun(&context, WaitFor("run-1", absl::Seconds(20)), &run)
          .ok());
  finisher.join();
  EXPECT_EQ(run.state(), v1::Run::SUCCEEDED);
  EXPECT_EQ(run.results_size(), 0) << "view BASIC has no results";
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  EXPECT_TRUE(server.runs.AwaitSubscriptions(0));
}

TEST(WaitRunTest, AHeldRunIsNoEnd) {
  TestServer server;
  server.runs.Add("run-1");
  server.runs.SetState("run-1", RunState::kHeld);
  const auto wait = [&](absl::Duration timeout) {
    grpc::ClientContext context;
    v1::Run run;
    EXPECT_TRUE(
        server.stub->WaitRun(&context, WaitFor("run-1", timeout), &run).ok());
    return run.state();
  };
  EXPECT_EQ(wait(absl::Milliseconds(100)), v1::Run::HELD);
  std::thread releaser([&] {
    EXPECT_TRUE(server.runs.AwaitSubscriptions(1));
    server.runs.SetState("run-1", RunState::kSucceeded);
  });
  EXPECT_EQ(wait(absl::Seconds(20)), v1::Run::SUCCEEDED);
  releaser.join();
}

TEST(WaitRunTest, PrefixOfTheIdWillDo) {
  TestServer server;
  server.runs.Add("run-12345");
  std::thread finisher([&] {
    EXPECT_TRUE(server.runs.AwaitSubscriptions(1));
    server.runs.SetState("run-12345", RunState::kCancelled);
  });
  grpc::ClientContext context;
  v1::Run run;
  EXPECT_TRUE(
      server.stub->WaitRun(&context, WaitFor("run-1", absl::Seconds(20)), &run)
          .ok());
  finisher.join();
  EXPECT_EQ(run.run_id(), "run-12345");
}

TEST(WaitRunTest, ClientThatCancelsLeavesNoSubscription) {
  TestServer server;
  server.runs.Add("run-1");
  grpc::ClientContext context;
  std::thread canceller([&] {
    EXPECT_TRUE(server.runs.AwaitSubscriptions(1));
    context.TryCancel();
  });
  v1::Run run;
  const grpc::Status status =
      server.stub->WaitRun(&context, WaitFor("run-1", absl::Seconds(20)), &run);
  canceller.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(server.runs.AwaitSubscriptions(0));
}

TEST(WaitRunTest, ClientDeadlineLeavesNoSubscription) {
  TestServer server;
  server.runs.Add("run-1");
  grpc::ClientContext context;
  context.set_deadline(
      absl::ToChronoTime(absl::Now() + absl::Milliseconds(200)));
  v1::Run run;
  const grpc::Status status =
      server.stub->WaitRun(&context, WaitFor("run-1", absl::Seconds(20)), &run);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(server.runs.AwaitSubscriptions(0));
}

TEST(WaitRunTest, UnknownRunIsNotFound) {
  TestServer server;
  grpc::ClientContext context;
  v1::Run run;
  const grpc::Status status =
      server.stub->WaitRun(&context, WaitFor("run-1", absl::Seconds(20)), &run);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "RUN_NOT_FOUND");
}

TEST(WaitRunTest, ShutdownEndsOpenWaits) {
  TestServer server;
  server.runs.Add("run-1");
  std::thread stopper([&] {
    EXPECT_TRUE(server.runs.AwaitSubscriptions(1));
    server.service().EndOpenCalls();
  });
  grpc::ClientContext context;
  v1::Run run;
  const grpc::Status status =
      server.stub->WaitRun(&context, WaitFor("run-1", absl::Seconds(20)), &run);
  stopper.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "SERVER_DRAINING");
}

TEST(WaitRunTest, TwoHundredWaitsNeedTwoThreads) {
  TestServer server;
  server.runs.Add("run-1");
  constexpr int kWaits = 200;
  std::atomic<int> done = 0;
  struct Call {
    grpc::ClientContext context;
    v1::WaitRunRequest request;
    v1::Run run;
  };
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < kWaits; ++i) {
    calls.push_back(std::make_unique<Call>());
    Call& call = *calls.back();
    call.request = WaitFor("run-1", absl::Seconds(25));
    server.stub->async()->WaitRun(
        &call.context, &call.request, &call.run, [&done](grpc::Status status) {
          EXPECT_TRUE(status.ok()) << status.error_message();
          ++done;
        });
  }
  EXPECT_TRUE(server.runs.AwaitSubscriptions(kWaits));
  for (int i = 0; i < 50; ++i) server.runs.AddProgress("run-1", i);
  server.runs.SetState("run-1", RunState::kSucceeded);
  EXPECT_TRUE(Eventually([&] { return done == kWaits; })) << done;
  for (const auto& call : calls) {
    EXPECT_EQ(call->run.state(), v1::Run::SUCCEEDED);
  }
  EXPECT_TRUE(server.runs.AwaitSubscriptions(0));
}

// Wake, alarm, cancellation and shutdown at the same moment, many times.
TEST(WaitRunTest, EverythingAtOnceEndsEachCallOnce) {
  TestServer server;
  for (int round = 0; round < 60; ++round) {
    const std::string id = absl::StrCat("run-", 1000 + round);
    server.runs.Add(id);
    grpc::ClientContext context;
    std::thread waker([&] {
      absl::SleepFor(absl::Milliseconds(3));
      server.runs.SetState(id, RunState::kSucceeded);
    });
    std::thread canceller([&] {
      absl::SleepFor(absl::Milliseconds(3));
      if (round % 2 == 0) context.TryCancel();
    });
    v1::Run run;
    const grpc::Status status = server.stub->WaitRun(
        &context, WaitFor(id, absl::Milliseconds(3)), &run);
    waker.join();
    canceller.join();
    EXPECT_TRUE(status.ok() ||
                status.error_code() == grpc::StatusCode::CANCELLED)
        << status.error_message();
  }
  EXPECT_TRUE(server.runs.AwaitSubscriptions(0));
}

}  // namespace
}  // namespace assay::service
