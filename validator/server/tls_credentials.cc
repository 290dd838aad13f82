// SPDX-License-Identifier: Apache-2.0
#include "validator/server/tls_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <string>

#include "absl/synchronization/mutex.h"

namespace assay::server {
namespace {

using Request = TlsMaterial::ClientCertificate;

grpc_ssl_client_certificate_request_type RequestType(Request request) {
  switch (request) {
    case Request::kNone:
      return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    case Request::kOptional:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case Request::kRequired:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
}

class TlsCredentials final : public grpc::ServerCredentials {
 public:
  explicit TlsCredentials(const TlsFiles* files) : files_(files) {
    credentials_ = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            RequestType(files->current()->client), &Fetch, this));
  }
  ~TlsCredentials() override { grpc_server_credentials_release(credentials_); }

  // Callers are authenticated at the service's entry.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // Called at each handshake, on gRPC's threads.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto* credentials = static_cast<TlsCredentials*>(self);
    std::shared_ptr<const TlsMaterial> material =
        credentials->files_->current();
    absl::MutexLock lock(&credentials->mu_);
    if (material == credentials->given_) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    const grpc_ssl_pem_key_cert_pair pair = {
        material->private_key.c_str(), material->certificate_chain.c_str()};
    // gRPC wants CAs, also where it asks no client for a certificate.
    const bool clients = material->client != Request::kNone;
    *config = grpc_ssl_server_certificate_config_create(
        clients ? material->client_ca.c_str()
                : material->certificate_chain.c_str(),
        &pair, 1);
    credentials->given_ = std::move(material);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const TlsFiles* const files_;
  grpc_server_credentials* credentials_ = nullptr;
  absl::Mutex mu_;
  std::shared_ptr<const TlsMaterial> given_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(
    const TlsFiles* files) {
  return std::make_shared<TlsCredentials>(files);
}

}  // namespace assay::server
