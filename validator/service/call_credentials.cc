// SPDX-License-Identifier: Apache-2.0
#include "validator/service/call_credentials.h"

#include <grpc/grpc_security_constants.h>
#include <openssl/crypto.h>

#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "grpcpp/security/auth_context.h"

namespace assay::service {
namespace {

std::vector<std::string> Values(const grpc::ServerContextBase& context,
                                const char* key) {
  std::vector<std::string> out;
  const auto [begin, end] = context.client_metadata().equal_range(key);
  for (auto at = begin; at != end; ++at) {
    out.emplace_back(at->second.data(), at->second.size());
  }
  return out;
}

bool IsHttpFront(const grpc::ServerContextBase& context,
                 const std::string& secret) {
  if (secret.empty()) return false;
  const std::vector<std::string> values = Values(context, "assay-http-secret");
  return values.size() == 1 && values[0].size() == secret.size() &&
         CRYPTO_memcmp(values[0].data(), secret.data(), secret.size()) == 0;
}

// Of a TLS connection that asked for one: gRPC has verified it then.
std::string PeerCertificate(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return "";
  const std::vector<grpc::string_ref> values =
      auth->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (values.size() != 1) return "";
  return std::string(values[0].data(), values[0].size());
}

}  // namespace

std::string PercentDecode(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const std::string digits = text.substr(i + 1, 2);
    if (digits.size() != 2 ||
        digits.find_first_not_of("0123456789abcdefABCDEF") !=
            std::string::npos) {
      return "";
    }
    out += absl::HexStringToBytes(digits);
    i += 2;
  }
  return out;
}

Credentials CallCredentials(const grpc::ServerContextBase& context,
                            const std::string& http_secret) {
  Credentials out;
  out.authorization = Values(context, "authorization");
  // Of several nobody knows which one is meant.
  if (const auto traces = Values(context, "traceparent"); traces.size() == 1) {
    out.traceparent = traces[0];
  }
  if (!IsHttpFront(context, http_secret)) {
    out.certificate = PeerCertificate(context);
    out.peer = context.peer();
    return out;
  }
  const auto peers = Values(context, "assay-http-peer");
  out.peer = "http";
  if (!peers.empty()) out.peer += ":" + peers[0];
  const auto certificates = Values(context, "assay-http-certificate");
  if (!certificates.empty()) {
    out.certificate = PercentDecode(certificates[0]);
    // A damaged one must not read as none.
    if (out.certificate.empty()) out.certificate = certificates[0];
  }
  return out;
}

}  // namespace assay::service
