// SPDX-License-Identifier: Apache-2.0
#include "validator/http/api.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/status.h"
#include "validator/http/failure.h"
#include "validator/http/request_message.h"
#include "validator/http/routes.h"

namespace assay::http {
namespace {

using google::protobuf::Message;

Response Refuse(int http_status, const std::string& message) {
  return ToJsonResponse(FailureOf(
      MakeError(ErrorReason::kHttpRequestInvalid, message), http_status));
}

Response RefuseRoute(const RouteMatch& match) {
  if (match.allowed.empty()) {
    return Refuse(404,
                  "there is nothing at this path; /openapi.json lists "
                  "what there is");
  }
  const std::string allowed = absl::StrJoin(match.allowed, ", ");
  Response out =
      Refuse(405, absl::StrCat("this path is served with ", allowed, " only"));
  out.fields.push_back({"Allow", allowed});
  return out;
}

bool IsJson(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  absl::StripAsciiWhitespace(&type);
  absl::AsciiStrToLower(&type);
  return type == "application/json";
}

absl::StatusOr<std::unique_ptr<Message>> ReadRequest(const RouteMatch& match,
                                                     const Request& request,
                                                     const Target& target) {
  std::unique_ptr<Message> out = Gateway::NewRequest(match.route->rpc);
  if (request.method == "POST") {
    if (!target.query.empty()) {
      return MakeError(ErrorReason::kHttpRequestInvalid,
                       "a POST takes its fields in the body, none in a query");
    }
    ASSAY_RETURN_IF_ERROR(ReadBody(request.body, *out));
  } else {
    ASSAY_RETURN_IF_ERROR(ReadQuery(target.query, *out));
  }
  ASSAY_RETURN_IF_ERROR(ReadPath(match.bindings, *out));
  return out;
}

Response ToResponse(const grpc::Status& status, const Message* message) {
  if (!status.ok()) return ToJsonResponse(FailureOf(status));
  const absl::StatusOr<std::string> body = ToJson(*message);
  if (!body.ok()) return ToJsonResponse(FailureOf(body.status()));
  return {.content_type = "application/json", .body = *body + "\n"};
}

}  // namespace

void AnswerApi(Gateway& gateway, const Request& request, const Target& target,
               const std::shared_ptr<Exchange>& exchange, Answer answer) {
  const bool head = request.method == "HEAD";
  const RouteMatch match =
      FindRoute(head ? std::string("GET") : request.method, target);
  if (match.route == nullptr) return answer(RefuseRoute(match));
  const std::string route = match.route->path;
  if (request.method == "POST" && !IsJson(Get(request, "content-type"))) {
    Response out =
        Refuse(415,
               "say 'Content-Type: application/json', also where the body is "
               "empty");
    out.route = route;
    return answer(std::move(out));
  }
  absl::StatusOr<std::unique_ptr<Message>> message =
      ReadRequest(match, request, target);
  if (!message.ok()) {
    Response out = ToJsonResponse(FailureOf(message.status()));
    out.route = route;
    return answer(std::move(out));
  }
  gateway.Call(match.route->rpc, request, *std::move(message), exchange,
               [route, answer = std::move(answer)](
                   const grpc::Status& status,
                   const std::unique_ptr<Message>& response) {
                 Response out = ToResponse(status, response.get());
                 out.route = route;
                 answer(std::move(out));
               });
}

}  // namespace assay::http
