// SPDX-License-Identifier: Apache-2.0
#include "validator/http/target.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay::http {
namespace {

using testing::ElementsAre;

TEST(TargetTest, PathIsTakenApart) {
  const auto root = ParseTarget("/");
  ASSERT_TRUE(root.ok());
  EXPECT_TRUE(root->segments.empty());
  const auto wait = ParseTarget("/v1/runs/a%20b%2Fc%3ad:wait");
  ASSERT_TRUE(wait.ok());
  EXPECT_THAT(wait->segments, ElementsAre("v1", "runs", "a b/c:d"));
  EXPECT_EQ(wait->verb, "wait");
  const auto early = ParseTarget("/v1:x/runs");
  ASSERT_TRUE(early.ok());
  EXPECT_THAT(early->segments, ElementsAre("v1:x", "runs"));
  EXPECT_EQ(early->verb, "");
  const auto empty = ParseTarget("/runs/");
  ASSERT_TRUE(empty.ok());
  EXPECT_THAT(empty->segments, ElementsAre("runs", ""));
}

TEST(TargetTest, QueryIsDecodedInOrder) {
  const auto target = ParseTarget("/runs?a=1&b=%C3%A4+%2B&a=2&&c&labels[x]==");
  ASSERT_TRUE(target.ok());
  std::string text;
  for (const auto& [name, value] : target->query) {
    absl::StrAppend(&text, name, "=", value, ";");
  }
  EXPECT_EQ(text, "a=1;b=\xc3\xa4 +;a=2;c=;labels[x]==;");
}

TEST(TargetTest, WhatIsNoPathIsRefused) {
  for (const char* text :
       {"", "*", "runs", "http://x/runs", "/a#b", "/%", "/%2", "/%zz", "/%00",
        "/%0d%0a", "/a?b=%7f", "/%ff", "/a?b=%c3", "/runs/x:"}) {
    const auto target = ParseTarget(text);
    EXPECT_FALSE(target.ok()) << text;
    EXPECT_EQ(GetReason(target.status()), ErrorReason::kHttpRequestInvalid);
  }
  std::string many = "/?";
  for (int i = 0; i < 201; ++i) many += "a=b&";
  EXPECT_FALSE(ParseTarget(many).ok());
}

TEST(TargetTest, WhatIsEncodedComesBack) {
  std::mt19937 dice(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (unsigned n = dice() % 12 + 1; n > 0; --n) {
      text.push_back(static_cast<char>(dice() % 95 + 32));
    }
    const auto target = ParseTarget("/x/" + EncodeSegment(text));
    ASSERT_TRUE(target.ok()) << text;
    EXPECT_THAT(target->segments, ElementsAre("x", text));
  }
}

TEST(TargetTest, AnyBytesAreAnsweredOrRefused) {
  std::mt19937 dice(11);
  for (int i = 0; i < 20000; ++i) {
    std::string text = "/";
    for (unsigned n = dice() % 30; n > 0; --n) {
      text.push_back("%/:?&=+#a1\xff\x00[]"[dice() % 14]);
    }
    (void)ParseTarget(text);
  }
}

}  // namespace
}  // namespace assay::http
