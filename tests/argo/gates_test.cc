// SPDX-License-Identifier: Apache-2.0
// Gates against a server that says everything a server can say, over gRPC.
#include "plugins/argo/gates.h"

#include <atomic>
#include <latch>
#include <map>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/cli/support/fake_server.h"

namespace assay::argo {
namespace {

using cli::Answer;
using cli::MakeRun;
using nlohmann::json;
using testing::HasSubstr;

constexpr int kUnavailable = 14;
constexpr int kInvalidArgument = 3;

json Args(const json& more = json::object()) {
  json plugin = {{"rule_set", "version: 1\n"}, {"node", "orders.verify"}};
  plugin.update(more);
  return {{"workflow",
           {{"metadata",
             {{"name", "orders"}, {"namespace", "shop"}, {"uid", "b7a1"}}}}},
          {"template",
           {{"plugin", {{"assay", plugin}}},
            {"outputs",
             {{"parameters",
               {{{"name", "decision"}, {"valueFrom", {{"default", "HOLD"}}}},
                {{"name", "mine"}, {"valueFrom", {{"default", "d"}}}}}}}}}}};
}

std::string Output(const json& reply, const std::string& name) {
  for (const json& one : reply["node"]["outputs"]["parameters"]) {
    if (one["name"] == name) return one["value"];
  }
  return "(not there)";
}

// What every reply must be, whatever happened.
void ExpectWhole(const json& reply) {
  const json& node = reply["node"];
  if (reply.contains("requeue")) {
    EXPECT_TRUE(!node.contains("phase") || node["phase"] == "Pending") << reply;
    EXPECT_FALSE(node.contains("outputs")) << reply;
    return;
  }
  EXPECT_THAT(node["phase"].get<std::string>(),
              testing::AnyOf("Succeeded", "Failed", "Error"));
  EXPECT_EQ(Output(reply, "mine"), "d");
  EXPECT_THAT(Output(reply, "decision"),
              testing::AnyOf("PROCEED", "HOLD", "ROLLBACK"));
  EXPECT_FALSE(node["message"].get<std::string>().empty());
}

v1::Run Running(int state = v1::Run::RUNNING) {
  v1::Run run;
  run.set_run_id("run-1");
  run.set_state(static_cast<v1::Run::State>(state));
  return run;
}

class GatesTest : public testing::Test {
 protected:
  GatesTest() {
    server_.on_start = [](const v1::StartRunRequest&) {
      return Answer{Running()};
    };
    server_.on_wait = [this](const v1::WaitRunRequest&) { return wait_; };
    server_.on_cancel = [](const v1::CancelRunRequest&) {
      return Answer{
          MakeRun(v1::Run::CANCELLED, v1::VERDICT_ERROR, v1::DECISION_HOLD)};
    };
    server_.Start();
    client_ = std::make_unique<cli::Client>(
        cli::ClientOptions{.address = server_.address()});
    Restart();
  }

  void Restart() {
    gates_ = std::make_unique<Gates>(
        *client_, GatesOptions{.origin = {.agent = "pod"},
                               .report_base_url = "https://assay.example/"});
  }

  json Ask(const json& more = json::object()) {
    json reply = gates_->Execute(Args(more));
    ExpectWhole(reply);
    return reply;
  }

  static v1::Run End(int state, int verdict, int decision) {
    v1::Run run = MakeRun(state, verdict, decision);
    run.set_run_id("run-1");
    return run;
  }

  Answer wait_{Running()};
  cli::FakeServer server_;
  std::unique_ptr<cli::Client> client_;
  std::unique_ptr<Gates> gates_;
};

TEST_F(GatesTest, AnotherPluginsTemplateGetsNothing) {
  EXPECT_EQ(gates_->Execute({{"template", {{"plugin", {{"slack", 1}}}}}}),
            json::object());
  EXPECT_TRUE(server_.calls().start.empty());
}

TEST_F(GatesTest, PendingWhileItWorksThenTheVerdict) {
  json reply = Ask();
  EXPECT_EQ(reply["node"]["phase"], "Pending");
  EXPECT_THAT(reply["node"]["message"],
              HasSubstr("https://assay.example/runs/run-1"));
  // Nothing new, nothing said: each message is a write of the workflow.
  EXPECT_EQ(Ask()["node"], json::object());
  wait_ = {End(v1::Run::SUCCEEDED, v1::VERDICT_PASS, v1::DECISION_PROCEED)};
  reply = Ask();
  EXPECT_EQ(reply["node"]["phase"], "Succeeded");
  EXPECT_EQ(Output(reply, "decision"), "PROCEED");
  EXPECT_EQ(server_.calls().start.size(), 1u);
}

// Results may be megabytes, and every gate is looked at every ten seconds.
TEST_F(GatesTest, ResultsAreFetchedAtTheEndOnly) {
  Ask();
  Ask();
  for (const v1::WaitRunRequest& wait : server_.calls().wait) {
    EXPECT_EQ(wait.view(), v1::RUN_VIEW_BASIC);
  }
  wait_ = {End(v1::Run::SUCCEEDED, v1::VERDICT_PASS, v1::DECISION_PROCEED)};
  Ask();
  EXPECT_EQ(server_.calls().wait.back().view(), v1::RUN_VIEW_FULL);
}

TEST_F(GatesTest, ARestartFindsTheSameRun) {
  Ask();
  Restart();
  Ask();
  const auto start = server_.calls().start;
  ASSERT_EQ(start.size(), 2u);
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(start[0], start[1]));
  EXPECT_FALSE(start[0].request_id().empty());
}

// The agent sends a call again that takes long, up to five times.
TEST_F(GatesTest, ACallThatIsSentTwiceStartsOneRun) {
  std::latch inside(1);
  std::latch go(1);
  server_.on_start = [&](const v1::StartRunRequest&) {
    inside.count_down();
    go.wait();
    return Answer{Running()};
  };
  std::thread first([this] { Ask(); });
  inside.wait();
  const json reply = Ask();
  EXPECT_EQ(reply["node"], json::object());
  EXPECT_EQ(reply["requeue"], "1000ms");
  go.count_down();
  first.join();
  EXPECT_EQ(server_.calls().start.size(), 1u);
}

TEST_F(GatesTest, ServerOutOfReachIsPendingThenErrorNeverFailed) {
  wait_ = {{}, kUnavailable, "going away", "SERVER_DRAINING"};
  json reply = Ask({{"server_grace", "1s"}});
  EXPECT_EQ(reply["node"]["phase"], "Pending");
  EXPECT_THAT(reply["node"]["message"], HasSubstr("trying for 1s"));
  absl::SleepFor(absl::Milliseconds(1100));
  reply = Ask({{"server_grace", "1s"}});
  EXPECT_EQ(reply["node"]["phase"], "Error");
  EXPECT_EQ(reply["node"]["outputs"]["exitCode"], "3");
  EXPECT_EQ(Output(reply, "decision"), "HOLD");
  EXPECT_EQ(Output(reply, "run-id"), "run-1");
}

TEST_F(GatesTest, AServerThatComesBackIsForgiven) {
  Ask();
  wait_ = {{}, kUnavailable, "going away", "SERVER_DRAINING"};
  Ask();
  wait_ = {Running()};
  Ask();
  wait_ = {{}, kUnavailable, "going away", "SERVER_DRAINING"};
  EXPECT_TRUE(Ask().contains("requeue"));
}

TEST_F(GatesTest, AServerThatIsNotThereIsTold) {
  server_.Stop();
  const absl::Time before = absl::Now();
  const json reply = Ask({{"server_grace", "0s"}});
  EXPECT_LT(absl::Now() - before, absl::Seconds(20));
  EXPECT_EQ(reply["node"]["phase"], "Error");
  EXPECT_EQ(reply["node"]["outputs"]["exitCode"], "3");
  EXPECT_THAT(reply["node"]["message"], HasSubstr("SERVER_UNREACHABLE"));
  EXPECT_EQ(Output(reply, "run-id"), "");
}

TEST_F(GatesTest, ARefusalIsNotTriedAgain) {
  server_.on_start = [](const v1::StartRunRequest&) {
    return Answer{{}, kInvalidArgument, "no such rule", "RULE_SET_INVALID"};
  };
  const json reply = Ask();
  EXPECT_EQ(reply["node"]["phase"], "Error");
  EXPECT_EQ(reply["node"]["outputs"]["exitCode"], "2");
  EXPECT_THAT(reply["node"]["message"], HasSubstr("no such rule"));
}

TEST_F(GatesTest, ArgumentsThatCannotBeReadNeverReachTheServer) {
  const json reply = Ask({{"on_hold", "perhaps"}});
  EXPECT_EQ(reply["node"]["phase"], "Error");
  EXPECT_EQ(reply["node"]["outputs"]["exitCode"], "2");
  EXPECT_THAT(reply["node"]["message"], HasSubstr("plugin.assay.on_hold"));
  EXPECT_TRUE(server_.calls().start.empty());
}

TEST_F(GatesTest, AnotherRunsVerdictIsNotTaken) {
  wait_ = {End(v1::Run::SUCCEEDED, v1::VERDICT_PASS, v1::DECISION_PROCEED)};
  wait_.run.set_run_id("run-2");
  const json reply = Ask();
  EXPECT_EQ(reply["node"]["phase"], "Error");
  EXPECT_EQ(Output(reply, "decision"), "HOLD");
}

TEST_F(GatesTest, ARunWithoutAnIdIsNotTaken) {
  server_.on_start = [](const v1::StartRunRequest&) {
    v1::Run run =
        MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_PASS, v1::DECISION_PROCEED);
    run.clear_run_id();
    return Answer{run};
  };
  const json reply = Ask();
  EXPECT_EQ(reply["node"]["phase"], "Error");
  EXPECT_EQ(Output(reply, "decision"), "HOLD");
}

// A newer server's state: one that has a verdict has ended, in a way that we
// do not know.
TEST_F(GatesTest, AnUnknownStateHolds) {
  wait_ = {Running(77)};
  EXPECT_TRUE(Ask().contains("requeue"));
  wait_.run.set_verdict(v1::VERDICT_PASS);
  wait_.run.set_decision(v1::DECISION_PROCEED);
  const json reply = Ask();
  EXPECT_EQ(reply["node"]["phase"], "Error");
  EXPECT_EQ(Output(reply, "decision"), "HOLD");
}

// Every combination of what a server may claim: PROCEED only where all agree.
TEST_F(GatesTest, NothingButAWholePassProceeds) {
  int proceeds = 0;
  for (int state = 0; state <= 9; ++state) {
    for (int verdict = 0; verdict <= 5; ++verdict) {
      for (int decision = 0; decision <= 4; ++decision) {
        Restart();
        wait_ = {End(state, verdict, decision)};
        const json reply = Ask({{"server_grace", "0s"}});
        if (reply.contains("requeue")) continue;
        const bool good =
            state == v1::Run::SUCCEEDED &&
            (verdict == v1::VERDICT_PASS || verdict == v1::VERDICT_WARN) &&
            decision == v1::DECISION_PROCEED;
        const std::string what = absl::StrCat(state, " ", verdict, " ",
                                              decision, ": ", reply.dump());
        EXPECT_EQ(reply["node"]["phase"] == "Succeeded", good) << what;
        EXPECT_EQ(Output(reply, "decision") == "PROCEED", good) << what;
        EXPECT_EQ(reply["node"]["outputs"]["exitCode"] == "0", good) << what;
        EXPECT_EQ(Output(reply, "decision") == "ROLLBACK",
                  state == v1::Run::SUCCEEDED && verdict == v1::VERDICT_FAIL &&
                      decision == v1::DECISION_ROLLBACK)
            << what;
        proceeds += good ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(proceeds, 2);
}

TEST_F(GatesTest, WarnHoldsWhereItIsToldTo) {
  wait_ = {End(v1::Run::SUCCEEDED, v1::VERDICT_WARN, v1::DECISION_PROCEED)};
  const json reply = Ask({{"fail_on", "warn"}});
  EXPECT_EQ(reply["node"]["phase"], "Failed");
  EXPECT_EQ(Output(reply, "decision"), "HOLD");
}

TEST_F(GatesTest, AVerdictAsDataSucceedsAndErrorNever) {
  wait_ = {End(v1::Run::SUCCEEDED, v1::VERDICT_FAIL, v1::DECISION_ROLLBACK)};
  json reply = Ask({{"verdict_as_data", "true"}});
  EXPECT_EQ(reply["node"]["phase"], "Succeeded");
  EXPECT_EQ(Output(reply, "decision"), "ROLLBACK");
  EXPECT_EQ(reply["node"]["outputs"]["result"], "ROLLBACK");
  wait_ = {End(v1::Run::FAILED, v1::VERDICT_ERROR, v1::DECISION_HOLD)};
  reply = Ask({{"verdict_as_data", "true"}, {"attempt", "1"}});
  EXPECT_EQ(reply["node"]["phase"], "Error");
}

TEST_F(GatesTest, AHeldRunSaysHowToReleaseIt) {
  wait_ = {End(v1::Run::HELD, v1::VERDICT_FAIL, v1::DECISION_HOLD)};
  const json reply = Ask({{"on_hold", "wait"}});
  EXPECT_EQ(reply["node"]["phase"], "Pending");
  EXPECT_THAT(reply["node"]["message"], HasSubstr("HELD"));
  EXPECT_THAT(reply["node"]["message"],
              HasSubstr("assay release run-1 --reason"));
  EXPECT_EQ(server_.calls().start[0].options().on_hold(), v1::RunOptions::WAIT);
}

// Argo would wait for ever.
TEST_F(GatesTest, AServerThatDoesNotEndARunInTimeIsNotWaitedFor) {
  const json options = {{"timeout", "1s"}, {"server_grace", "1s"}};
  EXPECT_TRUE(Ask(options).contains("requeue"));
  absl::SleepFor(absl::Milliseconds(2100));
  const json reply = Ask(options);
  EXPECT_EQ(reply["node"]["phase"], "Error");
  EXPECT_THAT(reply["node"]["message"], HasSubstr("RUN_TIMEOUT"));
  ASSERT_EQ(server_.calls().cancel.size(), 1u);
  EXPECT_EQ(server_.calls().cancel[0].run_id(), "run-1");
}

TEST_F(GatesTest, TheEndOfThePodCancelsWhatHasNotEnded) {
  Ask();
  gates_->CancelAll(absl::Seconds(10));
  const auto cancel = server_.calls().cancel;
  ASSERT_EQ(cancel.size(), 1u);
  EXPECT_EQ(cancel[0].run_id(), "run-1");
  EXPECT_EQ(cancel[0].request_id(), server_.calls().start[0].request_id());
}

TEST_F(GatesTest, WhatHasEndedIsNotCancelled) {
  wait_ = {End(v1::Run::SUCCEEDED, v1::VERDICT_PASS, v1::DECISION_PROCEED)};
  Ask();
  gates_->CancelAll(absl::Seconds(10));
  EXPECT_TRUE(server_.calls().cancel.empty());
}

}  // namespace
}  // namespace assay::argo
