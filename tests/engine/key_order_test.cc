// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/key_order.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rules/plan/expression.h"
#include "validator/diff/canonical.h"

namespace assay::engine {
namespace {

// A row's payload whose key begins with a canonical value.
std::string PayloadOf(const std::string& key) {
  const auto size = static_cast<uint32_t>(key.size());
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + key +
         "other columns";
}
std::string PayloadOf(int64_t key) {
  std::string bytes;
  diff::PutInt64(diff::Tag::kInteger, key, bytes);
  return PayloadOf(bytes);
}

TEST(IsPassed, OnlyBelowTheWatermark) {
  const std::vector<Watermark> one = {{std::nullopt, 100}};
  EXPECT_TRUE(IsPassed(one, PayloadOf(99)));
  EXPECT_TRUE(IsPassed(one, PayloadOf(std::numeric_limits<int64_t>::min())));
  // More rows may have the key that was read last, where it is composite.
  EXPECT_FALSE(IsPassed(one, PayloadOf(100)));
  EXPECT_FALSE(IsPassed(one, PayloadOf(101)));
  const std::vector<Watermark> unknown = {{std::nullopt, std::nullopt}};
  EXPECT_FALSE(IsPassed(unknown, PayloadOf(0)));
}

TEST(IsPassed, EachRangeHasItsOwn) {
  const std::vector<Watermark> marks = {
      {std::nullopt, std::numeric_limits<int64_t>::max()},  // Done.
      {-10, std::nullopt},                                  // Not begun.
      {0, 5},
      {50, 70}};
  EXPECT_TRUE(IsPassed(marks, PayloadOf(-11)));
  EXPECT_FALSE(IsPassed(marks, PayloadOf(-10)));
  EXPECT_FALSE(IsPassed(marks, PayloadOf(-1)));
  EXPECT_TRUE(IsPassed(marks, PayloadOf(0)));
  EXPECT_TRUE(IsPassed(marks, PayloadOf(4)));
  EXPECT_FALSE(IsPassed(marks, PayloadOf(5)));
  EXPECT_FALSE(IsPassed(marks, PayloadOf(49)));
  EXPECT_TRUE(IsPassed(marks, PayloadOf(69)));
  EXPECT_FALSE(IsPassed(marks, PayloadOf(1000)));
}

TEST(IsPassed, NeverOfAKeyThatIsNoInteger) {
  const std::vector<Watermark> marks = {
      {std::nullopt, std::numeric_limits<int64_t>::max()}};
  std::string text;
  diff::PutBlob(diff::Tag::kText, "17", text);
  EXPECT_FALSE(IsPassed(marks, PayloadOf(text)));
  std::string null;
  diff::PutNull(null);
  EXPECT_FALSE(IsPassed(marks, PayloadOf(null)));
  // Beyond 64 bits: an unsigned one.
  std::string large;
  ASSERT_TRUE(diff::PutNumber("18446744073709551615", large));
  EXPECT_FALSE(IsPassed(marks, PayloadOf(large)));
  EXPECT_FALSE(IsPassed(marks, ""));
  EXPECT_FALSE(IsPassed(marks, PayloadOf(std::string(1, '\1'))));
}

TEST(InRange, BoundsOneSideOrBothOrNone) {
  EXPECT_EQ(InRange("id", {}), nullptr);
  EXPECT_EQ(ExplainText(InRange("id", {3, std::nullopt})), "id >= 3");
  EXPECT_EQ(ExplainText(InRange("id", {std::nullopt, 9})), "id < 9");
  EXPECT_EQ(ExplainText(InRange("id", {3, 9})), "(id >= 3 and id < 9)");
}

}  // namespace
}  // namespace assay::engine
