// SPDX-License-Identifier: Apache-2.0
// The value of `comparisons` → Comparisons.
#ifndef ASSAY_RULES_RULESET_READ_COMPARISON_H_
#define ASSAY_RULES_RULESET_READ_COMPARISON_H_

#include <vector>

#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// Appends every mistake. Ids of rules stay empty where none are given.
void ReadComparisons(const YamlNode& node, ParseContext& context,
                     std::vector<Comparison>& comparisons);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_READ_COMPARISON_H_
