// SPDX-License-Identifier: Apache-2.0
// What needs no socket: errors, hosts, sites, exchanges, the description.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "validator/base/status.h"
#include "validator/http/browser_safety.h"
#include "validator/http/exchange.h"
#include "validator/http/failure.h"
#include "validator/http/openapi.h"
#include "validator/http/routes.h"
#include "validator/service/status_proto.h"

namespace assay::http {
namespace {

using nlohmann::json;

TEST(FailureTest, EveryReasonHasAStatusAndItsWords) {
  for (const ErrorReasonInfo& info : ErrorReasons()) {
    if (info.reason == ErrorReason::kUnspecified) continue;
    const Failure failure = FailureOf(MakeError(info.reason, "why"));
    EXPECT_GE(failure.http_status, 400) << info.name;
    EXPECT_EQ(failure.reason, info.name);
    EXPECT_EQ(failure.retryable, info.retryable);
    const Response response = ToJsonResponse(failure);
    EXPECT_EQ(response.status, failure.http_status);
    const json error = json::parse(response.body)["error"];
    EXPECT_EQ(error["reason"], info.name);
    EXPECT_EQ(error["message"], "why");
    EXPECT_EQ(error["code"], failure.http_status);
    EXPECT_EQ(error["details"][0]["domain"], "assay");
  }
}

TEST(FailureTest, StatusesAreThoseOfHttp) {
  const auto status = [](ErrorReason reason) {
    return FailureOf(MakeError(reason, "")).http_status;
  };
  EXPECT_EQ(status(ErrorReason::kRuleSetInvalid), 400);
  EXPECT_EQ(status(ErrorReason::kUnauthenticated), 401);
  EXPECT_EQ(status(ErrorReason::kAccessDenied), 403);
  // A database's refusal is not ours.
  EXPECT_EQ(status(ErrorReason::kAuthenticationFailed), 502);
  EXPECT_EQ(status(ErrorReason::kPermissionDenied), 502);
  EXPECT_EQ(status(ErrorReason::kRunNotFound), 404);
  EXPECT_EQ(status(ErrorReason::kRunAlreadyFinished), 409);
  EXPECT_EQ(status(ErrorReason::kRunQueueFull), 429);
  EXPECT_EQ(status(ErrorReason::kInternal), 500);
  EXPECT_EQ(status(ErrorReason::kServerDraining), 503);
}

TEST(FailureTest, RetryInfoIsRetryAfter) {
  const Response full =
      ToJsonResponse(FailureOf(MakeError(ErrorReason::kRunQueueFull, "")));
  EXPECT_EQ(full.status, 429);
  EXPECT_THAT(full.fields,
              testing::Contains(testing::Field(&Field::name, "Retry-After")));
  const Response lost = ToJsonResponse(FailureOf(grpc::Status(
      grpc::StatusCode::UNKNOWN, "bytes \xff", "no details at all")));
  EXPECT_EQ(lost.status, 500);
  EXPECT_TRUE(json::accept(lost.body)) << lost.body;
}

TEST(FailureTest, WhoIsUnknownIsAskedForCredentials) {
  const Response response =
      ToJsonResponse(FailureOf(MakeError(ErrorReason::kUnauthenticated, "")));
  EXPECT_EQ(std::count_if(
                response.fields.begin(), response.fields.end(),
                [](const Field& f) { return f.name == "WWW-Authenticate"; }),
            2);
}

Request From(const std::string& host) { return {.fields = {{"host", host}}}; }

TEST(BrowserSafetyTest, HostIsAnAddressOrAName) {
  const std::vector<std::string> none;
  for (const char* host : {"localhost", "localhost:7434", "127.0.0.1",
                           "10.1.2.3:80", "[::1]", "[fe80::1]:7434"}) {
    EXPECT_TRUE(CheckHost(From(host), none).ok()) << host;
  }
  for (const char* host :
       {"evil.example", "127.0.0.1.evil.example", "[evil]", "[::1", "", ":7434",
        "localhost@evil.example", "0x7f.1", "127.1"}) {
    EXPECT_FALSE(CheckHost(From(host), none).ok()) << host;
  }
  EXPECT_TRUE(CheckHost(From("Gate.example.org:1"), {"gate.EXAMPLE.org"}).ok());
  Request tls = From("any.example");
  tls.caller.encrypted = true;
  EXPECT_TRUE(CheckHost(tls, none).ok());
  EXPECT_FALSE(CheckHost(tls, {"gate.example.org"}).ok());
  Request local = From("any.example");
  local.caller.unix_socket = true;
  EXPECT_TRUE(CheckHost(local, none).ok());
  local.fields.push_back({"host", "other"});
  EXPECT_FALSE(CheckHost(local, none).ok());
}

TEST(BrowserSafetyTest, OtherSitesMayLink) {
  const auto check = [](const char* path, const char* site, const char* mode) {
    const Request request{
        .fields = {{"sec-fetch-site", site}, {"sec-fetch-mode", mode}}};
    return CheckSite(request, *ParseTarget(path)).ok();
  };
  EXPECT_TRUE(check("/runs", "cross-site", "navigate"));
  EXPECT_FALSE(check("/runs", "cross-site", "no-cors"));
  EXPECT_FALSE(check("/v1/runs", "cross-site", "navigate"));
  EXPECT_FALSE(check("/v1/runs", "same-site", "cors"));
  EXPECT_TRUE(check("/v1/runs", "same-origin", "cors"));
  EXPECT_TRUE(check("/v1/runs", "none", "navigate"));
}

TEST(ExchangeTest, CancelRunsWhatIsUnderWay) {
  Exchange exchange;
  int first = 0;
  int second = 0;
  exchange.OnCancel([&first] { ++first; });
  exchange.OnCancel([&second] { ++second; });
  exchange.Cancel();
  exchange.Cancel();
  EXPECT_TRUE(exchange.cancelled());
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
  exchange.OnCancel([&first] { ++first; });
  EXPECT_EQ(first, 1);
}

TEST(OpenApiTest, TheKeptDescriptionIsThatOfTheCode) {
  const std::string path = ASSAY_SOURCE_DIR "/docs/openapi.json";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << OpenApiText();
  }
  std::ifstream file(path);
  const std::string kept{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(kept == OpenApiText())
      << "run: UPDATE_GOLDEN=1 build/dev/tests/assay_http_tests";
}

// Every description in `node` that is empty.
void FindBare(const json& node, const std::string& place,
              std::vector<std::string>& out) {
  for (const auto& [key, value] : node.items()) {
    if (key == "description" && value.is_string() &&
        value.get_ref<const std::string&>().empty())
      out.push_back(place);
    if (value.is_structured()) {
      FindBare(value, absl::StrCat(place, "/", key), out);
    }
  }
}

TEST(OpenApiTest, EverythingIsDescribed) {
  const json document = json::parse(OpenApiText());
  std::vector<std::string> bare;
  FindBare(document, "", bare);
  EXPECT_THAT(bare, testing::IsEmpty());
  for (const Route& route : Routes()) {
    EXPECT_TRUE(document["paths"].contains(route.path)) << route.path;
  }
  const json& start = document["components"]["schemas"]["StartRunRequest"];
  EXPECT_EQ(start["additionalProperties"], false);
  const json& run = document["components"]["schemas"]["Run"];
  EXPECT_EQ(run["properties"]["sequence"]["type"], "string");
  EXPECT_THAT(run["required"], testing::Contains("decision"));
}

}  // namespace
}  // namespace assay::http
