// SPDX-License-Identifier: Apache-2.0
// What a listener needs to speak TLS: a value, replaced as a whole.
#ifndef ASSAY_VALIDATOR_BASE_TLS_MATERIAL_H_
#define ASSAY_VALIDATOR_BASE_TLS_MATERIAL_H_

#include <string>

namespace assay {

// All texts are PEM.
struct TlsMaterial {
  // Whether clients show a certificate. kOptional: one that is shown must be
  // signed by client_ca; kRequired: and each client must show one.
  enum class ClientCertificate { kNone, kOptional, kRequired };

  std::string certificate_chain;  // The server's own first.
  std::string private_key;
  std::string client_ca;  // Empty where `client` is kNone.
  ClientCertificate client = ClientCertificate::kNone;
};

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_TLS_MATERIAL_H_
