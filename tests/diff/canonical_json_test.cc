// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/canonical_json.h"

#include "tests/diff/support/fake_block.h"
#include "validator/base/status.h"

namespace assay::diff {
namespace {

using namespace std::string_literals;

std::string Canonical(const std::string& text) {
  std::string out;
  const absl::Status status = AppendCanonicalJson(text, out);
  return status.ok() ? out : std::string(status.message());
}

TEST(CanonicalJson, SpellsEqualValuesAlike) {
  ExpectGroups(
      As(CompareType::kJson, TypeClass::kJson),
      {{R"({"a":1,"b":[1,2]})", " { \"b\" : [ 1 , 2.0 ] ,\n\t\"a\" : 1e0 } "},
       {R"({"a":1,"b":[2,1]})"},
       {R"({"a":1})", R"({"\u0061":1})"},
       {"1", "1.0", "10e-1", "0.1e1", "1E0"},
       {"0", "-0", "0.0", "0e99"},
       {"-1", "-1.00"},
       {"12345678901234567890.123456789"},
       {"12345678901234567890.123456788"},
       {"1e5000", "10e4999", "0.1e5001"},
       {"1e5001"},
       {"1e-5000"},
       {"100", "1e2"},
       {R"("1")"},
       {"\"\xC3\xA4\"", R"("\u00e4")", R"("\u00E4")"},
       {"\"\xF0\x9F\x98\x80\"", R"("\ud83d\ude00")"},
       {R"("\ud83d")", R"("\uD83D")"},
       {R"("\ud83dx")"},
       {R"("\\ud83d")"},
       {R"("\ude00\ud83d")"},
       {R"("\n")", R"("\u000a")"},
       {R"("\/")", R"("/")"},
       {R"("\"\\")"},
       {R"("\u0000")"},
       {"null"},
       {Null{}},
       {R"("null")"},
       {"true"},
       {"false"},
       {"[]", "[ ]"},
       {"{}", "{ }"},
       {"[[]]"},
       {"[null]"},
       {R"({"a":null})"},
       {R"(["a,b","c"])"},
       {R"(["a","b,c"])"}});
}

TEST(CanonicalJson, IsReadable) {
  EXPECT_EQ(Canonical(R"({"b":1.50,"a":[true,null,"\u00e4\t"]})"),
            "{\"a\":[true,null,\"\xC3\xA4\\u0009\"],\"b\":1.5}");
  EXPECT_EQ(Canonical("0.001"), "0.001");
  EXPECT_EQ(Canonical("-120e1"), "-1200");
  EXPECT_EQ(Canonical("1e100"), "1e100");
}

TEST(CanonicalJson, RefusesWhatItCannotCompare) {
  for (const char* text :
       {"", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "01", "1.", ".5",
        "+1", "1e", "NaN", "Infinity", "tru", "\"a", "\"\\x\"", "\"\\u12g4\"",
        "[1 2]", "1 2", "{\"a\" 1}", "nul", "-", "\"\n\""}) {
    std::string out;
    const absl::Status status = AppendCanonicalJson(text, out);
    EXPECT_EQ(GetReason(status), ErrorReason::kNotComparable) << text;
  }
  EXPECT_EQ(Canonical(R"({"a":1,"\u0061":1})"),
            "a value cannot be compared as JSON: an object has the same key "
            "twice");
  EXPECT_EQ(Canonical(R"([{"x":{"a":1,"b":2,"a":1}}])"),
            Canonical(R"({"a":1,"a":2})"));
  EXPECT_NE(Canonical(std::string(400, '[') + std::string(400, ']')),
            Canonical(std::string(100000, '[')));
  EXPECT_EQ(Canonical(std::string(100000, '[')),
            "a value cannot be compared as JSON: it is nested too deeply");
  EXPECT_EQ(Canonical("1e99999999999999999999"),
            "a value cannot be compared as JSON: a number is too large");
  // No value of the data in the message.
  EXPECT_EQ(Canonical("secret"),
            "a value cannot be compared as JSON: it does not parse");
}

}  // namespace
}  // namespace assay::diff
