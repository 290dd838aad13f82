// SPDX-License-Identifier: Apache-2.0
// Demands on one number: min, max, above, below, equals, tolerance. Shared by
// the kinds that measure a number rather than rows.
#ifndef ASSAY_RULES_KINDS_BOUNDS_H_
#define ASSAY_RULES_KINDS_BOUNDS_H_

#include <optional>
#include <string>
#include <vector>

#include "rules/kinds/rule_kind.h"

namespace assay {

struct NumberDemand {
  std::optional<Decimal> min;
  std::optional<Decimal> max;
  std::optional<Decimal> above;
  std::optional<Decimal> below;
  std::optional<Decimal> equals;
  // Allowed distance from `equals`: absolute, or a percentage of it.
  std::optional<Threshold> tolerance;
};

// The ParamSpecs of min, max, above, below, equals, tolerance.
std::vector<ParamSpec> NumberDemandParams();

// Reads them from the rule's arguments.
NumberDemand NumberDemandOf(const CompileContext& context);

// Exact. A NaN or a value that is no number satisfies nothing.
bool Satisfies(const Value& value, const NumberDemand& demand);

// "between 1 and 10", "= 67416.51 ± 0.1%".
std::string DemandText(const NumberDemand& demand);

// Issues: no bound at all, min above max, tolerance without equals, equals
// beside bounds.
void CheckNumberDemand(const Rule& rule, std::vector<Issue>& issues);

// Issues for a pair of a lower and an upper bound that both stand in `rule`
// (min/above, max/below): both forms of one side, none at all.
void CheckBoundKeys(const Rule& rule, std::vector<Issue>& issues);

}  // namespace assay

#endif  // ASSAY_RULES_KINDS_BOUNDS_H_
