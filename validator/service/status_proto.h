// SPDX-License-Identifier: Apache-2.0
// absl::Status → grpc::Status with google.rpc details, the one conversion.
//
// Stateless; thread-safe. Every error gets one ErrorInfo with domain "assay";
// message and details together stay below the 8 KiB that gRPC gives trailers.
#ifndef ASSAY_VALIDATOR_SERVICE_STATUS_PROTO_H_
#define ASSAY_VALIDATOR_SERVICE_STATUS_PROTO_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "assay/v1/run.pb.h"
#include "grpcpp/support/status.h"
#include "rules/verdict/result.h"
#include "validator/base/issue.h"

namespace assay::service {

inline constexpr int kMaxViolations = 20;

// Returns `status` with the time after which to try again.
absl::Status WithRetryAfter(const absl::Status& status, absl::Duration after);

// Returns `status` for the wire. Errors that ask to come later get RetryInfo,
// of WithRetryAfter or else 2 s: all that may be retried and are
// RESOURCE_EXHAUSTED, and kAuditFailed. `issues` (of kRuleSetInvalid) become a
// BadRequest of at most kMaxViolations, errors first; metadata "issue_count"
// has their true number. A status without a reason is logged and sent as
// INTERNAL.
grpc::Status ToGrpcStatus(const absl::Status& status,
                          const std::vector<Issue>& issues = {});

// The same error as data, for Run.error and TestConnectionResponse.error.
v1::Error ToErrorProto(const absl::Status& status);
v1::Error ToErrorProto(const ResultError& error);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_STATUS_PROTO_H_
