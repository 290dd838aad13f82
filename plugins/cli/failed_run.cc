// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/failed_run.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "plugins/cli/client.h"
#include "validator/base/status.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

// "a\n  b" → "a b": messages are indented for the terminal.
std::string OnOneLine(const std::string& text) {
  std::string out;
  for (absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    absl::StrAppend(&out, out.empty() ? "" : " ",
                    absl::StripAsciiWhitespace(line));
  }
  return out;
}

}  // namespace

v1::Run FailedRun(const std::string& reason, const std::string& message,
                  bool retryable) {
  v1::Run run;
  run.set_state(v1::Run::FAILED);
  run.set_verdict(v1::VERDICT_ERROR);
  run.set_decision(v1::DECISION_HOLD);
  run.set_retryable(retryable);
  run.mutable_error()->set_reason(reason);
  run.mutable_error()->set_message(OnOneLine(message));
  run.mutable_error()->set_retryable(retryable);
  return run;
}

void SetLost(const absl::Status& status, v1::Run& run) {
  const bool retryable = ExitCodeOf(status) == report::kExitRetryable;
  const v1::Run failed =
      FailedRun(ReasonName(status), std::string(status.message()), retryable);
  if (run.run_id().empty()) {
    const std::string request_id = run.request_id();
    run = failed;
    run.set_request_id(request_id);
    return;
  }
  run.set_verdict(v1::VERDICT_ERROR);
  run.set_decision(v1::DECISION_HOLD);
  run.set_retryable(retryable);
  *run.mutable_error() = failed.error();
}

bool IsKnownState(v1::Run::State state) {
  return v1::Run::State_IsValid(state) && state != v1::Run::STATE_UNSPECIFIED;
}

std::string ReasonName(const absl::Status& status) {
  const ErrorReason reason = GetReason(status);
  if (reason != ErrorReason::kUnspecified) {
    return GetErrorReasonInfo(reason).name;
  }
  return absl::StatusCodeToString(status.code());
}

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return report::kExitProceed;
  if (MayRetry(status)) return report::kExitRetryable;
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return report::kExitUsage;
    default:
      return report::kExitPermanent;
  }
}

}  // namespace assay::cli
