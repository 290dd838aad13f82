// SPDX-License-Identifier: Apache-2.0
#include "validator/http/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/buffer.hpp"
#include "validator/base/log.h"
#include "validator/base/status.h"

namespace assay::http {
namespace {

namespace ssl = boost::asio::ssl;

// Names of authorities in a text of PEM certificates, which a server sends to
// tell clients whose certificates it takes.
void NameAuthorities(const std::string& pem, SSL_CTX* context) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    SSL_CTX_add_client_CA(context, one);
    X509_free(one);
  }
  ERR_clear_error();  // The last one ends at the end of the text.
}

int VerifyMode(TlsMaterial::ClientCertificate wanted) {
  switch (wanted) {
    case TlsMaterial::ClientCertificate::kNone:
      return SSL_VERIFY_NONE;
    case TlsMaterial::ClientCertificate::kOptional:
      return SSL_VERIFY_PEER;
    case TlsMaterial::ClientCertificate::kRequired:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

}  // namespace

absl::StatusOr<TlsContext> MakeTlsContext(const TlsMaterial& material) {
  auto out = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* context = out->native_handle();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A connection that waits keeps no buffers of OpenSSL.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // Nothing is resumed: an authority that is taken away is gone at once.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);

  boost::system::error_code error;
  const auto failed = [&error](const char* what) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     absl::StrCat("TLS: ", what, ": ", error.message()));
  };
  using boost::asio::buffer;
  out->use_certificate_chain(buffer(material.certificate_chain), error);
  if (error) return failed("the certificate chain cannot be used");
  out->use_private_key(buffer(material.private_key), ssl::context::pem, error);
  if (error) return failed("the private key cannot be used");
  if (SSL_CTX_check_private_key(context) != 1) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     "TLS: the private key is not that of the certificate");
  }
  if (!material.client_ca.empty()) {
    out->add_certificate_authority(buffer(material.client_ca), error);
    if (error) return failed("the clients' authorities cannot be used");
    NameAuthorities(material.client_ca, context);
  }
  SSL_CTX_set_verify(context, VerifyMode(material.client), nullptr);
  return out;
}

std::string PeerCertificate(SSL* ssl) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(ssl), &X509_free);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) {
    return "";
  }
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                      &BIO_free);
  PEM_write_bio_X509(bio.get(), certificate.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

absl::StatusOr<TlsContext> TlsContexts::Get() {
  const std::shared_ptr<const TlsMaterial> now = material_();
  absl::MutexLock lock(&mu_);
  if (now == seen_ && context_ != nullptr) return context_;
  seen_ = now;
  absl::StatusOr<TlsContext> made = MakeTlsContext(*now);
  if (made.ok()) {
    context_ = *made;
    return context_;
  }
  if (context_ == nullptr) return made;
  LogError(absl::StrCat("http: the new certificate is not used: ",
                        std::string(made.status().message())));
  return context_;
}

}  // namespace assay::http
