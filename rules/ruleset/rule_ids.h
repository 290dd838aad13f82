// SPDX-License-Identifier: Apache-2.0
// Ids of rules: given, or made from table, kind and arguments.
#ifndef ASSAY_RULES_RULESET_RULE_IDS_H_
#define ASSAY_RULES_RULESET_RULE_IDS_H_

#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"

namespace assay {

// Gives each rule without an id "<table>.<kind>.<id_params>", with "_2", "_3"
// … where that is taken; given ids come first, so that adding one never renames
// it, then the rules of tables. A comparison has its source's table in its ids.
// An issue for an id that is given twice.
void AssignRuleIds(RuleSet& rule_set, ParseContext& context);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_RULE_IDS_H_
