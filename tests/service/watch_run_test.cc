// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/service/test_server.h"

namespace assay::service {
namespace {

using runs::RunState;
using Response = v1::WatchRunResponse;

struct Watched {
  std::vector<Response> messages;
  grpc::Status status;
};

Watched Watch(TestServer& server, int64_t after,
              v1::RunView view = v1::RUN_VIEW_BASIC) {
  grpc::ClientContext context;
  v1::WatchRunRequest request;
  request.set_run_id("run-1");
  request.set_after_sequence(after);
  request.set_view(view);
  const auto reader = server.stub->WatchRun(&context, request);
  Watched out;
  Response message;
  while (reader->Read(&message)) out.messages.push_back(message);
  out.status = reader->Finish();
  return out;
}

std::string Describe(const Watched& watched) {
  std::string out;
  for (const Response& message : watched.messages) {
    absl::StrAppend(&out, message.sequence(), ":");
    if (message.has_run()) {
      absl::StrAppend(&out, v1::Run::State_Name(message.run().state()));
    }
    if (message.has_result()) absl::StrAppend(&out, message.result().rule_id());
    if (message.has_progress()) {
      absl::StrAppend(&out, "rows=", message.progress().rows_read_count());
    }
    if (message.event_case() == Response::kState) {
      absl::StrAppend(&out, "state=", v1::Run::State_Name(message.state()));
    }
    absl::StrAppend(&out, " ");
  }
  return out;
}

void FillFinishedRun(TestServer& server) {
  server.runs.Add("run-1");
  server.runs.AddResult("run-1", "a");
  server.runs.AddProgress("run-1", 10);
  server.runs.AddProgress("run-1", 20);
  server.runs.AddResult("run-1", "b");
  server.runs.SetState("run-1", RunState::kSucceeded);
}

TEST(WatchRunTest, SnapshotEventsTerminalRun) {
  TestServer server;
  FillFinishedRun(server);
  const Watched watched = Watch(server, 0);
  EXPECT_TRUE(watched.status.ok());
  // Progress is coalesced; results are not, and carry no samples in BASIC.
  EXPECT_EQ(Describe(watched), "0:SUCCEEDED 1:a 3:rows=20 4:b 5:SUCCEEDED ");
  EXPECT_EQ(watched.messages[1].result().samples_size(), 0);
}

TEST(WatchRunTest, FullViewHasSamplesAndTheResultsAtTheEnd) {
  TestServer server;
  FillFinishedRun(server);
  const Watched watched = Watch(server, 0, v1::RUN_VIEW_FULL);
  ASSERT_EQ(watched.messages.size(), 5u);
  EXPECT_EQ(watched.messages.front().run().results_size(), 0);
  EXPECT_EQ(watched.messages[1].result().samples_size(), 1);
  EXPECT_EQ(watched.messages.back().run().results_size(), 2);
}

TEST(WatchRunTest, ReconnectGoesOnBehindTheSequence) {
  TestServer server;
  FillFinishedRun(server);
  EXPECT_EQ(Describe(Watch(server, 1)),
            "1:SUCCEEDED 3:rows=20 4:b 5:SUCCEEDED ");
  EXPECT_EQ(Describe(Watch(server, 4)), "4:SUCCEEDED 5:SUCCEEDED ");
}

TEST(WatchRunTest, SequenceThatTheRunHasNotReachedBeginsAgain) {
  TestServer server;
  FillFinishedRun(server);
  EXPECT_EQ(Describe(Watch(server, 99)),
            "0:SUCCEEDED 1:a 3:rows=20 4:b 5:SUCCEEDED ");
}

TEST(WatchRunTest, LiveRunIsFollowedToItsEnd) {
  TestServer server;
  server.runs.Add("run-1");
  std::thread worker([&] {
    EXPECT_TRUE(server.runs.AwaitSubscriptions(1));
    server.runs.SetState("run-1", RunState::kCancelling);
    for (int i = 0; i < 500; ++i) {
      server.runs.AddResult("run-1", absl::StrCat("rule", i));
      server.runs.AddProgress("run-1", i);
    }
    server.runs.SetState("run-1", RunState::kCancelled);
  });
  const Watched watched = Watch(server, 0);
  worker.join();
  EXPECT_TRUE(watched.status.ok());
  int results = 0;
  int64_t last = -1;
  for (const Response& message : watched.messages) {
    EXPECT_GE(message.sequence(), last);
    last = message.sequence();
    if (message.has_result()) {
      EXPECT_EQ(message.result().rule_id(), absl::StrCat("rule", results++));
    }
  }
  EXPECT_EQ(results, 500);
  EXPECT_TRUE(watched.messages.front().has_run());
  EXPECT_EQ(watched.messages[1].state(), v1::Run::CANCELLING);
  EXPECT_EQ(watched.messages.back().run().state(), v1::Run::CANCELLED);
  EXPECT_TRUE(server.runs.AwaitSubscriptions(0));
}

TEST(WatchRunTest, ClientThatDisappearsLeavesNoSubscription) {
  TestServer server;
  server.runs.Add("run-1");
  grpc::ClientContext context;
  v1::WatchRunRequest request;
  request.set_run_id("run-1");
  auto reader = server.stub->WatchRun(&context, request);
  Response message;
  ASSERT_TRUE(reader->Read(&message));
  ASSERT_TRUE(server.runs.AwaitSubscriptions(1));
  std::thread worker([&] {
    for (int i = 0; i < 2000; ++i) {
      server.runs.AddResult("run-1", absl::StrCat("rule", i));
    }
  });
  ASSERT_TRUE(reader->Read(&message));
  context.TryCancel();
  worker.join();
  EXPECT_TRUE(server.runs.AwaitSubscriptions(0));
  EXPECT_EQ(server.runs.Get("run-1", false)->state, RunState::kRunning)
      << "closing the stream cancels nothing";
  reader->Finish();
}

TEST(WatchRunTest, ShutdownEndsOpenStreams) {
  TestServer server;
  server.runs.Add("run-1");
  std::thread stopper([&] {
    EXPECT_TRUE(server.runs.AwaitSubscriptions(1));
    server.service().EndOpenCalls();
  });
  const Watched watched = Watch(server, 0);
  stopper.join();
  EXPECT_EQ(ErrorInfoOf(watched.status).reason(), "SERVER_DRAINING");
}

TEST(WatchRunTest, BadRequestsAreRefused) {
  TestServer server;
  EXPECT_EQ(ErrorInfoOf(Watch(server, 0).status).reason(), "RUN_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(Watch(server, -1).status).reason(), "ARGUMENT_INVALID");
}

}  // namespace
}  // namespace assay::service
