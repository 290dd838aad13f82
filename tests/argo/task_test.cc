// SPDX-License-Identifier: Apache-2.0
#include "plugins/argo/task.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace assay::argo {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// The body that Argo's agent sends, with these arguments of ours.
json Args(const json& more = json::object()) {
  json plugin = {{"rule_set", "version: 1\n"},
                 {"node", "orders-x7k2p.verify"},
                 {"attempt", "0"}};
  plugin.update(more);
  return {
      {"workflow",
       {{"metadata",
         {{"name", "orders-x7k2p"}, {"namespace", "shop"}, {"uid", "b7a1"}}}}},
      {"template", {{"name", "gate"}, {"plugin", {{"assay", plugin}}}}}};
}

Task Read(const json& args, const std::string& agent = "pod",
          const std::string& argo_url = "") {
  const absl::StatusOr<Task> task =
      ReadTask(args, {.agent = agent, .argo_url = argo_url});
  EXPECT_TRUE(task.ok()) << task.status();
  return task.value_or(Task());
}

std::string Refusal(const json& args) {
  return std::string(ReadTask(args, {}).status().message());
}

TEST(TaskTest, AnotherPluginsTemplateIsNotOurs) {
  EXPECT_TRUE(IsOurs(Args()));
  json args = Args();
  args["template"]["plugin"] = {{"slack", {{"text", "hi"}}}};
  EXPECT_FALSE(IsOurs(args));
  args["template"].erase("plugin");
  EXPECT_FALSE(IsOurs(args));
  EXPECT_FALSE(IsOurs(json::object()));
}

// {} would be "no plugin executed the template", which says nothing.
TEST(TaskTest, OursWithoutArgumentsIsOursAndRefused) {
  for (const json& plugin : {json("rules"), json(), json::array()}) {
    json args = Args();
    args["template"]["plugin"]["assay"] = plugin;
    EXPECT_TRUE(IsOurs(args));
    EXPECT_THAT(Refusal(args), HasSubstr("is no object"));
  }
}

TEST(TaskTest, OptionsArriveInTheRequest) {
  const Task task = Read(Args({{"params", R"({"batch": "7", "limit": 5})"},
                               {"fail_on", "warn"},
                               {"verdict_as_data", "true"},
                               {"on_hold", "wait"},
                               {"hold_timeout", "8h"},
                               {"timeout", "90m"},
                               {"lease", "30s"},
                               {"server_grace", "1m"},
                               {"labels", {{"team", "shop"}}}}));
  EXPECT_EQ(task.request.params().at("batch"), "7");
  EXPECT_EQ(task.request.params().at("limit"), "5");
  const v1::RunOptions& options = task.request.options();
  EXPECT_TRUE(options.fail_on_warn());
  EXPECT_EQ(options.on_hold(), v1::RunOptions::WAIT);
  EXPECT_EQ(options.hold_timeout().seconds(), 8 * 3600);
  EXPECT_EQ(options.timeout().seconds(), 90 * 60);
  EXPECT_EQ(options.lease().seconds(), 30);
  EXPECT_FALSE(options.detached());
  EXPECT_TRUE(task.verdict_as_data);
  EXPECT_EQ(task.grace, absl::Minutes(1));
  EXPECT_EQ(task.request.labels().at("team"), "shop");
}

// What a template with empty defaults sends.
TEST(TaskTest, EmptyIsNotGiven) {
  const Task task = Read(Args({{"params", ""},
                               {"fail_on", ""},
                               {"verdict_as_data", ""},
                               {"on_hold", ""},
                               {"hold_timeout", ""},
                               {"timeout", ""},
                               {"server_grace", ""}}));
  EXPECT_FALSE(task.request.options().has_timeout());
  EXPECT_FALSE(task.request.options().has_hold_timeout());
  EXPECT_FALSE(task.request.options().fail_on_warn());
  EXPECT_FALSE(task.verdict_as_data);
  EXPECT_EQ(task.grace, absl::Minutes(2));
}

TEST(TaskTest, MistakesAreNamed) {
  EXPECT_THAT(Refusal(Args({{"fial_on", "warn"}})),
              HasSubstr("plugin.assay.fial_on: there is no such argument"));
  EXPECT_THAT(Refusal(Args({{"fail_on", "error"}})),
              HasSubstr("it takes fail or warn"));
  EXPECT_THAT(Refusal(Args({{"verdict_as_data", "yes"}})),
              HasSubstr("it takes false or true"));
  EXPECT_THAT(Refusal(Args({{"timeout", "soon"}})), HasSubstr("timeout"));
  EXPECT_THAT(Refusal(Args({{"hold_timeout", "8h"}})),
              HasSubstr("needs on_hold: wait"));
  EXPECT_THAT(Refusal(Args({{"rule_set", " \n"}})), HasSubstr("is empty"));
  EXPECT_THAT(Refusal(Args({{"params", "{\"a\": [1]}"}})),
              HasSubstr("plugin.assay.params: a: must be a text"));
  EXPECT_THAT(Refusal(Args({{"params", "{\"a\": 1.5}"}})),
              HasSubstr("in quotes"));
  EXPECT_THAT(Refusal(Args({{"timeout", json::array()}})),
              HasSubstr("a text is wanted"));
}

TEST(TaskTest, WithoutANodeTwoGatesWouldShareARun) {
  EXPECT_THAT(Refusal(Args({{"node", ""}})), HasSubstr("{{node.name}}"));
  EXPECT_THAT(Refusal(Args({{"node", "{{node.name}}"}})),
              HasSubstr("{{node.name}}"));
  EXPECT_THAT(Refusal(Args({{"attempt", "{{retries}}"}})),
              HasSubstr("retryStrategy"));
  json args = Args();
  args["workflow"]["metadata"].erase("uid");
  EXPECT_THAT(Refusal(args), HasSubstr("uid"));
}

// A retry would be answered with the run that it retries.
TEST(TaskTest, ARetryStrategyNeedsTheAttempt) {
  json args = Args({{"attempt", ""}});
  EXPECT_EQ(Read(args).request.labels().at("try"), "0");
  args["template"]["retryStrategy"] = {{"limit", "3"}};
  EXPECT_THAT(Refusal(args), HasSubstr("{{retries}}"));
  args["template"]["plugin"]["assay"]["attempt"] = "1";
  EXPECT_EQ(Read(args).request.labels().at("try"), "1");
}

TEST(TaskTest, OneAttemptOneRun) {
  const json args = Args();
  const std::string id = Read(args).request.request_id();
  EXPECT_EQ(Read(args).request.request_id(), id);
  std::set<std::string> ids = {id};
  EXPECT_TRUE(ids.insert(Read(args, "another pod").request.request_id()).second)
      << "after `argo retry` the data is read again";
  EXPECT_TRUE(
      ids.insert(Read(Args({{"attempt", "1"}})).request.request_id()).second);
  EXPECT_TRUE(
      ids.insert(
             Read(Args({{"node", "orders-x7k2p.other"}})).request.request_id())
          .second);
  json resubmitted = args;
  resubmitted["workflow"]["metadata"]["uid"] = "c8b2";
  EXPECT_TRUE(ids.insert(Read(resubmitted).request.request_id()).second);
  EXPECT_EQ(Read(args).request.attach(), v1::StartRunRequest::NEVER);
}

TEST(TaskTest, IdsAreBoundedAndStayApart) {
  std::string node = "orders-x7k2p.verify(0:";
  for (int i = 0; i < 500; ++i) node += "ü";
  const Task one = Read(Args({{"node", node + "a)"}}));
  const Task two = Read(Args({{"node", node + "b)"}}));
  EXPECT_LE(one.request.request_id().size(), 256u);
  EXPECT_LE(one.request.correlation_id().size(), 256u);
  EXPECT_NE(one.request.request_id(), two.request.request_id());
  EXPECT_NE(one.request.correlation_id(), two.request.correlation_id());
  // As JSON it would throw where a character is cut.
  EXPECT_NO_THROW(json(one.request.request_id()).dump());
  EXPECT_LE(one.request.labels().at("task").size(), 1024u);
}

TEST(TaskTest, LabelsSayWhereTheRunComesFrom) {
  const Task task =
      Read(Args({{"workflow", "orders"},
                 {"attempt", "2"},
                 {"labels", {{"scheduler", "mine"}, {"owner", "x"}}}}),
           "pod", "https://argo.example/");
  const auto& labels = task.request.labels();
  EXPECT_EQ(labels.at("scheduler"), "argo");
  EXPECT_EQ(labels.at("namespace"), "shop");
  EXPECT_EQ(labels.at("workflow"), "orders");
  EXPECT_EQ(labels.at("run"), "orders-x7k2p");
  EXPECT_EQ(labels.at("task"), "verify");
  EXPECT_EQ(labels.at("try"), "2");
  EXPECT_EQ(labels.at("url"),
            "https://argo.example/workflows/shop/orders-x7k2p");
  EXPECT_EQ(labels.at("owner"), "x");
}

TEST(TaskTest, ATaskKeepsItsNameWhenAnItemComesBefore) {
  const auto task = [](const std::string& node) {
    return Read(Args({{"node", node}})).request.labels().at("task");
  };
  EXPECT_EQ(task("orders-x7k2p.verify(0:payment)"), "verify[payment]");
  EXPECT_EQ(task("orders-x7k2p.verify(12:payment)"), "verify[payment]");
  EXPECT_EQ(task("orders-x7k2p.verify(0:a:1,b:(2))"), "verify[a:1,b:(2)]");
  EXPECT_EQ(task("orders-x7k2p[0].gate"), "[0].gate");
  EXPECT_EQ(task("orders-x7k2p"), "orders-x7k2p");
  EXPECT_EQ(task("orders-x7k2p.odd(name)"), "odd(name)");
}

TEST(TaskTest, DeclaredOutputsHaveTheirDefaults) {
  json args = Args();
  EXPECT_TRUE(DeclaredOutputs(args).empty());
  args["template"]["outputs"]["parameters"] = {
      {{"name", "decision"}, {"valueFrom", {{"default", "HOLD"}}}},
      {{"name", "mine"}, {"valueFrom", {{"supplied", json::object()}}}}};
  EXPECT_THAT(DeclaredOutputs(args),
              testing::UnorderedElementsAre(testing::Pair("decision", "HOLD"),
                                            testing::Pair("mine", "")));
}

}  // namespace
}  // namespace assay::argo
