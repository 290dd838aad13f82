// SPDX-License-Identifier: Apache-2.0
// What must hold for every rule kind, so that a new one cannot be half there.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/kinds/kinds.h"
#include "tests/kinds/rules_of.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// "RowCount" → "row_count".
std::string Snake(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) {
      if (!out.empty()) out += '_';
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out;
}

TEST(Kinds, EachFileIsListedAndEachLineHasAFile) {
  const fs::path room = fs::path(ASSAY_SOURCE_DIR) / "rules/kinds";
  std::set<std::string> listed;
#define RULE_KIND(name) listed.insert(Snake(#name));
#include "rules/kinds/kinds.inc"
#undef RULE_KIND
  // A file is a kind's where it defines a function that returns one.
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(room)) {
    if (entry.path().extension() != ".cc") continue;
    if (Read(entry.path()).find("\nconst RuleKind& ") != std::string::npos) {
      files.insert(entry.path().stem().string());
    }
  }
  EXPECT_EQ(files, listed);
  std::set<std::string> names;
  for (const RuleKind* kind : AllKinds()) names.insert(kind->spec.name);
  EXPECT_EQ(names, listed);
  EXPECT_EQ(names.size(), AllKinds().size()) << "a name is used twice";
}

TEST(Kinds, AreFoundByName) {
  for (const RuleKind* kind : AllKinds()) {
    EXPECT_EQ(FindKind(kind->spec.name), kind);
  }
  EXPECT_EQ(FindKind("not_nul"), nullptr);
  EXPECT_EQ(FindKind(""), nullptr);
  EXPECT_EQ(FindKind("NOT_NULL"), nullptr);
}

class EachKind : public testing::TestWithParam<const RuleKind*> {
 protected:
  const KindSpec& spec() const { return GetParam()->spec; }
};

TEST_P(EachKind, ExampleLintsClean) {
  ASSERT_THAT(spec().example, StartsWith("- " + spec().name + ":"));
  // Without parameters, so that not even a warning is left.
  std::string text =
      "version: 1\nname: x\ntables:\n- connection: c\n  table: t\n  rules:\n";
  std::istringstream lines(spec().example);
  for (std::string line; std::getline(lines, line);) {
    text += "  " + line + "\n";
  }
  const ParseResult result = ParseRuleSet(text, AllKindSpecs());
  for (const Issue& issue : result.issues) {
    ADD_FAILURE() << FormatIssue(issue, "example", text);
  }
  ASSERT_EQ(result.rule_set.tables.size(), 1u);
  ASSERT_EQ(result.rule_set.tables[0].rules.size(), 1u);
  EXPECT_EQ(result.rule_set.tables[0].rules[0].kind, spec().name);
}

TEST_P(EachKind, ExampleCompiles) {
  const Rule rule = OneRule(spec().example);
  const auto plan = CompileRule(rule, {}, absl::FromUnixSeconds(1));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_FALSE(plan->expected.empty());
  EXPECT_TRUE(!plan->measures.empty() || plan->step.has_value());
}

// The engine gives the measures in the plan's order and leaves the step's
// fields as it found them; no kind may read past what it asked for.
TEST_P(EachKind, JudgesAnEmptyTable) {
  const Rule rule = OneRule(spec().example);
  const auto plan = CompileRule(rule, {}, absl::FromUnixSeconds(1));
  ASSERT_TRUE(plan.ok());
  Observation observation;
  for (const AggregateMeasure& measure : plan->measures) {
    const bool count = measure.function == AggregateFunction::kCountRows ||
                       measure.function == AggregateFunction::kCountNonNull ||
                       measure.function == AggregateFunction::kCountDistinct;
    observation.measures.push_back(count ? Value(int64_t{0}) : Value(Null{}));
  }
  if (plan->step.has_value() && plan->measures.empty()) {
    observation.rows_total = 0;
    observation.rows_considered = 0;
    observation.rows_null = 0;
    observation.rows_failing = 0;
  }
  Result result;
  JudgeRule(rule, {}, absl::FromUnixSeconds(1), *plan, observation,
            /*table_rows_exist=*/false, result);
  if (spec().keys.on_empty) {
    EXPECT_EQ(result.verdict, Verdict::kFail);
    EXPECT_TRUE(result.empty);
    EXPECT_EQ(result.found, "the table is empty");
  } else {
    EXPECT_FALSE(result.empty);
    EXPECT_NE(result.verdict, Verdict::kUnspecified);
  }
  EXPECT_EQ(result.expected, plan->expected);
  EXPECT_EQ(result.threshold.empty(), !spec().keys.thresholds);
}

TEST_P(EachKind, IsDocumented) {
  EXPECT_FALSE(spec().summary.empty());
  EXPECT_EQ(spec().summary.back(), '.');
  EXPECT_EQ(spec().summary.find('\n'), std::string::npos);
  EXPECT_GT(spec().semantics.size(), 80u);
  EXPECT_EQ(spec().semantics.back(), '.');
  for (const ParamSpec& param : spec().params) {
    EXPECT_FALSE(param.doc.empty()) << param.name;
    EXPECT_EQ(param.doc.back(), '.') << param.name;
    if (param.type == assay::ParamType::kChoice) {
      EXPECT_GE(param.choices.size(), 2u) << param.name;
      // What is taken where the author says nothing must be said.
      EXPECT_NE(param.required, !param.default_text.empty()) << param.name;
    }
    if (!param.choices.empty() && !param.default_text.empty()) {
      EXPECT_THAT(param.choices, testing::Contains(param.default_text));
    }
  }
  if (spec().keys.thresholds) {
    EXPECT_FALSE(spec().counter.empty()) << "thresholds count nothing";
  } else {
    EXPECT_TRUE(spec().counter.empty());
    EXPECT_TRUE(spec().denominator.empty());
  }
}

TEST_P(EachKind, NamesOnlyItsOwnParameters) {
  std::set<std::string> names;
  for (const ParamSpec& param : spec().params) {
    EXPECT_TRUE(names.insert(param.name).second) << param.name << " twice";
  }
  if (!spec().shorthand.empty()) {
    EXPECT_EQ(names.count(spec().shorthand), 1u);
  }
  for (const std::string& param : spec().id_params) {
    EXPECT_EQ(names.count(param), 1u) << param;
  }
}

TEST_P(EachKind, HasConformanceCases) {
  const std::string cases =
      Read(fs::path(ASSAY_SOURCE_DIR) / "tests/e2e/conformance_test.py");
  ASSERT_FALSE(cases.empty());
  EXPECT_THAT(cases, HasSubstr(absl::StrCat("\"", spec().name, ": ")));
}

TEST_P(EachKind, StandsInTheGeneratedDocuments) {
  EXPECT_THAT(RuleKindsMarkdown(AllKindSpecs()),
              HasSubstr(absl::StrCat("`", spec().name, "`")));
  EXPECT_THAT(RuleSetJsonSchema(AllKindSpecs()),
              HasSubstr(absl::StrCat("\"", spec().name, "\"")));
}

INSTANTIATE_TEST_SUITE_P(All, EachKind, testing::ValuesIn(AllKinds()),
                         [](const auto& test) {
                           return test.param->spec.name;
                         });

}  // namespace
}  // namespace assay
