// SPDX-License-Identifier: Apache-2.0
#include "validator/http/request_message.h"

#include <random>
#include <string>

#include "assay/v1/validation_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"
#include "validator/http/json_check.h"

namespace assay::http {
namespace {

using testing::HasSubstr;

std::string Message(const absl::Status& status) {
  EXPECT_EQ(GetReason(status), ErrorReason::kHttpRequestInvalid);
  return std::string(status.message());
}

absl::Status Query(const std::string& text,
                   google::protobuf::Message& message) {
  return ReadQuery(ParseTarget("/?" + text)->query, message);
}

TEST(RequestMessageTest, BodiesTakeBothSpellings) {
  v1::StartRunRequest a;
  v1::StartRunRequest b;
  ASSERT_TRUE(ReadBody(R"({"rule_set": "x", "request_id": "r",
                           "options": {"fail_on_warn": true,
                                       "timeout": "90s"},
                           "labels": {"k": "v"}})",
                       a)
                  .ok());
  ASSERT_TRUE(ReadBody(R"({"ruleSet": "x", "requestId": "r",
                           "options": {"failOnWarn": true,
                                       "timeout": "90s"},
                           "labels": {"k": "v"}})",
                       b)
                  .ok());
  EXPECT_EQ(a.SerializeAsString(), b.SerializeAsString());
  EXPECT_TRUE(a.options().fail_on_warn());
  EXPECT_EQ(a.options().timeout().seconds(), 90);
}

TEST(RequestMessageTest, NoBodyIsTheEmptyMessage) {
  v1::CancelRunRequest request;
  EXPECT_TRUE(ReadBody(" \n", request).ok());
  EXPECT_EQ(request.ByteSizeLong(), 0U);
}

TEST(RequestMessageTest, WhatDoesNotFitIsSaidWithItsField) {
  v1::StartRunRequest request;
  const auto body = [&request](const std::string& text) {
    return Message(ReadBody(text, request));
  };
  EXPECT_THAT(body(R"({"rule_sett": "x"})"), HasSubstr("rule_sett"));
  EXPECT_THAT(body(R"({"rule_set": 5})"), HasSubstr("rule_set"));
  EXPECT_THAT(body(R"({"options": {"timeout": "1h"}})"), HasSubstr("timeout"));
  EXPECT_THAT(body("{\n\"rule_set\": }"), HasSubstr("line 2"));
  EXPECT_THAT(body(R"({"rule_set": "a", "ruleSet": "b"})"),
              HasSubstr("given twice"));
}

TEST(RequestMessageTest, OnlyJsonIsJson) {
  for (const char* text :
       {"[]", "1", "\"x\"", "null", "{", "{'a': 1}", "{a: 1}", "{\"a\": 1,}",
        "{} {}", "{\"a\": NaN}", "{\"a\": 01}", "{\"a\": \"\x01\"}",
        "{\"a\": \"\xff\"}", "{\"a\": \"\\ud800\"}", "// x\n{}",
        "{\"a\": {\"b\": 1, \"b\": 2}}", "\xef\xbb\xbf"}) {
    EXPECT_FALSE(CheckJson(text).ok()) << text;
  }
  EXPECT_TRUE(CheckJson("{\"a\": {\"b_c\": 1, \"bC\": [1, null, {}]}}").ok());
  EXPECT_FALSE(CheckJson("{\"a\":" + std::string(1 << 20, '[')).ok());
  std::string wide = "{\"a\":[0";
  for (int i = 0; i < 10000; ++i) wide += ",0";
  EXPECT_FALSE(CheckJson(wide + "]}").ok());
}

TEST(RequestMessageTest, QueriesTakeTextsForEverything) {
  v1::ListRunsRequest request;
  ASSERT_TRUE(Query("page_size=7&activeOnly=true&verdict=VERDICT_FAIL&"
                    "labels[a%20b]=x%26y&labels[c]=&migration=m",
                    request)
                  .ok());
  EXPECT_EQ(request.page_size(), 7);
  EXPECT_TRUE(request.active_only());
  EXPECT_EQ(request.verdict(), v1::VERDICT_FAIL);
  EXPECT_EQ(request.labels().at("a b"), "x&y");
  EXPECT_EQ(request.labels().at("c"), "");
  v1::WaitRunRequest wait;
  ASSERT_TRUE(Query("timeout=2.5s&view=2", wait).ok());
  EXPECT_EQ(wait.timeout().nanos(), 500000000);
  v1::DraftRuleSetRequest draft;
  ASSERT_TRUE(Query("tables=a&tables=b", draft).ok());
  EXPECT_EQ(draft.tables_size(), 2);
}

TEST(RequestMessageTest, QueriesThatDoNotFitAreRefused) {
  v1::ListRunsRequest request;
  for (const char* text :
       {"page_size=", "page_size=x", "page_size=1&pageSize=2", "nope=1",
        "labels=x", "labels[a]=1&labels[a]=2", "page_size[a]=1",
        "active_only=perhaps", "verdict=FAIL", "page_size=99999999999",
        "@type=x"}) {
    EXPECT_FALSE(Query(text, request).ok()) << text;
  }
  v1::StartRunRequest start;
  EXPECT_FALSE(Query("options=x", start).ok());
}

TEST(RequestMessageTest, PathWinsOverNothingAndAgainstNothing) {
  v1::WaitRunRequest request;
  ASSERT_TRUE(ReadPath({{"run_id", "a"}}, request).ok());
  EXPECT_EQ(request.run_id(), "a");
  EXPECT_TRUE(ReadPath({{"run_id", "a"}}, request).ok());
  EXPECT_THAT(Message(ReadPath({{"run_id", "b"}}, request)),
              HasSubstr("run_id"));
}

TEST(RequestMessageTest, AnswersShowEveryFieldThatHasAValue) {
  v1::Run run;
  run.set_run_id("r");
  run.set_sequence(int64_t{1} << 60);
  const auto text = ToJson(run);
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, HasSubstr(R"("sequence":"1152921504606846976")"));
  EXPECT_THAT(*text, HasSubstr(R"("decision":"DECISION_UNSPECIFIED")"));
  run.mutable_start_time()->set_seconds(int64_t{1} << 60);
  EXPECT_EQ(GetReason(ToJson(run).status()), ErrorReason::kInternal);
}

TEST(RequestMessageTest, AnyTextIsReadOrRefused) {
  std::mt19937 dice(3);
  const std::string alphabet = "{}[]\",:\\tnu0-1e. \xc3\xa4\xff_ab";
  for (int i = 0; i < 20000; ++i) {
    std::string text = "{\"rule_set\":";
    for (unsigned n = dice() % 40; n > 0; --n) {
      text.push_back(alphabet[dice() % alphabet.size()]);
    }
    v1::StartRunRequest request;
    (void)ReadBody(text + "}", request);
  }
}

}  // namespace
}  // namespace assay::http
