// SPDX-License-Identifier: Apache-2.0
#include "validator/http/browser_safety.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/service/utf8.h"

namespace assay::http {
namespace {

absl::Status Bad(const std::string& message) {
  return MakeError(ErrorReason::kHttpRequestInvalid, message);
}

// "Example.org:80" -> "example.org", "[::1]:80" -> "::1".
std::string NameOf(std::string_view host) {
  std::string out = absl::AsciiStrToLower(std::string(host));
  if (absl::StartsWith(out, "[")) {
    const size_t end = out.find(']');
    return end == std::string::npos ? "" : out.substr(1, end - 1);
  }
  out = out.substr(0, out.find(':'));
  if (absl::EndsWith(out, ".")) out.pop_back();
  return out;
}

bool IsAddress(const std::string& name) {
  in_addr v4 = {};
  in6_addr v6 = {};
  return inet_pton(AF_INET, name.c_str(), &v4) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &v6) == 1;
}

// Of answers that bring no policy of their own: nothing is loaded, nowhere are
// they shown in a frame.
constexpr char kStrictPolicy[] =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'";

bool Has(const Response& response, const std::string& name) {
  return std::any_of(response.fields.begin(), response.fields.end(),
                     [&name](const Field& f) { return f.name == name; });
}

}  // namespace

absl::Status CheckHost(const Request& request,
                       const std::vector<std::string>& hosts) {
  if (Count(request, "host") > 1) return Bad("the field Host is given twice");
  if (request.caller.unix_socket) return absl::OkStatus();
  if (request.caller.encrypted && hosts.empty()) return absl::OkStatus();
  // Browsers always say it; what does not is HTTP/1.0.
  if (Count(request, "host") == 0) return absl::OkStatus();
  const std::string_view host = Get(request, "host");
  const std::string name = NameOf(host);
  if (name == "localhost" || IsAddress(name)) return absl::OkStatus();
  if (std::any_of(hosts.begin(), hosts.end(), [&](const std::string& one) {
        return NameOf(one) == name;
      })) {
    return absl::OkStatus();
  }
  return Bad(absl::StrCat(
      "this server is not known as '", service::ValidUtf8Prefix(host, 100),
      "'; where that is its name, or a proxy's, add it to `http: hosts:` of "
      "the configuration"));
}

absl::Status CheckSite(const Request& request, const Target& target) {
  const std::string_view site = Get(request, "sec-fetch-site");
  if (site.empty() || site == "same-origin" || site == "none") {
    return absl::OkStatus();
  }
  const bool api = !target.segments.empty() && target.segments[0] == "v1";
  if (!api && Get(request, "sec-fetch-mode") == "navigate") {
    return absl::OkStatus();
  }
  return Bad("a page of another site asks this in its reader's place");
}

void AddSafetyFields(Response& response) {
  auto& fields = response.fields;
  if (!Has(response, "Content-Security-Policy")) {
    fields.push_back({"Content-Security-Policy", kStrictPolicy});
  }
  fields.push_back({"X-Content-Type-Options", "nosniff"});
  fields.push_back({"X-Frame-Options", "DENY"});
  fields.push_back({"Referrer-Policy", "no-referrer"});
  fields.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  // Answers are data of the user's, and of the moment.
  fields.push_back({"Cache-Control", "no-store"});
}

}  // namespace assay::http
