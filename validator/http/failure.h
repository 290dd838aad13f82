// SPDX-License-Identifier: Apache-2.0
// An error as HTTP says it: the status code that fits, and a body like
// google.rpc.Status with the reasons of docs/errors.md.
//
//   {"error": {"code": 404, "status": "NOT_FOUND", "reason": "RUN_NOT_FOUND",
//              "message": "…", "retryable": false, "details": [ErrorInfo, …]}}
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_FAILURE_H_
#define ASSAY_VALIDATOR_HTTP_FAILURE_H_

#include <string>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"
#include "validator/http/message.h"

namespace assay::http {

struct Failure {
  int http_status = 500;
  std::string status;  // Name of the canonical code: "NOT_FOUND".
  std::string reason;  // Of docs/errors.md.
  std::string message;
  bool retryable = false;
  int retry_after_seconds = 0;  // 0: not said.
  google::rpc::Status details;
};

// What the service answered.
Failure FailureOf(const grpc::Status& status);

// What this room says; `http_status` 0: the one of the status' code.
Failure FailureOf(const absl::Status& status, int http_status = 0);

// "404 Not Found", for titles.
std::string TitleOf(int http_status);

// Fields that go with it whatever the body is: Retry-After, WWW-Authenticate.
void AddFields(const Failure& failure, Response& response);

Response ToJsonResponse(const Failure& failure);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_FAILURE_H_
