// SPDX-License-Identifier: Apache-2.0
// The floor of a gate: a process that opens a channel as the command line does,
// makes one call and exits.
//
//   empty_client unix:/PATH
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "assay/v1/validation_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: empty_client ADDRESS\n");
    return 2;
  }
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  // plugins/cli/client.cc's arguments that change how a connection is made.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const std::unique_ptr<assay::v1::ValidationService::Stub> stub =
      assay::v1::ValidationService::NewStub(grpc::CreateCustomChannel(
          argv[1], grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  assay::v1::GetServerInfoResponse response;
  const grpc::Status status = stub->GetServerInfo(
      &context, assay::v1::GetServerInfoRequest(), &response);
  if (!status.ok()) {
    std::fprintf(stderr, "empty_client: %s\n", status.error_message().c_str());
    return 1;
  }
  return 0;
}
