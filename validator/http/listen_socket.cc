// SPDX-License-Identifier: Apache-2.0
#include "validator/http/listen_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/http/http_server.h"

namespace assay::http {
namespace {

constexpr int kBacklog = 1024;

absl::Status Fail(const Endpoint& endpoint, const std::string& why) {
  const std::string name = endpoint.unix_path.empty()
                               ? absl::StrCat(endpoint.host, ":", endpoint.port)
                               : absl::StrCat("unix:", endpoint.unix_path);
  return MakeError(ErrorReason::kArgumentInvalid,
                   absl::StrCat("http: cannot listen on '", name, "': ", why));
}

int PortOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

// A socket that listens on `address`; errno where fd is -1.
ListenSocket Open(const sockaddr* address, socklen_t size) {
  ListenSocket out{.family = address->sa_family};
  const int fd =
      socket(out.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return out;
  const int on = 1;
  if (out.family != AF_UNIX) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  }
  if (out.family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  sockaddr_storage bound = {};
  socklen_t bound_size = sizeof(bound);
  if (bind(fd, address, size) != 0 || listen(fd, kBacklog) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &bound_size) != 0) {
    const int error = errno;
    close(fd);
    errno = error;
    return out;
  }
  out.port = PortOf(bound);
  out.fd = fd;
  return out;
}

absl::StatusOr<std::vector<ListenSocket>> ListenUnix(const Endpoint& endpoint) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (endpoint.unix_path.size() >= sizeof(address.sun_path)) {
    return Fail(endpoint, "the path is too long");
  }
  endpoint.unix_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const ListenSocket out =
      Open(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (out.fd < 0) return Fail(endpoint, std::strerror(errno));
  return std::vector<ListenSocket>{out};
}

void SetPort(sockaddr* address, int port) {
  const auto in_order = htons(static_cast<uint16_t>(port));
  if (address->sa_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = in_order;
  } else {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = in_order;
  }
}

}  // namespace

absl::StatusOr<std::vector<ListenSocket>> Listen(const Endpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return ListenUnix(endpoint);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int code = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(),
                                   &hints, &list);
      code != 0) {
    return Fail(endpoint, gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list,
                                                                 &freeaddrinfo);
  std::vector<ListenSocket> out;
  absl::Cleanup close_all = [&out] {
    for (const ListenSocket& socket : out) close(socket.fd);
  };
  for (addrinfo* at = list; at != nullptr; at = at->ai_next) {
    // "Any port" is one port for all of a name's addresses.
    if (!out.empty()) SetPort(at->ai_addr, out.front().port);
    const ListenSocket socket = Open(at->ai_addr, at->ai_addrlen);
    if (socket.fd >= 0) {
      out.push_back(socket);
    } else if (at->ai_family != AF_INET6 ||
               (errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT)) {
      return Fail(endpoint, std::strerror(errno));
    }
  }
  if (out.empty()) return Fail(endpoint, "it stands for no address of ours");
  std::move(close_all).Cancel();
  return out;
}

std::string AddressText(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (address->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(address);
    inet_ntop(AF_INET, &in->sin_addr, text.data(), text.size());
    return absl::StrCat(text.data(), ":", ntohs(in->sin_port));
  }
  if (address->sa_family == AF_INET6) {
    const auto* in = reinterpret_cast<const sockaddr_in6*>(address);
    inet_ntop(AF_INET6, &in->sin6_addr, text.data(), text.size());
    return absl::StrCat("[", text.data(), "]:", ntohs(in->sin6_port));
  }
  return "unix";
}

int RaiseFileLimit(int count) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const auto wanted = static_cast<rlim_t>(count);
  if (limit.rlim_cur < wanted) {
    rlimit raised = limit;
    raised.rlim_cur = std::min(wanted, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<int>(
      std::min<rlim_t>(limit.rlim_cur, static_cast<rlim_t>(INT32_MAX)));
}

}  // namespace assay::http
