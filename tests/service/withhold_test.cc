// SPDX-License-Identifier: Apache-2.0
#include "validator/service/withhold.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/kinds/kinds.h"
#include "validator/service/run_proto.h"

namespace assay::service {
namespace {

using ::testing::UnorderedElementsAre;

constexpr char kValue[] = "4711-the-value";

// A result with the value wherever one may be.
Result Full(const std::string& kind) {
  Result out;
  out.rule_id = "r";
  out.kind = kind;
  out.verdict = Verdict::kFail;
  out.found = std::string("found ") + kValue;
  out.measures = {{"max(x)", kValue}};
  out.samples = {{.cells = {{.column = "c", .text = kValue}}}};
  out.sql = std::string("SELECT ") + kValue;
  out.target_sql = out.sql;
  out.differences = 3;
  out.counters.rows_failing = 7;
  out.diff.emplace();
  out.diff->changed = 5;
  out.diff->causes = {{.column = "c", .cause = kValue, .rows = 5}};
  return out;
}

TEST(WithholdTest, NoValueIsLeftOfKindsThatFindValues) {
  for (const char* kind : {"aggregate", "freshness", "query", "of_tomorrow"}) {
    const v1::RuleResult out =
        ToProto(Full(kind), v1::RUN_VIEW_FULL, Values::kWithhold);
    EXPECT_EQ(out.DebugString().find(kValue), std::string::npos)
        << out.DebugString();
    EXPECT_EQ(out.counters().rows_failing_count(), 7);
    EXPECT_EQ(out.diff().changed_count(), 5);
    EXPECT_EQ(out.verdict(), v1::VERDICT_FAIL);
    EXPECT_FALSE(out.samples_note().empty());
    EXPECT_EQ(out.differences_count(), 0);
  }
}

TEST(WithholdTest, CountsOfOtherKindsStay) {
  Result result = Full("not_null");
  result.found = "3 of 10 rows NULL";
  result.measures = {{"c NULL", "3"}};
  const v1::RuleResult out =
      ToProto(result, v1::RUN_VIEW_FULL, Values::kWithhold);
  EXPECT_EQ(out.found(), "3 of 10 rows NULL");
  EXPECT_EQ(out.measures(0).value(), "3");
  EXPECT_EQ(out.DebugString().find(kValue), std::string::npos);
}

TEST(WithholdTest, TheDatabasesWordsAreHidden) {
  Result result;
  result.kind = "not_null";
  result.verdict = Verdict::kError;
  result.found = std::string("could not be judged: ") + kValue;
  result.error = ResultError{ErrorReason::kDataError, kValue, false};
  v1::RuleResult out = ToProto(result, v1::RUN_VIEW_BASIC, Values::kWithhold);
  EXPECT_EQ(out.DebugString().find(kValue), std::string::npos);
  EXPECT_EQ(out.error().reason(), "DATA_ERROR");
  result.error->reason = ErrorReason::kTableNotFound;
  result.found.clear();
  out = ToProto(result, v1::RUN_VIEW_BASIC, Values::kWithhold);
  EXPECT_EQ(out.error().message(), kValue);
}

// Whoever adds a kind says whether it finds values of the data, and here that
// it was thought of.
TEST(WithholdTest, KindsThatFindValues) {
  std::vector<std::string> names;
  for (const KindSpec* spec : AllKindSpecs()) {
    if (spec->finds_values) {
      names.push_back(std::string(KindScopeName(spec->scope)) + " " +
                      spec->name);
    }
  }
  EXPECT_THAT(names,
              UnorderedElementsAre("table aggregate", "table freshness",
                                   "table query", "comparison aggregate"));
  EXPECT_EQ(AllKindSpecs().size(), 20u);
}

}  // namespace
}  // namespace assay::service
