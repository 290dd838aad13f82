// SPDX-License-Identifier: Apache-2.0
#include "rules/kinds/bounds.h"

#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "tests/kinds/rules_of.h"

namespace assay {
namespace {

NumberDemand Demand(const std::string& arguments) {
  const Rule rule =
      OneRule("- aggregate: {function: sum, column: a, " + arguments + "}");
  return NumberDemandOf(CompileContext(rule, {}, absl::Time()));
}

Value Number(const char* text) { return *ParseDecimal(text); }

struct Case {
  const char* demand;
  Value value;
  bool satisfied;
};

TEST(Satisfies, IsExact) {
  const Case cases[] = {
      {"min: 1", Value(int64_t{1}), true},
      {"min: 1", Number("0.99999999999999999999999999999999"), false},
      {"above: 1", Value(int64_t{1}), false},
      {"above: 1", Number("1.00000000000000000000000000000001"), true},
      {"max: 1", Value(int64_t{1}), true},
      {"max: 1", Number("1.00000000000000000000000000000001"), false},
      {"below: 1", Value(int64_t{1}), false},
      {"below: 1", Number("0.99999999999999999999999999999999"), true},
      {"min: -5, max: -4", Number("-4.5"), true},
      {"min: -5, max: -4", Number("-5.5"), false},
      {"above: 1, below: 2", Number("1.5"), true},
      {"above: 1, below: 2", Value(int64_t{2}), false},
      // 2^53 + 1 is no double; nothing may pass through one.
      {"equals: 9007199254740993", Value(int64_t{9007199254740993}), true},
      {"equals: 9007199254740993", Value(int64_t{9007199254740992}), false},
      {"equals: 9223372036854775807",
       Value(std::numeric_limits<int64_t>::max()), true},
      {"equals: 9223372036854775808",
       Value(std::numeric_limits<int64_t>::max()), false},
      {"equals: 1.10", Number("1.1"), true},
      {"equals: 1e3", Value(int64_t{1000}), true},
      {"equals: 0", Number("-0.0"), true},
      // A double counts with its own exact value: 0.1 is a little more.
      {"equals: 0.5", Value(0.5), true},
      {"equals: 0.1", Value(0.1), false},
      {"equals: 0.1, tolerance: 0.00000000000000001", Value(0.1), true},
      {"max: 0.1", Value(0.1), false},
      {"equals: 0", Value(-0.0), true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Satisfies(c.value, Demand(c.demand)), c.satisfied)
        << c.demand << " of " << ToText(c.value);
  }
}

TEST(Satisfies, TakesATolerance) {
  const Case cases[] = {
      {"equals: 10, tolerance: 0", Value(int64_t{10}), true},
      {"equals: 10, tolerance: 0", Number("10.0001"), false},
      {"equals: 10, tolerance: 0.5", Number("10.5"), true},
      {"equals: 10, tolerance: 0.5", Number("9.5"), true},
      {"equals: 10, tolerance: 0.5", Number("10.50000000001"), false},
      {"equals: 10, tolerance: 0.5", Number("9.49999999999"), false},
      {"equals: 1000, tolerance: 0.1%", Value(int64_t{1001}), true},
      {"equals: 1000, tolerance: 0.1%", Number("1001.000001"), false},
      {"equals: 1000, tolerance: 0.1%", Value(int64_t{999}), true},
      {"equals: 1000, tolerance: 0.1%", Number("998.999999"), false},
      // The percentage is of the size, so a negative number has one as well.
      {"equals: -1000, tolerance: 0.1%", Value(int64_t{-1001}), true},
      {"equals: -1000, tolerance: 0.1%", Value(int64_t{-1002}), false},
      {"equals: -1000, tolerance: 0.1%", Value(int64_t{1000}), false},
      // Of 0 a percentage is nothing: the tolerance is absolute then.
      {"equals: 0, tolerance: 5%", Value(int64_t{5}), true},
      {"equals: 0, tolerance: 5%", Number("5.001"), false},
      {"equals: 0, tolerance: 5%", Value(int64_t{-5}), true},
      {"equals: 0.0, tolerance: 5%", Value(int64_t{5}), true},
      {"equals: 3, tolerance: 33.333333333333333333333%",
       Number("3.99999999999999999999999"), true},
      {"equals: 3, tolerance: 33.333333333333333333333%", Value(int64_t{4}),
       false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Satisfies(c.value, Demand(c.demand)), c.satisfied)
        << c.demand << " of " << ToText(c.value);
  }
}

TEST(Satisfies, NothingButANumberSatisfies) {
  const Value values[] = {
      Null{},
      Value(std::nan("")),
      Value(std::numeric_limits<double>::infinity()),
      Value(-std::numeric_limits<double>::infinity()),
      Value(std::string("NaN")),
      Value(std::string("5")),
      Value(true),
      Value(Bytes{"5"}),
      Value(Date{5}),
      Value(Timestamp{5, true}),
  };
  for (const Value& value : values) {
    EXPECT_FALSE(Satisfies(value, Demand("min: -1e30"))) << ToText(value);
    EXPECT_FALSE(Satisfies(value, Demand("max: 1e30"))) << ToText(value);
    EXPECT_FALSE(Satisfies(value, Demand("equals: 5, tolerance: 1e9")))
        << ToText(value);
  }
}

// For every n around the bounds the strict and the inclusive form differ at the
// bound itself and nowhere else.
TEST(Satisfies, StrictAndInclusiveDifferAtTheBoundOnly) {
  for (int64_t bound = -3; bound <= 3; ++bound) {
    const std::string b = std::to_string(bound);
    for (int64_t n = -5; n <= 5; ++n) {
      const Value value(n);
      EXPECT_EQ(Satisfies(value, Demand("min: " + b)), n >= bound);
      EXPECT_EQ(Satisfies(value, Demand("above: " + b)), n > bound);
      EXPECT_EQ(Satisfies(value, Demand("max: " + b)), n <= bound);
      EXPECT_EQ(Satisfies(value, Demand("below: " + b)), n < bound);
      EXPECT_EQ(Satisfies(value, Demand("equals: " + b)), n == bound);
      EXPECT_EQ(Satisfies(value, Demand("equals: " + b + ", tolerance: 1")),
                std::llabs(n - bound) <= 1);
    }
  }
}

TEST(DemandText, SaysWhatIsDemanded) {
  EXPECT_EQ(DemandText(Demand("min: 1, max: 2000")), "between 1 and 2000");
  EXPECT_EQ(DemandText(Demand("min: 1")), ">= 1");
  EXPECT_EQ(DemandText(Demand("above: 1, max: 2")), "> 1 and <= 2");
  EXPECT_EQ(DemandText(Demand("min: 1, below: 2")), ">= 1 and < 2");
  EXPECT_EQ(DemandText(Demand("equals: 5")), "= 5");
  EXPECT_EQ(DemandText(Demand("equals: 5, tolerance: 0.10%")), "= 5 ± 0.1%");
  EXPECT_EQ(DemandText(Demand("equals: 5, tolerance: 2")), "= 5 ± 2");
}

}  // namespace
}  // namespace assay
