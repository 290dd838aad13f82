// SPDX-License-Identifier: Apache-2.0
#include "validator/service/request_check.h"

#include <functional>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay::service {
namespace {

v1::StartRunRequest GoodStart() {
  v1::StartRunRequest request;
  request.set_rule_set("version: 1");
  return request;
}

void ExpectInvalid(const absl::Status& status, const std::string& prefix) {
  EXPECT_EQ(GetReason(status), ErrorReason::kArgumentInvalid) << status;
  EXPECT_TRUE(absl::StartsWith(status.message(), prefix)) << status;
}

TEST(RequestCheckTest, StartRunDefaults) {
  const auto checked = CheckStartRun(GoodStart());
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->options.lease, absl::Minutes(15));
  EXPECT_EQ(checked->options.timeout, absl::InfiniteDuration());
  EXPECT_EQ(checked->attach, runs::Attach::kOrphaned);
}

TEST(RequestCheckTest, StartRunIsCopiedWhole) {
  v1::StartRunRequest request = GoodStart();
  (*request.mutable_params())["a"] = "1";
  (*request.mutable_labels())["team"] = "data";
  request.set_request_id("r");
  request.set_correlation_id("c");
  request.set_attach(v1::StartRunRequest::NEVER);
  request.mutable_options()->set_fail_on_warn(true);
  request.mutable_options()->set_detached(true);
  request.mutable_options()->mutable_timeout()->set_seconds(90);
  request.mutable_options()->mutable_lease()->set_seconds(10);
  const auto checked = CheckStartRun(request);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->params.at("a"), "1");
  EXPECT_EQ(checked->labels.at("team"), "data");
  EXPECT_EQ(checked->request_id, "r");
  EXPECT_EQ(checked->correlation_id, "c");
  EXPECT_EQ(checked->attach, runs::Attach::kNever);
  EXPECT_TRUE(checked->options.fail_on_warn);
  EXPECT_TRUE(checked->options.detached);
  EXPECT_EQ(checked->options.timeout, absl::Seconds(90));
  EXPECT_EQ(checked->options.lease, absl::Seconds(10));
}

TEST(RequestCheckTest, ARecheckNeedsNoRuleSet) {
  v1::StartRunRequest request;
  request.set_recheck_of_run_id("0198abcd");
  const auto checked = CheckStartRun(request);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->recheck_of, "0198abcd");
  request.set_recheck_of_run_id(std::string(257, 'x'));
  ExpectInvalid(CheckStartRun(request).status(), "recheck_of_run_id: has 257");
}

TEST(RequestCheckTest, ListDifferencesNamesTheField) {
  v1::ListDifferencesRequest request;
  ExpectInvalid(CheckListDifferences(request), "run_id: is missing");
  request.set_run_id("0198");
  ExpectInvalid(CheckListDifferences(request), "rule_id: is missing");
  request.set_rule_id("r");
  EXPECT_TRUE(CheckListDifferences(request).ok());
  request.set_page_size(-1);
  ExpectInvalid(CheckListDifferences(request), "page_size: is -1");
  EXPECT_EQ(DifferencesPageSize(0), 1000);
  EXPECT_EQ(DifferencesPageSize(7), 7);
  EXPECT_EQ(DifferencesPageSize(100000), 10000);
}

TEST(RequestCheckTest, StartRunNamesTheField) {
  using Request = v1::StartRunRequest;
  const struct {
    const char* prefix;
    std::function<void(Request&)> spoil;
  } kCases[] = {
      {"rule_set: is missing", [](Request& r) { r.clear_rule_set(); }},
      {"rule_set: has 4194305 bytes",
       [](Request& r) { r.set_rule_set(std::string((4 << 20) + 1, 'x')); }},
      {"request_id: has 257 bytes; at most 256",
       [](Request& r) { r.set_request_id(std::string(257, 'x')); }},
      {"correlation_id: ",
       [](Request& r) { r.set_correlation_id(std::string(257, 'x')); }},
      {"labels: has 33 entries",
       [](Request& r) {
         for (int i = 0; i < 33; ++i) {
           (*r.mutable_labels())[std::to_string(i)] = "";
         }
       }},
      {"labels: a key is empty",
       [](Request& r) { (*r.mutable_labels())[""] = "x"; }},
      {"labels: a key: has 64",
       [](Request& r) { (*r.mutable_labels())[std::string(64, 'k')] = "x"; }},
      {"labels['k']: has 1025",
       [](Request& r) { (*r.mutable_labels())["k"] = std::string(1025, 'x'); }},
      {"params['p']: has ",
       [](Request& r) {
         (*r.mutable_params())["p"] = std::string((64 << 10) + 1, 'x');
       }},
      {"attach: unknown value 9",
       [](Request& r) { r.set_attach(static_cast<Request::Attach>(9)); }},
      {"options.timeout: is 0",
       [](Request& r) { r.mutable_options()->mutable_timeout(); }},
      {"options.timeout: is negative",
       [](Request& r) {
         r.mutable_options()->mutable_timeout()->set_seconds(-1);
       }},
      {"options.timeout: is not a valid Duration",
       [](Request& r) {
         r.mutable_options()->mutable_timeout()->set_nanos(1000000000);
       }},
      {"options.lease: is 9s; from 10s to 24h",
       [](Request& r) {
         r.mutable_options()->mutable_lease()->set_seconds(9);
       }},
      {"options.lease: is 24h1s",
       [](Request& r) {
         r.mutable_options()->mutable_lease()->set_seconds(86401);
       }},
  };
  for (const auto& row : kCases) {
    v1::StartRunRequest request = GoodStart();
    row.spoil(request);
    ExpectInvalid(CheckStartRun(request).status(), row.prefix);
  }
}

TEST(RequestCheckTest, WaitIsAtMost25Seconds) {
  v1::WaitRunRequest request;
  ExpectInvalid(CheckWaitRun(request).status(), "run_id: is missing");
  request.set_run_id("run-1");
  EXPECT_EQ(*CheckWaitRun(request), absl::Seconds(25));
  request.mutable_timeout()->set_seconds(3600);
  EXPECT_EQ(*CheckWaitRun(request), absl::Seconds(25));
  request.mutable_timeout()->set_seconds(0);
  EXPECT_EQ(*CheckWaitRun(request), absl::ZeroDuration());
  request.mutable_timeout()->set_seconds(-1);
  ExpectInvalid(CheckWaitRun(request).status(), "timeout: is negative");
  request.clear_timeout();
  request.set_view(static_cast<v1::RunView>(7));
  ExpectInvalid(CheckWaitRun(request).status(), "view: unknown value 7");
}

TEST(RequestCheckTest, Lists) {
  v1::ListRunsRequest runs;
  runs.set_page_size(-1);
  ExpectInvalid(CheckListRuns(runs).status(), "page_size: ");
  runs.set_page_size(0);
  runs.set_verdict(static_cast<v1::Verdict>(9));
  ExpectInvalid(CheckListRuns(runs).status(), "verdict: ");
  v1::ListResultsRequest results;
  ExpectInvalid(CheckListResults(results).status(), "run_id: ");
  results.set_run_id("run-1");
  results.set_verdict(v1::VERDICT_FAIL);
  EXPECT_EQ(*CheckListResults(results), Verdict::kFail);
  EXPECT_EQ(PageSize(0), 50);
  EXPECT_EQ(PageSize(7), 7);
  EXPECT_EQ(PageSize(5000), 1000);
}

TEST(RequestCheckTest, Holds) {
  v1::StartRunRequest start = GoodStart();
  EXPECT_EQ(CheckStartRun(start)->options.on_hold, runs::OnHold::kFail);
  start.mutable_options()->set_on_hold(v1::RunOptions::WAIT);
  EXPECT_EQ(CheckStartRun(start)->options.on_hold, runs::OnHold::kWait);
  EXPECT_EQ(CheckStartRun(start)->options.hold_timeout, absl::Hours(24));
  start.mutable_options()->mutable_hold_timeout()->set_seconds(60);
  EXPECT_EQ(CheckStartRun(start)->options.hold_timeout, absl::Minutes(1));
  start.mutable_options()->mutable_hold_timeout()->set_seconds(int64_t{31} *
                                                               86400);
  ExpectInvalid(CheckStartRun(start).status(), "options.hold_timeout: ");
  start.mutable_options()->mutable_hold_timeout()->set_seconds(0);
  ExpectInvalid(CheckStartRun(start).status(), "options.hold_timeout: ");
  start.mutable_options()->mutable_hold_timeout()->set_seconds(60);
  start.mutable_options()->set_on_hold(v1::RunOptions::FAIL);
  ExpectInvalid(CheckStartRun(start).status(), "options.hold_timeout: ");
  start.mutable_options()->clear_hold_timeout();
  start.mutable_options()->set_on_hold(static_cast<v1::RunOptions::OnHold>(9));
  ExpectInvalid(CheckStartRun(start).status(), "options.on_hold: ");
}

TEST(RequestCheckTest, Releases) {
  v1::ReleaseHoldRequest request;
  ExpectInvalid(CheckReleaseHold(request).status(), "run_id: ");
  request.set_run_id("run-1");
  ExpectInvalid(CheckReleaseHold(request).status(), "reason: ");
  request.set_reason(" \n ");
  ExpectInvalid(CheckReleaseHold(request).status(), "reason: ");
  request.set_reason(std::string(2001, 'x'));
  ExpectInvalid(CheckReleaseHold(request).status(), "reason: ");
  request.set_reason("known");
  request.set_request_id("r");
  request.set_user("anna");
  request.add_rule_ids("a");
  const auto checked = CheckReleaseHold(request);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->reason, "known");
  EXPECT_EQ(checked->request_id, "r");
  EXPECT_EQ(checked->user, "anna");
  EXPECT_EQ(checked->rule_ids, std::vector<std::string>{"a"});
  request.add_rule_ids("");
  ExpectInvalid(CheckReleaseHold(request).status(), "rule_ids: ");
  request.set_user(std::string(257, 'x'));
  ExpectInvalid(CheckReleaseHold(request).status(), "user: ");
}

TEST(RequestCheckTest, TheRest) {
  v1::WatchRunRequest watch;
  watch.set_run_id("run-1");
  watch.set_after_sequence(-1);
  ExpectInvalid(CheckWatchRun(watch), "after_sequence: ");
  ExpectInvalid(CheckGetRun({}), "run_id: ");
  ExpectInvalid(CheckCancelRun({}), "run_id: ");
  ExpectInvalid(CheckLintRuleSet({}), "rule_set: ");
  ExpectInvalid(CheckExplainRuleSet({}), "rule_set: ");
  ExpectInvalid(CheckTestConnection({}), "name: ");
  v1::DraftRuleSetRequest draft;
  ExpectInvalid(CheckDraftRuleSet(draft), "source: ");
  draft.set_source("a");
  ExpectInvalid(CheckDraftRuleSet(draft), "target: ");
  draft.set_target("b");
  EXPECT_TRUE(CheckDraftRuleSet(draft).ok());
  draft.add_tables("");
  ExpectInvalid(CheckDraftRuleSet(draft), "tables: ");
  for (int i = 0; i < 1000; ++i) draft.add_tables("t");
  ExpectInvalid(CheckDraftRuleSet(draft), "tables: ");
}

}  // namespace
}  // namespace assay::service
