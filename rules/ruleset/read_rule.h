// SPDX-License-Identifier: Apache-2.0
// One item of a `rules` list → Rule.
#ifndef ASSAY_RULES_RULESET_READ_RULE_H_
#define ASSAY_RULES_RULESET_READ_RULE_H_

#include <optional>
#include <string>
#include <vector>

#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// Appends every mistake of the rule, whose kind is of the context's scope;
// nullopt where its kind is not known.
// `Rule::id` stays empty where none is given.
std::optional<Rule> ReadRule(const YamlNode& node, ParseContext& context);

// The items of `node`, the value of a key `rules`. `hint` is for a `node` that
// is no list.
std::vector<Rule> ReadRules(const YamlNode& node, const std::string& hint,
                            ParseContext& context);

// The texts of `tags`.
std::vector<std::string> ReadTags(const YamlNode& node, ParseContext& context);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_READ_RULE_H_
