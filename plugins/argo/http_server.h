// SPDX-License-Identifier: Apache-2.0
// A small HTTP server for one caller on the same machine: Argo's agent.
#ifndef ASSAY_PLUGINS_ARGO_HTTP_SERVER_H_
#define ASSAY_PLUGINS_ARGO_HTTP_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace assay::argo {

struct HttpOptions {
  std::string host = "127.0.0.1";  // A loopback address.
  int port = 0;                    // 0: any that is free.
  std::string token;               // What the agent must show.
};

// Answers POST /api/v1/template.execute by calling the handler with the body,
// on up to 16 threads at once; the agent has as many workers.
//
// Only what Argo means by a status is answered with one: 403 for another token,
// 404 for another path, 400 for what is no JSON. Bodies end at 8 MiB, requests
// at 10 s.
class HttpServer {
 public:
  using Handler = std::function<nlohmann::json(const nlohmann::json& args)>;

  // Listens. kInvalidArgument where `options.host` is no loopback address or
  // the port is taken; the message says which.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(HttpOptions options,
                                                           Handler handler);
  // Stops, after the calls in flight.
  ~HttpServer();

  int port() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::argo

#endif  // ASSAY_PLUGINS_ARGO_HTTP_SERVER_H_
