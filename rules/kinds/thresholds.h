// SPDX-License-Identifier: Apache-2.0
// What kinds of tables and of comparisons share when a judgement becomes a
// verdict. All functions are pure; thread-safe.
#ifndef ASSAY_RULES_KINDS_THRESHOLDS_H_
#define ASSAY_RULES_KINDS_THRESHOLDS_H_

#include <string>

#include "rules/kinds/rule_kind.h"

namespace assay {

// "warn above 10, fail above 0.1% failing rows of rows with a value".
std::string ThresholdText(const Rule& rule, const KindSpec& spec);

// By `broken`, or by the thresholds; without regard to severity.
Verdict VerdictOf(const Rule& rule, const Judgement& judgement);

Verdict OnEmptyVerdict(OnEmpty on_empty);

// The verdict that `severity` leaves.
Verdict WithSeverity(const Rule& rule, Verdict verdict);

// Copies what the judgement found into the result, and the rule's threshold;
// no verdict.
void DescribeJudgement(const Rule& rule, const KindSpec& spec,
                       Judgement judgement, Result& result);

// |number − reference| <= tolerance, exactly: as a percentage it is of
// `reference`, and absolute where that is 0.
bool WithinTolerance(const Decimal& number, const Decimal& reference,
                     const Decimal& tolerance, bool percent);

}  // namespace assay

#endif  // ASSAY_RULES_KINDS_THRESHOLDS_H_
