// SPDX-License-Identifier: Apache-2.0
// One result as HTML: what was expected and found, differences, samples, SQL.
//
// Functions append to `out`; thread-safe on different `out`.
#ifndef ASSAY_VALIDATOR_REPORT_HTML_RESULT_H_
#define ASSAY_VALIDATOR_REPORT_HTML_RESULT_H_

#include "assay/v1/run.pb.h"
#include "validator/report/findings.h"
#include "validator/report/html_report.h"
#include "validator/report/html_writer.h"

namespace assay::report {

struct HtmlResultContext {
  const v1::Run* run = nullptr;  // Not null.
  const HtmlOptions* options = nullptr;
  // Whether the page has the rule set's text, to link to a rule's line.
  bool has_rule_set = false;
  // Whether there is room for samples and SQL.
  bool with_samples = true;
};

// The element that holds the result of this index in the run: "r7".
void AddResultId(int index, Html& out);

// A result that is not PASS, open. `index` is its place in the run.
void AddFinding(const HtmlResultContext& context, const Finding& finding,
                int index, bool open, Html& out);

// Any other result: one line, the rest to be opened.
void AddOther(const HtmlResultContext& context, const v1::RuleResult& result,
              int index, Html& out);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_HTML_RESULT_H_
