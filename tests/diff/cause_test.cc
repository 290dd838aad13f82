// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/cause.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay::diff {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Value Text(std::string text) { return Value(std::move(text)); }
Value Number(std::string_view digits) { return Value(*ParseDecimal(digits)); }
Value Time(std::string_view text) {
  return *ParseValue(TypeClass::kTimestamp, text);
}
Value Day(std::string_view text) { return *ParseValue(TypeClass::kDate, text); }
Value Clock(std::string_view text) {
  return *ParseValue(TypeClass::kTime, text);
}

std::string Texts(std::string source, std::string target) {
  return CauseOf(CompareType::kText, Text(std::move(source)),
                 Text(std::move(target)));
}
std::string Numbers(std::string_view source, std::string_view target) {
  return CauseOf(CompareType::kNumber, Number(source), Number(target));
}
std::string Times(std::string_view source, std::string_view target) {
  return CauseOf(CompareType::kTimestamp, Time(source), Time(target));
}
std::string Documents(std::string source, std::string target) {
  return CauseOf(CompareType::kJson, Text(std::move(source)),
                 Text(std::move(target)));
}

TEST(CauseOf, Nulls) {
  const auto cause = [](const Value& source, const Value& target) {
    return CauseOf(CompareType::kText, source, target);
  };
  const Value null = Null{};
  EXPECT_EQ(cause(Text(""), null), "'' became NULL");
  EXPECT_EQ(cause(null, Text("")), "NULL became ''");
  EXPECT_EQ(cause(null, Number("1")), "NULL became 1");
  EXPECT_EQ(cause(null, Value(int64_t{0})), "NULL became 0");
  EXPECT_EQ(cause(null, Value(false)), "NULL became false");
  EXPECT_EQ(cause(Value(true), null), "true became NULL");
  EXPECT_EQ(cause(null, Text("Rome")), "NULL became a value");
  EXPECT_EQ(cause(Text("Rome"), null), "a value became NULL");
  EXPECT_EQ(cause(Number("12.5"), null), "a value became NULL");
  EXPECT_EQ(cause(Text("  "), null), "blanks became NULL");
  EXPECT_EQ(cause(Text("0000-00-00 00:00:00"), null), "zero date became NULL");
  EXPECT_EQ(cause(null, Day("1970-01-01")), "NULL became a value");
  EXPECT_EQ(cause(null, null), "");
}

TEST(CauseOf, Texts) {
  const struct {
    const char* source;
    const char* target;
    const char* cause;
  } kCases[] = {
      {"a", "a  ", "trailing blanks"},
      {"a  ", "a", "trailing blanks"},
      {"   ", "", "trailing blanks"},
      {" a", "a", "leading blanks"},
      {" a ", "a", "leading and trailing blanks"},
      {"abc", "", "a value became ''"},
      {"", "abc", "'' became a value"},
      {"a\r\nb\r\n", "a\nb\n", "line ends"},
      {"a\rb", "a\nb", "line ends"},
      {"Smith", "SMITH", "case"},
      {"Ödön ŁÓDŹ", "ödön łódź", "case"},
      {"ΑΘΗΝΑ Москва", "αθηνα МОСКВА", "case"},
      {"a b", "ab", "whitespace"},
      {"a\tb", "a b", "whitespace"},
      {"a\u00A0b", "a b", "whitespace"},
      {"New York", "newyork", "case and whitespace"},
      {"abcdef", "abc", "cut to 3 characters"},
      {"abcdef", "a", "cut to 1 character"},
      {"žluťoučký", "žluťou", "cut to 6 characters"},
      {"žluť", "žlu\xC5", "cut to 5 bytes"},
      {"ok 😀 never", "ok ", "cut at a character beyond U+FFFF"},
      {"a\x01"
       "b",
       "ab", "control characters"},
      {"Müller", "MÃ¼ller", "read as Latin-1"},
      {"5 €", "5 â‚¬", "read as Windows-1252"},
      {"naÃ¯ve", "naïve", "the source was read as Latin-1"},
      {"itâ€™s", "it’s", "the source was read as Windows-1252"},
      {"Müller", "M?ller", "characters beyond ASCII became ?"},
      {"Müller", "M??ller", "characters beyond ASCII became ?"},
      {"Müller", "M\uFFFDller", "characters beyond ASCII became U+FFFD"},
      {"Müller", "M\uFFFD\uFFFDller", "characters beyond ASCII became U+FFFD"},
      {"Müller ž", "Müller ?", "characters beyond Latin-1 became ?"},
      {"Łódź 😀!", "Łódź ?!", "characters beyond U+FFFF replaced"},
      {"Łódź 😀!", "Łódź ?\?\?\?!", "characters beyond U+FFFF replaced"},
      {"Müller", "Mller", "characters beyond ASCII lost"},
      {"Müller", "Mu\u0308ller", "Unicode normalisation"},
      {"cafe\u0301", "café", "Unicode normalisation"},
      {"Müller", "Muller", "accents lost"},
      {"1.50", "1.5", "same number, written differently"},
      {"apple", "pear", ""},
      {"abc", "abcdef", ""},
      {"Müller", "Möller", ""},
      {"a?b", "axb", ""},
      {"\xFF\xFE", "ab", ""},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Texts(c.source, c.target), c.cause)
        << c.source << " -> " << c.target;
  }
  EXPECT_EQ(Texts(std::string("ab\0cd", 5), "ab"), "cut at a NUL");
  EXPECT_EQ(Texts(std::string("ab\0cd", 5), "abcd"), "control characters");
}

TEST(CauseOf, Numbers) {
  const struct {
    const char* source;
    const char* target;
    const char* cause;
  } kCases[] = {
      {"5", "-5", "sign"},
      {"1.005", "1.01", "rounded to 2 digits"},
      {"1.005", "1", "rounded to 0 digits"},
      {"2.5", "2", "rounded to 0 digits"},
      {"-2.5", "-3", "rounded to 0 digits"},
      {"9.995", "10", "rounded to 0 digits"},
      {"1.29", "1.2", "truncated to 1 digit"},
      {"-1.29", "-1.2", "truncated to 1 digit"},
      {"1.999", "1", "truncated to 0 digits"},
      {"3000000000", "2147483647", "clamped to 2147483647"},
      {"-40000", "-32768", "clamped to -32768"},
      {"300", "255", "clamped to 255"},
      {"70000", "65535", "clamped to 65535"},
      {"12345.67", "999.99", "clamped to 999.99"},
      {"-12345.67", "-999.99", "clamped to -999.99"},
      {"-7", "0", "negative became 0"},
      {"12.34", "1234", "scaled by 100"},
      {"12340", "12.34", "scaled by 1/1000"},
      {"16777217", "16777216", "rounded to single precision"},
      {"0.1", "0.100000001490116119384765625", "rounded to single precision"},
      {"123456.789", "123456.7890625", "rounded to single precision"},
      {"1234567", "1234570", "rounded to 6 significant digits"},
      {"12345678901234567890", "12345678901234567168",
       "rounded to double precision"},
      {"4294967301", "5", "wrapped at 32 bits"},
      {"-1", "4294967295", "wrapped at 32 bits"},
      {"-1", "18446744073709551615", "wrapped at 64 bits"},
      {"5", "6", ""},
      {"1.5", "2.5", ""},
      {"100", "0", ""},
      {"1.2", "1.29", ""},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Numbers(c.source, c.target), c.cause)
        << c.source << " -> " << c.target;
  }
  EXPECT_EQ(CauseOf(CompareType::kNumber, Value(true), Value(false)),
            "inverted");
  EXPECT_EQ(CauseOf(CompareType::kDouble, Value(0.1), Value(double{0.1f})),
            "rounded to single precision");
  EXPECT_EQ(
      CauseOf(CompareType::kDouble,
              Value(std::numeric_limits<double>::quiet_NaN()), Value(1.0)),
      "");
  EXPECT_EQ(CauseOf(CompareType::kNumber, Number("1e1000"), Number("1")), "");
}

TEST(CauseOf, Times) {
  const struct {
    const char* source;
    const char* target;
    const char* cause;
  } kCases[] = {
      {"2026-03-01T10:00:00", "2026-03-01T11:00:00", "shifted by +1h"},
      {"2026-03-01T00:30:00", "2026-02-28T18:30:00", "shifted by -6h"},
      {"2026-03-01T10:00:00", "2026-03-01T15:30:00", "shifted by +5h30m"},
      {"2026-03-01T10:20:30", "2026-03-01", "time of day lost"},
      {"2026-03-01T10:20:30.123456", "2026-03-01T10:20:30.123",
       "rounded to 3 digits"},
      {"2026-03-01T10:20:30.129", "2026-03-01T10:20:30.12",
       "truncated to 2 digits"},
      {"2026-03-01T10:20:30.7", "2026-03-01T10:20:30", "truncated to 0 digits"},
      {"1969-03-01T10:20:30.7", "1969-03-01T10:20:31", "rounded to 0 digits"},
      {"2026-03-01T00:00:00.7", "2026-03-01", "truncated to 0 digits"},
      {"2026-03-07T10:00:00", "2026-07-03T10:00:00", "day and month swapped"},
      {"1926-03-07", "2026-03-07", "another century"},
      {"2026-03-01T10:00:00", "2026-04-11T10:00:00", ""},
      {"2026-03-01T10:00:00", "2026-03-01T10:00:07", ""},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Times(c.source, c.target), c.cause)
        << c.source << " -> " << c.target;
  }
  EXPECT_EQ(CauseOf(CompareType::kDate, Day("2026-03-01"), Day("2026-02-28")),
            "shifted by -1d");
  EXPECT_EQ(CauseOf(CompareType::kTime, Clock("10:00:00"), Clock("12:00:00")),
            "shifted by +2h");
  EXPECT_EQ(
      CauseOf(CompareType::kTimestamp, Text("infinity"), Time("9999-12-31")),
      "");
}

TEST(CauseOf, DocumentsByPath) {
  EXPECT_EQ(Documents(R"({"a":{"b":1,"c":2}})", R"({"a":{"b":3,"c":2}})"),
            "member 'a.b' differs");
  EXPECT_EQ(Documents(R"({"a":1,"b":2})", R"({"a":1})"), "member 'b' lost");
  EXPECT_EQ(Documents(R"({"a":1})", R"({"a":1,"b":2})"), "member 'b' added");
  EXPECT_EQ(
      Documents(R"({"a":[{"b":1},{"b":2}]})", R"({"a":[{"b":3},{"b":4}]})"),
      "member 'a[].b' differs");
  EXPECT_EQ(Documents(R"({"a":[1]})", R"({"a":[1,2]})"), "member 'a' differs");
  EXPECT_EQ(Documents(R"({"a":1,"b":2})", R"({"a":2,"b":3})"),
            "several members differ");
  EXPECT_EQ(Documents("[1]", "{}"), "another document");
  EXPECT_EQ(Documents("{", "{}"), "");
  std::string deep(5000, '[');
  deep += std::string(5000, ']');
  EXPECT_EQ(
      Documents(deep, "[" + deep + "]"), "member '" + [] {
        std::string path;
        while (path.size() < 128) path += "[]";
        return path;
      }() + "' differs");
}

TEST(CauseOf, ByteStrings) {
  const auto cause = [](std::string source, std::string target) {
    return CauseOf(CompareType::kBytes, Bytes{std::move(source)},
                   Bytes{std::move(target)});
  };
  EXPECT_EQ(cause("ab", std::string("ab\0\0", 4)), "trailing zero bytes");
  EXPECT_EQ(cause("abc", "ab"), "cut to 2 bytes");
  EXPECT_EQ(cause("abc", ""), "a value became ''");
  EXPECT_EQ(cause("abc", "abd"), "");
}

class Clusters {
 public:
  Clusters& Add(const Value& source, const Value& target,
                CompareType type = CompareType::kText) {
    clusters_.Add("c", type, source, target);
    return *this;
  }
  std::vector<std::string> Get(bool may_show = true) const {
    std::vector<std::string> out;
    for (const ColumnChange& change :
         clusters_.Clusters([&](const std::string&) { return may_show; })) {
      out.push_back(std::to_string(change.rows) + " " + change.column + ": " +
                    change.cause);
    }
    return out;
  }

 private:
  CauseClusters clusters_;
};

TEST(CauseClusters, CountByColumnAndCause) {
  CauseClusters clusters;
  for (int i = 0; i < 5; ++i) {
    clusters.Add("a", CompareType::kText, Text("x"), Text("x "));
    clusters.Add("b", CompareType::kText, Text("x"), Null{});
    clusters.Add("b", CompareType::kText, Text("x"), Text("X"));
    clusters.Add("b", CompareType::kText, Text("y"), Text("Y"));
  }
  const std::vector<ColumnChange> got =
      clusters.Clusters([](const std::string&) { return true; });
  EXPECT_THAT(
      got,
      ElementsAre(ColumnChange{"b", "case", 10, "ignore_case: true"},
                  ColumnChange{"a", "trailing blanks", 5, "trim: trailing"},
                  ColumnChange{"b", "a value became NULL", 5}));
}

// The policy that the cause of one pair calls for.
struct Forgiven {
  CompareType type;
  Value source, target;
  const char* policy;
};

TEST(CauseClusters, NameThePolicyThatForgives) {
  const auto number = [](const char* digits) { return Decimal{digits}; };
  const auto at = [](int64_t micros) { return Timestamp{micros, true}; };
  const Forgiven cases[] = {
      {CompareType::kText, Text("x"), Text("x  "), "trim: trailing"},
      {CompareType::kText, Text(" x"), Text("x"), "trim: both"},
      {CompareType::kText, Text(" x"), Text("x "), "trim: both"},
      {CompareType::kText, Text("x"), Text("X"), "ignore_case: true"},
      {CompareType::kText, Text(""), Null{}, "empty_is_null: true"},
      {CompareType::kText, Null{}, Text(""), "empty_is_null: true"},
      {CompareType::kText, Text("007"), Text("7.0"), "as: decimal"},
      {CompareType::kTimestamp, at(1234567), at(1234000), "precision: 3"},
      {CompareType::kTimestamp, at(1234567), at(1235000),
       "precision: 3, rounding: round"},
      {CompareType::kTimestamp, at(1634567), at(2000000),
       "precision: 0, rounding: round"},
      {CompareType::kNumber, number("1.237"), number("1.24"),
       "tolerance: 0.005"},
      {CompareType::kNumber, number("1.237"), number("1.23"),
       "tolerance: 0.01"},
      {CompareType::kNumber, number("1.6"), number("2"), "tolerance: 0.5"},
      {CompareType::kNumber, number("1.6"), number("1"), "tolerance: 1"},
      {CompareType::kNumber, number("5"), number("6"), ""},
      {CompareType::kText, Text("x"), Text("?"), ""},
      {CompareType::kText, Text("x"), Null{}, ""},
  };
  for (const Forgiven& c : cases) {
    CauseClusters clusters;
    clusters.Add("c", c.type, c.source, c.target);
    std::string policy;
    std::string cause;
    for (const ColumnChange& change :
         clusters.Clusters([](const std::string&) { return true; })) {
      policy = change.policy;
      cause = change.cause;
    }
    EXPECT_EQ(policy, c.policy) << cause;
  }
}

TEST(CauseClusters, OneConstant) {
  Clusters clusters;
  clusters.Add(Text("Rome"), Text("?")).Add(Text("Oslo"), Text("?"));
  EXPECT_THAT(clusters.Get(), IsEmpty());  // Two are no pattern.
  clusters.Add(Text("Bern"), Text("?"));
  EXPECT_THAT(clusters.Get(), ElementsAre("3 c: became '?'"));
  EXPECT_THAT(clusters.Get(false), ElementsAre("3 c: became one constant"));
  clusters.Add(Text("Bonn"), Text("!"));
  EXPECT_THAT(clusters.Get(), IsEmpty());
}

TEST(CauseClusters, OneConstantForNulls) {
  Clusters clusters;
  for (int i = 0; i < 3; ++i) clusters.Add(Null{}, Day("1970-01-01"));
  EXPECT_THAT(clusters.Get(), ElementsAre("3 c: NULL became 1970-01-01"));
  EXPECT_THAT(clusters.Get(false),
              ElementsAre("3 c: NULL became one constant"));
  clusters.Add(Null{}, Day("1970-01-02"));
  EXPECT_THAT(clusters.Get(), ElementsAre("4 c: NULL became a value"));
}

TEST(CauseClusters, LongConstantsAreShortened) {
  Clusters clusters;
  std::string text;
  for (int i = 0; i < 500; ++i) text += "ž";
  for (int i = 0; i < 3; ++i) {
    clusters.Add(Text(std::to_string(i)), Text(text));
  }
  EXPECT_THAT(clusters.Get(),
              ElementsAre("3 c: became '" + text.substr(0, 100) + "…'"));
}

TEST(CauseClusters, DigitsThatAllWereRoundedTo) {
  Clusters clusters;
  // Alone: 1 digit, 0 digits, 2 digits.
  clusters.Add(Number("1.296"), Number("1.3"))
      .Add(Number("2.999"), Number("3"))
      .Add(Number("7.123"), Number("7.12"))
      .Add(Number("7.126"), Number("7.13"));
  EXPECT_THAT(clusters.Get(), ElementsAre("4 c: rounded to 2 digits"));
}

TEST(CauseClusters, DigitsThatAllWereTruncatedTo) {
  Clusters clusters;
  clusters.Add(Number("1.239"), Number("1.23"))
      .Add(Number("1.231"), Number("1.23"))
      .Add(Number("1.201"), Number("1.2"));
  EXPECT_THAT(clusters.Get(), ElementsAre("3 c: truncated to 2 digits"));
}

TEST(CauseClusters, SinglePrecisionForAll) {
  Clusters clusters;
  clusters.Add(Number("0.123456789"), Number("0.12345679"))
      .Add(Number("123.456789"), Number("123.45679"))
      .Add(Number("16777217"), Number("16777216"));
  EXPECT_THAT(clusters.Get(), ElementsAre("3 c: rounded to single precision"));
}

TEST(CauseClusters, MixedRoundingIsToldApart) {
  Clusters clusters;
  clusters.Add(Number("1.2366"), Number("1.24"))
      .Add(Number("1.2366"), Number("1.237"));
  EXPECT_THAT(clusters.Get(), ElementsAre("1 c: rounded to 2 digits",
                                          "1 c: rounded to 3 digits"));
}

TEST(CauseClusters, OneShiftForAll) {
  Clusters clusters;
  // Local mean time; alone none has a cause, and one would be "time lost".
  clusters.Add(Time("1890-01-01T00:53:28"), Time("1890-01-01"))
      .Add(Time("1890-01-02T01:53:28"), Time("1890-01-02T01:00:00"))
      .Add(Time("1890-01-03T10:53:28"), Time("1890-01-03T10:00:00"));
  EXPECT_THAT(clusters.Get(), ElementsAre("3 c: shifted by -53m28s"));
  clusters.Add(Time("1890-01-03T10:53:28"), Null{});
  EXPECT_THAT(clusters.Get(), ElementsAre("3 c: shifted by -53m28s",
                                          "1 c: a value became NULL"));
  clusters.Add(Time("1890-01-03T10:53:28"), Time("1890-01-03T12:53:28"));
  EXPECT_THAT(clusters.Get(),
              ElementsAre("1 c: a value became NULL", "1 c: shifted by +2h",
                          "1 c: time of day lost"));
}

TEST(CauseClusters, TwoOffsets) {
  Clusters clusters;
  for (int i = 0; i < 4; ++i) {
    clusters.Add(Time("2026-01-01T10:00:00"), Time("2026-01-01T09:00:00"));
    clusters.Add(Time("2026-07-01T10:00:00"), Time("2026-07-01T08:00:00"));
  }
  EXPECT_THAT(clusters.Get(),
              ElementsAre("4 c: shifted by -1h", "4 c: shifted by -2h"));
}

TEST(CauseClusters, ZeroAndOneInBothDirections) {
  Clusters clusters;
  clusters.Add(Number("0"), Number("1")).Add(Number("1"), Number("0"));
  EXPECT_THAT(clusters.Get(), IsEmpty());
  clusters.Add(Number("0"), Number("1"));
  EXPECT_THAT(clusters.Get(), ElementsAre("3 c: inverted"));
  clusters.Add(Number("0"), Number("7"));
  EXPECT_THAT(clusters.Get(), IsEmpty());
}

TEST(CauseClusters, OnlyOnesIsAConstant) {
  Clusters clusters;
  for (int i = 0; i < 3; ++i) clusters.Add(Number("0"), Number("1"));
  EXPECT_THAT(clusters.Get(), ElementsAre("3 c: became 1"));
}

TEST(CauseClusters, KindsOfCausesAreBounded) {
  Clusters clusters;
  for (int i = 1; i <= 1000; ++i) {
    clusters.Add(Text(std::string(2000, 'x')),
                 Text(std::string(static_cast<size_t>(i), 'x')));
  }
  EXPECT_EQ(clusters.Get().size(), 64u);
}

}  // namespace
}  // namespace assay::diff
