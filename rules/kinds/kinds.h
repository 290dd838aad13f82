// SPDX-License-Identifier: Apache-2.0
// The list of all kinds of rules about one table, in the order of the
// documentation (kinds.inc).
#ifndef ASSAY_RULES_KINDS_KINDS_H_
#define ASSAY_RULES_KINDS_KINDS_H_

#include <string_view>
#include <vector>

#include "rules/kinds/rule_kind.h"
#include "rules/ruleset/kind_spec.h"

namespace assay {

const std::vector<const RuleKind*>& AllKinds();

// The specs of all kinds for the parser: these, then those of comparisons
// (comparison_kind.h).
const std::vector<const KindSpec*>& AllKindSpecs();

// Null where there is no kind of tables of that name.
const RuleKind* FindKind(std::string_view name);

}  // namespace assay

#endif  // ASSAY_RULES_KINDS_KINDS_H_
