// SPDX-License-Identifier: Apache-2.0
#include "validator/service/run_proto.h"

#include <google/protobuf/text_format.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace assay::service {
namespace {

Result ResultWithSamples(int samples, size_t bytes) {
  Result result;
  result.rule_id = "r";
  result.sql = "SELECT 1";
  result.verdict = Verdict::kFail;
  for (int i = 0; i < samples; ++i) {
    result.samples.push_back(
        {.cells = {{.column = "c", .text = std::string(bytes, 'x')}}});
  }
  return result;
}

runs::Run RunWith(int results, const Result& result) {
  runs::Run run;
  run.run_id = "run-1";
  run.state = runs::RunState::kSucceeded;
  run.as_of_time = absl::FromUnixMicros(-1500000);
  run.request.rule_set_text = "version: 1";
  for (int i = 0; i < results; ++i) {
    run.results.push_back(std::make_shared<Result>(result));
  }
  return run;
}

TEST(RunProtoTest, AnyBytesSerialise) {
  const std::string bytes = "M\xFCller\xC3";
  Result result;
  result.rule_id = result.kind = result.description = result.owner = bytes;
  result.tags = {bytes};
  result.connection = result.table = result.columns = bytes;
  result.verdict = Verdict::kError;
  result.error = ResultError{ErrorReason::kSqlError, bytes, false};
  result.expected = result.found = result.threshold = bytes;
  result.measures = {{bytes, bytes}};
  result.samples = {
      {.cells = {{.column = bytes, .text = bytes}}, .note = bytes}};
  result.samples_note = result.sql = result.consistency = bytes;
  result.same_as = bytes;
  result.target_connection = result.target_table = bytes;
  result.target_sql = result.target_consistency = bytes;
  result.samples[0].cells[0].target = SampleText{bytes};
  result.samples[0].cells[0].cause = bytes;
  result.diff = DiffCounts{.incomplete_because = bytes,
                           .columns = {{bytes, bytes, 1}},
                           .causes = {{bytes, bytes, 1}},
                           .source_only_columns = {bytes},
                           .target_only_columns = {bytes},
                           .notes = {bytes}};
  runs::Run run = RunWith(1, result);
  run.rule_set_name = run.migration = run.phase = bytes;
  run.bound_params = {{bytes, bytes}};
  run.error = ResultError{ErrorReason::kInternal, bytes, true};
  run.progress.activity = bytes;
  run.request.labels = {{bytes, bytes}};
  run.request.recheck_of = bytes;
  run.request.rule_set_text = bytes;
  const v1::Run message =
      ToProto(run, v1::RUN_VIEW_FULL, RuleSetText::kInclude);
  // Parsing refuses what is not UTF-8, so one missed field fails here.
  v1::Run parsed;
  ASSERT_TRUE(parsed.ParseFromString(message.SerializeAsString()));
  EXPECT_EQ(parsed.results(0).samples(0).cells(0).text(),
            "M\xEF\xBF\xBDller\xEF\xBF\xBD");
}

TEST(RunProtoTest, EveryCountOfAComparisonArrives) {
  Result result;
  result.target_connection = "warehouse";
  result.target_table = "public.orders";
  result.target_sql = "SELECT 2";
  result.target_consistency = "snapshot";
  result.differences = 20;
  result.diff = DiffCounts{.rows_source = 1,
                           .rows_target = 2,
                           .keys = 3,
                           .missing = 4,
                           .extra = 5,
                           .changed = 6,
                           .duplicate_keys_source = 7,
                           .duplicate_keys_target = 8,
                           .null_keys_source = 9,
                           .null_keys_target = 10,
                           .settled = 11,
                           .unstable = 12,
                           .lost = 21,
                           .accepted = 13,
                           .complete = false,
                           .incomplete_because = "stop",
                           .columns = {{"a", "", 6}},
                           .causes = {{"a", "case", 5, "ignore_case: true"}},
                           .explained = 14,
                           .source_only_columns = {"s"},
                           .target_only_columns = {"t"},
                           .notes = {"n"}};
  result.samples = {
      {.cells = {{.column = "id", .text = "1", .key = true},
                 {.column = "a",
                  .text = "x",
                  .target = SampleText{"X", false, true},
                  .differs = true,
                  .cause = "case"},
                 {.column = "b", .text = "", .target = SampleText{"", true}}},
       .note = "changed"}};
  const v1::RuleResult message = ToProto(result, v1::RUN_VIEW_FULL);
  v1::RuleResult expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(verdict: VERDICT_UNSPECIFIED counters {} elapsed {} attempt_count: 1
         target_connection: "warehouse" target_table: "public.orders"
         target_sql: "SELECT 2" target_consistency: "snapshot"
         differences_count: 20
         diff {
           rows_source_count: 1 rows_target_count: 2 keys_count: 3
           missing_count: 4 extra_count: 5 changed_count: 6
           duplicate_keys_source_count: 7 duplicate_keys_target_count: 8
           null_keys_source_count: 9 null_keys_target_count: 10
           settled_count: 11 unstable_count: 12 accepted_count: 13
           lost_count: 21
           incomplete_because: "stop"
           columns { column: "a" rows_count: 6 }
           causes { column: "a" cause: "case" rows_count: 5
                    policy: "ignore_case: true" }
           explained_count: 14 source_only_columns: "s"
           target_only_columns: "t" notes: "n"
         }
         samples {
           cells { column: "id" text: "1" key: true }
           cells { column: "a" text: "x" differs: true cause: "case"
                   target { text: "X" truncated: true } }
           cells { column: "b" text: "" target {} }
           note: "changed"
         })",
      &expected));
  EXPECT_EQ(message.DebugString(), expected.DebugString());
  EXPECT_EQ(ToProto(result, v1::RUN_VIEW_BASIC).target_sql(), "");
  result.diff->complete = true;
  EXPECT_TRUE(ToProto(result, v1::RUN_VIEW_BASIC).diff().complete());
  EXPECT_FALSE(ToProto(Result(), v1::RUN_VIEW_FULL).has_diff());
}

TEST(RunProtoTest, ViewsDiffer) {
  const runs::Run run = RunWith(2, ResultWithSamples(1, 5));
  const v1::Run basic = ToProto(run, v1::RUN_VIEW_BASIC, RuleSetText::kInclude);
  EXPECT_EQ(basic.results_size(), 0);
  EXPECT_EQ(basic.rule_set(), "");
  EXPECT_FALSE(basic.results_truncated());
  const v1::Run full = ToProto(run, v1::RUN_VIEW_FULL);
  EXPECT_EQ(full.results_size(), 2);
  EXPECT_EQ(full.results(0).sql(), "SELECT 1");
  EXPECT_EQ(full.rule_set(), "") << "only GetRun sends it";
}

TEST(RunProtoTest, UnjudgedRulesAreLeftOut) {
  runs::Run run = RunWith(2, ResultWithSamples(0, 0));
  run.results[0] = nullptr;
  EXPECT_EQ(ToProto(run, v1::RUN_VIEW_FULL).results_size(), 1);
}

TEST(RunProtoTest, ResultsAreCappedByNumber) {
  const v1::Run message =
      ToProto(RunWith(1500, ResultWithSamples(0, 0)), v1::RUN_VIEW_FULL);
  EXPECT_EQ(message.results_size(), kMaxResults);
  EXPECT_TRUE(message.results_truncated());
}

TEST(RunProtoTest, ResultsAreCappedBySize) {
  const v1::Run message =
      ToProto(RunWith(20, ResultWithSamples(500, 1000)), v1::RUN_VIEW_FULL);
  EXPECT_TRUE(message.results_truncated());
  EXPECT_GE(message.results_size(), 3);
  EXPECT_LE(message.ByteSizeLong(), kMaxResultBytes + 10000);
}

TEST(RunProtoTest, LargeRuleSetLeavesRoomForTheDefaultLimitOfClients) {
  runs::Run run = RunWith(20, ResultWithSamples(500, 1000));
  run.request.rule_set_text = std::string(3 << 20, 'x');
  const v1::Run message =
      ToProto(run, v1::RUN_VIEW_FULL, RuleSetText::kInclude);
  EXPECT_LT(message.ByteSizeLong(), size_t{4} << 20);
}

TEST(RunProtoTest, SamplesOfOneResultAreCappedAndItSaysSo) {
  const v1::RuleResult message =
      ToProto(ResultWithSamples(1000, size_t{1024} * 10), v1::RUN_VIEW_FULL);
  EXPECT_LT(message.ByteSizeLong(), size_t{2} << 20);
  EXPECT_GT(message.samples_size(), 50);
  EXPECT_EQ(message.samples_note(),
            absl::StrCat("the first ", message.samples_size(),
                         " of 1000 samples: together they are larger than 1 "
                         "MiB"));
}

TEST(RunProtoTest, TimesAndCounters) {
  runs::Run run = RunWith(1, ResultWithSamples(0, 0));
  const v1::Run message = ToProto(run, v1::RUN_VIEW_FULL);
  // Before 1970 nanoseconds still count upwards.
  EXPECT_EQ(message.as_of_time().seconds(), -2);
  EXPECT_EQ(message.as_of_time().nanos(), 500000000);
  EXPECT_FALSE(message.has_start_time());
  EXPECT_FALSE(message.results(0).counters().has_rows_failing_count());
  Result result;
  result.counters.rows_failing = 0;
  result.samples = {{.cells = {{.column = "c", .is_null = true}}}};
  const v1::RuleResult counted = ToProto(result, v1::RUN_VIEW_FULL);
  EXPECT_TRUE(counted.counters().has_rows_failing_count());
  EXPECT_FALSE(counted.samples(0).cells(0).has_text()) << "NULL is not ''";
}

}  // namespace
}  // namespace assay::service
