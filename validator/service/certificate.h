// SPDX-License-Identifier: Apache-2.0
// The names by which a client's certificate is known.
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_SERVICE_CERTIFICATE_H_
#define ASSAY_VALIDATOR_SERVICE_CERTIFICATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace assay::service {

struct CertificateNames {
  // "DNS:host", "URI:spiffe://…", "email:a@b" of its alternative names, "CN:x"
  // of its subject, and "subject:CN=x,O=y" (RFC 2253) for all of it. The kind
  // is part of the name, so that no name of one kind passes for another's.
  std::vector<std::string> names;
  absl::Time not_after;
};

// Reads the first certificate of `pem`, which must be verified already.
// kUnauthenticated where it cannot be read, or has a name with a NUL in it.
absl::StatusOr<CertificateNames> ReadCertificate(std::string_view pem);

// Whether `name` is written as a name of CertificateNames is.
bool IsCertificateName(std::string_view name);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_CERTIFICATE_H_
