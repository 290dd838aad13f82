// SPDX-License-Identifier: Apache-2.0
// What a gRPC call brings along to say who calls, and in which trace.
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_SERVICE_CALL_CREDENTIALS_H_
#define ASSAY_VALIDATOR_SERVICE_CALL_CREDENTIALS_H_

#include <string>

#include "grpcpp/server_context.h"
#include "validator/service/access.h"

namespace assay::service {

// The HTTP front calls in-process and says of its own caller:
//   assay-http-secret       http_secret, which nobody outside knows
//   assay-http-peer         the address
//   assay-http-certificate  the verified certificate as PEM, percent-encoded;
//                           absent where none was shown
// From anybody without the secret these count for nothing. `http_secret` is
// empty where there is no such front.
Credentials CallCredentials(const grpc::ServerContextBase& context,
                            const std::string& http_secret);

// Decodes %XX; "" where that is malformed.
std::string PercentDecode(const std::string& text);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_CALL_CREDENTIALS_H_
