// SPDX-License-Identifier: Apache-2.0
// The HTTP server over real sockets.
#include "plugins/argo/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace assay::argo {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kPath[] = "/api/v1/template.execute";

// A connection of a client's.
class Connection {
 public:
  explicit Connection(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit = {.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
              0);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(fd_); }

  void Send(const std::string& text) const {
    size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t n =
          send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<size_t>(n);
    }
  }

  // One response with its body; "" where the server hung up.
  std::string Receive() {
    size_t end = 0;
    while ((end = text_.find("\r\n\r\n")) == std::string::npos) {
      if (!More()) return "";
    }
    const size_t at = text_.find("Content-Length: ");
    const size_t length =
        at < end ? std::stoul(text_.substr(at + 16)) : size_t{0};
    while (text_.size() < end + 4 + length) {
      if (!More()) return "";
    }
    std::string out = text_.substr(0, end + 4 + length);
    text_.erase(0, out.size());
    return out;
  }

 private:
  bool More() {
    char block[4096];
    const ssize_t n = recv(fd_, block, sizeof(block), 0);
    if (n <= 0) return false;
    text_.append(block, static_cast<size_t>(n));
    return true;
  }

  int fd_;
  std::string text_;
};

std::string Post(const std::string& body, const std::string& token = "secret",
                 const std::string& path = kPath,
                 const std::string& method = "POST") {
  return absl::StrCat(method, " ", path,
                      " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ",
                      token, "\r\nContent-Length: ", body.size(), "\r\n\r\n",
                      body);
}

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpServer::Handler handler) {
    auto server = HttpServer::Start({.token = "secret"}, std::move(handler));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::string Ask(const std::string& request) {
    Connection connection(server_->port());
    connection.Send(request);
    return connection.Receive();
  }

  std::atomic<int> calls_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersWithTheHandlersReply) {
  Start([](const json& args) { return json{{"saw", args["a"]}}; });
  const std::string said = Ask(Post(R"({"a": 1})"));
  EXPECT_THAT(said, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(said, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(said, HasSubstr(R"({"saw":1})"));
}

TEST_F(HttpServerTest, AConnectionServesManyCalls) {
  Start([this](const json&) { return json{{"call", ++calls_}}; });
  Connection connection(server_->port());
  for (int i = 1; i <= 3; ++i) {
    connection.Send(Post("{}"));
    EXPECT_THAT(connection.Receive(), HasSubstr(absl::StrCat("\"call\":", i)));
  }
}

TEST_F(HttpServerTest, NobodyElseIsAnswered) {
  Start([this](const json&) { return json{{"call", ++calls_}}; });
  for (const char* token : {"", "wrong", "secre", "secrets", "SECRET"}) {
    EXPECT_THAT(Ask(Post("{}", token)), StartsWith("HTTP/1.1 403 ")) << token;
  }
  EXPECT_THAT(Ask("POST " + std::string(kPath) +
                  " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"),
              StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(Ask("POST " + std::string(kPath) +
                  " HTTP/1.1\r\nHost: x\r\nAuthorization: secret\r\n"
                  "Content-Length: 2\r\n\r\n{}"),
              StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ(calls_, 0);
}

// 404 makes the agent forget a method for its whole life, so that nothing else
// may say it; other statuses fail the node.
TEST_F(HttpServerTest, StatusesAreThoseThatArgoMeans) {
  Start([this](const json&) { return json{{"call", ++calls_}}; });
  EXPECT_THAT(Ask(Post("{}", "secret", "/api/v1/node.start")),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask(Post("no json")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(Post("[]")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(Post("", "secret", kPath, "GET")),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_EQ(calls_, 0);
}

TEST_F(HttpServerTest, WhatIsNoHttpOrTooLargeEndsTheConnection) {
  Start([this](const json&) { return json{{"call", ++calls_}}; });
  EXPECT_EQ(Ask("\x16\x03\x01 this is no HTTP\r\n\r\n"), "");
  EXPECT_EQ(Ask(absl::StrCat("POST ", kPath,
                             " HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n")),
            "");
  EXPECT_EQ(Ask(absl::StrCat("POST ", kPath, " HTTP/1.1\r\nX: ",
                             std::string(20000, 'x'), "\r\n\r\n")),
            "");
  EXPECT_THAT(Ask(Post("{}")), HasSubstr("\"call\":1"));
}

TEST_F(HttpServerTest, BytesThatAreNoUtf8DoNotBreakTheReply) {
  Start([](const json&) { return json{{"text", "a\xff"}}; });
  const std::string said = Ask(Post("{}"));
  const std::string body = said.substr(said.find("\r\n\r\n") + 4);
  EXPECT_EQ(json::parse(body)["text"], "a\xEF\xBF\xBD");
}

// The agent has sixteen workers; none waits for another.
TEST_F(HttpServerTest, SixteenCallsAreAnsweredAtOnce) {
  std::latch all(16);
  Start([&](const json&) {
    all.arrive_and_wait();
    return json::object();
  });
  std::atomic<int> good = 0;
  std::vector<std::thread> clients;
  clients.reserve(16);
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] {
      if (Ask(Post("{}")).starts_with("HTTP/1.1 200 ")) ++good;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 16);
}

TEST_F(HttpServerTest, ClientsThatSayNothingKeepNobodyOut) {
  Start([this](const json&) { return json{{"call", ++calls_}}; });
  std::vector<std::unique_ptr<Connection>> silent;
  silent.reserve(40);
  for (int i = 0; i < 40; ++i) {
    silent.push_back(std::make_unique<Connection>(server_->port()));
  }
  EXPECT_THAT(Ask(Post("{}")), HasSubstr("\"call\":1"));
}

TEST_F(HttpServerTest, AHandlerThatThrowsEndsItsConnectionOnly) {
  Start([this](const json& args) {
    if (args.contains("throw")) throw std::runtime_error("no");
    return json{{"call", ++calls_}};
  });
  EXPECT_EQ(Ask(Post(R"({"throw": 1})")), "");
  EXPECT_THAT(Ask(Post("{}")), HasSubstr("\"call\":1"));
}

TEST_F(HttpServerTest, ItEndsAfterTheCallInFlight) {
  std::latch inside(1);
  std::atomic<bool> done = false;
  Start([&](const json&) {
    inside.count_down();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    done = true;
    return json::object();
  });
  Connection connection(server_->port());
  connection.Send(Post("{}"));
  inside.wait();
  server_.reset();
  EXPECT_TRUE(done);
}

TEST(HttpServerStartTest, ListensOnLoopbackOnly) {
  const auto start = [](const std::string& host, int port = 0) {
    return std::string(
        HttpServer::Start({.host = host, .port = port, .token = "t"},
                          [](const json&) { return json(); })
            .status()
            .message());
  };
  EXPECT_THAT(start("0.0.0.0"), HasSubstr("no loopback address"));
  EXPECT_THAT(start("localhost"), HasSubstr("no loopback address"));
  EXPECT_THAT(start("192.0.2.1"), HasSubstr("no loopback address"));
  auto first =
      HttpServer::Start({.token = "t"}, [](const json&) { return json(); });
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(start("127.0.0.1", (*first)->port()),
              HasSubstr("cannot listen on 127.0.0.1"));
}

}  // namespace
}  // namespace assay::argo
