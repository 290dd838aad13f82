// SPDX-License-Identifier: Apache-2.0
// The look of the HTML pages, and what a browser may do with them.
//
// Constants; thread-safe.
#ifndef ASSAY_VALIDATOR_REPORT_HTML_STYLE_H_
#define ASSAY_VALIDATOR_REPORT_HTML_STYLE_H_

#include <string>
#include <string_view>

namespace assay::report {

// The content of <style> and of <script>, byte for byte.
std::string_view HtmlStyle();
std::string_view HtmlScript();

// The policy as it stands in the page itself, where `frame-ancestors` means
// nothing; HtmlContentSecurityPolicy() is this and that.
std::string HtmlPagePolicy();

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_HTML_STYLE_H_
