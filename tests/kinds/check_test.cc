// SPDX-License-Identifier: Apache-2.0
// What each kind finds wrong in a rule before any database is asked.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/kinds/rules_of.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Case {
  const char* rule;
  std::vector<std::string> codes;
};

void ExpectCodes(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(ErrorCodes(std::string("- ") + c.rule), c.codes) << c.rule;
  }
}

TEST(Check, NumberDemands) {
  const std::vector<Case> demands = {
      {"min: 1", {}},
      {"max: 1", {}},
      {"above: 1", {}},
      {"below: 1", {}},
      {"equals: 1", {}},
      {"equals: 1, tolerance: 0", {}},
      {"min: 1, max: 1", {}},
      {"min: 1, below: 1.0000001", {}},
      {"min: 2, max: 1", {"empty_range"}},
      {"min: 1.00000000000000000001, max: 1", {"empty_range"}},
      {"min: 1, below: 1", {"empty_range"}},
      {"above: 1, max: 1", {"empty_range"}},
      {"above: 1, below: 1.0", {"empty_range"}},
      {"above: 2, below: 1", {"empty_range"}},
      {"min: 1, above: 2", {"two_bounds"}},
      {"max: 1, below: 2", {"two_bounds"}},
      {"tolerance: 1", {"no_bound", "tolerance_without_equals"}},
      {"min: 1, tolerance: 1", {"tolerance_without_equals"}},
      {"equals: 1, min: 0", {"equals_beside_bounds"}},
      {"equals: 1, below: 9", {"equals_beside_bounds"}},
  };
  // The same demands mean the same wherever a number is judged.
  for (const char* prefix : {"aggregate: {function: sum, column: a, ",
                             "query: {sql: select 1, expect: value, "}) {
    for (const Case& c : demands) {
      EXPECT_EQ(ErrorCodes(std::string("- ") + prefix + c.rule + "}"), c.codes)
          << prefix << c.rule;
    }
  }
  ExpectCodes(
      {{"row_count: {min: -1}", {"not_a_count"}},
       {"row_count: {equals: 1.5}", {"not_a_count"}},
       {"row_count: {above: 0.5, below: 0.6}", {"not_a_count", "not_a_count"}},
       {"aggregate: {function: quantile, column: a, max: 1, "
        "q: 0.1234567890}",
        {}},
       {"aggregate: {function: quantile, column: a, max: 1, "
        "q: 0.1234567891}",
        {"quantile_fraction"}},
       {"freshness: {column: a, max_age: 1h, future_slack: 0s}", {}},
       {"freshness: {column: a, max_age: 0s}", {"bad_value"}},
       {"aggregate: {function: sum, column: a}", {"no_bound"}},
       {"query: {sql: select 1, expect: value}", {"no_bound"}}});
}

TEST(Check, EmptyRangePointsAtTheLowerBound) {
  const ParseResult result = ParseRules("- row_count: {min: 2, max: 1}");
  for (const Issue& issue : result.issues) {
    if (issue.code != "empty_range") continue;
    EXPECT_EQ(issue.message, "no number is between 2 and 1 in row_count");
    EXPECT_EQ(issue.hint, "swap the bounds?");
    EXPECT_EQ(issue.range.line, 10);
    return;
  }
  FAIL() << "not found";
}

TEST(Check, Range) {
  ExpectCodes({
      {"range: {column: a, min: 1}", {}},
      {"range: {column: a}", {"no_bound"}},
      {"range: {column: a, min: 2, max: 1}", {"empty_range"}},
      {"range: {column: a, above: 10, below: 9.5}", {"empty_range"}},
      {"range: {column: a, min: 1, max: 1}", {}},
      {"range: {column: a, min: 1, above: 1}", {"two_bounds"}},
      {"range: {column: a, max: 1, below: 1}", {"two_bounds"}},
      // 9 and 10 as text: '9' is greater, as the author knows.
      {"range: {column: a, min: '9', max: '10'}", {}},
      {"range: {column: a, min: 9, max: '10'}", {}},
      {"range: {column: a, min: 2026-01-02, max: 2026-01-01}", {}},
      {"range: {column: a, min: now() - 1d, max: 1}", {}},
      {"range: {column: a, min: :limit, max: 1}", {}},
  });
}

TEST(Check, Length) {
  ExpectCodes({
      {"length: {column: a, min: 0}", {}},
      {"length: {column: a}", {"no_bound"}},
      {"length: {column: a, unit: bytes}", {"no_bound"}},
      {"length: {column: a, min: 3, max: 3}", {}},
      {"length: {column: a, min: 4, max: 3}", {"empty_range"}},
  });
  EXPECT_THAT(ErrorCodes("- length: {column: a, min: -1}"), testing::SizeIs(1));
  EXPECT_THAT(ErrorCodes("- length: {column: a, min: 1.5}"),
              testing::SizeIs(1));
}

TEST(Check, Enum) {
  ExpectCodes({
      {"enum: {column: a, values: [x]}", {}},
      {"enum: {column: a, forbid: [x]}", {}},
      {"enum: {column: a}", {"no_values"}},
      {"enum: {column: a, forbid: [x], complete: true}",
       {"complete_without_values"}},
      {"enum: {column: a, forbid: [x], complete: false}", {}},
  });
  EXPECT_THAT(ErrorCodes("- enum: {column: a, values: []}"),
              testing::Not(IsEmpty()));
  EXPECT_THAT(ErrorCodes("- enum: {column: a, values: [x], equality: text}"),
              testing::Not(IsEmpty()));
}

std::string HintOf(const std::string& pattern) {
  const std::string rule = "- pattern: {column: a, full: '" + pattern + "'}";
  for (const Issue& issue : ParseRules(rule).issues) {
    if (issue.code != "invalid_pattern") continue;
    EXPECT_THAT(issue.message, HasSubstr(pattern));
    EXPECT_TRUE(issue.range.known());
    return "hint: " + issue.hint;
  }
  return "no issue";
}

TEST(Check, Pattern) {
  ExpectCodes({
      {"pattern: {column: a, full: x}", {}},
      {"pattern: {column: a, partial: [x, y], require: all}", {}},
      {"pattern: {column: a}", {"match_not_stated"}},
      {"pattern: {column: a, full: x, partial: y}", {"match_not_stated"}},
      {"pattern: {column: a, full: '('}", {"invalid_pattern"}},
      {"pattern: {column: a, full: [x, '[', 'a**']}",
       {"invalid_pattern", "invalid_pattern"}},
      {"pattern: {column: a, partial: '*'}", {"invalid_pattern"}},
      // A colon makes no parameter of a quoted text.
      {"pattern: {column: a, full: ':('}", {"invalid_pattern"}},
      {"pattern: {column: a, full: ':what'}", {}},
  });
  // What people bring along from PCRE gets a way out.
  for (const char* look : {"(?=a)b", "(?!a)b", "(?<=a)b", "(?<!a)b"}) {
    EXPECT_THAT(HintOf(look), HasSubstr("no look-around")) << look;
    EXPECT_THAT(HintOf(look), HasSubstr("forbid: true")) << look;
  }
  EXPECT_THAT(HintOf("a\\Z"), HasSubstr("use \\z"));
  EXPECT_THAT(HintOf("(a)\\1"), HasSubstr("no back-references"));
  EXPECT_EQ(HintOf("a{,1001}b)"), "hint: ");
  EXPECT_EQ(HintOf("a\\z"), "no issue");
  EXPECT_EQ(HintOf("\\pL+[[:alpha:]]"), "no issue");
}

TEST(Check, ForeignKey) {
  EXPECT_THAT(ErrorCodes("- foreign_key: {columns: [a, b], table: p}"),
              IsEmpty());
  EXPECT_THAT(
      ErrorCodes("- foreign_key: {columns: [a, b], table: p, key: [c, d]}"),
      IsEmpty());
  EXPECT_THAT(
      ErrorCodes("- foreign_key: {columns: [a, b], table: p, key: [c]}"),
      testing::SizeIs(1));
  EXPECT_THAT(
      ErrorCodes("- foreign_key: {columns: [a], table: p, key: [c, d]}"),
      testing::SizeIs(1));
}

TEST(Check, Aggregate) {
  const std::string q = "aggregate: {function: quantile, column: a, min: 0";
  ExpectCodes({
      {"aggregate: {function: median, column: a, min: 0}", {}},
      {"aggregate: {function: quantile, column: a, min: 0, q: 0}", {}},
      {"aggregate: {function: quantile, column: a, min: 0, q: 1.0}", {}},
      {"aggregate: {function: quantile, column: a, min: 0}",
       {"quantile_fraction"}},
      {"aggregate: {function: quantile, column: a, min: 0, q: 1.00000000001}",
       {"quantile_fraction"}},
      {"aggregate: {function: quantile, column: a, min: 0, q: -0.1}",
       {"quantile_fraction"}},
      {"aggregate: {function: quantile, column: a, min: 0, q: 95}",
       {"quantile_fraction"}},
      {"aggregate: {function: sum, column: a, min: 0, q: 0.5}",
       {"quantile_fraction"}},
      {"aggregate: {function: sum, column: a, min: 0, q: 2}",
       {"quantile_fraction", "quantile_fraction"}},
  });
  EXPECT_THAT(ErrorCodes("- aggregate: {function: mode, column: a, min: 0}"),
              testing::SizeIs(1));
}

TEST(Check, Query) {
  ExpectCodes({
      {"query: select 1", {}},
      {"query: {sql: select 1, expect: rows}", {}},
      {"query: {sql: select 1, expect: value, equals: 1}", {}},
      {"query: {sql: select 1, min: 1}", {"bound_without_value"}},
      {"query: {sql: select 1, expect: rows, equals: 1, tolerance: 1}",
       {"bound_without_value", "bound_without_value"}},
      {"query: select 1\n  fail_above: 3", {}},
      {"query: {sql: select 1, expect: rows}\n  fail_above: 3",
       {"threshold_without_counter"}},
      {"query: {sql: select 1, expect: value, min: 1}\n  warn_above: 3",
       {"threshold_without_counter"}},
      {"query: select 1\n  fail_above: 3%", {"percent_without_denominator"}},
      {"query: select 1\n  warn_above: 1%\n  fail_above: 3%",
       {"percent_without_denominator", "percent_without_denominator"}},
  });
}

TEST(Check, Schema) {
  ExpectCodes({
      {"schema: {columns: {a: integer}}", {}},
      {"schema: {absent: [a]}", {}},
      {"schema: {primary_key: [a]}", {}},
      {"schema: {extra: forbid}", {"no_bound", "needs_columns"}},
      {"schema: {absent: [a], in_order: true}", {"needs_columns"}},
      {"schema: {columns: {a: {type: text, nullable: true, length: 10}}}", {}},
      {"schema: {columns: {a: {nullable: maybe}}}", {"wrong_type"}},
      {"schema: {columns: {a: {length: -1}}}", {"wrong_type"}},
      {"schema: {columns: {a: {length: 1.5}}}", {"wrong_type"}},
      {"schema: {columns: {a: {length: 1e3}}}", {"wrong_type"}},
      {"schema: {columns: {a: {length: 9999999999999999999}}}", {"wrong_type"}},
  });
}

// Thresholds where nothing is counted, samples where there are no rows.
TEST(Check, UniformKeysThatDoNotApply) {
  for (const char* rule :
       {"row_count: 1\n  fail_above: 1", "row_count: 1\n  samples: 3",
        "row_count: 1\n  on_empty: pass",
        "freshness: {column: a, max_age: 1h}\n  warn_above: 1",
        "aggregate: {function: sum, column: a, min: 0}\n  fail_above: 1%",
        "schema: {absent: [a]}\n  where: a > 1",
        "query: select 1\n  where: a > 1"}) {
    EXPECT_THAT(ErrorCodes(std::string("- ") + rule), testing::SizeIs(1))
        << rule;
  }
  EXPECT_THAT(ErrorCodes("- not_null: a\n  warn_above: 5\n  fail_above: 5"),
              testing::SizeIs(1));
  EXPECT_THAT(ErrorCodes("- not_null: a\n  severity: warn\n"
                         "  on_fail: rollback"),
              testing::SizeIs(1));
}

}  // namespace
}  // namespace assay
