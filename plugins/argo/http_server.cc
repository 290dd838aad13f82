// SPDX-License-Identifier: Apache-2.0
#include "plugins/argo/http_server.h"

#include <openssl/crypto.h>

#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/asio/awaitable.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/redirect_error.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/strand.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/string_body.hpp"
#include "boost/beast/http/write.hpp"
#include "validator/base/log.h"

namespace assay::argo {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Error = boost::system::error_code;
using nlohmann::json;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr char kPath[] = "/api/v1/template.execute";
constexpr uint64_t kMaxBodyBytes = 8 << 20;
constexpr uint32_t kMaxHeadBytes = 16 << 10;
constexpr std::chrono::seconds kReadTime{10};
constexpr std::chrono::seconds kIdleTime{90};
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr int kThreads = 16;
// More than the agent's workers; who else comes here has no business.
constexpr int kMaxSessions = 64;

// Without telling by its time how much of it was right.
bool IsToken(std::string_view given, const std::string& token) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!given.starts_with(kScheme)) return false;
  given.remove_prefix(kScheme.size());
  return given.size() == token.size() &&
         CRYPTO_memcmp(given.data(), token.data(), token.size()) == 0;
}

}  // namespace

struct HttpServer::Impl {
  HttpOptions options;
  Handler handler;
  net::io_context context{kThreads};
  net::ip::tcp::acceptor acceptor{context};
  std::vector<std::thread> threads;
  std::atomic<int> sessions = 0;
  int port = 0;

  Response Answer(const Request& request) const {
    const auto say = [&](http::status status, const std::string& text,
                         const char* type = "text/plain; charset=utf-8") {
      Response out(status, 11);
      out.set(http::field::content_type, type);
      out.keep_alive(request.keep_alive());
      out.body() = text;
      out.prepare_payload();
      return out;
    };
    const beast::string_view target = request.target();
    if (target != kPath) {
      return say(http::status::not_found,
                 "this plugin knows template.execute only");
    }
    const beast::string_view given = request[http::field::authorization];
    if (!IsToken({given.data(), given.size()}, options.token)) {
      LogWarning("a caller without the agent's token was refused");
      return say(http::status::forbidden, "this is not the agent's token");
    }
    if (request.method() != http::verb::post) {
      return say(http::status::method_not_allowed, "POST it");
    }
    const json args = json::parse(request.body(), nullptr, false);
    if (!args.is_object()) {
      return say(http::status::bad_request, "the body is no JSON object");
    }
    const json reply = handler(args);
    return say(http::status::ok,
               reply.dump(-1, ' ', false, json::error_handler_t::replace),
               "application/json");
  }

  net::awaitable<void> Serve(net::ip::tcp::socket socket) {
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    std::chrono::seconds wait = kReadTime;
    for (;;) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(kMaxBodyBytes);
      parser.header_limit(kMaxHeadBytes);
      stream.expires_after(wait);
      Error error;
      co_await http::async_read(stream, buffer, parser,
                                net::redirect_error(net::use_awaitable, error));
      if (error) break;
      Response response = Answer(parser.get());
      stream.expires_after(kReadTime);
      co_await http::async_write(
          stream, response, net::redirect_error(net::use_awaitable, error));
      if (error || !response.keep_alive()) break;
      wait = kIdleTime;
    }
    Error ignored;
    stream.socket().shutdown(net::ip::tcp::socket::shutdown_both, ignored);
  }

  net::awaitable<void> Accept() {
    for (;;) {
      Error error;
      net::ip::tcp::socket socket = co_await acceptor.async_accept(
          net::make_strand(context),
          net::redirect_error(net::use_awaitable, error));
      if (error == net::error::operation_aborted) co_return;
      if (error) {
        // No descriptors, perhaps: some will be free soon.
        LogWarning(
            absl::StrCat("cannot accept a connection: ", error.message()));
        net::steady_timer pause(context, kAcceptPause);
        co_await pause.async_wait(
            net::redirect_error(net::use_awaitable, error));
        continue;
      }
      if (sessions >= kMaxSessions) continue;
      ++sessions;
      const auto where = socket.get_executor();
      net::co_spawn(where, Serve(std::move(socket)),
                    [this](const std::exception_ptr& thrown) {
                      --sessions;
                      // The agent sees a broken connection, and asks again.
                      if (thrown) LogWarning("a call ended in an exception");
                    });
    }
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    HttpOptions options, Handler handler) {
  Error error;
  const auto address = net::ip::make_address(options.host, error);
  if (error || !address.is_loopback()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--listen: ", options.host,
        " is no loopback address; the agent is in the same pod: 127.0.0.1"));
  }
  auto impl = std::make_unique<Impl>();
  const net::ip::tcp::endpoint endpoint(address,
                                        static_cast<uint16_t>(options.port));
  impl->acceptor.open(endpoint.protocol(), error);
  if (!error) {
    impl->acceptor.set_option(net::socket_base::reuse_address(true), error);
  }
  if (!error) impl->acceptor.bind(endpoint, error);
  if (!error) {
    impl->acceptor.listen(net::socket_base::max_listen_connections, error);
  }
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("--listen: cannot listen on ", options.host, ":",
                     options.port, ": ", error.message()));
  }
  impl->port = impl->acceptor.local_endpoint(error).port();
  impl->options = std::move(options);
  impl->handler = std::move(handler);
  Impl* const raw = impl.get();
  net::co_spawn(raw->context, raw->Accept(), net::detached);
  for (int i = 0; i < kThreads; ++i) {
    raw->threads.emplace_back([raw] { raw->context.run(); });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
  impl_->context.stop();
  for (std::thread& thread : impl_->threads) thread.join();
}

int HttpServer::port() const { return impl_->port; }

}  // namespace assay::argo
