// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "validator/value/value.h"

namespace assay {
namespace {

Decimal D(std::string_view text) {
  std::optional<Decimal> decimal = ParseDecimal(text);
  EXPECT_TRUE(decimal.has_value()) << text;
  return decimal.value_or(Decimal{});
}

std::string Exact(double value) { return ToDecimal(Value(value))->digits; }

TEST(ParseDecimal, IsCanonical) {
  const struct {
    const char* text;
    const char* digits;
  } kCases[] = {
      {"0", "0"},
      {"-0", "0"},
      {"-0.000", "0"},
      {"+5", "5"},
      {"007", "7"},
      {"1.10", "1.1"},
      {"-12.50", "-12.5"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"5.", "5"},
      {"1e3", "1000"},
      {"1.5E+2", "150"},
      {"12e-4", "0.0012"},
      {"-100e-2", "-1"},
      {"0e1000", "0"},
      {"1234567890123456789012345678901234567890",
       "1234567890123456789012345678901234567890"},
      {"00.00100", "0.001"},
  };
  for (const auto& c : kCases) EXPECT_EQ(D(c.text).digits, c.digits) << c.text;
}

TEST(ParseDecimal, RefusesEverythingElse) {
  for (const char* text :
       {"",      "-",     "+",   ".",      "e3",      "1e",
        "1e+",   "1.2.3", "1 ",  " 1",     "NaN",     "inf",
        "0x10",  "1,000", "--1", "1e1001", "1e-1001", "1e99999999999999999999",
        "1_000", "١"}) {
    EXPECT_FALSE(ParseDecimal(text).has_value()) << text;
  }
}

TEST(Decimal, Arithmetic) {
  EXPECT_EQ(Add(D("0.1"), D("0.2")).digits, "0.3");
  EXPECT_EQ(Add(D("-1"), D("1")).digits, "0");
  EXPECT_EQ(Add(D("999.99"), D("0.01")).digits, "1000");
  EXPECT_EQ(Subtract(D("1000"), D("0.01")).digits, "999.99");
  EXPECT_EQ(Subtract(D("0.01"), D("1000")).digits, "-999.99");
  EXPECT_EQ(Subtract(D("-5"), D("-5")).digits, "0");
  EXPECT_EQ(Multiply(D("-0.5"), D("0.2")).digits, "-0.1");
  EXPECT_EQ(Multiply(D("-7"), D("0")).digits, "0");
  EXPECT_EQ(
      Multiply(D("99999999999999999999"), D("99999999999999999999")).digits,
      "9999999999999999999800000000000000000001");
  EXPECT_EQ(Abs(D("-3.5")).digits, "3.5");
}

TEST(Decimal, DoublesAreExact) {
  EXPECT_EQ(Exact(0.0), "0");
  EXPECT_EQ(Exact(-0.0), "0");
  EXPECT_EQ(Exact(0.5), "0.5");
  EXPECT_EQ(Exact(-1024), "-1024");
  EXPECT_EQ(Exact(0.1),
            "0.1000000000000000055511151231257827021181583404541015625");
  EXPECT_EQ(Exact(1e22), "10000000000000000000000");
  EXPECT_EQ(Exact(1e23), "99999999999999991611392");
  EXPECT_EQ(Exact(std::numeric_limits<double>::max()).size(), 309u);
  const std::string tiny = Exact(std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(tiny.size(), 1076u);
  EXPECT_EQ(tiny.substr(tiny.size() - 4), "5625") << tiny;
  EXPECT_FALSE(ToDecimal(Value(std::nan(""))).has_value());
  EXPECT_FALSE(ToDecimal(Value(HUGE_VAL)).has_value());
  EXPECT_FALSE(ToDecimal(Value(std::string("1"))).has_value());
}

TEST(DecimalProperty, DoublesRoundTrip) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) {
    const uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    if (!std::isfinite(value)) continue;
    const Decimal exact = *ToDecimal(Value(value));
    EXPECT_EQ(std::strtod(exact.digits.c_str(), nullptr), value);
    EXPECT_EQ(Compare(Value(value), Value(exact)), 0);
    const Decimal above = Add(exact, D("1e-1000"));
    EXPECT_EQ(Compare(Value(value), Value(above)), -1);
  }
}

std::string RandomDecimal(std::mt19937_64& random) {
  std::string text = random() % 2 ? "-" : "";
  for (uint64_t n = 1 + random() % 30; n > 0; --n) {
    text.push_back(static_cast<char>('0' + random() % 10));
  }
  if (random() % 2) {
    text.push_back('.');
    for (uint64_t n = 1 + random() % 30; n > 0; --n) {
      text.push_back(static_cast<char>('0' + random() % 10));
    }
  }
  return text;
}

TEST(DecimalProperty, ObeysTheLawsOfArithmetic) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 3000; ++i) {
    const Decimal a = D(RandomDecimal(random));
    const Decimal b = D(RandomDecimal(random));
    const Decimal c = D(RandomDecimal(random));
    EXPECT_EQ(ParseDecimal(a.digits), a);
    EXPECT_EQ(Add(a, b), Add(b, a));
    EXPECT_EQ(Subtract(Add(a, b), b), a);
    EXPECT_EQ(Subtract(a, a).digits, "0");
    EXPECT_EQ(Multiply(a, Add(b, c)), Add(Multiply(a, b), Multiply(a, c)));
    EXPECT_EQ(CompareDecimals(a, b), -CompareDecimals(b, a));
    const Decimal difference = Subtract(a, b);
    const int sign = difference.digits == "0"      ? 0
                     : difference.digits[0] == '-' ? -1
                                                   : 1;
    EXPECT_EQ(CompareDecimals(a, b), sign);
  }
}

TEST(DecimalProperty, AgreesWithMachineIntegers) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 5000; ++i) {
    const auto a = static_cast<int32_t>(random());
    const auto b = static_cast<int32_t>(random());
    const Decimal x = D(std::to_string(a));
    const Decimal y = D(std::to_string(b));
    EXPECT_EQ(Multiply(x, y).digits, std::to_string(int64_t{a} * b));
    EXPECT_EQ(Add(x, y).digits, std::to_string(int64_t{a} + b));
    EXPECT_EQ(CompareDecimals(x, y), (a > b) - (a < b));
  }
}

}  // namespace
}  // namespace assay
