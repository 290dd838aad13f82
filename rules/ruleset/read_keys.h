// SPDX-License-Identifier: Apache-2.0
// Lists of keys, as `accept` and sample_diff take them.
#ifndef ASSAY_RULES_RULESET_READ_KEYS_H_
#define ASSAY_RULES_RULESET_READ_KEYS_H_

#include <optional>
#include <string>
#include <vector>

#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// One or more keys, each a list of as many values as the others; a single value
// is a key of one column. An issue and nullopt where `node` does not fit.
std::optional<std::vector<std::vector<Literal>>> ReadKeys(
    const YamlNode& node, const std::string& what, ParseContext& context);

// An issue for the first of `keys` that has not `columns` values.
void CheckKeySize(const std::vector<std::vector<Literal>>& keys, size_t columns,
                  const std::string& what, ParseContext& context);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_READ_KEYS_H_
