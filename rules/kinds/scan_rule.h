// SPDX-License-Identifier: Apache-2.0
// What the kinds share whose values are tested outside the database: pattern,
// type. Not a kind itself.
#ifndef ASSAY_RULES_KINDS_SCAN_RULE_H_
#define ASSAY_RULES_KINDS_SCAN_RULE_H_

#include <string>

#include "rules/kinds/rule_kind.h"

namespace assay {

// Counters of a ValueScan. `what` follows the count: "not matching".
Judgement JudgeScanRule(const Observation& observation,
                        const std::string& what);

}  // namespace assay

#endif  // ASSAY_RULES_KINDS_SCAN_RULE_H_
