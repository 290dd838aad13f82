// SPDX-License-Identifier: Apache-2.0
// TLS for accepted connections, from material that may change while serving.
//
// Thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_TLS_CONTEXT_H_
#define ASSAY_VALIDATOR_HTTP_TLS_CONTEXT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "boost/asio/ssl/context.hpp"
#include "validator/base/tls_material.h"

namespace assay::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// TLS 1.2 and later. kArgumentInvalid where OpenSSL does not take it.
absl::StatusOr<TlsContext> MakeTlsContext(const TlsMaterial& material);

// The verified certificate of the peer as PEM; "" where it showed none.
std::string PeerCertificate(SSL* ssl);

// The context of the newest material.
class TlsContexts {
 public:
  explicit TlsContexts(
      std::function<std::shared_ptr<const TlsMaterial>()> material)
      : material_(std::move(material)) {}

  // Where newer material cannot be used, the one before is, and the log says
  // why.
  absl::StatusOr<TlsContext> Get();

 private:
  const std::function<std::shared_ptr<const TlsMaterial>()> material_;
  absl::Mutex mu_;
  std::shared_ptr<const TlsMaterial> seen_ ABSL_GUARDED_BY(mu_);
  TlsContext context_ ABSL_GUARDED_BY(mu_);
};

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_TLS_CONTEXT_H_
