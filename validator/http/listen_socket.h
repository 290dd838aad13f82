// SPDX-License-Identifier: Apache-2.0
// Sockets that listen, and the names of those who come.
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_LISTEN_SOCKET_H_
#define ASSAY_VALIDATOR_HTTP_LISTEN_SOCKET_H_

#include <sys/socket.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace assay::http {

struct Endpoint;

struct ListenSocket {
  int fd = -1;  // Listens, does not block; the caller's to close.
  int family = 0;
  int port = 0;  // 0 for a Unix socket.
};

// A socket for each address that `endpoint`'s host stands for, all on one port.
// kArgumentInvalid where one cannot be had (a machine may lack IPv6).
absl::StatusOr<std::vector<ListenSocket>> Listen(const Endpoint& endpoint);

// "192.0.2.7:4711", "[2001:db8::1]:80", "unix".
std::string AddressText(const sockaddr* address);

// Sees to it that the process may have `count` files open; returns how many it
// may. Takes no more than that: select() of old libraries ends at 1024.
int RaiseFileLimit(int count);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_LISTEN_SOCKET_H_
