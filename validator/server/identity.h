// SPDX-License-Identifier: Apache-2.0
// Encryption, authentication and audit of a running server, made from its
// configuration and changed with it.
#ifndef ASSAY_VALIDATOR_SERVER_IDENTITY_H_
#define ASSAY_VALIDATOR_SERVER_IDENTITY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"
#include "validator/base/tls_material.h"
#include "validator/server/listen.h"
#include "validator/server/server_config.h"
#include "validator/server/tls_files.h"
#include "validator/service/access.h"
#include "validator/service/audit_log.h"

namespace assay::server {

// Thread-safe but for Open. Must outlive the gRPC and the HTTP server.
class Identity {
 public:
  // Reads certificates and opens the audit log. An error says what to do.
  static absl::StatusOr<std::unique_ptr<Identity>> Open(
      const ServerConfig& config);

  service::Access& access() { return *access_; }
  service::AuditLog* audit() { return audit_.get(); }  // Null: there is none.
  // Random, of this process: what the HTTP front proves itself with.
  const std::string& http_secret() const { return http_secret_; }

  // What TCP listeners speak; null where they speak plaintext.
  std::function<std::shared_ptr<const TlsMaterial>()> tls() const;

  // For one address of the gRPC listener; lives as long as this.
  std::shared_ptr<grpc::ServerCredentials> CredentialsFor(
      const ListenAddress& address);

  // Whether Reload would succeed; changes nothing.
  absl::Status CheckReload(const ServerConfig& config) const;

  // Principals, limits, certificates and keys as `config` has them, from the
  // next call and the next connection on. TLS and the audit log are neither
  // begun nor ended while serving: kArgumentInvalid, and nothing changes.
  absl::Status Reload(const ServerConfig& config);

  // A line of the audit log about the server: "started", "stopped",
  // "configuration reloaded".
  void NoteServer(const std::string& outcome, const std::string& message);

 private:
  Identity() = default;

  std::unique_ptr<TlsFiles> tls_;
  service::AuditOptions audit_options_;
  std::unique_ptr<service::AuditLog> audit_;
  std::unique_ptr<service::Access> access_;
  std::string http_secret_;
  std::vector<std::shared_ptr<grpc::ServerCredentials>> credentials_;
};

// How far the addresses of `config` may reach: further than this machine only
// with both TLS and authentication, or where somebody says `insecure`.
Reach ReachOf(const ServerConfig& config, bool insecure);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_IDENTITY_H_
