// SPDX-License-Identifier: Apache-2.0
// The other commands, and completion in the real shells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "nlohmann/json.hpp"
#include "tests/cli/support/fake_server.h"
#include "tests/cli/support/process.h"

namespace assay::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class CommandsTest : public testing::Test {
 protected:
  CommandsTest() {
    v1::Run run =
        MakeRun(v1::Run::SUCCEEDED, v1::VERDICT_FAIL, v1::DECISION_HOLD);
    run.set_run_id("0198abcd");
    v1::RuleResult& result = *run.add_results();
    result.set_rule_id("orders.row_count");
    result.set_verdict(v1::VERDICT_FAIL);
    server_.runs.push_back(run);
    server_.on_wait = [run](const v1::WaitRunRequest&) { return Answer{run}; };
    server_.on_cancel = [](const v1::CancelRunRequest&) {
      return Answer{{}, 9, "has ended", "RUN_ALREADY_FINISHED"};
    };
    server_.Start();
  }

  Finished Run(std::vector<std::string> arguments) {
    return RunAssay(arguments, {"ASSAY_SERVER=" + server_.address()});
  }

  FakeServer server_;
  TempFolder folder_;
};

TEST_F(CommandsTest, Runs) {
  Finished done = Run({"runs"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("0198abcd"));
  done = Run({"runs", "--format", "json", "--limit", "1"});
  EXPECT_EQ(nlohmann::json::parse(done.out, nullptr, false).size(), 1u);
}

TEST_F(CommandsTest, ShowTakesAPrefix) {
  const Finished done = Run({"show", "0198"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("orders.row_count"));
  EXPECT_EQ(Run({"show", "zzzz"}).code, 2);
}

TEST_F(CommandsTest, WatchExitsAsRunDoes) {
  const Finished done = Run({"watch", "0198"});
  EXPECT_EQ(done.code, 1) << done.err;
  EXPECT_THAT(done.out, HasSubstr("FAIL  orders.row_count"));
}

TEST_F(CommandsTest, CancelOfAnEndedRunIsNoError) {
  const Finished done = Run({"cancel", "0198"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("already ended"));
  EXPECT_EQ(server_.calls().cancel[0].run_id(), "0198abcd");
}

TEST_F(CommandsTest, ServerOutOfReachIsThree) {
  server_.Stop();
  for (const char* command : {"runs", "connections"}) {
    EXPECT_EQ(Run({command}).code, 3);
  }
}

TEST_F(CommandsTest, LintFindsAllFiles) {
  const std::string good = folder_.File(
      "good.yaml",
      "version: 1\nname: a\ntables:\n  - connection: c\n    table: t\n"
      "    rules:\n      - row_count: {min: 1}\n");
  const std::string bad = folder_.File("bad.yaml", "version: 1\nnaem: a\n");
  EXPECT_EQ(Run({"lint", good}).code, 0);
  Finished done = Run({"lint", good, bad, folder_.path() + "/none.yaml"});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.out, HasSubstr("bad.yaml:2:1: error:"));
  EXPECT_THAT(done.out, HasSubstr("^"));
  EXPECT_THAT(done.out, HasSubstr("none.yaml"));
  done = Run({"lint", "--format", "json", bad});
  const nlohmann::json json = nlohmann::json::parse(done.out, nullptr, false);
  ASSERT_TRUE(json.is_array());
  ASSERT_FALSE(json.empty());
  EXPECT_EQ(json[0]["file"], bad);
  EXPECT_EQ(json[0]["severity"], "error");
}

TEST_F(CommandsTest, LintDoesNotDriveTheTerminal) {
  const std::string bad =
      folder_.File("bad.yaml", "version: 1\n\"na\x1b[2Jem\": a\n");
  EXPECT_THAT(Run({"lint", bad}).out, Not(HasSubstr("\x1b")));
}

TEST_F(CommandsTest, BeginnersAreHelped) {
  const std::string file = folder_.File("rules.yaml", "version: 1\n");
  Finished done = Run({file});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("assay run " + file));
  EXPECT_THAT(Run({"rnu", file}).err, HasSubstr("did you mean 'run'?"));
  EXPECT_THAT(Run({"run", folder_.path() + "/ruels.yaml"}).err,
              HasSubstr("Did you mean " + file));
  EXPECT_THAT(Run({"run", folder_.path()}).err, HasSubstr("is a directory"));
  EXPECT_THAT(Run({"kinds", "not_nul"}).err, HasSubstr("not_null"));
  EXPECT_EQ(Run({}).code, 2);
  EXPECT_EQ(Run({"--version"}).code, 0);
  EXPECT_EQ(Run({"run", "--help"}).code, 0);
}

TEST_F(CommandsTest, AClosedPipeIsNoError) {
  Process process({"-c", "set -o pipefail; " ASSAY_BIN_DIR
                         "/assay kinds --markdown | head -c 1"},
                  {}, "/bin/bash");
  EXPECT_EQ(process.Wait().code, 0);
}

// What bash offers for `line`, by the way that readline goes.
std::string CompleteInBash(const std::string& line, int words,
                           const std::string& server) {
  const std::string script =
      "PATH=" ASSAY_BIN_DIR ":$PATH; export ASSAY_SERVER=" + server +
      "; source <(assay completion bash); COMP_WORDS=(" + line +
      "); COMP_CWORD=" + std::to_string(words) +
      "; _assay; printf '%s\\n' \"${COMPREPLY[@]}\"";
  Process process({"-c", script}, {}, "/bin/bash");
  return process.Wait().out;
}

TEST_F(CommandsTest, BashCompletion) {
  const std::string server = server_.address();
  EXPECT_EQ(CompleteInBash("assay ru", 1, server), "run\nruns\n");
  EXPECT_THAT(CompleteInBash("assay run --out", 2, server),
              HasSubstr("--out-dir\n"));
  EXPECT_EQ(CompleteInBash("assay run --fail-on ''", 3, server),
            "fail\nwarn\n");
  EXPECT_THAT(CompleteInBash("assay kinds not", 2, server),
              HasSubstr("not_null\n"));
  EXPECT_EQ(CompleteInBash("assay show 01", 2, server), "0198abcd\n");
  const std::string file = folder_.File("rules.yaml", "");
  EXPECT_EQ(CompleteInBash("assay run " + folder_.path() + "/ru", 2, server),
            file + "\n");
  EXPECT_EQ(CompleteInBash("assay completion ''", 2, server),
            "bash\nzsh\nfish\n");
}

TEST_F(CommandsTest, ZshAndFishScriptsAreScripts) {
  for (const char* shell : {"zsh", "fish"}) {
    const std::string program = std::string("/usr/bin/") + shell;
    if (!std::filesystem::exists(program)) continue;
    const std::string file =
        folder_.File(shell, Run({"completion", shell}).out);
    EXPECT_EQ(Process({"-n", file}, {}, program).Wait().code, 0) << shell;
  }
  if (std::filesystem::exists("/usr/bin/fish")) {
    Process process({"-c", "set -x PATH " ASSAY_BIN_DIR
                           " $PATH; assay completion fish | source; "
                           "complete -C 'assay ru'"},
                    {"HOME=" + folder_.path()}, "/usr/bin/fish");
    EXPECT_THAT(process.Wait().out, HasSubstr("runs\t"));
  }
}

}  // namespace
}  // namespace assay::cli
