// SPDX-License-Identifier: Apache-2.0
// Rules of comparisons as the parser makes them, for tests of their kinds.
#ifndef ASSAY_TESTS_KINDS_COMPARISONS_OF_H_
#define ASSAY_TESTS_KINDS_COMPARISONS_OF_H_

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rules/kinds/comparison_kind.h"
#include "rules/kinds/kinds.h"
#include "rules/ruleset/parser.h"

namespace assay {

// A rule set of one comparison whose rules are `rules`, unindented, each "- ".
inline std::string ComparisonText(const std::string& rules) {
  std::string out =
      "version: 1\nname: x\ncomparisons:\n"
      "- source: {connection: a, table: t}\n"
      "  target: {connection: b, table: t}\n  rules:\n";
  bool start = true;
  for (const char c : rules) {
    if (start) out += "  ";
    out += c;
    start = c == '\n';
  }
  return out + "\n";
}

inline std::vector<std::string> ComparisonIssues(const std::string& rules) {
  std::vector<std::string> codes;
  for (const Issue& issue :
       ParseRuleSet(ComparisonText(rules), AllKindSpecs()).issues) {
    codes.push_back(issue.code);
  }
  return codes;
}

// The first rule of a text without errors.
inline Rule OneComparisonRule(const std::string& rules) {
  const std::string text = ComparisonText(rules);
  const ParseResult result = ParseRuleSet(text, AllKindSpecs());
  for (const Issue& issue : result.issues) {
    EXPECT_NE(issue.severity, Severity::kError)
        << FormatIssue(issue, "x.yaml", text);
  }
  if (result.rule_set.comparisons.empty() ||
      result.rule_set.comparisons[0].rules.empty()) {
    ADD_FAILURE() << "no rule in " << rules;
    return Rule{};
  }
  return result.rule_set.comparisons[0].rules[0];
}

inline ComparisonPlan PlanOf(const std::string& rules) {
  const auto plan =
      CompileComparison(OneComparisonRule(rules), {}, absl::FromUnixSeconds(1));
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : ComparisonPlan{};
}

inline Result JudgedComparison(const std::string& rules,
                               const ComparisonObservation& observation) {
  Result result;
  JudgeComparison(OneComparisonRule(rules), {}, absl::FromUnixSeconds(1),
                  PlanOf(rules), observation, result);
  return result;
}

}  // namespace assay

#endif  // ASSAY_TESTS_KINDS_COMPARISONS_OF_H_
