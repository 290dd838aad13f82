// SPDX-License-Identifier: Apache-2.0
// Nothing that the policy hides may leave by any door.
#include "validator/engine/sample_policy.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay::engine {
namespace {

using connections::ConnectionConfig;
using connections::SamplePolicy;
using ::testing::HasSubstr;
using ::testing::Not;

ConnectionConfig Config(SamplePolicy samples,
                        std::vector<std::string> masked = {}) {
  ConnectionConfig config;
  config.name = "crm";
  config.samples = samples;
  config.masked_columns = std::move(masked);
  return config;
}

TEST(MayShow, FollowsThePolicy) {
  struct Case {
    SamplePolicy policy;
    bool other, key, masked_key;
  };
  for (const Case& c : {Case{SamplePolicy::kNone, false, false, false},
                        Case{SamplePolicy::kKeys, false, true, false},
                        Case{SamplePolicy::kFull, true, true, false}}) {
    const ConnectionConfig config = Config(c.policy, {"Email"});
    EXPECT_EQ(MayShow(config, "amount", false), c.other);
    EXPECT_EQ(MayShow(config, "id", true), c.key);
    // A mask is stronger than being the key, and has no case.
    for (const char* name : {"Email", "email", "EMAIL"}) {
      EXPECT_EQ(MayShow(config, name, true), c.masked_key);
      EXPECT_FALSE(MayShow(config, name, false));
      EXPECT_TRUE(IsMasked(config, name));
    }
    EXPECT_FALSE(IsMasked(config, "emails"));
  }
}

TEST(MakeCell, MasksNullToo) {
  const ConnectionConfig config = Config(SamplePolicy::kFull, {"email"});
  for (const Value& value : {Value(std::string("a@b")), Value(Null{})}) {
    const SampleCell cell = MakeCell(config, "email", value, false);
    EXPECT_EQ(cell.text, "***");
    EXPECT_TRUE(cell.masked);
    EXPECT_FALSE(cell.is_null) << "whether it is NULL is a value as well";
    EXPECT_FALSE(cell.truncated);
  }
  const SampleCell null = MakeCell(config, "a", Null{}, false);
  EXPECT_TRUE(null.is_null);
  EXPECT_EQ(null.text, "");
  EXPECT_TRUE(MakeCell(config, "id", Value(int64_t{5}), true).key);
  EXPECT_EQ(MakeCell(config, "id", Value(int64_t{5}), true).text, "5");
}

TEST(MakeCell, CutsBetweenCharacters) {
  const ConnectionConfig config = Config(SamplePolicy::kFull);
  const std::string exact(kMaxSampleBytes, 'x');
  EXPECT_FALSE(MakeCell(config, "a", Value(exact), false).truncated);
  for (const std::string character : {"x", "ü", "€", "🐧"}) {
    for (size_t lead = 0; lead < 4; ++lead) {
      std::string text(lead, 'x');
      while (text.size() <= kMaxSampleBytes + 8) text += character;
      const SampleCell cell = MakeCell(config, "a", Value(text), false);
      EXPECT_TRUE(cell.truncated);
      EXPECT_LE(cell.text.size(), kMaxSampleBytes);
      EXPECT_GT(cell.text.size(), kMaxSampleBytes - 4);
      EXPECT_EQ((cell.text.size() - lead) % character.size(), 0u)
          << character << " is cut through";
    }
  }
}

Result Found() {
  Result result;
  result.found = "max(salary) = 120000";
  result.measures = {{"max(salary)", "120000"}};
  return result;
}

RulePlan Measuring(AggregateFunction function, const std::string& column) {
  RulePlan plan;
  plan.measures = {{AggregateFunction::kCountRows, nullptr, nullptr},
                   {function, MakeExpr(Column{column, {}}), nullptr}};
  return plan;
}

bool Hides(const ConnectionConfig& config, const RulePlan& plan) {
  Result result = Found();
  HideValues(config, plan, result);
  const bool hidden = result.found.find("120000") == std::string::npos;
  EXPECT_EQ(result.measures[0].value == "***", hidden);
  return hidden;
}

TEST(HideValues, HidesWhatIsAValueOfTheColumn) {
  const ConnectionConfig full = Config(SamplePolicy::kFull);
  const ConnectionConfig masked = Config(SamplePolicy::kFull, {"SALARY"});
  const ConnectionConfig keys = Config(SamplePolicy::kKeys);
  const ConnectionConfig none = Config(SamplePolicy::kNone);
  for (const auto function : {AggregateFunction::kMin, AggregateFunction::kMax,
                              AggregateFunction::kLatest}) {
    EXPECT_FALSE(Hides(full, Measuring(function, "salary")));
    EXPECT_TRUE(Hides(masked, Measuring(function, "salary")));
    EXPECT_FALSE(Hides(masked, Measuring(function, "amount")));
    EXPECT_TRUE(Hides(keys, Measuring(function, "amount")));
    EXPECT_TRUE(Hides(none, Measuring(function, "amount")));
  }
  // A statistic is no value of a row.
  for (const auto function :
       {AggregateFunction::kCountNonNull, AggregateFunction::kCountDistinct,
        AggregateFunction::kSum, AggregateFunction::kVariance}) {
    EXPECT_FALSE(Hides(none, Measuring(function, "salary")));
  }
  RulePlan quantile;
  quantile.step = Quantile{{"salary", {}}, {"0.5"}, nullptr};
  EXPECT_FALSE(Hides(full, quantile));
  EXPECT_TRUE(Hides(masked, quantile));
  EXPECT_TRUE(Hides(keys, quantile));
  // An author's query may select anything under any name.
  RulePlan query;
  query.step = AuthorQuery{{"SELECT 1", {}, {}}, QueryShape::kScalar};
  EXPECT_FALSE(Hides(full, query));
  EXPECT_TRUE(Hides(masked, query));
  query.step = AuthorQuery{{"SELECT 1", {}, {}}, QueryShape::kRows};
  EXPECT_FALSE(Hides(masked, query));
}

TEST(HideValues, KeepsWhatIsSaidOfAnEmptyTable) {
  Result result = Found();
  result.empty = true;
  result.found = "the table is empty";
  HideValues(Config(SamplePolicy::kNone),
             Measuring(AggregateFunction::kMax, "a"), result);
  EXPECT_EQ(result.found, "the table is empty");
}

TEST(HideValues, HidesTheValueInAnError) {
  Result result = Found();
  result.error = ResultError{ErrorReason::kSqlError, "returned 120000", false};
  RulePlan query;
  query.step = AuthorQuery{{"SELECT 1", {}, {}}, QueryShape::kScalar};
  HideValues(Config(SamplePolicy::kNone), query, result);
  EXPECT_THAT(result.error->message, Not(HasSubstr("120000")));
  EXPECT_EQ(result.error->reason, ErrorReason::kSqlError);
}

TEST(HideDataInError, KeepsReasonAndSqlState) {
  const std::string quoted =
      "SQLSTATE 22P02: invalid input syntax for type integer: 'secret'";
  for (const ErrorReason reason :
       {ErrorReason::kDataError, ErrorReason::kSqlError}) {
    const absl::Status status = MakeError(reason, quoted);
    EXPECT_EQ(HideDataInError(Config(SamplePolicy::kFull), status), status);
    for (const ConnectionConfig& config :
         {Config(SamplePolicy::kNone), Config(SamplePolicy::kKeys),
          Config(SamplePolicy::kFull, {"email"})}) {
      const absl::Status hidden = HideDataInError(config, status);
      EXPECT_EQ(GetReason(hidden), reason);
      const std::string message(hidden.message());
      EXPECT_THAT(message, Not(HasSubstr("secret")));
      EXPECT_THAT(message, Not(HasSubstr("invalid input")));
      EXPECT_THAT(message, HasSubstr("(SQLSTATE 22P02)"));
      EXPECT_THAT(message, HasSubstr("'crm'"));
    }
  }
  // A state at the very end of the message, or none.
  const ConnectionConfig none = Config(SamplePolicy::kNone);
  for (const char* message : {"SQLSTATE ", "SQLSTATE 22", "secret", ""}) {
    const absl::Status hidden =
        HideDataInError(none, MakeError(ErrorReason::kDataError, message));
    EXPECT_EQ(GetReason(hidden), ErrorReason::kDataError);
    EXPECT_THAT(std::string(hidden.message()), Not(HasSubstr("secret")));
  }
  // Messages of ours, without data.
  const absl::Status lost = MakeError(ErrorReason::kConnectionLost, "gone");
  EXPECT_EQ(HideDataInError(none, lost), lost);
  EXPECT_TRUE(HideDataInError(none, absl::OkStatus()).ok());
}

}  // namespace
}  // namespace assay::engine
