// SPDX-License-Identifier: Apache-2.0
// What the commands do about comparisons: recheck, differences, --out-dir.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "nlohmann/json.hpp"
#include "tests/cli/support/fake_server.h"
#include "tests/cli/support/process.h"

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() {
    run_ = MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_FAIL, v1::DECISION_HOLD);
    run_.set_run_id("0198abcd");
    run_.mutable_counts()->set_pass_count(0);
    v1::RuleResult& result = *run_.add_results();
    result.set_rule_id("pay/full diff");
    result.set_kind("full_diff");
    result.set_verdict(v1::VERDICT_FAIL);
    result.set_connection("legacy");
    result.set_table("pay");
    result.set_target_connection("warehouse");
    result.set_target_table("public.pay");
    result.set_differences_count(3);
    result.mutable_diff()->set_complete(true);
    result.mutable_diff()->set_missing_count(3);
    server_.runs.push_back(run_);
    server_.differences["pay/full diff"] = {R"({"n":1})", R"({"n":2})",
                                            R"({"n":3})"};
    server_.on_start = [this](const v1::StartRunRequest& request) {
      v1::Run run = run_;
      run.set_request_id(request.request_id());
      run.set_state(v1::Run::RUNNING);
      return Answer{run};
    };
    server_.on_wait = [this](const v1::WaitRunRequest&) {
      return Answer{run_};
    };
    server_.Start();
  }

  Finished Run(std::vector<std::string> arguments) {
    return RunAssay(arguments, {"ASSAY_SERVER=" + server_.address()});
  }

  std::string Out(const std::string& name) {
    return ReadFile(out_dir_ + "/" + name);
  }

  v1::Run run_;
  TempFolder folder_;
  std::string out_dir_ = folder_.path() + "/out";
  FakeServer server_;
};

constexpr char kLines[] = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n";
constexpr char kFile[] = "differences/pay%2Ffull%20diff.jsonl";

TEST_F(ComparisonTest, DifferencesStreamToStandardOutput) {
  const Finished done = Run({"differences", "0198", "pay/full diff"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, kLines);
  const Calls calls = server_.calls();
  ASSERT_EQ(calls.differences.size(), 2u);
  EXPECT_EQ(calls.differences[0].run_id(), "0198");
}

TEST_F(ComparisonTest, DifferencesGoToAFile) {
  const std::string file = folder_.path() + "/keys.jsonl";
  Finished done = Run({"differences", "0198", "pay/full diff", "--out", file});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(ReadFile(file), kLines);
  done = Run({"differences", "0198", "other", "--out", file});
  EXPECT_EQ(done.code, 2) << done.err;
  EXPECT_THAT(done.err, HasSubstr("no list"));
  EXPECT_EQ(ReadFile(file), kLines) << "kept as it was";
  done = Run({"differences", "0198", "pay/full diff", "--out",
              folder_.path() + "/none/keys.jsonl"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()),
                          {}),
            1)
      << "no temporary file is left";
}

TEST_F(ComparisonTest, AClosedPipeEndsTheStream) {
  std::vector<std::string>& lines = server_.differences["many"];
  lines.assign(20000, std::string(500, 'x'));
  Process process({"-c", "set -o pipefail; " ASSAY_BIN_DIR
                         "/assay differences 0198 many | head -c 1"},
                  {"ASSAY_SERVER=" + server_.address()}, "/bin/bash");
  EXPECT_EQ(process.Wait().code, 0);
  EXPECT_LT(server_.calls().differences.size(), 5000u);
}

TEST_F(ComparisonTest, RecheckIsAGate) {
  Finished done = Run({"recheck", "0198", "--out-dir", out_dir_, "--label",
                       "a=b", "--fail-on", "warn", "--correlation-id", "c"});
  EXPECT_EQ(done.code, 1) << done.err;
  EXPECT_THAT(done.out,
              AllOf(HasSubstr("legacy.pay → warehouse.public.pay"),
                    HasSubstr("assay differences 0198abcd 'pay/full diff'"),
                    HasSubstr("assay recheck 0198abcd")));
  const Calls calls = server_.calls();
  ASSERT_EQ(calls.start.size(), 1u);
  const v1::StartRunRequest& request = calls.start[0];
  EXPECT_EQ(request.recheck_of_run_id(), "0198");
  EXPECT_EQ(request.rule_set(), "");
  EXPECT_EQ(request.labels().at("a"), "b");
  EXPECT_EQ(request.correlation_id(), "c");
  EXPECT_TRUE(request.options().fail_on_warn());
  EXPECT_EQ(Out("decision"), "HOLD");
  EXPECT_EQ(Out("verdict"), "FAIL");
  EXPECT_EQ(Out(kFile), kLines);
}

TEST_F(ComparisonTest, RecheckOfAWrongRunIsUsage) {
  server_.on_start = [](const v1::StartRunRequest&) {
    return Answer{{}, 3, "recheck_of_run_id: run is RUNNING",
                  "ARGUMENT_INVALID"};
  };
  Finished done = Run({"recheck", "0198", "--out-dir", out_dir_});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("is RUNNING"));
  EXPECT_EQ(Out("decision"), "HOLD");
  done = Run({"recheck", "--out-dir", out_dir_ + "2"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(ReadFile(out_dir_ + "2/decision"), "HOLD")
      << "a line that does not parse holds as well";
}

TEST_F(ComparisonTest, OutDirOfRunHasNoKeysOfAnOlderRun) {
  const std::string rules = folder_.File(
      "rules.yaml",
      "version: 1\nname: a\ntables:\n  - connection: c\n    table: t\n"
      "    rules:\n      - row_count: {min: 1}\n");
  std::filesystem::create_directories(out_dir_ + "/differences");
  folder_.File("out/differences/old.jsonl", "x");
  EXPECT_EQ(Run({"run", rules, "--out-dir", out_dir_}).code, 1);
  EXPECT_EQ(Out(kFile), kLines);
  EXPECT_FALSE(std::filesystem::exists(out_dir_ + "/differences/old.jsonl"));
}

TEST_F(ComparisonTest, MissingKeysHoldAMigrationThatWouldProceed) {
  run_ = MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_WARN, v1::DECISION_PROCEED);
  run_.set_run_id("0198abcd");
  run_.mutable_counts()->set_pass_count(0);
  v1::RuleResult& result = *run_.add_results();
  result.set_rule_id("gone");
  result.set_verdict(v1::VERDICT_WARN);
  result.set_differences_count(1);
  const Finished done = Run({"recheck", "0198", "--out-dir", out_dir_});
  EXPECT_EQ(done.code, 3);
  EXPECT_THAT(done.err, HasSubstr("no list"));
  EXPECT_EQ(Out("decision"), "HOLD");
}

TEST_F(ComparisonTest, ShowWritesAnOutDir) {
  Finished done = Run({"show", "0198", "--out-dir", out_dir_});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(Out("decision"), "HOLD");
  EXPECT_EQ(Out("exit_code"), "1");
  EXPECT_EQ(Out(kFile), kLines);
  EXPECT_THAT(Out("summary.txt"), Not(HasSubstr("assay recheck")));
  const nlohmann::json json =
      nlohmann::json::parse(Out("report.json"), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["results"][0]["diff"]["missing"], 3);
  EXPECT_EQ(json["results"][0]["target_table"], "public.pay");
}

TEST_F(ComparisonTest, CompletionKnowsRunsAndRules) {
  const auto complete = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"__complete", "--"});
    return Run(words).out;
  };
  EXPECT_THAT(complete({"re"}), HasSubstr("recheck\t"));
  EXPECT_THAT(complete({"diff"}), HasSubstr("differences\t"));
  EXPECT_THAT(complete({"recheck", ""}), HasSubstr("0198abcd\t"));
  EXPECT_THAT(complete({"differences", ""}), HasSubstr("0198abcd\t"));
  EXPECT_EQ(complete({"differences", "0198abcd", ""}),
            "pay/full diff\t3 keys\n");
  EXPECT_EQ(complete({"differences", "0198abcd", "r", "--out", ""}),
            ":files\n");
  EXPECT_THAT(complete({"recheck", "--format", ""}), HasSubstr("markdown\n"));
  EXPECT_THAT(complete({"recheck", "--"}),
              AllOf(HasSubstr("--out-dir\t"), Not(HasSubstr("--param\t"))));
}

}  // namespace
}  // namespace assay::cli
