// SPDX-License-Identifier: Apache-2.0
#include "validator/server/http_front.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "validator/base/status.h"

namespace assay::server {
namespace {

// Certificates of clients travel as metadata, too.
constexpr int kMaxMetadataBytes = 64 << 10;

http::Endpoint ToEndpoint(const ListenAddress& address) {
  return {.host = address.host,
          .port = address.port,
          .unix_path = address.unix_path};
}

// Metrics are no RPC; who reads them is asked the same.
absl::Status CheckMetrics(const http::Request& request,
                          service::Access& access) {
  service::Credentials credentials{.certificate = request.caller.certificate,
                                   .peer = request.caller.address};
  for (const http::Field& field : request.fields) {
    if (field.name == "authorization") {
      credentials.authorization.push_back(field.value);
    }
  }
  return access
      .Enter(credentials,
             {.name = "Metrics", .needs = service::Operation::kMetrics})
      .status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<http::Server>> StartHttp(
    const HttpConfig& config, const std::vector<ListenAddress>& addresses,
    grpc::Server& server, Identity& identity) {
  http::ServerOptions options;
  for (const ListenAddress& address : addresses) {
    options.endpoints.push_back(ToEndpoint(address));
  }
  options.hosts = config.hosts;
  options.max_connections = config.max_connections;
  grpc::ChannelArguments arguments;
  // The service itself bounds what it answers.
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  options.channel = server.InProcessChannel(arguments);
  options.secret = identity.http_secret();
  options.check_metrics = [&identity](const http::Request& request) {
    return CheckMetrics(request, identity.access());
  };
  options.tls = identity.tls();
  absl::StatusOr<std::unique_ptr<http::Server>> out =
      http::Server::Start(std::move(options));
  if (!out.ok()) return out;
  for (const ListenAddress& address : addresses) {
    ASSAY_RETURN_IF_ERROR(RestrictSocket(address));
  }
  return out;
}

}  // namespace assay::server
