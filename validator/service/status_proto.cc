// SPDX-License-Identifier: Apache-2.0
#include "validator/service/status_proto.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "validator/base/log.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/service/utf8.h"

namespace assay::service {
namespace {

// The message travels twice, once percent-encoded to up to three times its
// size: 3 × 1 KiB + 1 KiB + 3.5 KiB leaves room for the names below 8 KiB.
constexpr size_t kMaxMessageBytes = 1024;
constexpr size_t kMaxDetailBytes = 3584;
constexpr size_t kMaxViolationBytes = 300;
constexpr absl::Duration kRetryAfter = absl::Seconds(2);
constexpr char kRetryAfterUrl[] = "assay/retry_after_ms";

std::string PlaceOf(const Issue& issue) {
  if (!issue.range.known()) return "rule_set";
  return absl::StrCat("rule_set:", issue.range.line, ":", issue.range.column);
}

google::rpc::BadRequest ToBadRequest(const std::vector<Issue>& issues) {
  google::rpc::BadRequest out;
  size_t bytes = 0;
  for (const Severity severity : {Severity::kError, Severity::kWarning}) {
    for (const Issue& issue : issues) {
      if (issue.severity != severity) continue;
      google::rpc::BadRequest::FieldViolation violation;
      violation.set_field(PlaceOf(issue));
      std::string text = issue.message;
      if (!issue.hint.empty()) absl::StrAppend(&text, " (", issue.hint, ")");
      violation.set_description(ValidUtf8Prefix(text, kMaxViolationBytes));
      bytes += violation.ByteSizeLong() + 4;
      if (out.field_violations_size() == kMaxViolations ||
          bytes > kMaxDetailBytes) {
        return out;
      }
      *out.add_field_violations() = std::move(violation);
    }
  }
  return out;
}

bool AsksToComeLater(ErrorReason reason) {
  const ErrorReasonInfo& info = GetErrorReasonInfo(reason);
  return reason == ErrorReason::kAuditFailed ||
         reason == ErrorReason::kServerDraining ||
         (info.retryable && info.code == absl::StatusCode::kResourceExhausted);
}

absl::Duration RetryAfterOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRetryAfterUrl);
  int64_t millis = 0;
  if (!payload.has_value() ||
      !absl::SimpleAtoi(std::string(*payload), &millis)) {
    return kRetryAfter;
  }
  return absl::Milliseconds(millis);
}

}  // namespace

absl::Status WithRetryAfter(const absl::Status& status, absl::Duration after) {
  absl::Status out = status;
  // Rounded up: who comes too early is refused again.
  const int64_t millis =
      absl::ToInt64Milliseconds(absl::Ceil(after, absl::Milliseconds(1)));
  out.SetPayload(kRetryAfterUrl, absl::Cord(std::to_string(millis)));
  return out;
}

grpc::Status ToGrpcStatus(const absl::Status& status,
                          const std::vector<Issue>& issues) {
  if (status.ok()) return grpc::Status::OK;
  const std::string text(status.message());
  ErrorReason reason = GetReason(status);
  auto code = static_cast<grpc::StatusCode>(status.raw_code());
  if (reason == ErrorReason::kUnspecified) {
    LogError(absl::StrCat("error without a reason: ", status.ToString()));
    reason = ErrorReason::kInternal;
    code = grpc::StatusCode::INTERNAL;
  }
  Count(Metric::kRequestErrors, {GetErrorReasonInfo(reason).name});
  google::rpc::Status details;
  details.set_code(static_cast<int>(code));
  details.set_message(ValidUtf8Prefix(text, kMaxMessageBytes));

  google::rpc::ErrorInfo info;
  info.set_reason(GetErrorReasonInfo(reason).name);
  info.set_domain("assay");
  if (!issues.empty()) {
    (*info.mutable_metadata())["issue_count"] = std::to_string(issues.size());
  }
  details.add_details()->PackFrom(info);
  if (!issues.empty()) details.add_details()->PackFrom(ToBadRequest(issues));
  if (AsksToComeLater(reason)) {
    const absl::Duration after = RetryAfterOf(status);
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(after));
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(after % absl::Seconds(1))));
    details.add_details()->PackFrom(retry);
  }
  return grpc::Status(code, details.message(), details.SerializeAsString());
}

v1::Error ToErrorProto(const absl::Status& status) {
  const std::string text(status.message());
  return ToErrorProto(ResultError{.reason = GetReason(status),
                                  .message = text,
                                  .retryable = IsRetryable(status)});
}

v1::Error ToErrorProto(const ResultError& error) {
  v1::Error out;
  const ErrorReason reason = error.reason == ErrorReason::kUnspecified
                                 ? ErrorReason::kInternal
                                 : error.reason;
  out.set_reason(GetErrorReasonInfo(reason).name);
  out.set_message(ValidUtf8(error.message));
  out.set_retryable(error.retryable);
  return out;
}

}  // namespace assay::service
