// SPDX-License-Identifier: Apache-2.0
#include "validator/server/identity.h"

#include <sys/random.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "validator/base/clock.h"
#include "validator/base/status.h"
#include "validator/server/tls_credentials.h"

namespace assay::server {
namespace {

constexpr size_t kSecretBytes = 32;

}  // namespace

absl::StatusOr<std::unique_ptr<Identity>> Identity::Open(
    const ServerConfig& config) {
  std::unique_ptr<Identity> out(new Identity);
  if (config.tls.has_value()) {
    ASSAY_ASSIGN_OR_RETURN(out->tls_, TlsFiles::Open(*config.tls));
  }
  if (config.audit.has_value()) {
    out->audit_options_ = *config.audit;
    ASSAY_ASSIGN_OR_RETURN(out->audit_, service::AuditLog::Open(*config.audit));
  }
  out->access_ = std::make_unique<service::Access>(
      config.auth, out->audit_.get(), RealClock());
  std::string secret(kSecretBytes, '\0');
  if (getrandom(secret.data(), secret.size(), 0) !=
      static_cast<ssize_t>(secret.size())) {
    return MakeError(ErrorReason::kInternal, "the kernel gives no randomness");
  }
  out->http_secret_ = absl::BytesToHexString(secret);
  return out;
}

std::function<std::shared_ptr<const TlsMaterial>()> Identity::tls() const {
  if (tls_ == nullptr) return nullptr;
  return [files = tls_.get()] { return files->current(); };
}

std::shared_ptr<grpc::ServerCredentials> Identity::CredentialsFor(
    const ListenAddress& address) {
  // Who reaches a Unix socket is on this machine, and its owner.
  if (tls_ == nullptr || address.is_unix()) {
    return grpc::InsecureServerCredentials();
  }
  credentials_.push_back(MakeTlsCredentials(tls_.get()));
  return credentials_.back();
}

absl::Status Identity::CheckReload(const ServerConfig& config) const {
  const bool audits = audit_ != nullptr;
  if (config.tls.has_value() != (tls_ != nullptr)) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     "tls: is begun and ended with a restart only");
  }
  if (config.audit.has_value() != audits ||
      (audits && !(*config.audit == audit_options_))) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     "audit: changes with a restart only");
  }
  if (config.auth.has_value() != access_->enabled()) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     "auth: is begun and ended with a restart only");
  }
  if (!config.tls.has_value()) return absl::OkStatus();
  if (config.tls->client != tls_->current()->client) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     "tls: whether clients show certificates changes with a "
                     "restart only");
  }
  return LoadTls(*config.tls, absl::Now(), nullptr).status();
}

absl::Status Identity::Reload(const ServerConfig& config) {
  ASSAY_RETURN_IF_ERROR(CheckReload(config));
  // First, for it changes nothing but a file of the same name.
  if (audit_ != nullptr) ASSAY_RETURN_IF_ERROR(audit_->Reopen());
  if (tls_ != nullptr) ASSAY_RETURN_IF_ERROR(tls_->Replace(*config.tls));
  access_->Replace(config.auth);
  return absl::OkStatus();
}

void Identity::NoteServer(const std::string& outcome,
                          const std::string& message) {
  if (audit_ == nullptr) return;
  audit_->Note({.event = "server", .outcome = outcome, .message = message});
}

Reach ReachOf(const ServerConfig& config, bool insecure) {
  if (insecure) return Reach::kAnywhere;
  if (!config.tls.has_value()) return Reach::kThisMachine;
  return config.auth.has_value() ? Reach::kAnywhere : Reach::kThisMachine;
}

}  // namespace assay::server
