// SPDX-License-Identifier: Apache-2.0
// The value of a kind key → Arguments, checked against the kind's ParamSpecs.
#ifndef ASSAY_RULES_RULESET_READ_ARGUMENTS_H_
#define ASSAY_RULES_RULESET_READ_ARGUMENTS_H_

#include <string>
#include <vector>

#include "rules/ruleset/kind_spec.h"
#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// The uniform keys that rules of `kind` take, in the order of the docs.
std::vector<std::string> UniformKeyNames(const KindSpec& kind);

// All uniform keys, of whatever kind.
const std::vector<std::string>& AllUniformKeys();

// Reads the value of `entry`, the kind key of `rule`: a map, the kind's
// shorthand, or nothing. Appends an issue for each argument that is unknown,
// missing, or does not fit; returns whether the arguments are complete.
bool ReadArguments(const KindSpec& kind, const YamlEntry& entry,
                   const YamlNode& rule, ParseContext& context,
                   Arguments& arguments);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_READ_ARGUMENTS_H_
