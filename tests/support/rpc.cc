// SPDX-License-Identifier: Apache-2.0
// A plain gRPC client for the end-to-end tests, which must be able to send what
// `assay` never would.
//
//   assay_rpc ADDRESS [--ca FILE] [--cert FILE --key FILE]
//
// Each line of standard input is a call, and each line of standard output its
// outcome:
//   {"rpc": "GetRun", "request": {…}, "metadata": [["authorization", "…"]],
//    "deadline": 20}
//   {"code": 5, "reason": "RUN_NOT_FOUND", "message": "…", "retry_after": 2.0,
//    "responses": [{…}]}
// An "rpc" that begins with '/' is a method of another service, and gets an
// empty message.
#include <google/protobuf/util/json_util.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>

#include "assay/v1/validation_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "nlohmann/json.hpp"

namespace assay {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageLite;
using Json = nlohmann::json;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type)
          ->New());
}

Json ToJson(const Message& message) {
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options)
           .ok()) {
    return nullptr;
  }
  return Json::parse(text);
}

Json Outcome(const grpc::Status& status, Json responses) {
  Json out = {{"code", static_cast<int>(status.error_code())},
              {"message", status.error_message()},
              {"reason", ""},
              {"responses", std::move(responses)}};
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) out["reason"] = info.reason();
    if (detail.UnpackTo(&retry)) {
      out["retry_after"] =
          static_cast<double>(retry.retry_delay().seconds()) +
          static_cast<double>(retry.retry_delay().nanos()) / 1e9;
    }
  }
  return out;
}

class Client {
 public:
  explicit Client(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)) {}

  Json Call(const Json& call) {
    const std::string rpc = call.at("rpc");
    if (rpc.starts_with('/')) return Raw(rpc);
    const auto* method = v1::StartRunRequest::descriptor()
                             ->file()
                             ->FindServiceByName("ValidationService")
                             ->FindMethodByName(call.at("rpc"));
    if (method == nullptr) return {{"reason", "no such method"}, {"code", -1}};
    const std::unique_ptr<Message> request = NewMessage(method->input_type());
    const auto parsed = google::protobuf::util::JsonStringToMessage(
        call.value("request", Json::object()).dump(), request.get());
    if (!parsed.ok()) {
      return {{"reason", parsed.message().as_string()}, {"code", -1}};
    }
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(static_cast<int64_t>(
                             call.value("deadline", 20.0) * 1000)));
    for (const Json& pair : call.value("metadata", Json::array())) {
      context.AddMetadata(pair.at(0), pair.at(1));
    }
    if (method->server_streaming()) {
      return Watch(static_cast<const v1::WatchRunRequest&>(*request), context);
    }
    return Unary(*method, *request, context);
  }

 private:
  // Calls any method of any service with an empty message.
  Json Raw(const std::string& method) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    grpc::ByteBuffer request, response;
    const grpc::Slice nothing;
    request = grpc::ByteBuffer(&nothing, 1);
    grpc::CompletionQueue queue;
    grpc::GenericStub stub(channel_);
    const auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return Outcome(status, Json::array());
  }

  Json Watch(const v1::WatchRunRequest& request, grpc::ClientContext& context) {
    const auto stub = v1::ValidationService::NewStub(channel_);
    const auto reader = stub->WatchRun(&context, request);
    Json responses = Json::array();
    v1::WatchRunResponse response;
    while (reader->Read(&response)) responses.push_back(ToJson(response));
    return Outcome(reader->Finish(), std::move(responses));
  }

  Json Unary(const google::protobuf::MethodDescriptor& method,
             const Message& request, grpc::ClientContext& context) {
    const std::unique_ptr<Message> response = NewMessage(method.output_type());
    grpc::TemplatedGenericStub<MessageLite, MessageLite> stub(channel_);
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    grpc::Status status;
    const std::string name =
        "/" + method.service()->full_name() + "/" + method.name();
    stub.UnaryCall(&context, name, grpc::StubOptions(), &request,
                   response.get(), [&](grpc::Status ended) {
                     const std::lock_guard<std::mutex> lock(mutex);
                     status = std::move(ended);
                     done = true;
                     changed.notify_one();
                   });
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return done; });
    Json responses = Json::array();
    if (status.ok()) responses.push_back(ToJson(*response));
    return Outcome(status, std::move(responses));
  }

  const std::shared_ptr<grpc::Channel> channel_;
};

int Main(int argc, char** argv) {
  if (argc < 2) return 2;
  grpc::SslCredentialsOptions tls;
  bool encrypted = false;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    encrypted = true;
    if (option == "--ca") tls.pem_root_certs = ReadFile(argv[i + 1]);
    if (option == "--cert") tls.pem_cert_chain = ReadFile(argv[i + 1]);
    if (option == "--key") tls.pem_private_key = ReadFile(argv[i + 1]);
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  Client client(
      grpc::CreateCustomChannel(argv[1],
                                encrypted ? grpc::SslCredentials(tls)
                                          : grpc::InsecureChannelCredentials(),
                                arguments));
  for (std::string line; std::getline(std::cin, line);) {
    Json outcome;
    try {
      outcome = client.Call(Json::parse(line));
    } catch (const Json::exception& e) {
      outcome = {{"code", -1}, {"reason", e.what()}};
    }
    std::cout << outcome.dump(-1, ' ', false, Json::error_handler_t::replace)
              << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  try {
    return assay::Main(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "rpc: " << e.what() << std::endl;
    return 2;
  }
}
