// SPDX-License-Identifier: Apache-2.0
// gRPC's reflection, which asks nobody who calls.
#ifndef ASSAY_VALIDATOR_SERVER_REFLECTION_H_
#define ASSAY_VALIDATOR_SERVER_REFLECTION_H_

#include <memory>

#include "grpcpp/impl/server_builder_option.h"

namespace assay::server {

// For ServerBuilder::SetOption: builds a server without it. (Linking the
// library is enough to have it in every server.)
std::unique_ptr<grpc::ServerBuilderOption> WithoutReflection();

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_REFLECTION_H_
