// SPDX-License-Identifier: Apache-2.0
#include "validator/server/reflection.h"

#include <vector>

#include "grpcpp/impl/server_builder_plugin.h"

namespace assay::server {
namespace {

class Without final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    std::erase_if(*plugins, [](const auto& plugin) {
      return plugin->name() == "proto_server_reflection";
    });
  }
};

}  // namespace

std::unique_ptr<grpc::ServerBuilderOption> WithoutReflection() {
  return std::make_unique<Without>();
}

}  // namespace assay::server
