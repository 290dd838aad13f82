// SPDX-License-Identifier: Apache-2.0
// What all HTML pages have in common: the frame, verdicts, times, counts.
//
// Functions append to `out`; thread-safe on different `out`.
#ifndef ASSAY_VALIDATOR_REPORT_HTML_PAGE_H_
#define ASSAY_VALIDATOR_REPORT_HTML_PAGE_H_

#include <string>
#include <string_view>

#include "assay/v1/run.pb.h"
#include "validator/report/html_report.h"
#include "validator/report/html_writer.h"

namespace assay::report {

struct HtmlFrame {
  std::string title;
  // Colours the page's icon; UNSPECIFIED: not judged.
  v1::Verdict verdict = v1::VERDICT_UNSPECIFIED;
  int refresh_seconds = 0;  // 0: never.
  // Of the line at the top, behind "Runs"; empty: no line.
  std::string rule_set;
};

// The whole page around `body`.
std::string HtmlPage(const HtmlFrame& frame, const Html& body,
                     const HtmlOptions& options);

// The class that gives an element a verdict's colours: "pass", "fail" …;
// "none" for UNSPECIFIED.
void AddVerdictClass(v1::Verdict verdict, Html& out);

// A sign and the word; UNSPECIFIED: the state's word.
void AddChip(v1::Verdict verdict, v1::Run::State state, Html& out);

// "3 failed · 1 not judged · 12 passed".
void AddCounts(const v1::VerdictCounts& counts, Html& out);

// "2026-01-02 03:04:05 UTC" as <time>; nothing where it is unset.
void AddTime(const google::protobuf::Timestamp& time, Html& out);

// A link to a run, or its id where nothing is served.
void AddRunLink(const std::string& run_id, std::string_view text,
                const HtmlOptions& options, Html& out);

// `value`, as a link where it is a web address.
void AddValueOrLink(std::string_view value, Html& out);

// <dt> and <dd>; nothing where `value` is empty.
void AddField(Markup label, std::string_view value, Html& out);

// Of a duration in seconds.
double SecondsOf(const google::protobuf::Duration& duration);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_HTML_PAGE_H_
