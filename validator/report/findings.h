// SPDX-License-Identifier: Apache-2.0
// Which results a reader should see first, and which repeat another.
//
// Pure functions over a Run that must outlive what they return; thread-safe.
#ifndef ASSAY_VALIDATOR_REPORT_FINDINGS_H_
#define ASSAY_VALIDATOR_REPORT_FINDINGS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "assay/v1/run.pb.h"

namespace assay::report {

// A result that is not PASS, and how many others only repeat it.
struct Finding {
  const v1::RuleResult* result = nullptr;
  size_t repeats = 0;  // Other results with the same finding.
};

// All findings of `run`, worst first: FAIL that rolls back and is confirmed,
// FAIL, ERROR, WARN; the rule set's order within. A result is folded into the
// finding that its `same_as_rule_id` names, where that is no less severe.
std::vector<Finding> Findings(const v1::Run& run);

// What was found, in one escaped line: `found`, or the error's message.
std::string FoundText(const v1::RuleResult& result);

// Whether a measure is a finding to read, a line of its own, and no number.
bool IsFoundLine(const v1::Measure& measure);

// What a comparison found, a line each, escaped: the mismatches of two
// catalogs, the tables of a wildcard ("customers: FAIL 603 changed"). With
// `passed` the tables as expected as well. Empty: `found` says it all.
std::vector<std::string> FoundLines(const v1::RuleResult& result,
                                    bool passed = false);

// What stands above these lines: "3 mismatches", "4 tables, 1 failed"; where
// there are none, FoundText.
std::string FoundSummary(const v1::RuleResult& result);

// " (11 more rules not judged for the same reason)", or "".
std::string RepeatsText(const Finding& finding);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_FINDINGS_H_
