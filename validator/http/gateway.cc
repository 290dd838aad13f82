// SPDX-License-Identifier: Apache-2.0
#include "validator/http/gateway.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "assay/v1/validation_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "validator/base/trace_context.h"
#include "validator/http/target.h"

namespace assay::http {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageLite;
using google::protobuf::MethodDescriptor;

// What the service itself allows its longest call, and a little.
constexpr absl::Duration kLongestCall = absl::Minutes(6);

const MethodDescriptor* FindMethod(const std::string& rpc) {
  return v1::StartRunRequest::descriptor()
      ->file()
      ->FindServiceByName("ValidationService")
      ->FindMethodByName(rpc);
}

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type)
          ->New());
}

// gRPC ends the call, and worse, where a metadata value is anything else.
bool IsMetadata(std::string_view value) {
  return !value.empty() && value.front() != ' ' && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f; });
}

struct PendingCall {
  explicit PendingCall(const std::shared_ptr<grpc::Channel>& channel)
      : stub(channel) {}
  grpc::TemplatedGenericStub<MessageLite, MessageLite> stub;
  grpc::ClientContext context;
  std::unique_ptr<Message> request;
  std::unique_ptr<Message> response;
};

}  // namespace

Gateway::Gateway(std::shared_ptr<grpc::Channel> channel, std::string secret,
                 std::function<void(Task)> post)
    : channel_(std::move(channel)),
      secret_(std::move(secret)),
      post_(std::move(post)) {}

std::unique_ptr<Message> Gateway::NewRequest(const std::string& rpc) {
  return NewMessage(FindMethod(rpc)->input_type());
}

void Gateway::Call(const std::string& rpc, const Request& from,
                   std::unique_ptr<Message> request,
                   const std::shared_ptr<Exchange>& exchange, Done done) {
  auto call = std::make_shared<PendingCall>(channel_);
  call->request = std::move(request);
  call->response = NewMessage(FindMethod(rpc)->output_type());
  call->context.set_deadline(absl::ToChronoTime(absl::Now() + kLongestCall));
  const auto add = [&call](const char* key, std::string_view value) {
    if (IsMetadata(value)) call->context.AddMetadata(key, std::string(value));
  };
  add("authorization", Get(from, "authorization"));
  // Of several nobody knows which one is meant.
  if (Count(from, "traceparent") == 1) {
    const std::string trace = ParseTraceparent(Get(from, "traceparent"));
    if (!trace.empty()) add("traceparent", trace);
  }
  add("assay-http-secret", secret_);
  add("assay-http-peer", from.caller.address);
  add("assay-http-certificate", EncodeSegment(from.caller.certificate));

  call->stub.UnaryCall(
      &call->context, absl::StrCat("/assay.v1.ValidationService/", rpc),
      grpc::StubOptions(), call->request.get(), call->response.get(),
      [call, post = post_, done = std::move(done)](grpc::Status status) {
        post([call, done, status = std::move(status)] {
          done(status, status.ok() ? std::move(call->response) : nullptr);
        });
      });
  // Weak: what cancels must not keep the call's messages.
  exchange->OnCancel([weak = std::weak_ptr<PendingCall>(call)] {
    if (const auto open = weak.lock()) open->context.TryCancel();
  });
}

}  // namespace assay::http
