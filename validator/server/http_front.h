// SPDX-License-Identifier: Apache-2.0
// Wires the HTTP listener to the service.
#ifndef ASSAY_VALIDATOR_SERVER_HTTP_FRONT_H_
#define ASSAY_VALIDATOR_SERVER_HTTP_FRONT_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/http/http_server.h"
#include "validator/server/identity.h"
#include "validator/server/listen.h"
#include "validator/server/server_config_http.h"

namespace grpc {
class Server;
}

namespace assay::server {

// Serves on `addresses`, which PrepareToListen has found free, with `server`
// behind it. The result must be shut down before `server` is, and `identity`
// must outlive it.
absl::StatusOr<std::unique_ptr<http::Server>> StartHttp(
    const HttpConfig& config, const std::vector<ListenAddress>& addresses,
    grpc::Server& server, Identity& identity);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_HTTP_FRONT_H_
