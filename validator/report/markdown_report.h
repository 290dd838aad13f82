// SPDX-License-Identifier: Apache-2.0
// A run as GitHub-flavoured Markdown, short enough for a comment of a pull
// request: verdict, counts, a table of findings, what comparisons found.
//
// Pure; thread-safe. Data can neither break the table nor become a link, a
// mention or HTML.
#ifndef ASSAY_VALIDATOR_REPORT_MARKDOWN_REPORT_H_
#define ASSAY_VALIDATOR_REPORT_MARKDOWN_REPORT_H_

#include <string>

#include "assay/v1/run.pb.h"

namespace assay::report {

// The most findings that the table has.
inline constexpr int kMaxMarkdownFindings = 50;

std::string MarkdownReport(const v1::Run& run);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_MARKDOWN_REPORT_H_
