// SPDX-License-Identifier: Apache-2.0
// How the runs of one rule set went, as a chart and a table.
//
// Pure functions; thread-safe.
#ifndef ASSAY_VALIDATOR_REPORT_HTML_HISTORY_H_
#define ASSAY_VALIDATOR_REPORT_HTML_HISTORY_H_

#include <vector>

#include "assay/v1/run.pb.h"
#include "validator/report/html_report.h"
#include "validator/report/html_writer.h"

namespace assay::report {

// A bar for each run, oldest first; nothing where `run` is the only one.
void AddHistory(const v1::Run& run, const std::vector<v1::Run>& history,
                const HtmlOptions& options, Html& out);

// `run` and at most the newest 39 others of `history`, each once, oldest
// first. They point into the arguments.
std::vector<const v1::Run*> HistoryOf(const v1::Run& run,
                                      const std::vector<v1::Run>& history);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_HTML_HISTORY_H_
