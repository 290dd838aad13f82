// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "plugins/cli/commands.h"
#include "plugins/cli/io.h"
#include "plugins/cli/session.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

// A rule set that somebody has worked on is not lost to a second `init`.
absl::Status CheckOutput(const InitOptions& options) {
  struct stat info {};
  if (options.output == "-" || options.force ||
      stat(options.output.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(options.output,
                   " exists; write to another file, or replace it with "
                   "--force"));
}

}  // namespace

int InitCommand(const GlobalOptions& global, const InitOptions& options) {
  if (const absl::Status status = CheckOutput(options); !status.ok()) {
    return Fail(status);
  }
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  v1::DraftRuleSetRequest request;
  request.set_source(options.source);
  request.set_target(options.target);
  request.set_source_schema(options.source_schema);
  request.set_target_schema(options.target_schema);
  request.mutable_tables()->Add(options.tables.begin(), options.tables.end());
  absl::StatusOr<v1::DraftRuleSetResponse> response =
      (*session)->client().DraftRuleSet(request);
  if (!response.ok()) return Fail((*session)->Explain(response.status()));
  for (const std::string& warning : response->warnings()) {
    Complain(absl::StrCat("warning: ", warning));
  }
  const absl::Status status =
      options.output == "-"
          ? Print(response->rule_set())
          : WriteFileAtomically(options.output, response->rule_set());
  if (!status.ok()) return Fail(status);
  if (options.output != "-") {
    Complain(absl::StrCat("wrote ", options.output,
                          "; read it, then: assay run ", options.output));
  }
  return report::kExitProceed;
}

}  // namespace assay::cli
