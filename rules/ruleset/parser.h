// SPDX-License-Identifier: Apache-2.0
// Rule set text → RuleSet, with every mistake of the file at once.
//
// Stateless; thread-safe. Needs no database and no network.
#ifndef ASSAY_RULES_RULESET_PARSER_H_
#define ASSAY_RULES_RULESET_PARSER_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rules/ruleset/kind_spec.h"
#include "rules/ruleset/model.h"
#include "validator/base/issue.h"

namespace assay {

// A larger file is refused with one issue.
inline constexpr size_t kMaxRuleSetBytes = 4 << 20;

struct ParseResult {
  RuleSet rule_set;  // Complete only where !HasErrors(issues).
  // In the order of the file; at most 1000, the last of them says so.
  std::vector<Issue> issues;
};

// Parses and lints `yaml`. `kinds` are the known kinds of both scopes. Never
// fails: all
// mistakes are issues. Reported: syntax; unknown, duplicate, missing and
// misplaced keys; anchors, aliases, tags and second documents; wrong types of
// scalars; unknown parameters; two rules with one id; thresholds that cannot
// act; what each kind's check finds.
ParseResult ParseRuleSet(std::string_view yaml,
                         const std::vector<const KindSpec*>& kinds);

// The parameters of one run: name → text, typed by the rule set's declaration.
using ParameterValues = std::map<std::string, std::string>;

// A parameter's value for one run.
struct BoundParameter {
  ParamKind kind = ParamKind::kText;
  std::string text;
  Value value;  // Typed; text for connection, table and column.
};
using BoundParameters = std::map<std::string, BoundParameter>;

// Types `values` and the defaults of `rule_set`. Issues: a value for an unknown
// parameter, no value and no default, a value that does not fit its type.
BoundParameters BindParameters(const RuleSet& rule_set,
                               const ParameterValues& values,
                               std::vector<Issue>& issues);

// The JSON Schema (draft-07) of rule sets with these kinds, for completion in
// editors; pretty-printed, ends in a newline.
std::string RuleSetJsonSchema(const std::vector<const KindSpec*>& kinds);

// docs/rule_kinds.md: a section for each kind, with parameters and example.
std::string RuleKindsMarkdown(const std::vector<const KindSpec*>& kinds);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_PARSER_H_
