// SPDX-License-Identifier: Apache-2.0
// Whether a page is only what our pages are made of, whatever was put into it.
#ifndef ASSAY_TESTS_REPORT_SUPPORT_HTML_CHECKER_H_
#define ASSAY_TESTS_REPORT_SUPPORT_HTML_CHECKER_H_

#include <string>
#include <string_view>

namespace assay::report {

// What is wrong with `page`; empty: nothing. Elements and attributes are of a
// list of their own, elements are closed in order, attributes are quoted and
// none twice, ids are unique, no address leads elsewhere but of http(s), "#…"
// and our own paths, text holds no "<", ">" or bare "&", and nothing loads
// anything.
std::string CheckHtml(std::string_view page);

// `page` without the content of <style> and <script> and without their hashes,
// for goldens that do not change with every colour.
std::string WithoutStyle(std::string_view page);

}  // namespace assay::report

#endif  // ASSAY_TESTS_REPORT_SUPPORT_HTML_CHECKER_H_
