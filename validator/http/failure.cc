// SPDX-License-Identifier: Apache-2.0
#include "validator/http/failure.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "nlohmann/json.hpp"
#include "validator/base/status.h"
#include "validator/http/request_message.h"
#include "validator/service/status_proto.h"

namespace assay::http {
namespace {

struct CodeRow {
  grpc::StatusCode code;
  const char* name;
  int http_status;
};

constexpr std::array kCodes = {
    CodeRow{grpc::StatusCode::CANCELLED, "CANCELLED", 499},
    CodeRow{grpc::StatusCode::UNKNOWN, "UNKNOWN", 500},
    CodeRow{grpc::StatusCode::INVALID_ARGUMENT, "INVALID_ARGUMENT", 400},
    CodeRow{grpc::StatusCode::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", 504},
    CodeRow{grpc::StatusCode::NOT_FOUND, "NOT_FOUND", 404},
    CodeRow{grpc::StatusCode::ALREADY_EXISTS, "ALREADY_EXISTS", 409},
    CodeRow{grpc::StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED", 403},
    CodeRow{grpc::StatusCode::RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED", 429},
    CodeRow{grpc::StatusCode::FAILED_PRECONDITION, "FAILED_PRECONDITION", 409},
    CodeRow{grpc::StatusCode::ABORTED, "ABORTED", 409},
    CodeRow{grpc::StatusCode::OUT_OF_RANGE, "OUT_OF_RANGE", 400},
    CodeRow{grpc::StatusCode::UNIMPLEMENTED, "UNIMPLEMENTED", 501},
    CodeRow{grpc::StatusCode::INTERNAL, "INTERNAL", 500},
    CodeRow{grpc::StatusCode::UNAVAILABLE, "UNAVAILABLE", 503},
    CodeRow{grpc::StatusCode::DATA_LOSS, "DATA_LOSS", 500},
    CodeRow{grpc::StatusCode::UNAUTHENTICATED, "UNAUTHENTICATED", 401},
};

// The code is about a database's answer to the server, not about the server's
// to its caller, who must not be asked for another password.
constexpr std::array kBehind = {ErrorReason::kAuthenticationFailed,
                                ErrorReason::kPermissionDenied};

struct TitleRow {
  int status;
  const char* title;
};

constexpr std::array kTitles = {
    TitleRow{200, "OK"},
    TitleRow{302, "Found"},
    TitleRow{400, "Bad Request"},
    TitleRow{401, "Unauthorized"},
    TitleRow{403, "Forbidden"},
    TitleRow{404, "Not Found"},
    TitleRow{405, "Method Not Allowed"},
    TitleRow{408, "Request Timeout"},
    TitleRow{409, "Conflict"},
    TitleRow{413, "Content Too Large"},
    TitleRow{414, "URI Too Long"},
    TitleRow{415, "Unsupported Media Type"},
    TitleRow{417, "Expectation Failed"},
    TitleRow{429, "Too Many Requests"},
    TitleRow{431, "Request Header Fields Too Large"},
    TitleRow{499, "Client Closed Request"},
    TitleRow{500, "Internal Server Error"},
    TitleRow{501, "Not Implemented"},
    TitleRow{502, "Bad Gateway"},
    TitleRow{503, "Service Unavailable"},
    TitleRow{504, "Gateway Timeout"},
    TitleRow{505, "HTTP Version Not Supported"},
};

void ReadDetails(Failure& failure) {
  google::rpc::ErrorInfo info;
  google::rpc::RetryInfo retry;
  for (const auto& detail : failure.details.details()) {
    if (detail.UnpackTo(&info)) failure.reason = info.reason();
    if (detail.UnpackTo(&retry)) {
      const auto& delay = retry.retry_delay();
      failure.retry_after_seconds =
          static_cast<int>(delay.seconds()) + (delay.nanos() > 0 ? 1 : 0);
    }
  }
  for (const ErrorReasonInfo& info_row : ErrorReasons()) {
    if (info_row.name != failure.reason) continue;
    failure.retryable = info_row.retryable;
    if (std::find(kBehind.begin(), kBehind.end(), info_row.reason) !=
        kBehind.end()) {
      failure.http_status = 502;
    }
  }
}

}  // namespace

Failure FailureOf(const grpc::Status& status) {
  Failure out{.status = "UNKNOWN", .message = status.error_message()};
  for (const CodeRow& row : kCodes) {
    if (row.code != status.error_code()) continue;
    out.http_status = row.http_status;
    out.status = row.name;
  }
  if (out.details.ParseFromString(status.error_details())) ReadDetails(out);
  if (out.http_status == 503 && out.retry_after_seconds == 0) {
    out.retry_after_seconds = 2;
  }
  return out;
}

Failure FailureOf(const absl::Status& status, int http_status) {
  Failure out = FailureOf(service::ToGrpcStatus(status));
  if (http_status != 0) out.http_status = http_status;
  return out;
}

std::string TitleOf(int http_status) {
  for (const TitleRow& row : kTitles) {
    if (row.status == http_status) {
      return absl::StrCat(http_status, " ", row.title);
    }
  }
  return absl::StrCat(http_status);
}

void AddFields(const Failure& failure, Response& response) {
  response.status = failure.http_status;
  if (failure.retry_after_seconds > 0) {
    response.fields.push_back(
        {"Retry-After", absl::StrCat(failure.retry_after_seconds)});
  }
  if (failure.http_status == 401) {
    response.fields.push_back({"WWW-Authenticate", "Bearer realm=\"assay\""});
    // For browsers: the token is the password.
    response.fields.push_back(
        {"WWW-Authenticate", "Basic realm=\"assay\", charset=\"UTF-8\""});
  }
}

Response ToJsonResponse(const Failure& failure) {
  using Json = nlohmann::ordered_json;
  Json details = Json::array();
  if (const auto text = ToJson(failure.details); text.ok()) {
    Json whole = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (whole.contains("details")) details = std::move(whole["details"]);
  }
  const Json body = {{"error",
                      {{"code", failure.http_status},
                       {"status", failure.status},
                       {"reason", failure.reason},
                       {"message", failure.message},
                       {"retryable", failure.retryable},
                       {"details", std::move(details)}}}};
  Response out{.content_type = "application/json"};
  out.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  AddFields(failure, out);
  return out;
}

}  // namespace assay::http
