// SPDX-License-Identifier: Apache-2.0
#include "validator/http/routes.h"

#include <optional>

#include "absl/strings/match.h"

namespace assay::http {
namespace {

using Bindings = std::vector<std::pair<std::string, std::string>>;

// The bindings of `target` where `pattern` fits it.
std::optional<Bindings> Match(const Target& pattern, const Target& target) {
  if (pattern.segments.size() != target.segments.size() ||
      pattern.verb != target.verb) {
    return std::nullopt;
  }
  Bindings out;
  for (size_t i = 0; i < pattern.segments.size(); ++i) {
    const std::string& want = pattern.segments[i];
    const std::string& have = target.segments[i];
    if (absl::StartsWith(want, "{")) {
      if (have.empty()) return std::nullopt;
      out.emplace_back(want.substr(1, want.size() - 2), have);
    } else if (want != have) {
      return std::nullopt;
    }
  }
  return out;
}

// The patterns, parsed once, in the order of Routes().
const std::vector<Target>& Patterns() {
  static const auto* const patterns = [] {
    auto* out = new std::vector<Target>();
    for (const Route& route : Routes()) {
      out->push_back(*ParseTarget(route.path));
    }
    return out;
  }();
  return *patterns;
}

}  // namespace

const std::vector<Route>& Routes() {
  static const auto* const routes = new std::vector<Route>{
      {"POST", "/v1/runs", "StartRun"},
      {"GET", "/v1/runs", "ListRuns"},
      {"GET", "/v1/runs/{run_id}", "GetRun"},
      {"GET", "/v1/runs/{run_id}:wait", "WaitRun"},
      {"POST", "/v1/runs/{run_id}:wait", "WaitRun"},
      {"POST", "/v1/runs/{run_id}:cancel", "CancelRun"},
      {"POST", "/v1/runs/{run_id}:release", "ReleaseHold"},
      {"GET", "/v1/runs/{run_id}/results", "ListResults"},
      {"GET", "/v1/runs/{run_id}/differences", "ListDifferences"},
      {"POST", "/v1/rule_sets:lint", "LintRuleSet"},
      {"POST", "/v1/rule_sets:explain", "ExplainRuleSet"},
      {"POST", "/v1/rule_sets:draft", "DraftRuleSet"},
      {"GET", "/v1/rule_kinds", "ListRuleKinds"},
      {"GET", "/v1/connections", "ListConnections"},
      {"POST", "/v1/connections/{name}:test", "TestConnection"},
      {"GET", "/v1/server", "GetServerInfo"},
  };
  return *routes;
}

RouteMatch FindRoute(const std::string& method, const Target& target) {
  RouteMatch out;
  for (size_t i = 0; i < Routes().size(); ++i) {
    std::optional<Bindings> bindings = Match(Patterns()[i], target);
    if (!bindings) continue;
    const Route& route = Routes()[i];
    out.allowed.emplace_back(route.method);
    if (route.method != method) continue;
    out.route = &route;
    out.bindings = *std::move(bindings);
  }
  return out;
}

}  // namespace assay::http
