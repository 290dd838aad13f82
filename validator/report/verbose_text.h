// SPDX-License-Identifier: Apache-2.0
// Every result of a run with counters, samples and SQL, as text.
//
// Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_REPORT_VERBOSE_TEXT_H_
#define ASSAY_VALIDATOR_REPORT_VERBOSE_TEXT_H_

#include <string>

#include "assay/v1/run.pb.h"
#include "validator/report/text_style.h"

namespace assay::report {

// The run's own fields, then all results in the rule set's order. Ends in a
// newline. With `commands` it says how to go on from failed comparisons.
std::string VerboseText(const v1::Run& run, const Style& style, bool commands);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_VERBOSE_TEXT_H_
