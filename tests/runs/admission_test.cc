// SPDX-License-Identifier: Apache-2.0
// Who may start, find and end runs.
#include <string>
#include <vector>

#include "tests/runs/fixture.h"

namespace assay::runs {
namespace {

using AdmissionTest = RunsTest;

RunRequest Of(const std::string& principal, RunRequest request) {
  request.principal = principal;
  return request;
}

bool SeesNothing(const Run&) { return false; }

TEST_F(AdmissionTest, PrincipalAndConnectionsAreDurable) {
  Open();
  const Run started = MustStart(Of("ci", Request("r1")));
  EXPECT_EQ(started.request.principal, "ci");
  ASSERT_FALSE(started.connections.empty());
  AwaitEnd(started.run_id);
  manager_.reset();
  Open();
  const Run stored = MustGet(started.run_id);
  EXPECT_EQ(stored.request.principal, "ci");
  EXPECT_EQ(stored.connections, started.connections);
}

TEST_F(AdmissionTest, ARequestIdIsItsPrincipalsOwn) {
  Open();
  HoldExecutions();
  const Run a = MustStart(Of("a", Request("r1")));
  const Run b = MustStart(Of("b", Request("r1", RuleSetText(2))));
  EXPECT_NE(a.run_id, b.run_id);
  EXPECT_EQ(MustStart(Of("a", Request("r1"))).run_id, a.run_id);
  // Nor does another's request_id end a run.
  const auto other = manager_->Cancel(a.run_id, "r1", "b");
  EXPECT_EQ(GetReason(other.status()), ErrorReason::kArgumentInvalid);
  EXPECT_TRUE(manager_->Cancel(a.run_id, "r1", "a").ok());
  Release();
  EXPECT_EQ(AwaitEnd(a.run_id).state, RunState::kCancelled);
  EXPECT_EQ(AwaitEnd(b.run_id).state, RunState::kSucceeded);
}

TEST_F(AdmissionTest, AskedBeforeAnythingIsSaidOfConnections) {
  Open();
  Admission admission;
  std::vector<std::string> asked;
  admission.admit = [&](const RuleSet&, const Run& run) {
    asked = run.connections;
    return MakeError(ErrorReason::kAccessDenied, "no");
  };
  RunRequest request = Request("r1");
  const size_t at = request.rule_set_text.find("connection: ");
  ASSERT_NE(at, std::string::npos);
  request.rule_set_text.insert(at + 12, "no_such_");
  const auto run = manager_->Start(request, admission, nullptr);
  EXPECT_EQ(GetReason(run.status()), ErrorReason::kAccessDenied);
  ASSERT_FALSE(asked.empty());
  EXPECT_EQ(executions(), 0);
}

TEST_F(AdmissionTest, ARefusedRecordIsNoRun) {
  Open();
  Admission admission;
  std::string recorded;
  admission.record = [&](const Run& run, Accepted accepted) {
    recorded = run.run_id;
    EXPECT_EQ(accepted, Accepted::kNew);
    return MakeError(ErrorReason::kAuditFailed, "disk full");
  };
  const auto run = manager_->Start(Request("r1"), admission, nullptr);
  EXPECT_EQ(GetReason(run.status()), ErrorReason::kAuditFailed);
  ASSERT_FALSE(recorded.empty());
  EXPECT_EQ(GetReason(manager_->Get(recorded, false).status()),
            ErrorReason::kRunNotFound);
  EXPECT_EQ(manager_->active_runs(), 0);
}

TEST_F(AdmissionTest, RecordsSayHowARunWasAnswered) {
  Open();
  HoldExecutions();
  std::vector<Accepted> seen;
  Admission admission;
  admission.record = [&](const Run&, Accepted accepted) {
    seen.push_back(accepted);
    return absl::OkStatus();
  };
  RunRequest request = Request("r1");
  request.correlation_id = "c";
  request.attach = Attach::kAlways;
  const auto first = manager_->Start(request, admission, nullptr);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(manager_->Start(request, admission, nullptr).ok());
  request.request_id = "r2";
  EXPECT_EQ(manager_->Start(request, admission, nullptr)->run_id,
            first->run_id);
  EXPECT_EQ(seen, (std::vector<Accepted>{Accepted::kNew, Accepted::kKnown,
                                         Accepted::kAttached}));
  Release();
  AwaitEnd(first->run_id);
}

TEST_F(AdmissionTest, ActiveRunsOfAPrincipalAreBounded) {
  Open();
  HoldExecutions();
  Admission admission;
  admission.max_active_runs = 2;
  const auto first = manager_->Start(Of("a", Request("1")), admission, nullptr);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(manager_->Start(Of("a", Request("2")), admission, nullptr).ok());
  EXPECT_EQ(
      GetReason(
          manager_->Start(Of("a", Request("3")), admission, nullptr).status()),
      ErrorReason::kTooManyActiveRuns);
  // Not another's, and no retry of what was accepted.
  EXPECT_TRUE(manager_->Start(Of("b", Request("3")), admission, nullptr).ok());
  EXPECT_TRUE(manager_->Start(Of("a", Request("1")), admission, nullptr).ok());
  Release();
  AwaitEnd(first->run_id);
  EXPECT_TRUE(Eventually([&] {
    return manager_->Start(Of("a", Request("3")), admission, nullptr).ok();
  }));
}

TEST_F(AdmissionTest, AHiddenRunLooksLikeNone) {
  Open();
  const Run run = MustStart(Request("r1"));
  AwaitEnd(run.run_id);
  const std::string none = "0000000000zzzzzzzzzz";
  const auto message = [&](const std::string& id) {
    std::string text(manager_->Find(id, SeesNothing, false).status().message());
    const size_t at = text.find(id);
    return at == std::string::npos ? text : text.replace(at, id.size(), "ID");
  };
  EXPECT_EQ(message(run.run_id), message(none));
  EXPECT_EQ(message(run.run_id.substr(0, 15)), message(none.substr(0, 15)));
  EXPECT_EQ(GetReason(manager_->Find(run.run_id, SeesNothing, true).status()),
            ErrorReason::kRunNotFound);
  EXPECT_EQ(manager_->Find(run.run_id, nullptr, false)->run_id, run.run_id);
  RunRequest recheck = Request("r2", "");
  recheck.recheck_of = run.run_id;
  Admission admission;
  admission.sees = SeesNothing;
  EXPECT_EQ(GetReason(manager_->Start(recheck, admission, nullptr).status()),
            ErrorReason::kRunNotFound);
}

TEST_F(AdmissionTest, APrefixIsAmbiguousOnlyAmongVisibleRuns) {
  Open();
  const Run mine = MustStart(Of("a", Request("r1")));
  const Run other = MustStart(Of("b", Request("r1")));
  size_t common = 0;
  while (mine.run_id[common] == other.run_id[common]) ++common;
  ASSERT_GE(common, 4u);
  const std::string prefix = mine.run_id.substr(0, common);
  const auto sees = [](const Run& run) { return run.request.principal == "a"; };
  const auto found = manager_->Find(prefix, sees, false);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->run_id, mine.run_id);
  EXPECT_EQ(GetReason(manager_->Find(prefix, nullptr, false).status()),
            ErrorReason::kArgumentInvalid);
}

}  // namespace
}  // namespace assay::runs
