// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "assay/v1/validation_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "plugins/cli/tls_probe.h"
#include "validator/base/status.h"

namespace assay::cli {
namespace {

constexpr char kRetryAfterUrl[] = "assay/retry_after_ms";
// Short calls; what is behind them is at most a catalog or a log-in.
constexpr absl::Duration kShortCall = absl::Seconds(60);
// Results come in pages of 2 MiB; anything near this is no answer of assayd.
constexpr int kMaxMessageBytes = 64 << 20;

// gRPC says "failed to connect to all addresses; last error: UNKNOWN:
// ipv4:127.0.0.1:7433: Failed to connect to remote host: Connection refused".
std::string Cause(const std::string& message) {
  const size_t at = message.rfind(": ");
  std::string cause =
      at == std::string::npos ? message : message.substr(at + 2);
  if (!cause.empty()) {
    cause[0] =
        static_cast<char>(std::tolower(static_cast<unsigned char>(cause[0])));
  }
  return cause.empty() ? "no answer" : cause;
}

std::optional<ErrorReason> FindReason(const std::string& name) {
  for (const ErrorReasonInfo& info : ErrorReasons()) {
    if (name == info.name) return info.reason;
  }
  return std::nullopt;
}

// Errors that the transport makes, not assayd: the connection broke, the server
// went away during the call, a proxy answered.
bool IsTransport(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE ||
         code == grpc::StatusCode::DEADLINE_EXCEEDED ||
         code == grpc::StatusCode::CANCELLED;
}

// What a connection that fails says, told in words that help.
absl::Status Unreachable(const grpc::Status& status,
                         const ClientOptions& options) {
  const std::string& address = options.address;
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return MakeError(ErrorReason::kServerUnreachable,
                     absl::StrCat("cannot reach assayd at ", address,
                                  ": no answer in time"));
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    const std::string why = ProbeTls(options);
    if (!why.empty()) {
      return MakeError(
          ErrorReason::kTlsFailed,
          absl::StrCat("cannot talk to assayd at ", address, ": ", why));
    }
  }
  return MakeError(ErrorReason::kServerUnreachable,
                   absl::StrCat("cannot reach assayd at ", address, ": ",
                                Cause(status.error_message())));
}

absl::Status Convert(const grpc::Status& status, const ClientOptions& options,
                     bool cancelled_here) {
  if (status.ok()) return absl::OkStatus();
  if (cancelled_here && status.error_code() == grpc::StatusCode::CANCELLED) {
    return absl::CancelledError("interrupted");
  }
  std::string message = status.error_message();
  std::optional<ErrorReason> reason;
  int64_t retry_after_ms = 0;
  bool answered = false;
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& any : details.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::BadRequest bad;
      google::rpc::RetryInfo retry;
      if (any.UnpackTo(&info) && info.domain() == "assay") {
        answered = true;
        reason = FindReason(info.reason());
        if (!reason.has_value())
          absl::StrAppend(&message, " (", info.reason(), ")");
      } else if (any.UnpackTo(&bad)) {
        for (const auto& violation : bad.field_violations()) {
          absl::StrAppend(&message, "\n  ", violation.field(),
                          violation.field().empty() ? "" : ": ",
                          violation.description());
        }
      } else if (any.UnpackTo(&retry)) {
        retry_after_ms = retry.retry_delay().seconds() * 1000 +
                         retry.retry_delay().nanos() / 1000000;
      }
    }
  }
  absl::Status out;
  if (reason == ErrorReason::kUnauthenticated) {
    out = MakeError(
        *reason,
        absl::StrCat("assayd at ", options.address, " does not let us in",
                     options.token.empty() ? ""
                                           : absl::StrCat(" with the token of ",
                                                          options.token_source),
                     ": ", message));
  } else if (reason.has_value()) {
    out = MakeError(*reason, message);
  } else if (!answered && IsTransport(status.error_code())) {
    out = Unreachable(status, options);
  } else if (!answered &&
             status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    out = absl::UnimplementedError(
        absl::StrCat("the server at ", options.address,
                     " is no assayd, or one of another version: ", message));
  } else {
    out = absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                       message);
  }
  if (retry_after_ms > 0) {
    out.SetPayload(kRetryAfterUrl, absl::Cord(absl::StrCat(retry_after_ms)));
  }
  return out;
}

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options) {
  // gRPC's own log on standard error would say again, and less clearly, what
  // the commands report.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A gate must not reach another server because of a proxy meant for browsers.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(
      options.address,
      options.tls
          ? grpc::SslCredentials({.pem_root_certs = options.ca,
                                  .pem_private_key = options.key,
                                  .pem_cert_chain = options.certificate})
          : grpc::InsecureChannelCredentials(),
      arguments);
}

}  // namespace

bool MayRetry(const absl::Status& status) {
  if (GetReason(status) != ErrorReason::kUnspecified) {
    return IsRetryable(status);
  }
  // A connection that breaks in the middle of an answer comes as UNKNOWN or
  // INTERNAL; a bug of the server's carries a reason.
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

absl::Duration RetryAfter(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRetryAfterUrl);
  int64_t ms = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &ms)) {
    return absl::ZeroDuration();
  }
  return absl::Milliseconds(std::clamp<int64_t>(ms, 0, 60000));
}

struct Client::Impl {
  ClientOptions options;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ValidationService::Stub> stub;
  std::mutex mutex;
  bool refuse = false;
  std::set<grpc::ClientContext*> calls;  // In flight.

  // Runs `call` with a context that CancelCalls can end.
  template <typename Fn>
  absl::Status Call(absl::Duration deadline, Fn call) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    if (!options.token.empty()) {
      context.AddMetadata("authorization",
                          absl::StrCat("Bearer ", options.token));
    }
    if (!options.traceparent.empty()) {
      context.AddMetadata("traceparent", options.traceparent);
    }
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (refuse) return absl::CancelledError("interrupted");
      calls.insert(&context);
    }
    const grpc::Status status = call(&context);
    bool cancelled = false;
    {
      std::lock_guard<std::mutex> lock(mutex);
      calls.erase(&context);
      cancelled = refuse;
    }
    return Convert(status, options, cancelled);
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Unary(
      grpc::Status (v1::ValidationService::Stub::*method)(grpc::ClientContext*,
                                                          const Request&,
                                                          Response*),
      const Request& request, absl::Duration deadline) {
    Response response;
    const absl::Status status =
        Call(deadline, [&](grpc::ClientContext* context) {
          return (stub.get()->*method)(context, request, &response);
        });
    if (!status.ok()) return status;
    return response;
  }
};

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->channel = MakeChannel(impl_->options);
  impl_->stub = v1::ValidationService::NewStub(impl_->channel);
}

Client::~Client() = default;

const std::string& Client::address() const { return impl_->options.address; }

absl::StatusOr<v1::Run> Client::StartRun(const v1::StartRunRequest& request,
                                         absl::Duration deadline) {
  return impl_->Unary(&v1::ValidationService::Stub::StartRun, request,
                      deadline);
}

absl::StatusOr<v1::Run> Client::WaitRun(const v1::WaitRunRequest& request,
                                        absl::Duration deadline) {
  return impl_->Unary(&v1::ValidationService::Stub::WaitRun, request, deadline);
}

absl::Status Client::WatchRun(
    const v1::WatchRunRequest& request, absl::Duration deadline,
    const std::function<void(const v1::WatchRunResponse&)>& on_message) {
  return impl_->Call(deadline, [&](grpc::ClientContext* context) {
    std::unique_ptr<grpc::ClientReader<v1::WatchRunResponse>> reader =
        impl_->stub->WatchRun(context, request);
    v1::WatchRunResponse message;
    while (reader->Read(&message)) on_message(message);
    return reader->Finish();
  });
}

absl::StatusOr<v1::Run> Client::GetRun(const v1::GetRunRequest& request,
                                       absl::Duration deadline) {
  return impl_->Unary(&v1::ValidationService::Stub::GetRun, request, deadline);
}

absl::StatusOr<v1::ListRunsResponse> Client::ListRuns(
    const v1::ListRunsRequest& request, absl::Duration deadline) {
  return impl_->Unary(&v1::ValidationService::Stub::ListRuns, request,
                      deadline);
}

absl::StatusOr<v1::ListResultsResponse> Client::ListResults(
    const v1::ListResultsRequest& request) {
  return impl_->Unary(&v1::ValidationService::Stub::ListResults, request,
                      kShortCall);
}

absl::StatusOr<v1::ListDifferencesResponse> Client::ListDifferences(
    const v1::ListDifferencesRequest& request) {
  return impl_->Unary(&v1::ValidationService::Stub::ListDifferences, request,
                      kShortCall);
}

absl::StatusOr<v1::Run> Client::CancelRun(const v1::CancelRunRequest& request,
                                          absl::Duration deadline) {
  return impl_->Unary(&v1::ValidationService::Stub::CancelRun, request,
                      deadline);
}

absl::StatusOr<v1::Run> Client::ReleaseHold(
    const v1::ReleaseHoldRequest& request, absl::Duration deadline) {
  return impl_->Unary(&v1::ValidationService::Stub::ReleaseHold, request,
                      deadline);
}

absl::StatusOr<v1::ExplainRuleSetResponse> Client::ExplainRuleSet(
    const v1::ExplainRuleSetRequest& request) {
  return impl_->Unary(&v1::ValidationService::Stub::ExplainRuleSet, request,
                      kShortCall);
}

absl::StatusOr<v1::DraftRuleSetResponse> Client::DraftRuleSet(
    const v1::DraftRuleSetRequest& request) {
  // Two catalogs, which may be large; the server itself stops after 5 min.
  return impl_->Unary(&v1::ValidationService::Stub::DraftRuleSet, request,
                      absl::Minutes(6));
}

absl::StatusOr<v1::ListConnectionsResponse> Client::ListConnections(
    absl::Duration deadline) {
  return impl_->Unary(&v1::ValidationService::Stub::ListConnections,
                      v1::ListConnectionsRequest(), deadline);
}

absl::StatusOr<v1::TestConnectionResponse> Client::TestConnection(
    const std::string& name) {
  v1::TestConnectionRequest request;
  request.set_name(name);
  return impl_->Unary(&v1::ValidationService::Stub::TestConnection, request,
                      kShortCall);
}

bool Client::IsConnected() const {
  return impl_->channel->GetState(/*try_to_connect=*/false) ==
         GRPC_CHANNEL_READY;
}

bool Client::AwaitConnection(absl::Duration limit) {
  return impl_->channel->WaitForConnected(
      absl::ToChronoTime(absl::Now() + limit));
}

void Client::CancelCalls() {
  std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->refuse = true;
  for (grpc::ClientContext* call : impl_->calls) call->TryCancel();
}

void Client::AllowCalls() {
  std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->refuse = false;
}

}  // namespace assay::cli
