// SPDX-License-Identifier: Apache-2.0
// The value of `accept` → AcceptedDifferences.
#ifndef ASSAY_RULES_RULESET_READ_ACCEPT_H_
#define ASSAY_RULES_RULESET_READ_ACCEPT_H_

#include <vector>

#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// Appends every mistake; an entry that has one may be left out.
std::vector<AcceptedDifference> ReadAccepted(const YamlNode& node,
                                             ParseContext& context);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_READ_ACCEPT_H_
