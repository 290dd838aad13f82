// SPDX-License-Identifier: Apache-2.0
// Every report of every run in testdata against a golden file. UPDATE_GOLDEN=1
// writes them anew; read the difference before it is committed.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "assay/v1/rule_set.pb.h"
#include "assay/v1/run.pb.h"
#include "tests/report/support/html_checker.h"
#include "validator/report/html_report.h"
#include "validator/report/json_report.h"
#include "validator/report/junit_report.h"
#include "validator/report/markdown_report.h"
#include "validator/report/text_report.h"

namespace assay::report {
namespace {

std::string Folder() {
  return std::string(ASSAY_SOURCE_DIR) + "/tests/report/testdata/";
}

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void Compare(const std::string& name, const std::string& actual) {
  const std::string path = Folder() + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << actual;
  }
  EXPECT_EQ(Read(path), actual) << path;
}

class GoldenTest : public testing::TestWithParam<const char*> {
 protected:
  v1::Run Run() const {
    v1::Run run;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        Read(Folder() + GetParam() + ".textproto"), &run));
    return run;
  }
  std::string Name(const char* suffix) const {
    return std::string(GetParam()) + suffix;
  }
};

TEST_P(GoldenTest, Text) {
  TextOptions options;
  options.more_command = "assay show 0198c2d4a1b7 --all";
  options.commands = true;
  Compare(Name(".txt"), TextReport(Run(), options));
}

TEST_P(GoldenTest, VerboseText) {
  TextOptions options;
  options.verbose = true;
  options.commands = true;
  Compare(Name(".verbose.txt"), TextReport(Run(), options));
}

TEST_P(GoldenTest, Color) {
  TextOptions options;
  options.color = true;
  Compare(Name(".color.txt"), TextReport(Run(), options));
}

TEST_P(GoldenTest, Json) { Compare(Name(".json"), JsonReport(Run())); }

TEST_P(GoldenTest, Junit) { Compare(Name(".xml"), JunitReport(Run())); }

TEST_P(GoldenTest, Html) {
  const std::string page = HtmlRunPage(Run(), {}, HtmlOptions());
  EXPECT_EQ(CheckHtml(page), "");
  Compare(Name(".html"), WithoutStyle(page));
}

TEST_P(GoldenTest, Markdown) { Compare(Name(".md"), MarkdownReport(Run())); }

INSTANTIATE_TEST_SUITE_P(
    All, GoldenTest,
    testing::Values("fail", "pass", "unreachable", "contradiction", "running",
                    "comparison", "one_comparison", "tables", "many_tables",
                    "released", "held"),
    [](const auto& info) { return std::string(info.param); });

TEST(GoldenRunsTest, Table) {
  std::vector<v1::Run> runs;
  for (const char* name : {"fail", "pass", "running"}) {
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        Read(Folder() + name + ".textproto"), &runs.emplace_back()));
  }
  Compare("runs.txt", TextRuns(runs));
  for (const char* name : {"released", "held"}) {
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        Read(Folder() + name + ".textproto"), &runs.emplace_back()));
  }
  Compare("runs_wide.txt", TextRuns(runs, RunColumns::kWide));
}

TEST(GoldenKindsTest, OneKind) {
  v1::RuleKind kind;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(name: "unique" summary: "No two rows are equal."
         semantics: "Rows with a NULL are not looked at.\n\nAll rows of a group fail."
         counter: "failing rows" denominator: "rows without NULL"
         params { name: "columns" type: "columns" required: true doc: "The key." }
         params { name: "equality" type: "choice" doc: "How." choices: "bytes" choices: "database" default_text: "bytes" }
         example: "- unique: [id]\n  id: key")",
      &kind));
  Compare("kind.txt", TextKind(kind));
  Compare("kinds.txt", TextKinds({kind, kind}));
}

}  // namespace
}  // namespace assay::report
