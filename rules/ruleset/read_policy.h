// SPDX-License-Identifier: Apache-2.0
// An entry of `policies` → ColumnPolicy.
#ifndef ASSAY_RULES_RULESET_READ_POLICY_H_
#define ASSAY_RULES_RULESET_READ_POLICY_H_

#include <optional>

#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// Appends every mistake, also of keys that do not go together; nullopt where
// the column or its policy cannot be read at all.
std::optional<ColumnPolicy> ReadPolicy(const YamlEntry& entry,
                                       ParseContext& context);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_READ_POLICY_H_
