// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/report/display.h"
#include "validator/report/text_report.h"

namespace assay::report {
namespace {

std::string Words(
    const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    absl::StrAppend(&out, out.empty() ? "" : " | ", Escape(word));
  }
  return out;
}

// Several lines as they stand, each escaped and indented.
std::string Indented(const std::string& text) {
  std::string out;
  std::string_view rest(text);
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string line = Escape(rest.substr(0, end));
    absl::StrAppend(&out, line.empty() ? "" : "  ", line, "\n");
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string TextKinds(const std::vector<v1::RuleKind>& kinds) {
  std::vector<std::vector<std::string>> rows{{"KIND", "OF", "SUMMARY"}};
  for (const v1::RuleKind& kind : kinds) {
    rows.push_back(
        {Escape(kind.name()), Escape(kind.scope()), Escape(kind.summary())});
  }
  return AlignedTable(rows, "");
}

std::string TextKind(const v1::RuleKind& kind) {
  std::string out =
      absl::StrCat(Escape(kind.name()),
                   kind.scope() == "comparison" ? " of comparisons: " : ": ",
                   Escape(kind.summary()), "\n\n", Indented(kind.semantics()),
                   "\n");
  if (!kind.counter().empty()) {
    absl::StrAppend(&out, "Thresholds count ", Escape(kind.counter()));
    if (!kind.denominator().empty()) {
      absl::StrAppend(&out, "; percentages are of ",
                      Escape(kind.denominator()));
    }
    out.append(".\n\n");
  }
  if (!kind.params().empty()) {
    std::vector<std::vector<std::string>> rows{{"PARAMETER", "TYPE", ""}};
    for (const v1::KindParam& param : kind.params()) {
      std::string doc = Escape(param.doc());
      if (param.required()) doc = absl::StrCat("Required. ", doc);
      if (!param.default_text().empty()) {
        absl::StrAppend(&doc, " Default: ", Escape(param.default_text()), ".");
      }
      rows.push_back({Escape(param.name()),
                      param.choices().empty() ? Escape(param.type())
                                              : Words(param.choices()),
                      doc});
    }
    absl::StrAppend(&out, AlignedTable(rows, ""), "\n");
  }
  absl::StrAppend(&out, "Example:\n\n", Indented(kind.example()));
  return out;
}

}  // namespace assay::report
