// SPDX-License-Identifier: Apache-2.0
// Holds every message of the parser against its text in testdata/*.issues.
// UPDATE_GOLDEN=1 writes them anew; read the difference before committing it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rules/ruleset/parser.h"
#include "tests/ruleset/fake_kinds.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

fs::path TestData() {
  return fs::path(ASSAY_SOURCE_DIR) / "tests/ruleset/testdata";
}

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(TestData())) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Baseline : public testing::TestWithParam<std::string> {};

TEST_P(Baseline, IssuesAreAsWritten) {
  const fs::path file = TestData() / (GetParam() + ".yaml");
  const fs::path expected = TestData() / (GetParam() + ".issues");
  const std::string yaml = Read(file);
  const ParseResult result = ParseRuleSet(yaml, FakeKinds());
  std::string got;
  for (const Issue& issue : result.issues) {
    got += "[" + issue.code + "] " +
           FormatIssue(issue, file.filename().string(), yaml) + "\n";
  }
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(expected, std::ios::binary) << got;
    return;
  }
  EXPECT_EQ(got, Read(expected));
}

INSTANTIATE_TEST_SUITE_P(Files, Baseline, testing::ValuesIn(Names()),
                         [](const auto& test) { return test.param; });

TEST(BaselineSet, CoversManyMistakes) {
  size_t mistakes = 0;
  std::set<std::string> codes;
  for (const std::string& name : Names()) {
    for (const Issue& issue :
         ParseRuleSet(Read(TestData() / (name + ".yaml")), FakeKinds())
             .issues) {
      ++mistakes;
      codes.insert(issue.code);
    }
  }
  EXPECT_GE(mistakes, 60u);
  EXPECT_GE(codes.size(), 30u);
}

}  // namespace
}  // namespace assay
