// SPDX-License-Identifier: Apache-2.0
// Addresses to listen on, checked before gRPC sees them: gRPC's own errors say
// neither why nor what to do, and it takes a live server's Unix socket away.
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_SERVER_LISTEN_H_
#define ASSAY_VALIDATOR_SERVER_LISTEN_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace assay::server {

struct ListenAddress {
  std::string target;     // As gRPC takes it: "127.0.0.1:7433", "unix:/path".
  std::string host;       // Without brackets; empty for a Unix socket.
  std::string port;       // Decimal.
  std::string unix_path;  // Empty for TCP.

  bool is_unix() const { return !unix_path.empty(); }
};

enum class Reach {
  kThisMachine,  // Loopback and Unix sockets only.
  kAnywhere,     // With TLS and authentication, or --insecure.
};

// Parses "host:port", "[::1]:port" or "unix:/path". kArgumentInvalid where it
// is neither, or where it can be reached from further than `reach` allows: a
// name must resolve to loopback addresses only. May ask DNS.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text,
                                                 Reach reach);

// Makes sure that `address` is free: fails with a clear message where a port is
// in use or forbidden, and where a server listens on the Unix socket; removes a
// socket file that nobody listens on.
absl::Status PrepareToListen(const ListenAddress& address);

// Only the owner may connect. Call it after binding; start under umask 0077, so
// that there is no moment in between.
absl::Status RestrictSocket(const ListenAddress& address);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_LISTEN_H_
