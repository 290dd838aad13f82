// SPDX-License-Identifier: Apache-2.0
// What is equal, what is not, and what comes back.
#include "validator/diff/encode.h"

#include <cmath>
#include <limits>

#include "tests/diff/support/fake_block.h"
#include "validator/base/status.h"

namespace assay::diff {
namespace {

using namespace std::string_literals;

Value Int(int64_t value) { return Value(value); }
Value Real(double value) { return Value(value); }

TEST(EncodeNumbers, AreEqualByValue) {
  const std::string digits65(65, '9');
  ExpectGroups(
      As(CompareType::kNumber, TypeClass::kDecimal),
      {{Int(0), "0", "-0", "-0.000", "00", "0e5", ".0"},
       {Int(1), "1", "1.0", "01", "+1", "1e0", "0.1e1", "1."},
       {Int(-1), "-1", "-1.00"},
       {Int(10), "10", "1e1", "1E+1", "100e-1"},
       {"0.1", ".1", "1e-1", "0.10"},
       {"-0.1"},
       {"1.1", "1.10"},
       {Int(std::numeric_limits<int64_t>::max()), "9223372036854775807",
        "9223372036854775807.0"},
       {"9223372036854775808", "9.223372036854775808e18"},
       {"18446744073709551615"},
       {"18446744073709551616"},
       {Int(std::numeric_limits<int64_t>::min()), "-9223372036854775808"},
       {"-9223372036854775809"},
       {"9223372036854775807.5"},
       {digits65, digits65 + ".0", "0" + digits65},
       {digits65 + ".1"},
       {digits65.substr(1)},
       {"1e1000", "1" + std::string(1000, '0')},
       {"NaN", "nan"},
       {"Infinity", "inf"},
       {"-Infinity", "-inf"},
       {Null{}},
       // None of the type.
       {"abc"},
       {""},
       {"."},
       {"-"},
       {"1e"},
       {"1 "},
       {" 1"},
       {"0x1"},
       {"1e1001"},
       {"NULL"},
       {"true"}});
  EXPECT_EQ(Round(As(CompareType::kNumber), "-0012.3400"), "-12.34");
  EXPECT_EQ(Round(As(CompareType::kNumber), "NaN"), "NaN");
  EXPECT_EQ(Round(As(CompareType::kNumber), "abc"), "abc");
}

TEST(EncodeNumbers, BooleansAreZeroAndOne) {
  ExpectGroups(As(CompareType::kNumber, TypeClass::kBoolean),
               {{Int(1), "1", "t", "true", "TRUE"},
                {Int(0), "0", "f", "false"},
                {"yes"}});
}

TEST(EncodeNumbers, DoublesAreExactUnlessForced) {
  const ColumnEncoding exact = As(CompareType::kNumber, TypeClass::kDouble);
  EXPECT_EQ(Round(exact, Real(0.1)),
            "0.1000000000000000055511151231257827021181583404541015625");
  EXPECT_EQ(Encoded(exact, Real(3)), Encoded(exact, Int(3)));
  EXPECT_EQ(Round(exact, Real(INFINITY)), "Infinity");
  EXPECT_EQ(Encoded(exact, Real(-NAN)), Encoded(exact, "NaN"));
  ColumnPolicy policy;
  policy.as = TypeClass::kDecimal;
  EXPECT_EQ(Round(With(exact, policy), Real(0.1)), "0.1");
  EXPECT_EQ(Round(With(exact, policy), Real(1e300)),
            "1" + std::string(300, '0'));
  // A DECIMAL column of SQLite.
  EXPECT_EQ(Round(Tagged(As(CompareType::kNumber, TypeClass::kDecimal)),
                  "r1.1000000000000000888"),
            "1.1");
}

TEST(EncodeDoubles, AreEqualByIeeeValue) {
  ExpectGroups(
      As(CompareType::kDouble, TypeClass::kDouble),
      {{Real(0), Real(-0.0), "0", "-0", Int(0)},
       {Real(0.1), "0.1", "1e-1", "0.1000000000000000055511151231257827"},
       {Real(std::nextafter(0.1, 1)), "0.10000000000000002"},
       {Real(5e-324), "4.9406564584124654e-324"},
       {Real(1e15), "1e+15", "1.0e+15", Int(1000000000000000)},
       {Real(NAN), Real(-NAN), "NaN"},
       {Real(INFINITY), "Infinity", "inf"},
       {Real(-HUGE_VAL), "-Infinity"},
       {Int(9007199254740993)},  // No double.
       {Real(9007199254740992.0), Int(9007199254740992)},
       {Int(std::numeric_limits<int64_t>::max())},
       {Real(9223372036854775808.0)},
       {Null{}},
       {"1e999"},
       {"x"},
       {""}});
  EXPECT_EQ(Round(As(CompareType::kDouble), Real(0.1)), "0.1");
}

TEST(EncodeText, IsItsBytes) {
  ExpectGroups(As(CompareType::kText),
               {{"a"},
                {"A"},
                {"a "},
                {" a"},
                {"a\0"s},
                {"\xC3\xA4"},   // ä
                {"a\xCC\x88"},  // a and a combining diaeresis
                {""},
                {"NULL"},
                {Null{}},
                {"1", Int(1)}});
  EXPECT_EQ(Round(As(CompareType::kText), "a\0b"s), "a\0b"s);
}

TEST(EncodeText, FollowsThePolicy) {
  ColumnPolicy trailing;
  trailing.trim = Trim::kTrailing;
  ExpectGroups(With(As(CompareType::kText), trailing),
               {{"a", "a ", "a   "}, {" a"}, {"", " "}, {Null{}}, {"a\t"}});
  ColumnPolicy both;
  both.trim = Trim::kBoth;
  both.ignore_case = true;
  ExpectGroups(With(As(CompareType::kText), both),
               {{"a", " A "}, {"\xC3\x84"}, {"\xC3\xA4"}, {"z", "Z"}, {"["}});
  ColumnPolicy empty;
  empty.empty_is_null = true;
  ExpectGroups(With(As(CompareType::kText), empty), {{"", Null{}}, {" "}});
  empty.trim = Trim::kBoth;
  ExpectGroups(With(As(CompareType::kText), empty), {{"", Null{}, "  "}});
  empty.trim = Trim::kNone;
  empty.as = TypeClass::kInteger;
  ExpectGroups(With(As(CompareType::kNumber), empty), {{"", Null{}}, {"0"}});
}

TEST(EncodeTagged, TypesBelongToValues) {
  ExpectGroups(Tagged(As(CompareType::kNumber, TypeClass::kInteger)),
               {{"i1", "r1.0"}, {"t1"}, {"b1"}, {"i2"}, {Null{}}});
  ExpectGroups(Tagged(As(CompareType::kText)),
               {{"ta"}, {"ba"}, {"t1"}, {"i1"}, {"r1.0"}, {"t"}, {"b"}});
  ExpectGroups(Tagged(As(CompareType::kBytes, TypeClass::kBytes)),
               {{"ba"}, {"ta"}, {"i1"}, {"b"}});
  ExpectGroups(Tagged(As(CompareType::kDouble, TypeClass::kDouble)),
               {{"r1.0", "i1"}, {"t1"}, {"rInf"}, {"r-Inf"}});
  ExpectGroups(Tagged(As(CompareType::kTimestamp, TypeClass::kTimestamp)),
               {{"t2024-01-01", "t2024-01-01 00:00:00"}, {"i1704067200"}});
  // The same as from a database that enforces its types.
  EXPECT_EQ(Encoded(Tagged(As(CompareType::kText)), "ta"),
            Encoded(As(CompareType::kText), "a"));
  EXPECT_EQ(Encoded(Tagged(As(CompareType::kBytes, TypeClass::kBytes)), "ba"),
            Encoded(As(CompareType::kBytes, TypeClass::kBytes), Bytes{"a"}));
  // A text column that the author calls a number.
  ColumnPolicy policy;
  policy.as = TypeClass::kDecimal;
  ExpectGroups(With(Tagged(As(CompareType::kNumber)), policy),
               {{"t1.50", "t1.5"}, {"i1", "t1"}, {"tx"}});
}

TEST(EncodeUuids, AreEqualByValue) {
  const std::string lower = "123e4567-e89b-12d3-a456-426614174000";
  ExpectGroups(As(CompareType::kUuid),
               {{lower, "123E4567-E89B-12D3-A456-426614174000",
                 "123e4567e89b12d3a456426614174000",
                 Bytes{"\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14"
                       "\x17\x40\x00"s}},
                {"123e4567-e89b-12d3-a456-426614174001"},
                {lower + " "},
                {"123e4567-e89b-12d3-a456-42661417400g"},
                {"123e4567-e89b-12d3-a45-6426614174000"},
                {Bytes{"short"}},
                {"x"}});
  EXPECT_EQ(Round(As(CompareType::kUuid), lower), lower);
}

TEST(EncodeBits, CountTheirBits) {
  ExpectGroups(As(CompareType::kBits),
               {{"0"}, {"1"}, {"01"}, {""}, {"10"}, {"012"}, {Null{}}});
}

TEST(DecodeValue, RefusesDamagedBytes) {
  const std::vector<std::string> whole = {
      Encoded(As(CompareType::kNumber), Int(7)),
      Encoded(As(CompareType::kNumber), "1.5"),
      Encoded(As(CompareType::kNumber), "NaN"),
      Encoded(As(CompareType::kDouble), Real(1.5)),
      Encoded(As(CompareType::kText), "abc"),
      Encoded(As(CompareType::kBytes, TypeClass::kBytes), Bytes{"abc"}),
      Encoded(As(CompareType::kDate), "2024-01-01"),
      Encoded(As(CompareType::kTime), "10:00:00"),
      Encoded(As(CompareType::kTimestamp), "2024-01-01"),
      Encoded(As(CompareType::kUuid), std::string(32, 'a')),
      Encoded(As(CompareType::kJson), "[1]"),
      Encoded(As(CompareType::kBits), "01"),
      Encoded(As(CompareType::kDate), "infinity"),
      Encoded(As(CompareType::kDate), "none"),
  };
  for (const std::string& bytes : whole) {
    EXPECT_NE(Decoded(bytes), "<none>");
    EXPECT_EQ(Decoded(bytes + "x"), "<none>");
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(Decoded(std::string_view(bytes).substr(0, size)), "<none>");
    }
  }
  EXPECT_EQ(Decoded("\x7F"), "<none>");
  EXPECT_EQ(Decoded("\x05\xFF\xFF\xFF\xFFtext"), "<none>");
}

TEST(WithinTolerance, IsExact) {
  const ColumnEncoding number = As(CompareType::kNumber);
  const auto within = [&](const ColumnPolicy& policy, const Value& source,
                          const Value& target) {
    return WithinTolerance(policy, Encoded(number, source),
                           Encoded(number, target));
  };
  ColumnPolicy absolute;
  absolute.tolerance = Decimal{"0.01"};
  EXPECT_TRUE(within(absolute, "1.00", "1.01"));
  EXPECT_TRUE(within(absolute, "1.01", "1.00"));
  EXPECT_FALSE(within(absolute, "1.00", "1.0100000000000000000001"));
  EXPECT_TRUE(within(absolute, "-0.005", "0.005"));
  EXPECT_TRUE(within(absolute, Null{}, Null{}));
  EXPECT_FALSE(within(absolute, Null{}, "0"));
  EXPECT_TRUE(within(absolute, "NaN", "NaN"));
  EXPECT_FALSE(within(absolute, "NaN", "0"));
  EXPECT_FALSE(within(absolute, "Infinity", "-Infinity"));
  EXPECT_FALSE(within(absolute, "abc", "0"));
  ColumnPolicy relative;
  relative.relative_tolerance = Decimal{"0.1"};
  EXPECT_TRUE(within(relative, "-100", "-110"));
  EXPECT_FALSE(within(relative, "100", "110.1"));
  EXPECT_TRUE(within(relative, "0", "0"));
  EXPECT_FALSE(within(relative, "0", "0.000001"));
  relative.tolerance = Decimal{"1"};
  EXPECT_TRUE(within(relative, "0", "1"));
  const ColumnEncoding real = As(CompareType::kDouble, TypeClass::kDouble);
  ColumnPolicy tiny;
  tiny.tolerance = Decimal{"0.000000001"};
  EXPECT_TRUE(WithinTolerance(tiny, Encoded(real, Real(0.1 + 0.2)),
                              Encoded(real, Real(0.3))));
  EXPECT_FALSE(WithinTolerance(tiny, Encoded(real, Real(0.3)),
                               Encoded(real, Real(0.3001))));
}

}  // namespace
}  // namespace assay::diff
