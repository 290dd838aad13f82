// SPDX-License-Identifier: Apache-2.0
// Admission: idempotence, attaching, refusals.
#include <set>
#include <thread>

#include "tests/runs/fixture.h"
#include "validator/runs/digest.h"

namespace assay::runs {
namespace {

using StartTest = RunsTest;

TEST_F(StartTest, RunsToAStoredVerdict) {
  Open();
  RunRequest request = Request("r1", RuleSetText(2, 3));
  request.labels = {{"team", "payments"}};
  const Run started = MustStart(request);
  EXPECT_EQ(started.run_id.size(), kRunIdLength);
  EXPECT_EQ(started.rule_set_name, "shop/orders");
  EXPECT_EQ(started.migration, "shop");
  EXPECT_EQ(started.rule_set_digest, Sha256Hex(request.rule_set_text));
  const Run run = AwaitEnd(started.run_id);
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_EQ(run.outcome.verdict, Verdict::kPass);
  EXPECT_EQ(run.outcome.decision, Decision::kProceed);
  EXPECT_EQ(run.outcome.counts.pass, 6);
  EXPECT_EQ(run.attempts, 1);
  ASSERT_EQ(run.results.size(), 6u);
  manager_.reset();

  Open();  // Another server sees the same.
  const Run stored = MustGet(started.run_id);
  EXPECT_EQ(executions(), 1);
  EXPECT_EQ(stored.state, RunState::kSucceeded);
  EXPECT_EQ(stored.outcome.verdict, Verdict::kPass);
  EXPECT_EQ(stored.outcome.decision, Decision::kProceed);
  EXPECT_EQ(stored.outcome.counts, run.outcome.counts);
  EXPECT_EQ(stored.request.rule_set_text, request.rule_set_text);
  EXPECT_EQ(stored.request.labels, request.labels);
  EXPECT_EQ(stored.request.request_id, "r1");
  EXPECT_EQ(stored.as_of_time, run.as_of_time);
  EXPECT_EQ(stored.end_time, run.end_time);
  EXPECT_EQ(stored.sequence, run.sequence);
  ASSERT_EQ(stored.results.size(), 6u);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(*stored.results[i], *run.results[i]);
}

TEST_F(StartTest, SameRequestIdGivesTheSameRun) {
  Open();
  const Run first = MustStart(Request("r1"));
  EXPECT_EQ(MustStart(Request("r1")).run_id, first.run_id);
  AwaitEnd(first.run_id);
  EXPECT_EQ(MustStart(Request("r1")).run_id, first.run_id);
  manager_.reset();
  Open();
  EXPECT_EQ(MustStart(Request("r1")).run_id, first.run_id);
  EXPECT_EQ(executions(), 1);
  EXPECT_NE(MustStart(Request("r2")).run_id, first.run_id);
  EXPECT_NE(MustStart(Request("")).run_id, MustStart(Request("")).run_id);
}

TEST_F(StartTest, RequestIdWithAnotherRequestIsRefused) {
  Open();
  MustStart(Request("r1"));
  RunRequest text = Request("r1", RuleSetText(2));
  RunRequest options = Request("r1");
  options.options.fail_on_warn = true;
  RunRequest timeout = Request("r1");
  timeout.options.timeout = absl::Seconds(7);
  RunRequest params = Request("r1");
  params.params["a"] = "b";
  for (const RunRequest& request : {text, options, timeout, params}) {
    EXPECT_EQ(GetReason(manager_->Start(request, nullptr).status()),
              ErrorReason::kRequestIdReused);
  }
  RunRequest labels = Request("r1");  // Not part of what is executed.
  labels.labels["a"] = "b";
  EXPECT_TRUE(manager_->Start(labels, nullptr).ok());
}

TEST_F(StartTest, RequestIdMayBeAnyBytes) {
  Open();
  const std::string id("\0\xff' \n\xc3", 6);
  const Run run = MustStart(Request(id));
  AwaitEnd(run.run_id);
  manager_.reset();
  Open();
  EXPECT_EQ(MustStart(Request(id)).run_id, run.run_id);
  EXPECT_EQ(MustGet(run.run_id).request.request_id, id);
}

TEST_F(StartTest, SixteenThreadsOneRequestIdOneRun) {
  Open();
  for (int round = 0; round < 5; ++round) {
    std::vector<std::thread> threads;
    absl::Mutex mu;
    std::set<std::string> ids;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&] {
        const Run run = MustStart(Request(absl::StrCat("round", round)));
        absl::MutexLock lock(&mu);
        ids.insert(run.run_id);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(ids.size(), 1u);
    AwaitEnd(*ids.begin());
  }
  EXPECT_EQ(executions(), 5);
}

TEST_F(StartTest, InvalidRuleSetFillsIssues) {
  Open();
  std::vector<Issue> issues;
  const absl::Status status =
      manager_
          ->Start(Request("r1", "version: 1\nname: x\ntabels: []\n"), &issues)
          .status();
  EXPECT_EQ(GetReason(status), ErrorReason::kRuleSetInvalid) << status;
  EXPECT_TRUE(HasErrors(issues));
  RunRequest unknown = Request("r1");
  unknown.params["nobody"] = "x";
  EXPECT_EQ(GetReason(manager_->Start(unknown, &issues).status()),
            ErrorReason::kRuleSetInvalid);
  // Nothing was accepted: the id is still free.
  EXPECT_TRUE(manager_->Start(Request("r1"), &issues).ok());
}

TEST_F(StartTest, UnknownConnectionSaysWhichIsNear) {
  Open();
  const absl::Status status =
      manager_
          ->Start(Request("",
                          "version: 1\nname: x\ntables:\n"
                          "  - connection: warehuose\n    table: t\n"
                          "    rules:\n      - not_null: [a]\n"),
                  nullptr)
          .status();
  EXPECT_EQ(GetReason(status), ErrorReason::kConnectionNotFound);
  EXPECT_NE(status.message().find("did you mean 'warehouse'?"),
            absl::string_view::npos)
      << status;
}

TEST_F(StartTest, ConnectionMayBeAParameter) {
  Open();
  RunRequest request =
      Request("",
              "version: 1\nname: x\nparams:\n"
              "  c: {type: connection, default: warehouse}\ntables:\n"
              "  - connection: :c\n    table: t\n    rules:\n"
              "      - not_null: [a]\n");
  const Run run = MustStart(request);
  EXPECT_EQ(run.bound_params.at("c"), "warehouse");
  request.params["c"] = "nowhere";
  EXPECT_EQ(GetReason(manager_->Start(request, nullptr).status()),
            ErrorReason::kConnectionNotFound);
}

TEST_F(StartTest, LimitsOfARequest) {
  Open();
  std::vector<RunRequest> bad(6, Request());
  bad[0].request_id = std::string(257, 'x');
  bad[1].correlation_id = std::string(257, 'x');
  bad[2].labels[std::string(64, 'x')] = "";
  bad[3].options.lease = absl::Seconds(1);
  bad[4].options.timeout = absl::ZeroDuration();
  for (int i = 0; i < 33; ++i) bad[5].labels[absl::StrCat("l", i)] = "v";
  for (const RunRequest& request : bad) {
    EXPECT_EQ(GetReason(manager_->Start(request, nullptr).status()),
              ErrorReason::kArgumentInvalid);
  }
}

TEST_F(StartTest, QueueIsBounded) {
  options_.max_concurrent_runs = 1;
  options_.max_queued_runs = 2;
  HoldExecutions();
  Open();
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(MustStart(Request()).run_id);
  EXPECT_EQ(GetReason(manager_->Start(Request("late"), nullptr).status()),
            ErrorReason::kRunQueueFull);
  EXPECT_EQ(manager_->active_runs(), 3);
  Release();
  for (const std::string& id : ids) {
    EXPECT_EQ(AwaitEnd(id).state, RunState::kSucceeded);
  }
  EXPECT_TRUE(manager_->Start(Request("late"), nullptr).ok());
}

TEST_F(StartTest, LimitsChangeWhileRunsGoOn) {
  options_.max_concurrent_runs = 1;
  options_.max_queued_runs = 4;
  HoldExecutions();
  Open();
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(MustStart(Request()).run_id);
  ASSERT_TRUE(AwaitExecutions(1));
  Limits more = static_cast<const Limits&>(options_);
  more.max_concurrent_runs = 3;
  more.max_queued_runs = 1;
  manager_->SetLimits(more);
  ASSERT_TRUE(AwaitExecutions(3));
  EXPECT_EQ(GetReason(manager_->Start(Request("late"), nullptr).status()),
            ErrorReason::kRunQueueFull);
  // Fewer than there are: nobody is stopped, and nobody comes beside them.
  Limits fewer = static_cast<const Limits&>(options_);
  fewer.max_concurrent_runs = 2;
  manager_->SetLimits(fewer);
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(executions(), 3);
  Release();
  for (const std::string& id : ids) {
    EXPECT_EQ(AwaitEnd(id).state, RunState::kSucceeded);
  }
}

TEST_F(StartTest, AttachesByCorrelationOnlyAsAsked) {
  HoldExecutions();
  Open();
  RunRequest first = Request("try1");
  first.correlation_id = "task";
  const Run run = MustStart(first);
  ASSERT_TRUE(AwaitExecutions(1));

  RunRequest second = first;
  second.request_id = "try2";
  second.attach = Attach::kAlways;
  EXPECT_EQ(MustStart(second).run_id, run.run_id);
  second.request_id = "try3";
  second.attach = Attach::kNever;
  EXPECT_NE(MustStart(second).run_id, run.run_id);
  // Its lease is live, so it is nobody's orphan.
  second.request_id = "try4";
  second.attach = Attach::kOrphaned;
  EXPECT_NE(MustStart(second).run_id, run.run_id);
  // Another digest is another task, whatever it is called.
  RunRequest other = Request("try5", RuleSetText(2));
  other.correlation_id = "task";
  other.attach = Attach::kAlways;
  EXPECT_NE(MustStart(other).run_id, run.run_id);
  // Finished runs are not attached to: a repair re-validates.
  Release();
  AwaitEnd(run.run_id);
  ASSERT_TRUE(Eventually([&] { return manager_->active_runs() == 0; }));
  second.request_id = "try6";
  second.attach = Attach::kAlways;
  EXPECT_NE(MustStart(second).run_id, run.run_id);
}

TEST_F(StartTest, AttachesToAnOrphanAndResumesIt) {
  HoldExecutions();
  Open();
  RunRequest request = Request("try1");
  request.correlation_id = "task";
  const Run run = MustStart(request);
  ASSERT_TRUE(AwaitExecutions(1));
  clock_.Advance(absl::Minutes(16));
  manager_->Sweep();
  AwaitState(run.run_id, RunState::kSuspended);
  request.request_id = "try2";
  EXPECT_EQ(MustStart(request).run_id, run.run_id);
  ASSERT_TRUE(AwaitExecutions(2));
  // A late cancel of try 1 does not kill try 2.
  ASSERT_TRUE(manager_->Cancel(run.run_id, "try1").ok());
  Release();
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kSucceeded);
}

TEST_F(StartTest, DrainingRefusesNewButAnswersKnownIds) {
  Open();
  const Run run = MustStart(Request("known"));
  AwaitEnd(run.run_id);
  manager_->Drain(absl::Seconds(1));
  EXPECT_EQ(GetReason(manager_->Start(Request("new"), nullptr).status()),
            ErrorReason::kServerDraining);
  EXPECT_EQ(MustStart(Request("known")).run_id, run.run_id);
}

}  // namespace
}  // namespace assay::runs
