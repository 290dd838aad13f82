// SPDX-License-Identifier: Apache-2.0
#include "validator/service/page_token.h"

#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay::service {
namespace {

TEST(PageTokenTest, RoundTrips) {
  const std::string cursor("1234/\x01\xFF run", 11);
  const std::string token = EncodePageToken("filter", cursor);
  EXPECT_EQ(*DecodePageToken("filter", token), cursor);
  EXPECT_EQ(*DecodePageToken("", EncodePageToken("", "")), "");
}

// Tokens must be good after a restart and an upgrade.
TEST(PageTokenTest, IsTheSameInEveryProcess) {
  EXPECT_EQ(EncodePageToken("filter", "cursor"),
            EncodePageToken("filter", "cursor"));
  EXPECT_EQ(EncodePageToken("filter", "cursor").size(), 19u);
}

TEST(PageTokenTest, AnotherFilterIsRefused) {
  const std::string token = EncodePageToken("filter", "cursor");
  const auto decoded = DecodePageToken("filter2", token);
  EXPECT_EQ(GetReason(decoded.status()), ErrorReason::kPageTokenInvalid);
  // The border between filter and cursor counts.
  EXPECT_FALSE(
      DecodePageToken("filterc", EncodePageToken("filter", "cursor")).ok());
}

TEST(PageTokenTest, EveryChangedCharacterIsNoticed) {
  const std::string token = EncodePageToken("filter", "12345/run-1");
  for (size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'b', '7', '_', '=', '\0'}) {
      std::string changed = token;
      if (changed[i] == c) continue;
      changed[i] = c;
      EXPECT_FALSE(DecodePageToken("filter", changed).ok()) << changed;
    }
    EXPECT_FALSE(DecodePageToken("filter", token.substr(0, i)).ok());
  }
  EXPECT_FALSE(DecodePageToken("filter", token + "=").ok());
  EXPECT_FALSE(DecodePageToken("filter", std::string(100000, 'A')).ok());
}

}  // namespace
}  // namespace assay::service
