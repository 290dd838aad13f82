// SPDX-License-Identifier: Apache-2.0
#include "validator/http/session.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "boost/asio/dispatch.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/write.hpp"
#include "validator/base/log.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/http/beast_message.h"
#include "validator/http/browser_safety.h"
#include "validator/http/exchange.h"
#include "validator/http/failure.h"

namespace assay::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using Error = boost::system::error_code;
using std::chrono::seconds;

constexpr uint32_t kMaxHeadBytes = 16 << 10;
constexpr uint64_t kMaxBodyBytes = 8 << 20;
// What every connection may have for itself; more comes from all of them.
constexpr size_t kFreeBytes = 64 << 10;
constexpr size_t kReadBytes = 16 << 10;
// While a request is answered, to notice that the client is gone.
constexpr size_t kWatchBytes = 512;
constexpr size_t kMaxLingerBytes = 16 << 20;
constexpr seconds kHandshakeTime{10};
constexpr seconds kHeadTime{10};
constexpr seconds kBodyTime{60};
constexpr seconds kIdleTime{60};
constexpr seconds kAnswerTime{420};  // Longer than any call.
constexpr seconds kWriteTime{60};
constexpr seconds kLingerTime{5};

enum class Step {
  kHandshake,
  kIdle,  // Nothing of a request is there yet.
  kHead,
  kBody,
  kAnswering,
  kWriting,
  kLinger,  // The answer is sent; what the client still sends is dropped.
  kClosed,
};

template <typename Stream>
class Session final : public Connection,
                      public std::enable_shared_from_this<Session<Stream>> {
 public:
  static constexpr bool kTls = !std::is_same_v<Stream, Socket>;

  Session(Stream stream, TlsContext tls, Caller caller, Front* front,
          Connections* connections)
      : place_(connections),
        tls_(std::move(tls)),
        stream_(std::move(stream)),
        timer_(stream_.get_executor()),
        caller_(std::move(caller)),
        front_(front),
        connections_(connections) {}

  ~Session() override { connections_->GiveBytes(taken_); }

  void Start() {
    const Admission admission = place_.Take(this->shared_from_this());
    if (admission == Admission::kDrop) return;
    refused_ = admission == Admission::kRefuse;
    net::dispatch(stream_.get_executor(),
                  [self = this->shared_from_this()] { self->Begin(); });
  }

  void EndWhenIdle() override {
    net::post(stream_.get_executor(), [self = this->shared_from_this()] {
      if (self->step_ == Step::kIdle) self->Close();
    });
  }

  void Abort() override {
    net::post(stream_.get_executor(),
              [self = this->shared_from_this()] { self->Close(); });
  }

 private:
  void Begin() {
    if constexpr (kTls) {
      Arm(kHandshakeTime);
      stream_.async_handshake(
          net::ssl::stream_base::server,
          [self = this->shared_from_this()](const Error& error) {
            if (self->step_ == Step::kClosed) return;
            if (error) {
              LogDebug(absl::StrCat("http: no TLS: ", error.message()),
                       {.peer = self->caller_.address});
              return self->Close();
            }
            self->caller_.certificate =
                PeerCertificate(self->stream_.native_handle());
            self->NextRequest(kHeadTime);
          });
    } else {
      NextRequest(kHeadTime);
    }
  }

  void NextRequest(seconds limit) {
    step_ = Step::kIdle;
    head_ = false;
    head_bytes_ = 0;
    parser_.emplace();
    parser_->header_limit(kMaxHeadBytes);
    parser_->body_limit(kMaxBodyBytes);
    Arm(limit);
    // A read that is open was begun with nothing left to feed.
    if (!reading_) Feed();
    Read();
  }

  // Closes the connection, or tells why, when `limit` is over.
  void Arm(seconds limit) {
    timer_.expires_after(limit);
    timer_.async_wait([weak = this->weak_from_this()](const Error& error) {
      const auto self = weak.lock();
      // One that was armed anew meanwhile has expired, but is not over.
      if (error || self == nullptr ||
          self->timer_.expiry() > std::chrono::steady_clock::now()) {
        return;
      }
      self->TimeIsOver();
    });
  }

  void TimeIsOver() {
    if (step_ == Step::kHead || step_ == Step::kBody) {
      return RefuseWith(408, "the request did not come to its end in time");
    }
    Close();
  }

  void Read() {
    if (reading_ || step_ == Step::kClosed) return;
    const bool watching = step_ == Step::kAnswering || step_ == Step::kWriting;
    // What comes ahead of its time waits in the socket.
    if (watching && (in_.size() > 0 || ended_)) return;
    reading_ = true;
    stream_.async_read_some(
        in_.prepare(watching ? kWatchBytes : kReadBytes),
        [self = this->shared_from_this()](const Error& error, size_t size) {
          self->OnRead(error, size);
        });
  }

  void OnRead(const Error& error, size_t size) {
    reading_ = false;
    if (step_ == Step::kClosed) return;
    if (error) return OnEnd();
    in_.commit(size);
    if (step_ == Step::kLinger) {
      in_.clear();
      lingered_ += size;
      if (lingered_ > kMaxLingerBytes) return Close();
    } else {
      Feed();
    }
    Read();
  }

  // The client sends no more.
  void OnEnd() {
    ended_ = true;
    // Who closes after asking may still take the answer that is on its way.
    if (step_ != Step::kWriting) Close();
  }

  // Gives what is there to the parser, as far as the step wants it.
  void Feed() {
    if (step_ == Step::kIdle && in_.size() > 0) {
      step_ = Step::kHead;
      Arm(kHeadTime);
    }
    if (step_ == Step::kHead && Parse() && parser_->is_header_done()) OnHead();
    if (step_ != Step::kBody) return;
    while (!parser_->is_done()) {
      if (in_.size() == 0 || !Parse()) return;
      if (!Take(parser_->get().body().size())) return RefuseBusy();
    }
    Dispatch();
  }

  // Returns whether there is something new.
  bool Parse() {
    Error error;
    const bool in_head = !parser_->is_header_done();
    const size_t taken = parser_->put(in_.data(), error);
    in_.consume(taken);
    // The parser's limit is of what it sees at a time.
    if (in_head && (head_bytes_ += taken) > kMaxHeadBytes) {
      error = bhttp::error::header_limit;
    }
    if (!error) return true;
    if (error == bhttp::error::need_more) {
      // Of what is read as a whole: the fields, and a chunk's own.
      if (in_.size() > 4 * kReadBytes) {
        RefuseWith(431, "a line of the request is too long");
      }
      return false;
    }
    const auto [http_status, why] = ParseRefusal(error);
    RefuseWith(http_status, why);
    return false;
  }

  void OnHead() {
    const auto& head = parser_->get();
    head_ = head.method() == bhttp::verb::head;
    // A crowd must not make a probe end the server.
    if (refused_ && head.target() != "/healthz" && head.target() != "/readyz") {
      return RefuseBusy();
    }
    if (head.count(bhttp::field::transfer_encoding) > 0 &&
        (head.count(bhttp::field::content_length) > 0 || head.version() < 11)) {
      return RefuseWith(400, "the request has two lengths");
    }
    if (const auto length = parser_->content_length();
        length && !Take(static_cast<size_t>(*length))) {
      return RefuseBusy();
    }
    parser_->eager(true);
    step_ = Step::kBody;
    if (parser_->is_done()) return;
    Arm(kBodyTime);
    const auto expected = head[bhttp::field::expect];
    if (expected.empty()) return;
    if (!beast::iequals(expected, "100-continue")) {
      return RefuseWith(417, "only 100-continue may be expected");
    }
    continuing_ = true;
    net::async_write(
        stream_, net::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")),
        [self = this->shared_from_this()](const Error& error, size_t) {
          self->continuing_ = false;
          if (self->step_ == Step::kClosed) return;
          if (error) return self->Close();
          if (self->step_ == Step::kWriting) self->Write();
        });
  }

  void Dispatch() {
    step_ = Step::kAnswering;
    Arm(kAnswerTime);
    began_ = absl::Now();
    keep_ = parser_->get().keep_alive();
    const Request request = ToRequest(parser_->release(), caller_);
    parser_.reset();
    if (in_.size() == 0) in_.shrink_to_fit();
    exchange_ = std::make_shared<Exchange>();
    front_->Handle(request, exchange_,
                   [self = this->shared_from_this()](Response response) {
                     self->Return(std::move(response));
                   });
  }

  // Answers from whichever thread has the response.
  void Return(Response response) {
    net::post(stream_.get_executor(),
              [self = this->shared_from_this(),
               response = std::move(response)]() mutable {
                self->Answer(std::move(response));
              });
  }

  void RefuseWith(int http_status, const std::string& why) {
    Refuse(FailureOf(MakeError(ErrorReason::kHttpRequestInvalid, why),
                     http_status));
  }

  void RefuseBusy() {
    Refuse(FailureOf(MakeError(ErrorReason::kTooManyConnections,
                               "the server has as many connections, or as "
                               "much in them, as it may; come again"),
                     503));
  }

  // For what never comes as far as the front; ends the connection.
  void Refuse(const Failure& failure) {
    Response out = ToJsonResponse(failure);
    AddSafetyFields(out);
    out.route = "none";
    out.close = true;
    if (step_ != Step::kAnswering) began_ = absl::Now();
    Answer(std::move(out));
  }

  void Answer(Response response) {
    if (step_ == Step::kClosed || step_ == Step::kWriting) return;
    if (!Take(response.body.size())) return RefuseBusy();
    exchange_.reset();
    const absl::Duration took = absl::Now() - began_;
    Count(Metric::kHttpRequests,
          {response.route, absl::StrCat(response.status)});
    Observe(Metric::kHttpDuration, {response.route}, took);
    if (Logs(LogLevel::kDebug)) {
      LogDebug(absl::StrCat("http: ", response.route, " ", response.status, " ",
                            absl::FormatDuration(took)),
               {.peer = caller_.address});
    }
    keep_ = keep_ && !response.close && !refused_ && !front_->draining();
    response_ = ToBeast(std::move(response), keep_);
    step_ = Step::kWriting;
    Arm(kWriteTime);
    if (!continuing_) Write();
  }

  void Write() {
    serializer_.emplace(*response_);
    auto written = [self = this->shared_from_this()](
                       const Error& error, size_t) { self->OnWritten(error); };
    if (head_) {
      bhttp::async_write_header(stream_, *serializer_, std::move(written));
    } else {
      bhttp::async_write(stream_, *serializer_, std::move(written));
    }
  }

  void OnWritten(const Error& error) {
    if (step_ == Step::kClosed) return;
    serializer_.reset();
    response_.reset();
    connections_->GiveBytes(std::exchange(taken_, 0));
    if (error || ended_) return Close();
    if (keep_) return NextRequest(kIdleTime);
    // Closing with something unread would take the answer away on its way.
    step_ = Step::kLinger;
    Arm(kLingerTime);
    Error ignored;
    stream_.lowest_layer().shutdown(Socket::shutdown_send, ignored);
    Read();
  }

  // Makes sure that this request has `bytes` of its own; false: there are none.
  bool Take(size_t bytes) {
    const int64_t wanted =
        bytes > kFreeBytes ? static_cast<int64_t>(bytes - kFreeBytes) : 0;
    if (wanted <= taken_) return true;
    if (!connections_->TakeBytes(wanted - taken_)) return false;
    taken_ = wanted;
    return true;
  }

  void Close() {
    if (step_ == Step::kClosed) return;
    step_ = Step::kClosed;
    timer_.cancel();
    Error ignored;
    stream_.lowest_layer().close(ignored);
    if (const auto exchange = std::exchange(exchange_, nullptr)) {
      exchange->Cancel();
    }
  }

  // Destroyed last: who waits for it finds nothing of this any more.
  Place place_;
  const TlsContext tls_;  // Outlives the stream that was made from it.
  Stream stream_;
  net::steady_timer timer_;
  Caller caller_;
  Front* const front_;
  Connections* const connections_;
  bool refused_ = false;
  Step step_ = Step::kHandshake;
  beast::flat_buffer in_;  // Not touched while a read is open.
  bool reading_ = false;
  bool ended_ = false;       // The client sends no more.
  bool continuing_ = false;  // "100 Continue" is being written.
  bool keep_ = false;
  bool head_ = false;
  size_t head_bytes_ = 0;  // Of this request, so far.
  size_t lingered_ = 0;
  int64_t taken_ = 0;  // Of what all connections have together.
  absl::Time began_;
  std::optional<bhttp::request_parser<bhttp::string_body>> parser_;
  std::shared_ptr<Exchange> exchange_;  // While the front answers.
  std::optional<BeastResponse> response_;
  std::optional<bhttp::response_serializer<bhttp::string_body>> serializer_;
};

}  // namespace

void Serve(Socket socket, const TlsContext& tls, Caller caller, Front* front,
           Connections* connections) {
  if (tls == nullptr) {
    std::make_shared<Session<Socket>>(std::move(socket), nullptr,
                                      std::move(caller), front, connections)
        ->Start();
    return;
  }
  using TlsStream = net::ssl::stream<Socket>;
  std::make_shared<Session<TlsStream>>(TlsStream(std::move(socket), *tls), tls,
                                       std::move(caller), front, connections)
      ->Start();
}

}  // namespace assay::http
