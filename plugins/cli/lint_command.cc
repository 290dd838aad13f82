// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "plugins/cli/commands.h"
#include "plugins/cli/io.h"
#include "plugins/cli/rule_set_file.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

using Json = nlohmann::ordered_json;

Json IssueJson(const Issue& issue, const std::string& file) {
  return Json{
      {"file", file},
      {"line", issue.range.line},
      {"column", issue.range.column},
      {"end_line", issue.range.end_line},
      {"end_column", issue.range.end_column},
      {"severity", issue.severity == Severity::kError ? "error" : "warning"},
      {"code", issue.code},
      {"message", issue.message},
      {"hint", issue.hint}};
}

}  // namespace

int LintCommand(const GlobalOptions& /*global*/, const LintOptions& options) {
  Json all = Json::array();
  std::string text;
  size_t errors = 0;
  size_t warnings = 0;
  for (const std::string& file : options.files) {
    const std::string name = file == "-" ? "standard input" : file;
    absl::StatusOr<std::string> rule_set = ReadRuleSet(file);
    std::vector<Issue> issues;
    if (rule_set.ok()) {
      issues = LintLocally(*rule_set, {}, /*with_params=*/false);
    } else {
      // A file that cannot be read is one mistake among the others.
      std::string message(rule_set.status().message());
      if (message.rfind(name + ": ", 0) == 0) {
        message = message.substr(name.size() + 2);
      }
      issues.push_back({Severity::kError, "unreadable_file", message, {}, ""});
    }
    for (const Issue& issue : issues) {
      const bool error = issue.severity == Severity::kError || options.strict;
      ++(error ? errors : warnings);
      all.push_back(IssueJson(issue, file));
    }
    absl::StrAppend(&text,
                    FormatIssues(issues, name, rule_set.ok() ? *rule_set : ""));
  }
  absl::Status status;
  if (options.format == "json") {
    status =
        Print(all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    absl::StrAppend(&text, options.files.size(),
                    options.files.size() == 1 ? " file: " : " files: ", errors,
                    errors == 1 ? " error, " : " errors, ", warnings,
                    warnings == 1 ? " warning\n" : " warnings\n");
    status = Print(text);
  }
  if (!status.ok()) Complain(std::string(status.message()));
  return errors > 0 || !status.ok() ? report::kExitUsage : report::kExitProceed;
}

}  // namespace assay::cli
