// SPDX-License-Identifier: Apache-2.0
// What a comparison of rows counted, as HTML: differences, causes, columns.
//
// Functions append to `out`; thread-safe on different `out`.
#ifndef ASSAY_VALIDATOR_REPORT_HTML_DIFF_H_
#define ASSAY_VALIDATOR_REPORT_HTML_DIFF_H_

#include "assay/v1/run.pb.h"
#include "validator/report/html_writer.h"

namespace assay::report {

// The counts of `result`'s diff as fields of a list, most important first.
// REQUIRES: an open <dl>.
void AddDiffFields(const v1::RuleResult& result, Html& out);

// Causes and changed columns as tables. Nothing where there are none.
void AddChanges(const v1::DiffCounts& diff, Html& out);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_HTML_DIFF_H_
