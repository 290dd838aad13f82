// SPDX-License-Identifier: Apache-2.0
// Calls the service through gRPC's in-process channel, so that HTTP has no
// checks, no rights and no limits of its own: whoever calls over HTTP meets the
// same entry as whoever calls over gRPC.
//
// Thread-safe. No call holds a thread while it waits.
#ifndef ASSAY_VALIDATOR_HTTP_GATEWAY_H_
#define ASSAY_VALIDATOR_HTTP_GATEWAY_H_

#include <functional>
#include <memory>
#include <string>

#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/status.h"
#include "validator/http/exchange.h"
#include "validator/http/message.h"

namespace assay::http {

class Gateway {
 public:
  using Task = std::function<void()>;
  using Done = std::function<void(
      grpc::Status, std::unique_ptr<google::protobuf::Message> response)>;

  // `secret` goes with every call as `assay-http-secret`, the proof that
  // `assay-http-peer` and `assay-http-certificate` come from here. `post` runs
  // a task on a thread that may take its time; gRPC's own may not.
  Gateway(std::shared_ptr<grpc::Channel> channel, std::string secret,
          std::function<void(Task)> post);

  // An empty request message of `rpc`. REQUIRES: ValidationService has it.
  static std::unique_ptr<google::protobuf::Message> NewRequest(
      const std::string& rpc);

  // Calls `rpc` for the caller of `from`, of which only the fields that say who
  // and why are handed on. `done` is called once, by way of `post`; its
  // response is null where the status is not OK. `exchange` ends the call.
  void Call(const std::string& rpc, const Request& from,
            std::unique_ptr<google::protobuf::Message> request,
            const std::shared_ptr<Exchange>& exchange, Done done);

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string secret_;
  const std::function<void(Task)> post_;
};

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_GATEWAY_H_
