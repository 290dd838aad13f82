// SPDX-License-Identifier: Apache-2.0
#include "validator/http/routes.h"

#include <set>
#include <string>

#include "assay/v1/validation_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

const google::protobuf::ServiceDescriptor& Service() {
  return *v1::StartRunRequest::descriptor()->file()->service(0);
}

RouteMatch Find(const std::string& method, const std::string& path) {
  return FindRoute(method, *ParseTarget(path));
}

TEST(RoutesTest, EveryUnaryRpcHasARoute) {
  std::set<std::string> routed;
  for (const Route& route : Routes()) {
    const auto* method = Service().FindMethodByName(route.rpc);
    ASSERT_NE(method, nullptr) << route.rpc;
    EXPECT_FALSE(method->server_streaming()) << route.rpc;
    routed.insert(route.rpc);
  }
  for (int i = 0; i < Service().method_count(); ++i) {
    const auto& method = *Service().method(i);
    EXPECT_EQ(routed.count(method.name()), method.server_streaming() ? 0U : 1U)
        << method.name();
  }
}

TEST(RoutesTest, WhatStandsInPathsAreTextsOfTheRequest) {
  for (const Route& route : Routes()) {
    const auto target = ParseTarget(route.path);
    ASSERT_TRUE(target.ok()) << route.path;
    const auto* request = Service().FindMethodByName(route.rpc)->input_type();
    for (const std::string& segment : target->segments) {
      if (segment.front() != '{') continue;
      const auto* field =
          request->FindFieldByName(segment.substr(1, segment.size() - 2));
      ASSERT_NE(field, nullptr) << route.path;
      EXPECT_EQ(field->type(), google::protobuf::FieldDescriptor::TYPE_STRING);
    }
  }
}

TEST(RoutesTest, MethodAndPathDecide) {
  const RouteMatch wait = Find("POST", "/v1/runs/ab%20c:wait");
  ASSERT_NE(wait.route, nullptr);
  EXPECT_STREQ(wait.route->rpc, "WaitRun");
  EXPECT_THAT(wait.bindings, ElementsAre(Pair("run_id", "ab c")));
  EXPECT_STREQ(Find("GET", "/v1/runs").route->rpc, "ListRuns");
  EXPECT_STREQ(Find("GET", "/v1/runs/x/results").route->rpc, "ListResults");
  const RouteMatch wrong = Find("DELETE", "/v1/runs");
  EXPECT_EQ(wrong.route, nullptr);
  EXPECT_THAT(wrong.allowed, ElementsAre("POST", "GET"));
  for (const char* path : {"/v1", "/v1/runs/", "/v1/runs/x:no", "/v1/runs:wait",
                           "/v1/runs/x/results/y", "/V1/runs"}) {
    EXPECT_TRUE(Find("GET", path).allowed.empty()) << path;
  }
}

}  // namespace
}  // namespace assay::http
