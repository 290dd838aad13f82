// SPDX-License-Identifier: Apache-2.0
#include "validator/server/listen.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::server {
namespace {

constexpr std::string_view kUnix = "unix:";

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

class Socket {
 public:
  explicit Socket(int family)
      : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Fail(const std::string& address, const std::string& why) {
  return MakeError(ErrorReason::kArgumentInvalid,
                   absl::StrCat("cannot listen on '", address, "': ", why));
}

absl::StatusOr<AddressList> Resolve(const ListenAddress& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int code =
      getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &list);
  if (code != 0) return Fail(address.target, gai_strerror(code));
  return AddressList(list, &freeaddrinfo);
}

bool IsLoopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(address);
    return ntohl(in->sin_addr.s_addr) >> 24 == 127;
  }
  if (address->sa_family == AF_INET6) {
    const auto* in = reinterpret_cast<const sockaddr_in6*>(address);
    return IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) != 0;
  }
  return false;
}

absl::StatusOr<ListenAddress> ParseUnix(const std::string& text) {
  ListenAddress out;
  out.unix_path = text.substr(kUnix.size());
  // gRPC takes unix:///path for the same.
  if (out.unix_path.starts_with("///")) out.unix_path.erase(0, 2);
  out.target = absl::StrCat("unix:", out.unix_path);
  if (!out.unix_path.starts_with('/')) {
    return Fail(text, "the path must be absolute, as in unix:/run/assay.sock");
  }
  if (out.unix_path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Fail(text,
                absl::StrCat("the path is longer than ",
                             sizeof(sockaddr_un::sun_path) - 1, " bytes"));
  }
  return out;
}

absl::Status CheckReach(const ListenAddress& address) {
  ASSAY_ASSIGN_OR_RETURN(const AddressList list, Resolve(address));
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    if (IsLoopback(at->ai_addr)) continue;
    return Fail(address.target,
                "it can be reached from other machines, and this server does "
                "not both encrypt and ask who calls: whoever reaches it could "
                "read through its connections, or read the tokens of others. "
                "Configure `tls:` and `auth:` (docs/security.md), or listen "
                "on 127.0.0.1 or unix:/path; or, where the network itself is "
                "closed, say --insecure");
  }
  return absl::OkStatus();
}

absl::Status PrepareTcp(const ListenAddress& address) {
  if (address.port == "0") return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(const AddressList list, Resolve(address));
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    const Socket probe(at->ai_family);
    // A machine without IPv6 still serves localhost.
    if (probe.fd() < 0) continue;
    const int on = 1;
    setsockopt(probe.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (at->ai_family == AF_INET6) {
      setsockopt(probe.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
    if (bind(probe.fd(), at->ai_addr, at->ai_addrlen) == 0) continue;
    if (errno == EADDRINUSE) {
      return Fail(address.target,
                  "the port is in use; another assayd may be running. Stop "
                  "it, or choose another port with --listen");
    }
    if (errno == EADDRNOTAVAIL && at->ai_family == AF_INET6) continue;
    return Fail(address.target, std::strerror(errno));
  }
  return absl::OkStatus();
}

absl::Status PrepareUnix(const ListenAddress& address) {
  struct stat info = {};
  if (lstat(address.unix_path.c_str(), &info) != 0) {
    if (errno == ENOENT) {
      const std::string directory = address.unix_path.substr(
          0, std::max<size_t>(1, address.unix_path.rfind('/')));
      if (access(directory.c_str(), W_OK | X_OK) == 0) return absl::OkStatus();
    }
    return Fail(address.target, std::strerror(errno));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return Fail(address.target, "the file exists and is no socket");
  }
  const Socket probe(AF_UNIX);
  sockaddr_un to = {};
  to.sun_family = AF_UNIX;
  address.unix_path.copy(to.sun_path, sizeof(to.sun_path) - 1);
  if (connect(probe.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) ==
      0) {
    return Fail(address.target,
                "another server listens there; stop it, or choose another "
                "path with --listen");
  }
  if (errno != ECONNREFUSED) {
    return Fail(address.target, std::strerror(errno));
  }
  if (unlink(address.unix_path.c_str()) != 0) {
    return Fail(address.target, absl::StrCat("cannot remove the stale socket: ",
                                             std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text,
                                                 Reach reach) {
  const std::string whole(text);
  if (text.starts_with(kUnix)) return ParseUnix(whole);
  ListenAddress out;
  out.target = whole;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return Fail(whole, "it must be host:port or unix:/path");
  }
  out.host = whole.substr(0, colon);
  out.port = whole.substr(colon + 1);
  if (out.host.starts_with('[') && out.host.ends_with(']')) {
    out.host = out.host.substr(1, out.host.size() - 2);
  } else if (out.host.find(':') != std::string::npos) {
    return Fail(whole, "write IPv6 addresses in brackets, as in [::1]:7433");
  }
  int port = -1;
  const char* end = out.port.data() + out.port.size();
  const auto parsed = std::from_chars(out.port.data(), end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end || port < 0 ||
      port > 65535) {
    return Fail(whole, "the port must be a number from 0 to 65535");
  }
  if (out.host.empty() || out.host == "*") {
    out.host = "0.0.0.0";
    out.target = absl::StrCat(out.host, ":", out.port);
  }
  if (reach == Reach::kThisMachine) ASSAY_RETURN_IF_ERROR(CheckReach(out));
  return out;
}

absl::Status PrepareToListen(const ListenAddress& address) {
  return address.is_unix() ? PrepareUnix(address) : PrepareTcp(address);
}

absl::Status RestrictSocket(const ListenAddress& address) {
  if (!address.is_unix() ||
      chmod(address.unix_path.c_str(), S_IRUSR | S_IWUSR) == 0) {
    return absl::OkStatus();
  }
  return Fail(address.target, std::strerror(errno));
}

}  // namespace assay::server
