// SPDX-License-Identifier: Apache-2.0
// The HTTP listener beside gRPC: sockets, TLS, limits, and what is behind them
// (front.h).
//
// A client that waits holds a socket and some memory, and no thread. Every
// connection has a time limit at each step, and every size a bound:
//
//   fields of a request        16 KiB, within 10 s
//   body                       8 MiB, within 60 s
//   idle between two requests  60 s
//   taking an answer           60 s
//   bodies and answers         256 MiB together, of those above 64 KiB
//   connections                ServerOptions.max_connections; who comes beyond
//                              is told 503 and when to come again
#ifndef ASSAY_VALIDATOR_HTTP_HTTP_SERVER_H_
#define ASSAY_VALIDATOR_HTTP_HTTP_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "validator/base/tls_material.h"
#include "validator/http/front.h"

namespace assay::http {

struct Endpoint {
  std::string host;       // A name or an address, without brackets.
  std::string port;       // Decimal; "0": any that is free.
  std::string unix_path;  // Instead of both, where it is not empty.
};

struct ServerOptions {
  std::vector<Endpoint> endpoints;
  // Names by which clients may call it, beside addresses and "localhost".
  std::vector<std::string> hosts;
  int max_connections = 2000;
  // To the service: grpc::Server::InProcessChannel.
  std::shared_ptr<grpc::Channel> channel;
  // What the service takes as proof that a call comes from here.
  std::string secret;
  // Whether the sender of a request may read /metrics. Never blocks.
  CheckMetrics check_metrics;
  // Where set, TCP endpoints speak TLS. Asked at each accept; a pointer that
  // has changed is a new certificate.
  std::function<std::shared_ptr<const TlsMaterial>()> tls;
};

// Thread-safe.
class Server {
 public:
  // Listens and serves. kArgumentInvalid where an address cannot be had, or
  // where `tls` gives nothing that can be served with. Needs
  // max_connections file descriptors, and raises the soft limit for them.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options);

  // As Shutdown(absl::ZeroDuration()).
  virtual ~Server() = default;

  // Where it listens, in the order of the endpoints: "https://[::1]:7434",
  // "http+unix:/run/assay/http.sock".
  virtual const std::vector<std::string>& urls() const = 0;

  // /readyz says 503 from now on; connections end with their next answer.
  virtual void BeginDrain() = 0;

  // Accepts no more, ends idle connections, waits up to `grace` for answers
  // under way, and ends the rest. The gRPC server must still be there.
  virtual void Shutdown(absl::Duration grace) = 0;
};

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_HTTP_SERVER_H_
