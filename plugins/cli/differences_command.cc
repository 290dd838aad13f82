// SPDX-License-Identifier: Apache-2.0
// `assay differences`.
#include <memory>

#include "plugins/cli/commands.h"
#include "plugins/cli/differences.h"
#include "plugins/cli/session.h"
#include "validator/report/outcome.h"

namespace assay::cli {

int DifferencesCommand(const GlobalOptions& global,
                       const DifferencesOptions& options) {
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  const absl::Status status = WriteDifferences(
      (*session)->client(), options.run, options.rule, options.output);
  return status.ok() ? report::kExitProceed : Fail((*session)->Explain(status));
}

}  // namespace assay::cli
