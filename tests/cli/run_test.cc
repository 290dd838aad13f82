// SPDX-License-Identifier: Apache-2.0
// `assay run` against a server that says everything a server can say: the exit
// code and --out-dir must hold unless all of it agrees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "nlohmann/json.hpp"
#include "tests/cli/support/fake_server.h"
#include "tests/cli/support/process.h"

namespace assay::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// No rule is needed: the fake server does not look at it.
constexpr char kRuleSet[] =
    "version: 1\n"
    "name: shop\n"
    "tables:\n"
    "  - connection: shop\n"
    "    table: orders\n"
    "    rules:\n"
    "      - row_count: {min: 1}\n";

class RunTest : public testing::Test {
 protected:
  RunTest() {
    server_.on_start = [](const v1::StartRunRequest& request) {
      v1::Run run;
      run.set_run_id("run-1");
      run.set_state(v1::Run::RUNNING);
      run.set_request_id(request.request_id());
      return Answer{run};
    };
    server_.on_wait = [this](const v1::WaitRunRequest&) {
      return Answer{end_};
    };
    server_.on_cancel = [](const v1::CancelRunRequest&) {
      return Answer{
          MakeRun(v1::Run::CANCELLED, v1::VERDICT_ERROR, v1::DECISION_HOLD)};
    };
    server_.Start();
  }

  std::vector<std::string> Arguments(std::vector<std::string> more = {}) {
    std::vector<std::string> out{
        "run", rule_set_, "--server", server_.address(), "--out-dir", out_dir_};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  Finished Run(std::vector<std::string> more = {}) {
    return RunAssay(Arguments(std::move(more)));
  }

  std::string Out(const std::string& name) {
    return ReadFile(out_dir_ + "/" + name);
  }

  void AwaitCalls(const std::function<bool(const Calls&)>& enough) {
    for (int i = 0; i < 1000 && !enough(server_.calls()); ++i) {
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  TempFolder folder_;
  std::string rule_set_ = folder_.File("rules.yaml", kRuleSet);
  std::string out_dir_ = folder_.path() + "/out";
  v1::Run end_ =
      MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_PASS, v1::DECISION_PROCEED);
  // Handlers may still run when a test's body is over, so these are members,
  // and before the server.
  std::atomic<bool> stop_{false};
  std::atomic<bool> restarted_{false};
  std::atomic<int> attempts_{0};
  FakeServer server_;
};

struct Case {
  int state;
  int verdict;
  int decision;
  bool retryable;
  std::vector<std::string> options;
  int code;
  const char* out_verdict;
  const char* out_decision;
};

TEST_F(RunTest, ExitCodeTable) {
  constexpr int kOk = v1::Run::SUCCEEDED;
  constexpr int kPass = v1::VERDICT_PASS;
  constexpr int kWarn = v1::VERDICT_WARN;
  constexpr int kFail = v1::VERDICT_FAIL;
  constexpr int kError = v1::VERDICT_ERROR;
  constexpr int kProceed = v1::DECISION_PROCEED;
  constexpr int kHold = v1::DECISION_HOLD;
  constexpr int kRollback = v1::DECISION_ROLLBACK;
  const std::vector<Case> cases{
      {kOk, kPass, kProceed, false, {}, 0, "PASS", "PROCEED"},
      {kOk, kWarn, kProceed, false, {}, 0, "WARN", "PROCEED"},
      {kOk, kWarn, kProceed, false, {"--fail-on", "warn"}, 1, "WARN", "HOLD"},
      {kOk, kWarn, kHold, false, {}, 1, "WARN", "HOLD"},
      {kOk, kFail, kHold, false, {}, 1, "FAIL", "HOLD"},
      {kOk, kFail, kRollback, false, {}, 4, "FAIL", "ROLLBACK"},
      {kOk, kError, kHold, true, {}, 3, "ERROR", "HOLD"},
      {kOk, kError, kHold, false, {}, 5, "ERROR", "HOLD"},
      {v1::Run::FAILED, kError, kHold, true, {}, 3, "ERROR", "HOLD"},
      {v1::Run::FAILED, kError, kHold, false, {}, 5, "ERROR", "HOLD"},
      {v1::Run::CANCELLED, kError, kHold, true, {}, 3, "ERROR", "HOLD"},
      {v1::Run::CANCELLED, kFail, kHold, false, {}, 1, "FAIL", "HOLD"},
      // The verdict as data: judged is 0, the decision stays.
      {kOk, kFail, kHold, false, {"--verdict-as-data"}, 0, "FAIL", "HOLD"},
      {kOk,
       kFail,
       kRollback,
       false,
       {"--verdict-as-data"},
       0,
       "FAIL",
       "ROLLBACK"},
      {kOk, kError, kHold, true, {"--verdict-as-data"}, 3, "ERROR", "HOLD"},
      {kOk, kError, kHold, false, {"--verdict-as-data"}, 5, "ERROR", "HOLD"},
      // Contradictions and values of another version.
      {kOk, kPass, kHold, false, {}, 5, "ERROR", "HOLD"},
      {kOk, kPass, 0, false, {}, 5, "ERROR", "HOLD"},
      {kOk, kPass, 77, false, {}, 5, "ERROR", "HOLD"},
      {kOk, kPass, kRollback, false, {}, 5, "ERROR", "HOLD"},
      {kOk, 0, kProceed, false, {}, 5, "ERROR", "HOLD"},
      {kOk, 77, kProceed, false, {}, 5, "ERROR", "HOLD"},
      {kOk, 77, kProceed, false, {"--verdict-as-data"}, 5, "ERROR", "HOLD"},
      {kOk, kFail, kProceed, false, {}, 1, "FAIL", "HOLD"},
      {kOk, kError, kRollback, false, {}, 5, "ERROR", "HOLD"},
      {v1::Run::CANCELLED, kPass, kProceed, true, {}, 3, "ERROR", "HOLD"},
      {v1::Run::FAILED, kPass, kProceed, false, {}, 5, "ERROR", "HOLD"},
      {v1::Run::CANCELLED, kFail, kRollback, false, {}, 1, "FAIL", "HOLD"},
      {77, kPass, kProceed, false, {}, 3, "ERROR", "HOLD"},
      {77, kPass, kProceed, false, {"--verdict-as-data"}, 3, "ERROR", "HOLD"},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    SCOPED_TRACE(testing::Message() << "case " << i << ": " << c.state << " "
                                    << c.verdict << " " << c.decision);
    end_ = MakeRun(c.state, c.verdict, c.decision);
    end_.set_retryable(c.retryable);
    const Finished done = Run(c.options);
    EXPECT_EQ(done.code, c.code) << done.err;
    EXPECT_EQ(Out("verdict"), c.out_verdict);
    EXPECT_EQ(Out("decision"), c.out_decision);
    EXPECT_EQ(Out("exit_code"), std::to_string(c.code));
    EXPECT_EQ(Out("run_id"), "run-1");
    const nlohmann::json json =
        nlohmann::json::parse(Out("report.json"), nullptr, false);
    ASSERT_TRUE(json.is_object());
    EXPECT_EQ(json["decision"], c.out_decision);
    EXPECT_EQ(json["verdict"], c.out_verdict);
  }
}

TEST_F(RunTest, AHeldRunIsWaitedFor) {
  end_ = MakeRun(v1::Run::HELD, v1::VERDICT_FAIL, v1::DECISION_HOLD);
  server_.on_wait = [this](const v1::WaitRunRequest&) {
    if (++attempts_ == 3) {
      end_.set_state(v1::Run::SUCCEEDED);
      end_.set_decision(v1::DECISION_PROCEED);
      v1::Release& release = *end_.mutable_release();
      release.set_principal("ops");
      release.set_reason("known");
      release.mutable_release_time()->set_seconds(1767312000);
    }
    return Answer{end_};
  };
  const Finished done = Run({"--on-hold", "wait", "--hold-timeout", "90m"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(Out("decision"), "PROCEED");
  EXPECT_EQ(Out("verdict"), "FAIL");
  EXPECT_THAT(Out("release"), HasSubstr("released by ops on 2026-01-02"));
  EXPECT_THAT(done.err, HasSubstr("assay release run-1 --reason"));
  EXPECT_THAT(done.err, HasSubstr("at most 90m"));
  // Said once, however often it is asked.
  EXPECT_EQ(done.err.find("is HELD"), done.err.rfind("is HELD"));
  const v1::RunOptions options = server_.calls().start.at(0).options();
  EXPECT_EQ(options.on_hold(), v1::RunOptions::WAIT);
  EXPECT_EQ(options.hold_timeout().seconds(), 5400);
}

TEST_F(RunTest, APassOfNothingHolds) {
  end_.clear_counts();
  EXPECT_EQ(Run().code, 5);
  EXPECT_EQ(Out("decision"), "HOLD");
}

TEST_F(RunTest, AnotherRunIsNotOurs) {
  end_.set_run_id("run-2");
  EXPECT_NE(Run({"--wait-server", "300ms"}).code, 0);
  EXPECT_EQ(Out("decision"), "HOLD");
}

TEST_F(RunTest, SendsWhatWasSaid) {
  const Finished done =
      Run({"--label", "step=1", "--request-id", "id-1", "--correlation-id",
           "c-1", "--attach", "never", "--timeout", "2h", "--lease", "90s",
           "--fail-on", "warn", "--format", "json"});
  EXPECT_EQ(done.code, 0) << done.err;
  const Calls calls = server_.calls();
  ASSERT_EQ(calls.start.size(), 1u);
  const v1::StartRunRequest& request = calls.start[0];
  EXPECT_EQ(request.rule_set(), kRuleSet);
  EXPECT_EQ(request.request_id(), "id-1");
  EXPECT_EQ(request.correlation_id(), "c-1");
  EXPECT_EQ(request.attach(), v1::StartRunRequest::NEVER);
  EXPECT_EQ(request.labels().at("step"), "1");
  EXPECT_EQ(request.options().timeout().seconds(), 7200);
  EXPECT_EQ(request.options().lease().seconds(), 90);
  EXPECT_TRUE(request.options().fail_on_warn());
  EXPECT_FALSE(request.options().detached());
  // One-rule gates are short: two round trips.
  EXPECT_EQ(calls.wait.size(), 1u);
  EXPECT_TRUE(nlohmann::json::parse(done.out, nullptr, false).is_object());
}

TEST_F(RunTest, OutputsGoToTheirFiles) {
  const std::string json = folder_.path() + "/r.json";
  const std::string junit = folder_.path() + "/r.xml";
  const Finished done = Run({"--format", "json", "--output", json, "--format",
                             "junit", "--output", junit});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(ReadFile(json), HasSubstr("\"decision\": \"PROCEED\""));
  EXPECT_THAT(ReadFile(junit), HasSubstr("<testsuites"));
  EXPECT_THAT(done.out, HasSubstr("PASS -> PROCEED"));
}

TEST_F(RunTest, AnOutputThatCannotBeWrittenHolds) {
  const Finished done =
      Run({"--format", "json", "--output", folder_.path() + "/no/r.json"});
  EXPECT_EQ(done.code, 3) << done.err;
  EXPECT_EQ(Out("decision"), "HOLD");
  EXPECT_EQ(Out("exit_code"), "3");
  EXPECT_EQ(Run({"--output", "/dev/full"}).code, 3);
}

TEST_F(RunTest, DetachPrintsTheRunAndHolds) {
  const Finished done = Run({"--detach"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "run-1\n");
  EXPECT_EQ(Out("decision"), "HOLD");
  EXPECT_EQ(Out("run_id"), "run-1");
  EXPECT_TRUE(server_.calls().start[0].options().detached());
  EXPECT_TRUE(server_.calls().wait.empty());
}

TEST_F(RunTest, TruncatedResultsAreFetched) {
  end_.set_results_truncated(true);
  v1::RuleResult& first = *end_.add_results();
  first.set_rule_id("first");
  first.set_verdict(v1::VERDICT_PASS);
  server_.on_list_results = [](const v1::ListResultsRequest& request) {
    v1::ListResultsResponse page;
    v1::RuleResult& result = *page.add_results();
    result.set_verdict(v1::VERDICT_PASS);
    result.set_rule_id(request.page_token().empty() ? "first" : "second");
    if (request.page_token().empty()) page.set_next_page_token("2");
    return page;
  };
  const Finished done = Run({"--format", "json"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("\"second\""));
  EXPECT_THAT(done.out, HasSubstr("\"results_truncated\": false"));
}

struct ErrorCase {
  int code;
  const char* reason;
  int exit_code;
};

TEST_F(RunTest, ErrorsOfStartRun) {
  for (const ErrorCase& c :
       std::vector<ErrorCase>{{3, "RULE_SET_INVALID", 2},
                              {3, "REQUEST_ID_REUSED", 2},
                              {5, "CONNECTION_NOT_FOUND", 2},
                              {8, "RUN_QUEUE_FULL", 3},
                              {14, "SERVER_DRAINING", 3},
                              {13, "INTERNAL", 5},
                              {7, "", 5},
                              {12, "", 5},
                              {2, "", 3},
                              {3, "SOMETHING_NEW", 2}}) {
    SCOPED_TRACE(c.reason);
    server_.on_start = [&c](const v1::StartRunRequest&) {
      return Answer{{}, c.code, "because", c.reason};
    };
    const Finished done = Run({"--wait-server", "200ms"});
    EXPECT_EQ(done.code, c.exit_code) << done.err;
    EXPECT_EQ(Out("decision"), "HOLD");
    EXPECT_EQ(Out("verdict"), "ERROR");
    EXPECT_EQ(Out("exit_code"), std::to_string(c.exit_code));
    EXPECT_THAT(done.err, HasSubstr("because"));
  }
}

TEST_F(RunTest, ServerOutOfReach) {
  server_.Stop();
  // What an earlier run left must not be read as this one's.
  TempFolder other;
  out_dir_ = other.path();
  other.File("decision", "PROCEED");
  const Finished done = Run({"--wait-server", "300ms", "--format", "json"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(Out("decision"), "HOLD");
  EXPECT_THAT(done.err, HasSubstr("cannot reach assayd at"));
  EXPECT_THAT(done.err, HasSubstr("--embedded"));
  EXPECT_THAT(done.out, HasSubstr("\"SERVER_UNREACHABLE\""));
}

TEST_F(RunTest, SurvivesARestartOfTheServer) {
  server_.on_wait = [this](const v1::WaitRunRequest&) {
    if (restarted_) return Answer{end_};
    std::this_thread::sleep_for(milliseconds(300));
    return Answer{MakeRun(v1::Run::RUNNING, 0, 0)};
  };
  Process process(Arguments({"--wait-server", "20s"}));
  AwaitCalls([](const Calls& calls) { return !calls.wait.empty(); });
  const int port = server_.port();
  server_.Stop();
  std::this_thread::sleep_for(milliseconds(500));
  restarted_ = true;
  server_.Start(port);
  const Finished done = process.Wait();
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(Out("decision"), "PROCEED");
}

TEST_F(RunTest, AServerThatStaysAwayHolds) {
  server_.on_wait = [](const v1::WaitRunRequest&) {
    std::this_thread::sleep_for(milliseconds(100));
    return Answer{MakeRun(v1::Run::RUNNING, 0, 0)};
  };
  Process process(Arguments({"--wait-server", "500ms"}));
  AwaitCalls([](const Calls& calls) { return !calls.wait.empty(); });
  server_.Stop();
  const Finished done = process.Wait();
  EXPECT_EQ(done.code, 3) << done.err;
  EXPECT_EQ(Out("decision"), "HOLD");
  EXPECT_EQ(Out("verdict"), "ERROR");
  EXPECT_EQ(Out("run_id"), "run-1");
  EXPECT_THAT(done.err, HasSubstr("assay watch run-1"));
}

TEST_F(RunTest, StartRunIsRepeatedWithTheSameId) {
  server_.on_start = [this](const v1::StartRunRequest&) {
    if (++attempts_ < 3) return Answer{{}, 14, "draining", "SERVER_DRAINING"};
    return Answer{MakeRun(v1::Run::RUNNING, 0, 0)};
  };
  EXPECT_EQ(Run().code, 0);
  const Calls calls = server_.calls();
  ASSERT_EQ(calls.start.size(), 3u);
  EXPECT_NE(calls.start[0].request_id(), "");
  EXPECT_EQ(calls.start[0].request_id(), calls.start[2].request_id());
}

class SignalTest : public RunTest, public testing::WithParamInterface<int> {};

TEST_P(SignalTest, CancelsTheRun) {
  server_.on_wait = [this](const v1::WaitRunRequest&) {
    for (int i = 0; i < 500 && !stop_; ++i) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    return Answer{MakeRun(v1::Run::RUNNING, 0, 0)};
  };
  Process process(Arguments({"--request-id", "mine"}));
  AwaitCalls([](const Calls& calls) { return !calls.wait.empty(); });
  process.Signal(GetParam());
  const Finished done = process.Wait();
  stop_ = true;
  EXPECT_EQ(done.code, 128 + GetParam()) << done.err;
  EXPECT_EQ(Out("decision"), "HOLD");
  EXPECT_EQ(Out("exit_code"), std::to_string(128 + GetParam()));
  const Calls calls = server_.calls();
  ASSERT_EQ(calls.cancel.size(), 1u);
  EXPECT_EQ(calls.cancel[0].run_id(), "run-1");
  EXPECT_EQ(calls.cancel[0].request_id(), "mine");
}

INSTANTIATE_TEST_SUITE_P(All, SignalTest, testing::Values(SIGINT, SIGTERM));

TEST_F(RunTest, ASecondSignalEndsAtOnce) {
  const auto block = [this] {
    for (int i = 0; i < 1000 && !stop_; ++i) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    return Answer{MakeRun(v1::Run::RUNNING, 0, 0)};
  };
  server_.on_wait = [block](const v1::WaitRunRequest&) { return block(); };
  server_.on_cancel = [block](const v1::CancelRunRequest&) { return block(); };
  Process process(Arguments());
  AwaitCalls([](const Calls& calls) { return !calls.wait.empty(); });
  process.Signal(SIGINT);
  AwaitCalls([](const Calls& calls) { return !calls.cancel.empty(); });
  const auto begin = std::chrono::steady_clock::now();
  process.Signal(SIGINT);
  EXPECT_EQ(process.Wait().code, 130);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1000));
  EXPECT_EQ(Out("decision"), "HOLD");
  stop_ = true;
}

TEST_F(RunTest, AKillLeavesHoldAndTheRun) {
  server_.on_wait = [this](const v1::WaitRunRequest&) {
    for (int i = 0; i < 500 && !stop_; ++i) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    return Answer{MakeRun(v1::Run::RUNNING, 0, 0)};
  };
  Process process(Arguments());
  AwaitCalls([](const Calls& calls) { return !calls.wait.empty(); });
  process.Signal(SIGKILL);
  process.Wait();
  stop_ = true;
  EXPECT_EQ(Out("decision"), "HOLD");
  EXPECT_EQ(Out("run_id"), "run-1");
}

TEST_F(RunTest, EveryEarlyMistakeHolds) {
  const std::vector<std::vector<std::string>> lines{
      {"run", "/nonexistent.yaml"},
      {"run", folder_.path()},
      {"run", rule_set_, "--bogus"},
      {"run"},
      {"run", rule_set_, "--format", "pdf"},
      {"run", rule_set_, "--param", "x"},
      {"run", rule_set_, "--timeout", "soon"},
      {"run", rule_set_, "--params-file", "/nonexistent"},
      {"run", rule_set_, "--connection", "a=b"},
      {"run", rule_set_, "--embedded"},
      {"run", folder_.File("bad.yaml", "version: 1\ntabels: []\n")},
      {"run", folder_.File("empty.yaml", "")}};
  for (std::vector<std::string> line : lines) {
    SCOPED_TRACE(testing::PrintToString(line));
    TempFolder out;
    out_dir_ = out.path();
    out.File("decision", "PROCEED");
    line.insert(line.end(), {"--out-dir", out_dir_});
    const Finished done = RunAssay(line, {"ASSAY_SERVER=" + server_.address()});
    EXPECT_EQ(done.code, 2) << done.err;
    EXPECT_NE(done.err, "");
    EXPECT_EQ(Out("decision"), "HOLD");
    EXPECT_EQ(Out("exit_code"), "2");
  }
  EXPECT_TRUE(server_.calls().start.empty());
}

}  // namespace
}  // namespace assay::cli
