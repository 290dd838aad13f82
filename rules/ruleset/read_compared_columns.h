// SPDX-License-Identifier: Apache-2.0
// The value of `columns` of a comparison → ComparedColumns.
#ifndef ASSAY_RULES_RULESET_READ_COMPARED_COLUMNS_H_
#define ASSAY_RULES_RULESET_READ_COMPARED_COLUMNS_H_

#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// Appends every mistake; what has one may be left out.
ComparedColumns ReadComparedColumns(const YamlNode& node,
                                    ParseContext& context);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_READ_COMPARED_COLUMNS_H_
