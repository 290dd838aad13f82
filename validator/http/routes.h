// SPDX-License-Identifier: Apache-2.0
// Which RPC a method and a path stand for: the one table of the JSON API.
//
// A new RPC is one line of it. The request message of the RPC is filled from
// the path ({field}), and from the query of a GET or the body of a POST; the
// OpenAPI description is made from the same lines.
//
// Immutable; thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_ROUTES_H_
#define ASSAY_VALIDATOR_HTTP_ROUTES_H_

#include <string>
#include <utility>
#include <vector>

#include "validator/http/target.h"

namespace assay::http {

struct Route {
  const char* method;  // "GET" or "POST".
  const char* path;    // "/v1/runs/{run_id}:wait"
  const char* rpc;     // Of assay.v1.ValidationService.
};

// In the order of the description.
const std::vector<Route>& Routes();

struct RouteMatch {
  const Route* route = nullptr;  // Null: see `allowed`.
  // Field of the request message, and its value.
  std::vector<std::pair<std::string, std::string>> bindings;
  // Methods that the path is served with; empty: there is no such path.
  std::vector<std::string> allowed;
};

// `method` is GET, POST or any other word.
RouteMatch FindRoute(const std::string& method, const Target& target);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_ROUTES_H_
