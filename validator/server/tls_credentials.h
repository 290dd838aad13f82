// SPDX-License-Identifier: Apache-2.0
// TLS of the gRPC listener, with material that may change while serving.
//
// gRPC's own FileWatcherCertificateProvider is not used: in gRPC 1.51 it hands
// whatever it reads to the listener, which has by then given up the material
// before, so that a broken file ends service. Here gRPC asks at each handshake
// whether there is new material, all of which was tried before
// (tls_files.h).
#ifndef ASSAY_VALIDATOR_SERVER_TLS_CREDENTIALS_H_
#define ASSAY_VALIDATOR_SERVER_TLS_CREDENTIALS_H_

#include <memory>

#include "grpcpp/security/server_credentials.h"
#include "validator/server/tls_files.h"

namespace assay::server {

// TLS 1.2 and later. For one address: each must have its own. `files` is
// borrowed and must outlive the server.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(
    const TlsFiles* files);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_TLS_CREDENTIALS_H_
