// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/value_test.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay::engine {
namespace {

bool Passes(const PatternTest& test, std::string_view text) {
  const auto predicate = CompileValueTest(test);
  EXPECT_TRUE(predicate.ok()) << predicate.status();
  return predicate.ok() && (*predicate)(text);
}

TEST(Pattern, FullAndPartial) {
  struct Case {
    const char* pattern;
    std::string text;
    bool full;
    bool partial;
  };
  const Case cases[] = {
      {"ab", "ab", true, true},
      {"ab", "xab", false, true},
      {"ab", "abx", false, true},
      {"ab", "", false, false},
      {"", "", true, true},
      {"", "x", false, true},
      {"a|ab", "ab", true, true},  // The longest, not the first, decides.
      {"^b", "ab", false, false},
      {"a$", "a\n", false, false},  // $ is the end of the text only.
      {"(?m)a$", "a\nb", false, true},
      {"a.b", "a\nb", false, false},
      {"(?s)a.b", "a\nb", true, true},
      {".", "ü", true, true},  // A character, not a byte.
      {".", "\xF0\x9F\x90\xA7", true, true},
      {"\\pL+", "größe", true, true},
      {"(?i)ABC", "abc", true, true},
      {"ABC", "abc", false, false},
      {"a.c", std::string("a\0c", 3), true, true},
      {"a+", "a ", false, true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Passes({{c.pattern}, MatchMode::kFull}, c.text), c.full)
        << c.pattern << " in full: " << c.text;
    EXPECT_EQ(Passes({{c.pattern}, MatchMode::kPartial}, c.text), c.partial)
        << c.pattern << " in part: " << c.text;
  }
}

TEST(Pattern, ForbidsNothingThatItCannotRead) {
  const PatternTest no_ascii{
      {"[^\\x00-\\x7F]"}, MatchMode::kPartial, Combine::kAny, /*forbid=*/true};
  EXPECT_TRUE(Passes(no_ascii, "cafe"));
  EXPECT_FALSE(Passes(no_ascii, "café"));
  EXPECT_FALSE(Passes(no_ascii, "caf\xE9"));
}

TEST(HoldsType, JsonIsTheWholeText) {
  EXPECT_TRUE(HoldsType(TypeClass::kJson, " {\"a\": [1, null]}\n"));
  EXPECT_FALSE(HoldsType(TypeClass::kJson, std::string("{}\0x", 4)));
  EXPECT_FALSE(HoldsType(TypeClass::kJson, "\xEF\xBB\xBF{}"));
}

TEST(Pattern, AnyAllForbid) {
  const std::vector<std::string> patterns = {"a", "b"};
  for (const std::string text : {"a", "b", "ab", "c"}) {
    const bool a = text.find('a') != std::string::npos;
    const bool b = text.find('b') != std::string::npos;
    for (const bool forbid : {false, true}) {
      EXPECT_EQ(
          Passes({patterns, MatchMode::kPartial, Combine::kAny, forbid}, text),
          (a || b) != forbid)
          << text;
      EXPECT_EQ(
          Passes({patterns, MatchMode::kPartial, Combine::kAll, forbid}, text),
          (a && b) != forbid)
          << text;
    }
  }
}

TEST(Pattern, RefusesWhatIsNotRe2) {
  for (const char* pattern : {"(", "(?=a)", "a\\Z", "(a)\\1", "[b-a]"}) {
    EXPECT_EQ(GetReason(CompileValueTest(PatternTest{{"x", pattern}}).status()),
              ErrorReason::kValueInvalid)
        << pattern;
  }
}

// The classic that takes a backtracking engine years.
TEST(Pattern, IsLinear) {
  EXPECT_FALSE(
      Passes({{"(a+)+$"}, MatchMode::kFull}, std::string(200000, 'a') + "b"));
}

TEST(HoldsType, TakesExactlyTheType) {
  struct Case {
    TypeClass type;
    std::vector<std::string> yes;
    std::vector<std::string> no;
  };
  const Case cases[] = {
      {TypeClass::kInteger,
       {"0", "-1", "+1", "007", "123456789012345678901234567890"},
       {"", "-", "+", "1.0", "1e3", " 1", "1 ", "1,000", "0x1", "--1", "١"}},
      {TypeClass::kDecimal,
       {"0", "-12.50", "1e3", "1E-3", "123456789012345678901234567890.5"},
       {"", ".", "NaN", "inf", "1,5", "1 000", " 1", "1 ", "1e", "0x1", "1..2",
        "-"}},
      {TypeClass::kDate,
       {"2026-11-23", "2024-02-29", "0001-01-01", "9999-12-31"},
       {"", "2026-02-29", "2026-13-01", "2026-1-1", "23.11.2026", "2026-11-23 ",
        "2026-11-23T00:00:00", "2026-00-01", "2026-01-00"}},
      {TypeClass::kTimestamp,
       {"2026-11-23T10:00:00", "2026-11-23 10:00:00.123456",
        "2026-11-23T10:00:00Z", "2026-11-23 10:00:00+02:00"},
       {"", "2026-11-23T25:00:00", "2026-11-23T10:60:00", "10:00:00",
        "2026-11-23T10:00:00.1234567", "2026-02-30T10:00:00",
        " 2026-11-23T10:00:00"}},
      {TypeClass::kUuid,
       {"123e4567-e89b-12d3-a456-426614174000",
        "123E4567-E89B-12D3-A456-426614174000"},
       {"", "123e4567e89b12d3a456426614174000",
        "{123e4567-e89b-12d3-a456-426614174000}",
        "123e4567-e89b-12d3-a456-42661417400g",
        "123e4567-e89b-12d3-a456-4266141740000"}},
      {TypeClass::kBoolean,
       {"true", "false", "t", "f", "1", "0"},
       {"", "yes", "no", "2", " true", "tru"}},
      {TypeClass::kJson,
       {"{}", "[1, 2]", "\"x\"", "null", "1.5e3", " {\"a\": [true]} "},
       {"", "{", "[1,]", "{'a': 1}", "nope", "NaN", "{} {}", "// x\n{}"}},
  };
  for (const Case& c : cases) {
    for (const std::string& text : c.yes) {
      EXPECT_TRUE(HoldsType(c.type, text)) << TypeClassName(c.type) << text;
    }
    for (const std::string& text : c.no) {
      EXPECT_FALSE(HoldsType(c.type, text)) << TypeClassName(c.type) << text;
    }
    const auto predicate = CompileValueTest(TypeTest{c.type});
    ASSERT_TRUE(predicate.ok());
    EXPECT_TRUE((*predicate)(c.yes.front()));
    EXPECT_FALSE((*predicate)(c.no.front()));
  }
}

}  // namespace
}  // namespace assay::engine
