// SPDX-License-Identifier: Apache-2.0
// What the kinds of comparisons share. Not a kind itself.
#ifndef ASSAY_RULES_KINDS_COMPARISON_RULE_H_
#define ASSAY_RULES_KINDS_COMPARISON_RULE_H_

#include <string>
#include <vector>

#include "rules/kinds/comparison_kind.h"

namespace assay {

// `tolerance`: a distance, or a percentage of the source's number.
ParamSpec ToleranceParam();
Tolerance ToleranceOf(const CompileContext& context);
// " ± 0.1%"; "" for none.
std::string ToleranceText(const Tolerance& tolerance);

// `recheck`: {times, after}, which does this with the key.
ParamSpec RecheckParam(KeyUse key_use);
Recheck RecheckOf(const CompileContext& context);
// "; differences read again up to 3 times, 5s apart"; "" for none.
std::string RecheckText(const Recheck& recheck);

// An issue for the whole number `param` where it is 0, or more than `most`.
void CheckCount(const Rule& rule, const std::string& param, int64_t most,
                std::vector<Issue>& issues);
void CheckRecheck(const Rule& rule, std::vector<Issue>& issues);

// Counters and words of observation.diff, for SampleDiff and FullDiff.
Judgement JudgeDiff(const ComparisonObservation& observation);

}  // namespace assay

#endif  // ASSAY_RULES_KINDS_COMPARISON_RULE_H_
