// SPDX-License-Identifier: Apache-2.0
// A run that never was, so that every report can say why; and the exit code of
// an error.
//
// Pure functions; thread-safe.
#ifndef ASSAY_PLUGINS_CLI_FAILED_RUN_H_
#define ASSAY_PLUGINS_CLI_FAILED_RUN_H_

#include <string>

#include "absl/status/status.h"
#include "assay/v1/run.pb.h"

namespace assay::cli {

// A terminal run with verdict ERROR, decision HOLD and this error.
v1::Run FailedRun(const std::string& reason, const std::string& message,
                  bool retryable);

// Makes `run`, the last that was seen of it, say that `status` ended the
// waiting: ERROR and HOLD whatever it was.
void SetLost(const absl::Status& status, v1::Run& run);

// Whether this client knows what `state` means; a newer server may have more.
bool IsKnownState(v1::Run::State state);

// The wire name of the reason of `status`, or of its code.
std::string ReasonName(const absl::Status& status);

// 2: the caller's mistake; 3: may pass when tried again; 5: will not.
int ExitCodeOf(const absl::Status& status);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_FAILED_RUN_H_
