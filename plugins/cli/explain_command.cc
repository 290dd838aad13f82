// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "plugins/cli/commands.h"
#include "plugins/cli/io.h"
#include "plugins/cli/rule_set_file.h"
#include "plugins/cli/session.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

std::vector<Issue> FromProto(const v1::ExplainRuleSetResponse& response) {
  std::vector<Issue> out;
  for (const v1::Issue& issue : response.issues()) {
    // What we cannot read is the worse of the two.
    out.push_back(
        {issue.severity() == v1::Issue::WARNING ? Severity::kWarning
                                                : Severity::kError,
         issue.code(),
         issue.message(),
         {issue.line(), issue.column(), issue.end_line(), issue.end_column()},
         issue.hint()});
  }
  return out;
}

}  // namespace

int ExplainCommand(const GlobalOptions& global, const ExplainOptions& options) {
  absl::StatusOr<std::string> text = ReadRuleSet(options.file);
  if (!text.ok()) return Fail(text.status());
  absl::StatusOr<TextMap> params =
      ReadParams(options.params_file, options.params);
  if (!params.ok()) return Fail(params.status());
  const std::string name =
      options.file == "-" ? "standard input" : options.file;
  std::vector<Issue> issues = LintLocally(*text, *params, /*with_params=*/true);
  if (HasErrors(issues)) {
    PrintError(FormatIssues(issues, name, *text));
    return report::kExitUsage;
  }
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  v1::ExplainRuleSetRequest request;
  request.set_rule_set(*text);
  request.mutable_params()->insert(params->begin(), params->end());
  absl::StatusOr<v1::ExplainRuleSetResponse> response =
      (*session)->client().ExplainRuleSet(request);
  if (!response.ok()) return Fail((*session)->Explain(response.status()));
  issues = FromProto(*response);
  PrintError(FormatIssues(issues, name, *text));
  if (HasErrors(issues)) return report::kExitUsage;
  std::string plan = response->text();
  if (!plan.empty() && plan.back() != '\n') plan.push_back('\n');
  const absl::Status status = Print(plan);
  if (!status.ok()) return Fail(status);
  if (response->without_sql() == 0) return report::kExitProceed;
  PrintError(
      absl::StrCat("assay: it cannot be executed as it stands: see (no SQL: …) "
                   "and (cannot run: …) above, ",
                   response->without_sql(),
                   response->without_sql() == 1 ? " time\n" : " times\n"));
  return response->retryable() ? report::kExitRetryable
                               : report::kExitPermanent;
}

}  // namespace assay::cli
