// SPDX-License-Identifier: Apache-2.0
// Dates and times as the databases print them.
#include "validator/diff/temporal.h"

#include "tests/diff/support/fake_block.h"

namespace assay::diff {
namespace {

TEST(EncodeDates, AsTheDatabasesPrintThem) {
  ExpectGroups(As(CompareType::kDate, TypeClass::kDate),
               {{"2024-02-29", "2024-02-29 00:00:00"},
                {"2024-03-01"},
                {"0044-03-15 BC"},
                {"0044-03-15"},
                {"0001-01-01"},
                {"0001-12-31 BC"},
                {"9999-12-31"},
                {"10000-01-01"},
                {"5874897-12-31"},
                {"infinity"},
                {"-infinity"},
                {"0000-00-00", "0000-00-00 00:00:00"},
                {"2024-00-00"},
                {"2024-01-00"},
                {"0000-01-01"},
                {"2023-02-29"},
                {Null{}},
                {"2024-02-29 10:00:00"},  // No date.
                {"24-02-29"},
                {"2024-2-29"},
                {"today"},
                {""}});
  const ColumnEncoding date = As(CompareType::kDate, TypeClass::kDate);
  EXPECT_EQ(Round(date, "0001-01-01"), "0001-01-01");
  EXPECT_EQ(Round(date, "9999-12-31"), "9999-12-31");
  EXPECT_EQ(Round(date, "0044-03-15 BC"), "0044-03-15 BC");
  EXPECT_EQ(Round(date, "0001-02-29 BC"), "0001-02-29 BC");
  EXPECT_EQ(Round(date, "10000-01-01"), "10000-01-01");
  EXPECT_EQ(Round(date, "0000-00-00"), "0000-00-00");
  EXPECT_EQ(Round(date, "infinity"), "infinity");
}

TEST(EncodeTimestamps, AreMicrosecondsOfUtc) {
  ExpectGroups(
      As(CompareType::kTimestamp, TypeClass::kTimestamp),
      {{"2024-01-01", "2024-01-01 00:00:00", "2024-01-01T00:00:00.000000Z",
        "2024-01-01 00:00:00+00", "2024-01-01 05:30:00+05:30",
        "2023-12-31 19:00:00.0000000 -05", "2024-01-01 00:00"},
       {"2024-01-01 00:00:00.000001"},
       {"2024-01-01 00:00:00.1", "2024-01-01 00:00:00.100000000"},
       {"2024-01-01 00:00:00.1000001", "2024-01-01 01:00:00.1000001+01"},
       {"1969-12-31 23:59:59.999999"},
       {"0044-03-15 10:00:00 BC", "0044-03-15 10:00:00+00 BC"},
       {"0044-03-15 10:00:00"},
       {"294276-12-31 23:59:59.999999"},
       {"5874897-12-31"},
       {"5874897-12-31 00:00:00.5"},
       {"infinity"},
       {"-infinity"},
       {"0000-00-00", "0000-00-00 00:00:00", "0000-00-00 00:00:00.000000"},
       {"2024-00-00 10:00:00"},
       {"2024-01-01 24:00:00"},  // No timestamp.
       {"2024-01-01 00:00:60"},
       {"2024-01-01 00:00:00 Europe/Berlin"},
       {""}});
  const ColumnEncoding stamp = As(CompareType::kTimestamp);
  EXPECT_EQ(Round(stamp, "2024-01-01 10:00:00.5"), "2024-01-01T10:00:00.5Z");
  EXPECT_EQ(Round(stamp, "0044-03-15 10:00:00 BC"), "0044-03-15T10:00:00Z BC");
  EXPECT_EQ(Round(stamp, "12024-01-01 10:00:00"), "12024-01-01T10:00:00Z");
  EXPECT_EQ(Round(stamp, "0001-01-01"), "0001-01-01T00:00:00Z");
}

TEST(EncodeTimestamps, HaveTheZoneOfTheirConnection) {
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  ColumnEncoding wall = As(CompareType::kTimestamp, TypeClass::kTimestamp);
  wall.zone = berlin;
  const ColumnEncoding utc = As(CompareType::kTimestamp);
  EXPECT_EQ(Encoded(wall, "2024-01-01 11:00:00.25"),
            Encoded(utc, "2024-01-01 10:00:00.25"));
  EXPECT_EQ(Encoded(wall, "2024-07-01 00:00:00"),
            Encoded(utc, "2024-06-30 22:00:00"));
  // A zone in the text, and an instant, are what they say.
  EXPECT_EQ(Encoded(wall, "2024-07-01 00:00:00Z"),
            Encoded(utc, "2024-07-01 00:00:00"));
  wall.native = TypeClass::kTimestampTz;
  EXPECT_EQ(Encoded(wall, "2024-07-01 00:00:00"),
            Encoded(utc, "2024-07-01 00:00:00"));
  wall.native = TypeClass::kTimestamp;
  // Shown twice: the first; never shown: none of the other times.
  EXPECT_EQ(Encoded(wall, "2024-10-27 02:30:00"),
            Encoded(utc, "2024-10-27 00:30:00"));
  EXPECT_NE(Encoded(wall, "2024-03-31 02:30:00"),
            Encoded(wall, "2024-03-31 03:30:00"));
  EXPECT_NE(Encoded(wall, "2024-03-31 02:30:00"),
            Encoded(wall, "2024-03-31 01:30:00"));
}

ColumnPolicy Precision(int digits, Rounding rounding) {
  ColumnPolicy policy;
  policy.precision = digits;
  policy.rounding = rounding;
  return policy;
}

TEST(EncodeTimestamps, ArePreciseByPolicy) {
  const ColumnEncoding stamp = As(CompareType::kTimestamp);
  const auto is = [&](const ColumnPolicy& policy, const char* from,
                      const char* to) {
    EXPECT_EQ(Encoded(With(stamp, policy), from), Encoded(stamp, to)) << from;
  };
  const ColumnPolicy cut3 = Precision(3, Rounding::kTruncate);
  const ColumnPolicy round3 = Precision(3, Rounding::kRound);
  is(cut3, "2024-01-01 10:00:00.123999", "2024-01-01 10:00:00.123");
  is(round3, "2024-01-01 10:00:00.1235", "2024-01-01 10:00:00.124");
  is(round3, "2024-01-01 10:00:00.123499", "2024-01-01 10:00:00.123");
  is(round3, "2023-12-31 23:59:59.9995", "2024-01-01");
  is(cut3, "2023-12-31 23:59:59.9999999", "2023-12-31 23:59:59.999");
  // Before 1970 and before the year 1 as after.
  is(cut3, "1960-01-01 10:00:00.123999", "1960-01-01 10:00:00.123");
  is(round3, "1960-01-01 10:00:00.1235", "1960-01-01 10:00:00.124");
  is(cut3, "0044-01-01 10:00:00.123999 BC", "0044-01-01 10:00:00.123 BC");
  is(round3, "0044-01-01 10:00:00.1235 BC", "0044-01-01 10:00:00.124 BC");
  is(Precision(0, Rounding::kTruncate), "2024-01-01 10:00:00.9",
     "2024-01-01 10:00:00");
  is(Precision(0, Rounding::kRound), "2024-01-01 10:00:00.5",
     "2024-01-01 10:00:01");
  is(Precision(6, Rounding::kTruncate), "2024-01-01 10:00:00.1234569",
     "2024-01-01 10:00:00.123456");
  is(Precision(6, Rounding::kRound), "2024-01-01 10:00:00.1234565",
     "2024-01-01 10:00:00.123457");
  is(cut3, "0000-00-00", "0000-00-00");
  is(cut3, "infinity", "infinity");
}

TEST(EncodeTimes, MayBeNegativeAndLong) {
  ExpectGroups(As(CompareType::kTime, TypeClass::kTime),
               {{"10:00:00", "10:00", "10:00:00.000000"},
                {"-10:00:00"},
                {"26:00:00"},
                {"24:00:00"},
                {"00:00:00", "-00:00:00"},
                {"838:59:59.999999"},
                {"-838:59:59"},
                {"10:00:00.5", "10:00:00.500000"},
                {"10:00:00.1234567"},
                {"10:00:00.123456"},
                {"10:60:00"},
                {"1:00:00"},
                {""}});
  const ColumnEncoding time = As(CompareType::kTime);
  EXPECT_EQ(Round(time, "26:00:00.5"), "26:00:00.5");
  EXPECT_EQ(Round(time, "-26:00:00"), "-26:00:00");
  const auto by = [&](Rounding rounding, const char* text) {
    return Round(With(time, Precision(0, rounding)), text);
  };
  EXPECT_EQ(by(Rounding::kRound, "-10:00:00.5"), "-10:00:01");
  EXPECT_EQ(by(Rounding::kTruncate, "-10:00:00.9"), "-10:00:00");
}

}  // namespace
}  // namespace assay::diff
