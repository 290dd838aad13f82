// SPDX-License-Identifier: Apache-2.0
#include "plugins/argo/reply.h"

#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "validator/report/outcome.h"

namespace assay::argo {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

v1::Run Ended(v1::Verdict verdict, v1::Decision decision) {
  v1::Run run;
  run.set_run_id("01k3v8");
  run.set_request_id("argo/b7a1/orders/0/pod");
  run.set_state(v1::Run::SUCCEEDED);
  run.set_verdict(verdict);
  run.set_decision(decision);
  v1::RuleResult& result = *run.add_results();
  result.set_rule_id("same_rows");
  result.set_verdict(verdict);
  v1::VerdictCounts& counts = *run.mutable_counts();
  if (verdict == v1::VERDICT_PASS) counts.set_pass_count(1);
  if (verdict == v1::VERDICT_FAIL) counts.set_fail_count(1);
  return run;
}

std::map<std::string, std::string> Outputs(const json& reply) {
  std::map<std::string, std::string> out;
  for (const json& one : reply["node"]["outputs"]["parameters"]) {
    EXPECT_TRUE(out.emplace(one["name"], one["value"]).second) << one;
  }
  return out;
}

// Argo waits for ever for a reply with neither, and calls one with both again.
TEST(ReplyTest, TerminalOrRequeue) {
  const json pending = PendingReply("run x is RUNNING", absl::Seconds(2));
  EXPECT_EQ(pending["node"]["phase"], "Pending");
  EXPECT_EQ(pending["node"]["message"], "run x is RUNNING");
  EXPECT_EQ(pending["requeue"], "2000ms");
  const json quiet = PendingReply("", absl::ZeroDuration());
  EXPECT_EQ(quiet["node"], json::object());
  EXPECT_EQ(quiet["requeue"], "100ms");
  const json end = TerminalReply(Ended(v1::VERDICT_PASS, v1::DECISION_PROCEED),
                                 report::kExitProceed, "", {});
  EXPECT_FALSE(end.contains("requeue"));
  EXPECT_EQ(end["node"]["phase"], "Succeeded");
}

TEST(ReplyTest, PhasesAreThoseOfTheExitCode) {
  const auto phase = [](int exit_code) {
    return TerminalReply(Ended(v1::VERDICT_FAIL, v1::DECISION_HOLD), exit_code,
                         "", {})["node"]["phase"];
  };
  EXPECT_EQ(phase(report::kExitProceed), "Succeeded");
  EXPECT_EQ(phase(report::kExitFail), "Failed");
  EXPECT_EQ(phase(report::kExitRollback), "Failed");
  EXPECT_EQ(phase(report::kExitUsage), "Error");
  EXPECT_EQ(phase(report::kExitRetryable), "Error");
  EXPECT_EQ(phase(report::kExitPermanent), "Error");
  EXPECT_EQ(phase(130), "Error");
}

TEST(ReplyTest, AllDeclaredOutputsAreThere) {
  const json reply = TerminalReply(
      Ended(v1::VERDICT_FAIL, v1::DECISION_HOLD), report::kExitFail,
      "https://assay.example/runs/01k3v8",
      {{"decision", "PROCEED"}, {"mine", "default"}, {"verdict", ""}});
  const auto outputs = Outputs(reply);
  EXPECT_EQ(outputs.at("verdict"), "FAIL");
  EXPECT_EQ(outputs.at("decision"), "HOLD") << "no default outlives the run";
  EXPECT_EQ(outputs.at("mine"), "default");
  EXPECT_EQ(outputs.at("run-id"), "01k3v8");
  EXPECT_EQ(outputs.at("request-id"), "argo/b7a1/orders/0/pod");
  EXPECT_EQ(outputs.at("state"), "SUCCEEDED");
  EXPECT_EQ(outputs.at("exit-code"), "1");
  EXPECT_EQ(outputs.at("fail-count"), "1");
  EXPECT_EQ(outputs.at("report-url"), "https://assay.example/runs/01k3v8");
  EXPECT_EQ(outputs.at("message"), reply["node"]["message"]);
  EXPECT_EQ(reply["node"]["outputs"]["exitCode"], "1");
  EXPECT_EQ(reply["node"]["outputs"]["result"], "HOLD");
}

// What does not agree with itself holds, whatever word it carries.
TEST(ReplyTest, AContradictionHolds) {
  v1::Run run = Ended(v1::VERDICT_FAIL, v1::DECISION_PROCEED);
  json reply =
      TerminalReply(run, report::Judge(run).exit_code, "", {{"decision", ""}});
  EXPECT_EQ(Outputs(reply).at("decision"), "HOLD");
  EXPECT_EQ(reply["node"]["phase"], "Failed");
  EXPECT_THAT(reply["node"]["message"], HasSubstr("does not agree"));
  run = Ended(v1::VERDICT_PASS, v1::DECISION_PROCEED);
  run.mutable_counts()->set_fail_count(1);
  reply = TerminalReply(run, report::Judge(run).exit_code, "", {});
  EXPECT_EQ(Outputs(reply).at("decision"), "HOLD");
  EXPECT_EQ(Outputs(reply).at("verdict"), "ERROR");
  EXPECT_EQ(reply["node"]["phase"], "Error");
}

TEST(ReplyTest, TheMessageIsOneLineWorstFirst) {
  v1::Run run = Ended(v1::VERDICT_FAIL, v1::DECISION_ROLLBACK);
  run.mutable_results(0)->set_found("3 missing\nin payment");
  for (int i = 0; i < 5; ++i) {
    v1::RuleResult& result = *run.add_results();
    result.set_rule_id("other");
    result.set_verdict(v1::VERDICT_FAIL);
    result.set_found("x" + std::to_string(i));
  }
  const std::string message =
      MessageOf(run, "https://assay.example/runs/01k3v8");
  EXPECT_THAT(message, testing::StartsWith("FAIL → ROLLBACK: "));
  EXPECT_THAT(message, HasSubstr("same_rows"));
  EXPECT_THAT(message, HasSubstr("and 3 more"));
  EXPECT_THAT(message, HasSubstr("https://assay.example/runs/01k3v8"));
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  EXPECT_THAT(MessageOf(run, ""), HasSubstr("assay show 01k3v8"));
}

// Argo keeps all nodes of a workflow in one object of at most 1 MiB.
TEST(ReplyTest, RepliesAreSmallAndUtf8WhateverWasFound) {
  v1::Run run = Ended(v1::VERDICT_FAIL, v1::DECISION_HOLD);
  for (int i = 0; i < 1000; ++i) {
    v1::RuleResult& result = *run.add_results();
    result.set_rule_id("rule");
    result.set_verdict(v1::VERDICT_FAIL);
    result.set_found(std::string(10000, 'x'));
  }
  run.mutable_error()->set_message(std::string(100000, 'y'));
  run.set_run_id("\xff\xfe");
  const json reply = TerminalReply(run, report::kExitFail, "", {});
  EXPECT_LT(reply.dump(-1, ' ', false, json::error_handler_t::replace).size(),
            8192u);
  EXPECT_NO_THROW(json(reply["node"]["message"]).dump());
}

}  // namespace
}  // namespace assay::argo
