// SPDX-License-Identifier: Apache-2.0
#include "validator/service/utf8.h"

#include "gtest/gtest.h"

namespace assay::service {
namespace {

constexpr char kBad[] = "\xEF\xBF\xBD";

TEST(Utf8Test, ValidTextIsUntouched) {
  for (const char* text :
       {"", "abc", "Ärger", "日本語", "\xF0\x9F\x98\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(ValidUtf8(text), text);
  }
}

TEST(Utf8Test, EachMaximalIllFormedPartIsOneReplacement) {
  const std::string bad = kBad;
  EXPECT_EQ(ValidUtf8("M\xFCller"), "M" + bad + "ller");  // Latin-1
  EXPECT_EQ(ValidUtf8("\xC0\xAF"), bad + bad);            // Overlong
  EXPECT_EQ(ValidUtf8("\xE0\x80\x80"), bad + bad + bad);
  EXPECT_EQ(ValidUtf8("\xED\xA0\x80"), bad + bad + bad);  // Surrogate
  EXPECT_EQ(ValidUtf8("\xF4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(ValidUtf8("a\xE2\x82"), "a" + bad);  // Cut character
  EXPECT_EQ(ValidUtf8("\xE2\x82z"), bad + "z");
  EXPECT_EQ(ValidUtf8("\x80"), bad);
  EXPECT_EQ(ValidUtf8("\xFF\xFE"), bad + bad);
}

TEST(Utf8Test, NulIsACharacter) {
  EXPECT_EQ(ValidUtf8(std::string_view("a\0b", 3)).size(), 3u);
}

TEST(Utf8Test, PrefixIsCutBetweenCharacters) {
  EXPECT_EQ(ValidUtf8Prefix("abcdef", 6), "abcdef");
  EXPECT_EQ(ValidUtf8Prefix("abcdefg", 6), "abc…");
  EXPECT_EQ(ValidUtf8Prefix("aäöü", 6), "aä…");
  EXPECT_EQ(ValidUtf8Prefix(std::string(100, '\xFF'), 10),
            std::string(kBad) + kBad + "…");
  for (size_t size = 3; size < 40; ++size) {
    const std::string cut =
        ValidUtf8Prefix("äöü日本語\xF0\x9F\x98\x80xyzäöü", size);
    EXPECT_LE(cut.size(), size);
    EXPECT_EQ(ValidUtf8(cut), cut);
  }
}

}  // namespace
}  // namespace assay::service
