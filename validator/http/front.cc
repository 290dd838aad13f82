// SPDX-License-Identifier: Apache-2.0
#include "validator/http/front.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "validator/base/status.h"
#include "validator/http/browser_safety.h"
#include "validator/http/failure.h"
#include "validator/http/metrics_page.h"
#include "validator/http/openapi.h"
#include "validator/http/pages.h"

namespace assay::http {
namespace {

Failure Refusal(int http_status, const std::string& message) {
  return FailureOf(MakeError(ErrorReason::kHttpRequestInvalid, message),
                   http_status);
}

bool IsPage(const Target& target) {
  return !target.segments.empty() && target.segments[0] == "runs";
}

// An error as whoever asked reads it.
Response Refuse(const Target& target, const Failure& failure) {
  return IsPage(target) ? ToPage(failure) : ToJsonResponse(failure);
}

bool IsKnownMethod(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "POST";
}

Response Text(int status, const std::string& text, const std::string& route) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = text + "\n",
          .route = route};
}

}  // namespace

Front::Front(Gateway* gateway, std::vector<std::string> hosts,
             CheckMetrics check_metrics)
    : gateway_(gateway),
      hosts_(std::move(hosts)),
      check_metrics_(std::move(check_metrics)) {}

void Front::Handle(const Request& request,
                   const std::shared_ptr<Exchange>& exchange, Answer answer) {
  const Answer safe = [answer = std::move(answer)](Response response) {
    if (response.route.empty()) response.route = "other";
    AddSafetyFields(response);
    answer(std::move(response));
  };
  const absl::StatusOr<Target> target = ParseTarget(request.target);
  if (!target.ok()) return safe(ToJsonResponse(FailureOf(target.status())));
  Route(request, *target, exchange, safe);
}

void Front::Route(const Request& request, const Target& target,
                  const std::shared_ptr<Exchange>& exchange, Answer answer) {
  const auto& path = target.segments;
  const std::string first = path.empty() ? "" : path[0];
  const bool alone = path.size() <= 1 && target.verb.empty();
  if (!IsKnownMethod(request.method)) {
    Response out = Refuse(target, Refusal(405, "only GET, HEAD and POST"));
    out.fields.push_back({"Allow", "GET, HEAD, POST"});
    return answer(std::move(out));
  }
  // Probes come by any name, and learn nothing.
  if (alone && first == "healthz") return answer(Text(200, "ok", "/healthz"));
  if (alone && first == "readyz") {
    return answer(draining_ ? Text(503, "draining", "/readyz")
                            : Text(200, "ready", "/readyz"));
  }
  for (const absl::Status& status :
       {CheckHost(request, hosts_), CheckSite(request, target)}) {
    if (!status.ok()) return answer(Refuse(target, FailureOf(status, 403)));
  }
  if (Count(request, "authorization") > 1) {
    return answer(
        Refuse(target, Refusal(400, "the field Authorization is given twice")));
  }
  if (first == "v1") {
    return AnswerApi(*gateway_, request, target, exchange, std::move(answer));
  }
  const bool page = IsPage(target) && target.verb.empty() && path.size() <= 2 &&
                    !path.back().empty();
  const bool known =
      page || (alone && (first.empty() || first == "openapi.json" ||
                         first == "metrics"));
  if (!known) {
    return answer(
        Refuse(target, Refusal(404,
                               "there is nothing at this path; runs are at "
                               "/runs, and /openapi.json describes /v1")));
  }
  if (request.method == "POST") {
    Response out = Refuse(target, Refusal(405, "this path is only read"));
    out.fields.push_back({"Allow", "GET, HEAD"});
    return answer(std::move(out));
  }
  if (page) return AnswerPage(*gateway_, request, target, exchange, answer);
  if (first == "metrics") return answer(Metrics(request));
  if (first == "openapi.json") {
    return answer({.content_type = "application/json",
                   .body = OpenApiText(),
                   .route = "/openapi.json"});
  }
  Response out{.status = 302, .route = "/"};
  out.fields.push_back({"Location", "/runs"});
  answer(std::move(out));
}

Response Front::Metrics(const Request& request) {
  if (const absl::Status status = check_metrics_(request); !status.ok()) {
    Response out = ToJsonResponse(FailureOf(status));
    out.route = "/metrics";
    return out;
  }
  return {.content_type = kMetricsType,
          .body = MetricsText(assay::Metrics::Global().Gather()),
          .route = "/metrics"};
}

}  // namespace assay::http
