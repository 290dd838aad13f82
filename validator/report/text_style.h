// SPDX-License-Identifier: Apache-2.0
// The colours of the text report, or none.
//
// Value; thread-safe.
#ifndef ASSAY_VALIDATOR_REPORT_TEXT_STYLE_H_
#define ASSAY_VALIDATOR_REPORT_TEXT_STYLE_H_

#include <string>

#include "assay/v1/run.pb.h"

namespace assay::report {

class Style {
 public:
  explicit Style(bool color) : color_(color) {}

  std::string Verdict(v1::Verdict verdict, const std::string& text) const {
    switch (verdict) {
      case v1::VERDICT_PASS:
        return Paint("32", text);
      case v1::VERDICT_WARN:
        return Paint("33", text);
      case v1::VERDICT_FAIL:
        return Paint("1;31", text);
      default:
        return Paint("1;35", text);
    }
  }
  std::string Decision(v1::Decision decision, const std::string& text) const {
    return Paint(decision == v1::DECISION_PROCEED ? "32" : "1;31", text);
  }
  std::string Bold(const std::string& text) const { return Paint("1", text); }
  std::string Dim(const std::string& text) const { return Paint("2", text); }

 private:
  std::string Paint(const char* code, const std::string& text) const {
    if (!color_) return text;
    return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
  }

  bool color_;
};

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_TEXT_STYLE_H_
