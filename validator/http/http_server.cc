// SPDX-License-Identifier: Apache-2.0
#include "validator/http/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/basic_socket_acceptor.hpp"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/strand.hpp"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/http/connections.h"
#include "validator/http/gateway.h"
#include "validator/http/listen_socket.h"
#include "validator/http/session.h"
#include "validator/http/tls_context.h"

namespace assay::http {
namespace {

namespace net = boost::asio;
using Acceptor = net::basic_socket_acceptor<net::generic::stream_protocol>;
using Error = boost::system::error_code;

// They read, convert and write; none of them waits for a run.
constexpr unsigned kMaxThreads = 8;
// Beside connections: databases, files, gRPC's own.
constexpr int kOtherFiles = 1024;
constexpr std::chrono::milliseconds kAcceptPause{100};

std::string UrlOf(const Endpoint& endpoint, int port, bool encrypted) {
  if (!endpoint.unix_path.empty()) {
    return absl::StrCat("http+unix:", endpoint.unix_path);
  }
  const bool brackets = absl::StrContains(endpoint.host, ":");
  return absl::StrCat(encrypted ? "https://" : "http://", brackets ? "[" : "",
                      endpoint.host, brackets ? "]" : "", ":", port);
}

class Impl final : public Server {
 public:
  explicit Impl(ServerOptions options)
      : endpoints_(std::move(options.endpoints)),
        tls_(options.tls == nullptr
                 ? nullptr
                 : std::make_unique<TlsContexts>(std::move(options.tls))),
        connections_(options.max_connections),
        gateway_(
            std::move(options.channel), std::move(options.secret),
            [this](Gateway::Task task) { net::post(io_, std::move(task)); }),
        front_(&gateway_, std::move(options.hosts),
               std::move(options.check_metrics)) {
    const int wanted = options.max_connections + kOtherFiles;
    if (const int files = RaiseFileLimit(wanted); files < wanted) {
      LogWarning(absl::StrCat("http: only ", files, " files may be open; ",
                              options.max_connections, " connections want ",
                              wanted, " (LimitNOFILE of the unit, ulimit -n)"));
    }
  }

  // A thread that cannot be ended would use what is gone: better to abort.
  // NOLINTNEXTLINE(bugprone-exception-escape)
  ~Impl() override { Shutdown(absl::ZeroDuration()); }

  absl::Status Listen() {
    if (tls_ != nullptr) ASSAY_RETURN_IF_ERROR(tls_->Get().status());
    for (const Endpoint& endpoint : endpoints_) {
      ASSAY_ASSIGN_OR_RETURN(const std::vector<ListenSocket> sockets,
                             http::Listen(endpoint));
      urls_.push_back(UrlOf(endpoint, sockets.front().port, tls_ != nullptr));
      for (const ListenSocket& socket : sockets) {
        acceptors_.push_back(std::make_unique<Listener>(io_));
        acceptors_.back()->acceptor.assign(
            net::generic::stream_protocol(socket.family, 0), socket.fd);
        acceptors_.back()->encrypted =
            tls_ != nullptr && socket.family != AF_UNIX;
      }
    }
    return absl::OkStatus();
  }

  void Run() {
    for (const auto& listener : acceptors_) Accept(*listener);
    const unsigned count =
        std::clamp(std::thread::hardware_concurrency(), 2U, kMaxThreads);
    for (unsigned i = 0; i < count; ++i) {
      threads_.emplace_back([this] { Work(); });
    }
  }

  const std::vector<std::string>& urls() const override { return urls_; }

  void BeginDrain() override { front_.BeginDrain(); }

  void Shutdown(absl::Duration grace) override {
    BeginDrain();
    connections_.Close();
    for (const auto& listener : acceptors_) {
      net::post(listener->acceptor.get_executor(), [&listener] {
        Error ignored;
        listener->acceptor.close(ignored);
        listener->pause.cancel();
      });
    }
    for (const auto& one : connections_.All()) one->EndWhenIdle();
    if (!threads_.empty() && !connections_.AwaitNone(grace)) {
      for (const auto& one : connections_.All()) one->Abort();
      connections_.AwaitNone(absl::InfiniteDuration());
    }
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  struct Listener {
    explicit Listener(net::io_context& io)
        : acceptor(net::make_strand(io)), pause(acceptor.get_executor()) {}
    Acceptor acceptor;
    net::steady_timer pause;
    bool encrypted = false;
  };

  void Work() {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception& e) {
        // Its connection is gone with its handler; the others go on.
        LogError(absl::StrCat("http: ", e.what()));
      }
    }
  }

  void Accept(Listener& listener) {
    listener.acceptor.async_accept(
        net::make_strand(io_),
        [this, &listener](const Error& error, Socket socket) {
          if (!listener.acceptor.is_open()) return;
          if (!error) {
            Welcome(listener, std::move(socket));
            return Accept(listener);
          }
          if (error == net::error::connection_aborted) return Accept(listener);
          LogError(absl::StrCat("http: cannot accept: ", error.message()));
          listener.pause.expires_after(kAcceptPause);
          listener.pause.async_wait([this, &listener](const Error& cancelled) {
            if (!cancelled && listener.acceptor.is_open()) Accept(listener);
          });
        });
  }

  void Welcome(const Listener& listener, Socket socket) {
    Error error;
    const auto remote = socket.remote_endpoint(error);
    if (error) return;  // Gone already.
    Caller caller{.address =
                      AddressText(static_cast<const sockaddr*>(remote.data()))};
    caller.unix_socket = caller.address == "unix";
    caller.encrypted = listener.encrypted;
    if (!caller.unix_socket) {
      const int on = 1;
      setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on,
                 sizeof(on));
    }
    TlsContext tls;
    if (listener.encrypted) {
      auto context = tls_->Get();
      if (!context.ok()) return;  // Cannot be: the first one was good.
      tls = *std::move(context);
    }
    Serve(std::move(socket), tls, std::move(caller), &front_, &connections_);
  }

  const std::vector<Endpoint> endpoints_;
  const std::unique_ptr<TlsContexts> tls_;
  net::io_context io_;
  std::optional<net::executor_work_guard<net::io_context::executor_type>>
      work_ = net::make_work_guard(io_);
  Connections connections_;
  Gateway gateway_;
  Front front_;
  std::vector<std::unique_ptr<Listener>> acceptors_;
  std::vector<std::string> urls_;
  std::vector<std::thread> threads_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options) {
  auto out = std::make_unique<Impl>(std::move(options));
  ASSAY_RETURN_IF_ERROR(out->Listen());
  out->Run();
  return std::unique_ptr<Server>(std::move(out));
}

}  // namespace assay::http
