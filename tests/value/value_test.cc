// SPDX-License-Identifier: Apache-2.0
#include "validator/value/value.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay {
namespace {

constexpr int64_t kDay = int64_t{86400} * 1000000;

Value Parsed(TypeClass type, std::string_view text) {
  absl::StatusOr<Value> value = ParseValue(type, text);
  EXPECT_TRUE(value.ok()) << text << ": " << value.status();
  return value.ok() ? *value : Value(Null{});
}

TEST(ParseValue, RoundTripsThroughText) {
  const struct {
    TypeClass type;
    const char* text;
    const char* canonical;
  } kCases[] = {
      {TypeClass::kBoolean, "TRUE", "true"},
      {TypeClass::kBoolean, "f", "false"},
      {TypeClass::kBoolean, "1", "true"},
      {TypeClass::kInteger, "-9223372036854775808", "-9223372036854775808"},
      {TypeClass::kInteger, "9223372036854775808", "9223372036854775808"},
      {TypeClass::kInteger, "+010", "10"},
      {TypeClass::kDecimal, "1.10", "1.1"},
      {TypeClass::kDouble, "0.1", "0.1"},
      {TypeClass::kDouble, "+1e300", "1e+300"},
      {TypeClass::kDouble, "-infinity", "-Infinity"},
      {TypeClass::kDouble, "nan", "NaN"},
      {TypeClass::kDouble, "5e-324", "5e-324"},
      {TypeClass::kText, "", ""},
      {TypeClass::kText, "no", "no"},
      {TypeClass::kJson, "{\"a\": 1}", "{\"a\": 1}"},
      {TypeClass::kBytes, "\\xDEADbeef", "deadbeef"},
      {TypeClass::kBytes, "0x00", "00"},
      {TypeClass::kBytes, "", ""},
      {TypeClass::kDate, "0001-01-01", "0001-01-01"},
      {TypeClass::kDate, "9999-12-31", "9999-12-31"},
      {TypeClass::kDate, "2024-02-29", "2024-02-29"},
      {TypeClass::kDate, "2000-02-29", "2000-02-29"},
      {TypeClass::kTime, "10:00", "10:00:00"},
      {TypeClass::kTime, "-838:59:59.5", "-838:59:59.5"},
      {TypeClass::kTime, "24:00:00", "24:00:00"},
      {TypeClass::kTimestamp, "2026-11-23", "2026-11-23T00:00:00"},
      {TypeClass::kTimestamp, "2026-11-23 10:00:00.123456",
       "2026-11-23T10:00:00.123456"},
      {TypeClass::kTimestamp, "1969-12-31T23:59:59.999999",
       "1969-12-31T23:59:59.999999"},
      {TypeClass::kTimestampTz, "2026-11-23T10:00", "2026-11-23T10:00:00Z"},
      {TypeClass::kTimestampTz, "2026-11-23T10:00:00+02",
       "2026-11-23T08:00:00Z"},
      {TypeClass::kTimestampTz, "2026-11-23T10:00:00.5-0030",
       "2026-11-23T10:30:00.5Z"},
      {TypeClass::kTimestampTz, "2026-11-23 10:00:00+05:45",
       "2026-11-23T04:15:00Z"},
      {TypeClass::kUuid, "123E4567-E89B-12D3-A456-426614174000",
       "123e4567-e89b-12d3-a456-426614174000"},
      {TypeClass::kUuid, "123e4567e89b12d3a456426614174000",
       "123e4567-e89b-12d3-a456-426614174000"},
  };
  for (const auto& c : kCases) {
    const Value value = Parsed(c.type, c.text);
    EXPECT_EQ(ToText(value), c.canonical) << c.text;
    const Value again = Parsed(c.type, ToText(value));
    EXPECT_EQ(ToText(again), c.canonical);
    const auto* number = std::get_if<double>(&value);
    if (number != nullptr && std::isnan(*number)) continue;
    EXPECT_EQ(Compare(value, again), 0) << c.text;
  }
}

TEST(ParseValue, SaysWhatItExpected) {
  const struct {
    TypeClass type;
    const char* text;
    const char* message;
  } kCases[] = {
      {TypeClass::kBoolean, "yes", "'yes' is not a boolean (true or false)"},
      {TypeClass::kBoolean, "", "'' is not a boolean (true or false)"},
      {TypeClass::kInteger, "1.5", "'1.5' is not an integer"},
      {TypeClass::kInteger, "-", "'-' is not an integer"},
      {TypeClass::kInteger, "+-1", "'+-1' is not an integer"},
      {TypeClass::kInteger, "1a", "'1a' is not an integer"},
      {TypeClass::kDecimal, "NaN", "'NaN' is not a decimal number"},
      {TypeClass::kDouble, "1e999",
       "'1e999' is not within the range of a double"},
      {TypeClass::kDouble, "nan(1)", "'nan(1)' is not a number"},
      {TypeClass::kDouble, "0x10", "'0x10' is not a number"},
      {TypeClass::kDouble, "+-1", "'+-1' is not a number"},
      {TypeClass::kDouble, "1,5", "'1,5' is not a number"},
      {TypeClass::kBytes, "abc",
       "'abc' is not an even number of hexadecimal digits"},
      {TypeClass::kDate, "2026-1-1", "'2026-1-1' is not a date (YYYY-MM-DD)"},
      {TypeClass::kDate, "0000-01-01",
       "'0000-01-01' is not a date (YYYY-MM-DD): the year must be between 0001 "
       "and 9999"},
      {TypeClass::kDate, "-0044-03-15",
       "'-0044-03-15' is not a date (YYYY-MM-DD): years before 1 are not "
       "supported"},
      {TypeClass::kDate, "0044-03-15 BC",
       "'0044-03-15 BC' is not a date (YYYY-MM-DD): years before 1 are not "
       "supported"},
      {TypeClass::kDate, "infinity",
       "'infinity' is not a date (YYYY-MM-DD): infinity is not supported"},
      {TypeClass::kDate, "9999999999999999999-01-01",
       "'9999999999999999999-01-01' is not a date (YYYY-MM-DD)"},
      {TypeClass::kDate, "2026-13-01",
       "'2026-13-01' is not a date (YYYY-MM-DD): there is no such month"},
      {TypeClass::kDate, "1900-02-29",
       "'1900-02-29' is not a date (YYYY-MM-DD): there is no such day in that "
       "month"},
      {TypeClass::kDate, "2026-11-23T00:00",
       "'2026-11-23T00:00' is not a date (YYYY-MM-DD)"},
      {TypeClass::kTime, "839:00:00",
       "'839:00:00' is not a time (HH:MM:SS): the hour is out of range"},
      {TypeClass::kTime, "10:60",
       "'10:60' is not a time (HH:MM:SS): the minute is out of range"},
      {TypeClass::kTimestamp, "2016-12-31T23:59:60",
       "'2016-12-31T23:59:60' is not a timestamp without time zone "
       "(YYYY-MM-DDTHH:MM:SS): leap seconds are not supported"},
      {TypeClass::kTimestamp, "2026-11-23T10:00:00Z",
       "'2026-11-23T10:00:00Z' is not a timestamp without time zone "
       "(YYYY-MM-DDTHH:MM:SS): it has a time zone, the type has none"},
      {TypeClass::kTimestamp, "2026-11-23T10:00:00.1234567",
       "'2026-11-23T10:00:00.1234567' is not a timestamp without time zone "
       "(YYYY-MM-DDTHH:MM:SS): more than six fractional digits"},
      {TypeClass::kTimestampTz, "2026-11-23T24:00:00Z",
       "'2026-11-23T24:00:00Z' is not a timestamp (YYYY-MM-DDTHH:MM:SSZ): the "
       "hour is out of range"},
      {TypeClass::kTimestampTz, "2026-11-23T10:00:00+16:00",
       "'2026-11-23T10:00:00+16:00' is not a timestamp "
       "(YYYY-MM-DDTHH:MM:SSZ): the zone must be between -15:59 and +15:59"},
      {TypeClass::kTimestampTz, "9999-12-31T23:00:00-02:00",
       "'9999-12-31T23:00:00-02:00' is not a timestamp "
       "(YYYY-MM-DDTHH:MM:SSZ): the year must be between 0001 and 9999"},
      {TypeClass::kTimestampTz, "2026-11-23T10:00:00 CET",
       "'2026-11-23T10:00:00 CET' is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)"},
      {TypeClass::kUuid, "123e4567-e89b-12d3-a456-42661417400g",
       "'123e4567-e89b-12d3-a456-42661417400g' is not a UUID such as "
       "123e4567-e89b-12d3-a456-426614174000"},
      {TypeClass::kInteger, "a\n\"b'", "'a\\n\\\"b\\'' is not an integer"},
  };
  for (const auto& c : kCases) {
    const absl::StatusOr<Value> value = ParseValue(c.type, c.text);
    ASSERT_FALSE(value.ok()) << c.text;
    EXPECT_EQ(value.status().message(), c.message);
    EXPECT_EQ(GetReason(value.status()), ErrorReason::kValueInvalid);
  }
  const std::string longer(1000, 'x');
  EXPECT_LT(ParseValue(TypeClass::kDate, longer).status().message().size(),
            120u);
}

TEST(Compare, NumbersByMathematicalValue) {
  const int64_t big = (int64_t{1} << 53) + 1;
  const int64_t max = std::numeric_limits<int64_t>::max();
  const int64_t min = std::numeric_limits<int64_t>::min();
  // 2^53 + 1 has no double: comparing in doubles would call these equal.
  EXPECT_EQ(Compare(Value(big), Value(9007199254740992.0)), 1);
  EXPECT_EQ(Compare(Value(max), Value(9223372036854775808.0)), -1);
  EXPECT_EQ(Compare(Value(min), Value(-9223372036854775808.0)), 0);
  EXPECT_EQ(Compare(Value(min), Value(-9223372036854777856.0)), 1);
  EXPECT_EQ(Compare(Value(int64_t{1}), Value(1.5)), -1);
  EXPECT_EQ(Compare(Value(int64_t{-1}), Value(-1.5)), 1);
  EXPECT_EQ(Compare(Value(0.1), Value(Decimal{"0.1"})), 1);
  EXPECT_EQ(Compare(Value(Decimal{"0.1"}), Value(0.1)), -1);
  EXPECT_EQ(Compare(Value(Decimal{"1.1"}), Value(int64_t{1})), 1);
  EXPECT_EQ(Compare(Value(-0.0), Value(int64_t{0})), 0);
  EXPECT_EQ(Compare(Value(HUGE_VAL), Value(max)), 1);
  EXPECT_EQ(Compare(Value(Decimal{"5"}), Value(-HUGE_VAL)), 1);
  EXPECT_EQ(Compare(Value(HUGE_VAL), Value(HUGE_VAL)), 0);
  EXPECT_FALSE(Compare(Value(std::nan("")), Value(1.0)).has_value());
  EXPECT_FALSE(Compare(Value(Decimal{"1"}), Value(std::nan(""))).has_value());
}

TEST(Compare, OnlyWithinOneKind) {
  EXPECT_FALSE(Compare(Value(Null{}), Value(Null{})).has_value());
  EXPECT_FALSE(Compare(Value(std::string("1")), Value(int64_t{1})).has_value());
  EXPECT_FALSE(Compare(Value(true), Value(int64_t{1})).has_value());
  EXPECT_FALSE(Compare(Value(Timestamp{0, true}), Value(Timestamp{0, false})));
  EXPECT_FALSE(Compare(Value(Date{0}), Value(Timestamp{0, false})));
  EXPECT_EQ(Compare(Value(false), Value(true)), -1);
  EXPECT_EQ(Compare(Value(std::string("a\xff")), Value(std::string("a"))), 1);
  EXPECT_EQ(Compare(Value(Bytes{"a"}), Value(Bytes{"b"})), -1);
  EXPECT_EQ(Compare(Value(Date{1}), Value(Date{0})), 1);
  EXPECT_EQ(Compare(Value(TimeOfDay{-1}), Value(TimeOfDay{0})), -1);
  EXPECT_EQ(Compare(Value(Uuid{"a"}), Value(Uuid{"a"})), 0);
}

TEST(CompareProperty, OrdersMixedNumbersTotally) {
  std::mt19937_64 random(4);
  auto number = [&random]() -> Value {
    const auto small = static_cast<int64_t>(random() % 7) - 3;
    switch (random() % 4) {
      case 0:
        return small;
      case 1:
        return static_cast<double>(small) / 2;
      case 2:
        return *ParseDecimal(std::to_string(small) + ".5");
      default:
        return static_cast<int64_t>(random());
    }
  };
  for (int i = 0; i < 20000; ++i) {
    const Value a = number();
    const Value b = number();
    const Value c = number();
    EXPECT_EQ(*Compare(a, b), -*Compare(b, a));
    EXPECT_EQ(*Compare(a, b), CompareDecimals(*ToDecimal(a), *ToDecimal(b)));
    if (*Compare(a, b) <= 0 && *Compare(b, c) <= 0) {
      EXPECT_LE(*Compare(a, c), 0);
    }
  }
}

TEST(ParseValueProperty, TimestampsRoundTrip) {
  std::mt19937_64 random(5);
  const int64_t first =
      std::get<Date>(Parsed(TypeClass::kDate, "0001-01-01")).days;
  const int64_t last =
      std::get<Date>(Parsed(TypeClass::kDate, "9999-12-31")).days;
  EXPECT_EQ(first, -719162);
  EXPECT_EQ(last, 2932896);
  std::uniform_int_distribution<int64_t> micros(first * kDay,
                                                (last + 1) * kDay - 1);
  for (int i = 0; i < 20000; ++i) {
    const Timestamp timestamp{micros(random), random() % 2 == 0};
    const Value value(timestamp);
    EXPECT_EQ(Parsed(timestamp.zoned ? TypeClass::kTimestampTz
                                     : TypeClass::kTimestamp,
                     ToText(value)),
              value);
  }
  // Every day of the calendar has its own successor.
  std::string previous;
  for (int64_t day = first; day <= last; day += 1) {
    const std::string text = ToText(Value(Date{day}));
    ASSERT_LT(previous, text);
    previous = text;
    if (day % 97 == 0) {
      ASSERT_EQ(Parsed(TypeClass::kDate, text), Value(Date{day}));
    }
  }
}

TEST(ParseValueProperty, DoublesRoundTrip) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    if (std::isnan(value)) continue;
    EXPECT_EQ(
        std::get<double>(Parsed(TypeClass::kDouble, ToText(Value(value)))),
        value);
  }
}

TEST(Duration, ParsesAndFormats) {
  EXPECT_EQ(ParseDurationMicros("90s"), 90000000);
  EXPECT_EQ(ParseDurationMicros("2w"), 14 * kDay);
  EXPECT_EQ(ParseDurationMicros("1d12h"), kDay * 3 / 2);
  EXPECT_EQ(ParseDurationMicros("500ms"), 500000);
  EXPECT_EQ(ParseDurationMicros("1s500ms1us"), 1500001);
  EXPECT_EQ(ParseDurationMicros("0s"), 0);
  for (const char* text :
       {"", "s", "1", "1 h", "-1h", "1h1h", "1m1h", "1.5h", "1H", "1y",
        "9223372036854775807s", "99999999999999999999s", "h1"}) {
    EXPECT_FALSE(ParseDurationMicros(text).has_value()) << text;
  }
  EXPECT_EQ(FormatDurationMicros(0), "0s");
  EXPECT_EQ(FormatDurationMicros(kDay * 3 / 2), "1d12h");
  EXPECT_EQ(FormatDurationMicros(500000), "500ms");
  EXPECT_EQ(FormatDurationMicros(-90000000), "-1m30s");
  std::mt19937_64 random(7);
  for (int i = 0; i < 5000; ++i) {
    const auto micros = static_cast<int64_t>(random() >> (1 + random() % 60));
    EXPECT_EQ(ParseDurationMicros(FormatDurationMicros(micros)), micros);
  }
  EXPECT_EQ(FormatDurationMicros(std::numeric_limits<int64_t>::min()).front(),
            '-');
}

TEST(TypeClass, NamesAndAliases) {
  for (int i = 0; i <= static_cast<int>(TypeClass::kJson); ++i) {
    const auto type = static_cast<TypeClass>(i);
    EXPECT_EQ(ParseTypeClass(TypeClassName(type)), type);
  }
  EXPECT_EQ(ParseTypeClass("BigInt"), TypeClass::kInteger);
  EXPECT_EQ(ParseTypeClass("timestamptz"), TypeClass::kTimestampTz);
  EXPECT_EQ(TypeClassName(TypeClass::kTimestampTz), "timestamp with time zone");
  EXPECT_FALSE(ParseTypeClass("money").has_value());
  EXPECT_FALSE(ParseTypeClass("").has_value());
}

}  // namespace
}  // namespace assay
