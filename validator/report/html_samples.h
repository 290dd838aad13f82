// SPDX-License-Identifier: Apache-2.0
// Samples of a result as HTML tables: source beside target, or rows.
//
// Pure functions; thread-safe.
#ifndef ASSAY_VALIDATOR_REPORT_HTML_SAMPLES_H_
#define ASSAY_VALIDATOR_REPORT_HTML_SAMPLES_H_

#include <string>
#include <string_view>

#include "assay/v1/run.pb.h"
#include "assay/v1/value.pb.h"
#include "validator/report/html_writer.h"

namespace assay::report {

// All samples of `result`, in its order, and its note about them. Rows of
// comparisons have a line for each column, what differs marked within.
void AddSamples(const v1::RuleResult& result, Html& out);

// What two texts have in common before and behind what differs, in bytes, at
// whole characters.
struct CommonEnds {
  size_t front = 0;
  size_t back = 0;
};
CommonEnds FindCommonEnds(std::string_view a, std::string_view b);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_HTML_SAMPLES_H_
