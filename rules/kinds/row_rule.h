// SPDX-License-Identifier: Apache-2.0
// What the kinds share that judge each non-NULL value of one column by a
// predicate: range, enum, length. Not a kind itself.
#ifndef ASSAY_RULES_KINDS_ROW_RULE_H_
#define ASSAY_RULES_KINDS_ROW_RULE_H_

#include <string>

#include "rules/kinds/rule_kind.h"

namespace assay {

// Adds the measures rows, rows with a value, failing rows; sets `failing`,
// `shown` and `subject` of the plan.
void CompileRowRule(const CompileContext& context, const Column& column,
                    ExprPtr failing, RulePlan& plan);

// Counters from these measures. `what` follows the count: "outside".
Judgement JudgeRowRule(const Observation& observation, const std::string& what);

}  // namespace assay

#endif  // ASSAY_RULES_KINDS_ROW_RULE_H_
