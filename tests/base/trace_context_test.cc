// SPDX-License-Identifier: Apache-2.0
#include "validator/base/trace_context.h"

#include <string>

#include "gtest/gtest.h"

namespace assay {
namespace {

constexpr char kGood[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContextTest, TakesWhatTheStandardWrites) {
  EXPECT_EQ(ParseTraceparent(kGood), kGood);
  EXPECT_EQ(TraceIdOf(kGood), "0af7651916cd43dd8448eb211c80319c");
}

TEST(TraceContextTest, TakesTheKnownPartOfLaterVersions) {
  std::string later = kGood;
  later[1] = '1';
  EXPECT_EQ(ParseTraceparent(later), kGood);
  EXPECT_EQ(ParseTraceparent(later + "-what'ever */ comes"), kGood);
  EXPECT_EQ(ParseTraceparent(later + "0"), "");
}

TEST(TraceContextTest, IgnoresEverythingElse) {
  const std::string good = kGood;
  for (const std::string& bad :
       {std::string(), std::string("00"), good + "-", good + "0",
        good.substr(1), good + "\n", "ff" + good.substr(2),
        good.substr(0, 3) + std::string(32, '0') + good.substr(35),
        good.substr(0, 36) + std::string(16, '0') + good.substr(52),
        "01-" + good.substr(3) + "-" + std::string(512, 'x')}) {
    EXPECT_EQ(ParseTraceparent(bad), "") << bad;
    EXPECT_EQ(TraceIdOf(bad), "") << bad;
  }
}

TEST(TraceContextTest, LetsNoOtherByteThrough) {
  for (size_t at = 0; at < std::string(kGood).size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = kGood;
      changed[at] = static_cast<char>(byte);
      const std::string parsed = ParseTraceparent(changed);
      EXPECT_EQ(parsed.find_first_not_of("0123456789abcdef-"),
                std::string::npos);
      EXPECT_TRUE(parsed.empty() || parsed.size() == 55U);
    }
  }
}

}  // namespace
}  // namespace assay
