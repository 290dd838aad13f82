// SPDX-License-Identifier: Apache-2.0
// Rules as the parser makes them, for tests of the kinds.
#ifndef ASSAY_TESTS_KINDS_RULES_OF_H_
#define ASSAY_TESTS_KINDS_RULES_OF_H_

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rules/kinds/kinds.h"
#include "rules/ruleset/parser.h"

namespace assay {

// A rule set of one table whose rules are `rules`, unindented, each "- ".
inline std::string RuleSetText(const std::string& rules) {
  std::string out =
      "version: 1\nname: x\nparams:\n"
      "  limit: {type: integer, default: 7}\n"
      "  what: {type: text, default: it's}\n"
      "tables:\n- connection: c\n  table: t\n  rules:\n";
  bool start = true;
  for (const char c : rules) {
    if (start) out += "  ";
    out += c;
    start = c == '\n';
  }
  return out + "\n";
}

inline ParseResult ParseRules(const std::string& rules) {
  return ParseRuleSet(RuleSetText(rules), AllKindSpecs());
}

// The errors' codes; an unused parameter of RuleSetText is a warning.
inline std::vector<std::string> ErrorCodes(const std::string& rules) {
  std::vector<std::string> codes;
  for (const Issue& issue : ParseRules(rules).issues) {
    if (issue.severity == Severity::kError) codes.push_back(issue.code);
  }
  return codes;
}

// The first rule of a text without errors.
inline Rule OneRule(const std::string& rules) {
  const ParseResult result = ParseRules(rules);
  for (const Issue& issue : result.issues) {
    EXPECT_NE(issue.severity, Severity::kError)
        << FormatIssue(issue, "x.yaml", RuleSetText(rules));
  }
  if (result.rule_set.tables.empty() ||
      result.rule_set.tables[0].rules.empty()) {
    ADD_FAILURE() << "no rule in " << rules;
    return Rule{};
  }
  return result.rule_set.tables[0].rules[0];
}

}  // namespace assay

#endif  // ASSAY_TESTS_KINDS_RULES_OF_H_
