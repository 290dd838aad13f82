// SPDX-License-Identifier: Apache-2.0
// What a comparison's parts must hold together.
#ifndef ASSAY_RULES_RULESET_CHECK_COMPARISON_H_
#define ASSAY_RULES_RULESET_CHECK_COMPARISON_H_

#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// Appends the issues of `comparison`, which was read from the map `node`;
// `sides_read`: both sides are as they should be. The context's scope is that
// of comparisons.
void CheckComparison(const YamlNode& node, const Comparison& comparison,
                     bool sides_read, ParseContext& context);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_CHECK_COMPARISON_H_
