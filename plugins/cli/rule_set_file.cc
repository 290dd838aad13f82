// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/rule_set_file.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "plugins/cli/io.h"
#include "rules/kinds/kinds.h"
#include "rules/ruleset/parser.h"
#include "validator/base/status.h"
#include "validator/report/display.h"

namespace assay::cli {
namespace {

constexpr size_t kMaxParamsBytes = 1 << 20;

}  // namespace

absl::StatusOr<std::string> ReadRuleSet(const std::string& file) {
  absl::StatusOr<std::string> text = ReadInput(file, kMaxRuleSetBytes);
  if (text.ok() && absl::StripAsciiWhitespace(*text).empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file == "-" ? "standard input" : file,
                     ": is empty; a rule set begins "
                     "with 'version: 1' (see `assay kinds`)"));
  }
  return text;
}

absl::StatusOr<TextMap> ReadParams(const std::string& file,
                                   const std::vector<std::string>& pairs) {
  ASSAY_ASSIGN_OR_RETURN(TextMap given, ParsePairs(pairs, "--param"));
  if (file.empty()) return given;
  ASSAY_ASSIGN_OR_RETURN(const std::string text,
                         ReadInput(file, kMaxParamsBytes));
  ASSAY_ASSIGN_OR_RETURN(TextMap out, ParseTexts(text, file));
  for (auto& [key, value] : given) out[key] = value;
  return out;
}

std::vector<Issue> LintLocally(std::string_view text, const TextMap& params,
                               bool with_params) {
  ParseResult parsed = ParseRuleSet(text, AllKindSpecs());
  if (with_params && !HasErrors(parsed.issues)) {
    BindParameters(parsed.rule_set, params, parsed.issues);
  }
  return std::move(parsed.issues);
}

std::string FormatIssues(const std::vector<Issue>& issues,
                         const std::string& file, std::string_view text) {
  std::string out;
  for (const Issue& issue : issues) {
    // The quoted line is data: escaped, but the line ends and tabs that put the
    // caret in its place stay.
    const std::string shown = FormatIssue(issue, file, text);
    for (absl::string_view line : absl::StrSplit(shown, '\n')) {
      std::string escaped;
      for (absl::string_view part : absl::StrSplit(line, '\t')) {
        absl::StrAppend(
            &escaped, escaped.empty() && part.data() == line.data() ? "" : "\t",
            report::Escape(std::string_view(part.data(), part.size())));
      }
      absl::StrAppend(&out, escaped, "\n");
    }
  }
  return out;
}

}  // namespace assay::cli
