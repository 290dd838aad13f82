// SPDX-License-Identifier: Apache-2.0
// A step of a comparison as one line for people.
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "rules/plan/comparison.h"

namespace assay {
namespace {

constexpr int64_t kSecond = 1000000;

template <typename Step>
std::string Text(Step step) {
  return ExplainText(ComparisonStep(std::move(step)));
}

Tolerance Of(const char* digits, bool percent) {
  return {*ParseDecimal(digits), percent};
}

TEST(ExplainComparisonStep, Counts) {
  EXPECT_EQ(Text(CompareCounts{}), "count of rows of both sides");
  EXPECT_EQ(Text(CompareCounts{Of("5", false)}),
            "count of rows of both sides ± 5");
}

TEST(ExplainComparisonStep, Aggregates) {
  CompareAggregate step;
  EXPECT_EQ(Text(step), "count() of both sides");
  step.function = CompareAggregate::Function::kSum;
  step.column = Column{"amount", {}};
  step.group_by = {{"store_id", {}}, {"Jan, Feb", {}}};
  step.tolerance = Of("0.1", true);
  EXPECT_EQ(Text(step),
            "sum(amount) of both sides by (store_id, \"Jan, Feb\") ± 0.1%");
}

TEST(ExplainComparisonStep, SchemasNameWhatIsCompared) {
  CompareSchemas step;
  EXPECT_EQ(Text(step),
            "catalogs of both sides: columns, types, nullability, defaults, "
            "keys, indexes, foreign keys, sequences");
  step.defaults = step.indexes = step.sequences = false;
  EXPECT_EQ(Text(step),
            "catalogs of both sides: columns, types, nullability, keys, "
            "foreign keys");
}

TEST(ExplainComparisonStep, ForeignKeysSayWhoRefersToWhom) {
  CompareForeignKey step;
  step.columns = {{"a", {}}, {"b", {}}};
  step.key = {{"x", {}}, {"y", {}}};
  EXPECT_EQ(Text(step),
            "distinct (a, b) of the source without partner in (x, y) of the "
            "target by bytes");
  step.child = CompareForeignKey::Child::kTarget;
  EXPECT_EQ(Text(step),
            "distinct (a, b) of the target without partner in (x, y) of the "
            "source by bytes");
}

TEST(ExplainComparisonStep, SamplesSayWhereKeysComeFrom) {
  SampleDiff step;
  step.random = 1000;
  step.seed = 7;
  EXPECT_EQ(Text(step),
            "diff of the rows of some keys: 1000 drawn with seed 7");
  step.edges = true;
  step.keys = {{}, {}};
  step.recent_column = Column{"at", {}};
  step.recent_micros = 86400 * kSecond;
  step.recheck = {1, 5 * kSecond};
  EXPECT_EQ(Text(step),
            "diff of the rows of some keys: 1000 drawn with seed 7, the least "
            "and the greatest of each side, 2 given, up to 1000 of each side "
            "with at within 1d; differing rows read again up to 1 time, each "
            "5s later");
}

TEST(ExplainComparisonStep, SamplesNeverShowGivenValues) {
  SampleDiff step;
  step.keys = {{{"secret", "", {}}}};
  EXPECT_EQ(Text(step), "diff of the rows of some keys: 1 given");
}

TEST(ExplainComparisonStep, FullDiffsSayTheirLimits) {
  FullDiff step;
  EXPECT_EQ(Text(step), "diff of all rows");
  step.stop_after = 1;
  step.max_rows = 200;
  step.rows_per_second = 30;
  step.older_than_column = Column{"at", {}};
  step.older_than_micros = 3600 * kSecond;
  step.hashing = FullDiff::Hashing::kNever;
  step.recheck = {3, 5 * kSecond};
  EXPECT_EQ(Text(step),
            "diff of all rows with at older than 1h; never hashed in the "
            "databases; stops after 1 differing row; reads at most 200 rows of "
            "both sides; at most 30 rows/s of each side; differing rows read "
            "again up to 3 times, each 5s later");
}

}  // namespace
}  // namespace assay
