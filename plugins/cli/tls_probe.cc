// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/tls_probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace assay::cli {
namespace {

constexpr int kConnectMillis = 2000;
constexpr int kReadSeconds = 2;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Addresses = std::unique_ptr<addrinfo, Free<freeaddrinfo>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Free<SSL_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

// OpenSSL writes as if nobody had left.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~NoSigpipe() {
    const timespec at_once = {};
    while (sigtimedwait(&set_, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t set_{};
  sigset_t before_{};
};

struct Place {
  std::string host;
  std::string port;
};

Place PlaceOf(std::string address) {
  for (const std::string_view scheme : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (!address.starts_with(scheme)) continue;
    address = address.substr(scheme.size());
    break;
  }
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {};
  Place out = {address.substr(0, colon), address.substr(colon + 1)};
  if (out.host.starts_with('[') && out.host.ends_with(']')) {
    out.host = out.host.substr(1, out.host.size() - 2);
  }
  return out;
}

// A connected socket, or -1.
int ConnectTo(const addrinfo& address) {
  const int fd =
      socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int failed = connect(fd, address.ai_addr, address.ai_addrlen);
  if (failed != 0 && errno == EINPROGRESS) {
    pollfd poll_for = {.fd = fd, .events = POLLOUT, .revents = 0};
    socklen_t size = sizeof(failed);
    if (poll(&poll_for, 1, kConnectMillis) != 1 ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0) {
      failed = 1;
    }
  }
  if (failed != 0) {
    close(fd);
    return -1;
  }
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  const timeval limit = {.tv_sec = kReadSeconds, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  return fd;
}

int ConnectTo(const Place& place) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(place.host.c_str(), place.port.c_str(), &hints, &list) != 0) {
    return -1;
  }
  const Addresses owner(list);
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    const int fd = ConnectTo(*at);
    if (fd >= 0) return fd;
  }
  return -1;
}

std::string NameText(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size < 0 ? 0 : size));
}

// "a.example, b.example, 10.0.0.1": whom the certificate is for.
std::string HostsOf(X509* certificate) {
  std::string out;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get());
       ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    std::string text;
    if (name->type == GEN_DNS) {
      const auto* data =
          reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
      text.assign(data,
                  static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      char buffer[INET6_ADDRSTRLEN] = {};
      const int family =
          ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
      inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), buffer,
                sizeof(buffer));
      text = buffer;
    }
    if (!text.empty()) absl::StrAppend(&out, out.empty() ? "" : ", ", text);
  }
  return out.empty() ? "no host at all" : out;
}

std::string Unverified(SSL* session, long result, const Place& place,
                       const ClientOptions& options) {
  const Certificate certificate(SSL_get1_peer_certificate(session));
  const std::string cas = options.ca.empty()
                              ? "the system's CAs (name another with --tls-ca)"
                              : "the CAs of --tls-ca";
  switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return absl::StrCat("its certificate is for ", HostsOf(certificate.get()),
                          ", not for ", place.host,
                          "; call it by one of these names");
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate, or one that signs it, has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not good yet; look at the clocks of both "
             "machines";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return absl::StrCat(
          "its certificate is signed by '",
          certificate == nullptr
              ? ""
              : NameText(X509_get_issuer_name(certificate.get())),
          "', which is not among ", cas);
    default:
      return absl::StrCat("its certificate is not good: ",
                          X509_verify_cert_error_string(result));
  }
}

// What an alert of the server means; "" where it is none of ours.
std::string FromAlert(unsigned long code, const ClientOptions& options) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return "";
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
      return options.tls ? "it speaks plaintext; leave out --tls and https://, "
                           "or give it a certificate (`tls:`)"
                         : "";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return options.certificate.empty()
                 ? "it wants a client certificate; give one with --tls-cert "
                   "and --tls-key"
                 : "it accepts neither our certificate nor our ciphers";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_TLSV1_ALERT_INTERNAL_ERROR:
      if (options.certificate.empty()) return "";
      return absl::StrCat(
          "it does not accept the client certificate of "
          "--tls-cert (",
          ERR_reason_error_string(code), "): another CA, or expired");
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return "it speaks another version of TLS; 1.2 and 1.3 are spoken here";
    default:
      return "";
  }
}

// gRPC's servers close the connection without an alert.
std::string Refused(bool asked_for_certificate, const ClientOptions& options) {
  std::string said = FromAlert(ERR_peek_last_error(), options);
  if (!said.empty() || !options.tls || !asked_for_certificate) return said;
  if (options.certificate.empty()) {
    return "it wants a client certificate; give one with --tls-cert and "
           "--tls-key";
  }
  return "it does not accept the client certificate of --tls-cert: it is of "
         "another CA, or has expired";
}

std::string LoadOwn(SSL_CTX* context, const ClientOptions& options) {
  if (options.ca.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else {
    const Bio bio(BIO_new_mem_buf(options.ca.data(),
                                  static_cast<int>(options.ca.size())));
    int count = 0;
    while (true) {
      const Certificate ca(
          PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
      if (ca == nullptr) break;
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get());
      ++count;
    }
    if (count == 0) return "the file of --tls-ca has no certificate (PEM)";
  }
  if (options.certificate.empty()) return "";
  const Bio certificates(
      BIO_new_mem_buf(options.certificate.data(),
                      static_cast<int>(options.certificate.size())));
  const Bio keys(BIO_new_mem_buf(options.key.data(),
                                 static_cast<int>(options.key.size())));
  const Certificate own(
      PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr));
  char no_passphrase[] = "";
  const Key key(
      PEM_read_bio_PrivateKey(keys.get(), nullptr, nullptr, no_passphrase));
  if (own == nullptr || key == nullptr) {
    return "the files of --tls-cert and --tls-key are not a certificate and a "
           "key (PEM)";
  }
  while (true) {
    X509* next =
        PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr);
    if (next == nullptr) break;
    SSL_CTX_add_extra_chain_cert(context, next);
  }
  if (SSL_CTX_use_certificate(context, own.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return "the key of --tls-key is not that of --tls-cert";
  }
  return "";
}

void ExpectHost(SSL* session, const std::string& host) {
  X509_VERIFY_PARAM* param = SSL_get0_param(session);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1) return;
  X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size());
  SSL_set_tlsext_host_name(session, host.c_str());
}

std::string Handshake(SSL_CTX* context, int fd, const Place& place,
                      const ClientOptions& options) {
  const Session session(SSL_new(context));
  SSL_set_fd(session.get(), fd);
  static constexpr unsigned char kHttp2[] = "\x02h2";
  SSL_set_alpn_protos(session.get(), kHttp2, sizeof(kHttp2) - 1);
  // Verified, and looked at below: a handshake that is broken off would have
  // nothing to show. Nothing is sent over it.
  SSL_set_verify(session.get(), SSL_VERIFY_NONE, nullptr);
  if (options.tls) ExpectHost(session.get(), place.host);
  // Called only where the server asks for one.
  bool asked = false;
  SSL_set_cert_cb(
      session.get(),
      [](SSL*, void* flag) {
        *static_cast<bool*>(flag) = true;
        return 1;
      },
      &asked);
  ERR_clear_error();
  if (SSL_connect(session.get()) == 1) {
    if (!options.tls) {
      return "it speaks TLS; say --tls (or https://), and --tls-ca FILE where "
             "its certificate is of a CA of your own";
    }
    const long verified = SSL_get_verify_result(session.get());
    if (verified != X509_V_OK) {
      return Unverified(session.get(), verified, place, options);
    }
    // In TLS 1.3 a server refuses a client after the client's handshake.
    char byte = 0;
    if (SSL_peek(session.get(), &byte, 1) == 1) return "";
    return Refused(asked, options);
  }
  const unsigned long code = ERR_peek_last_error();
  if (!options.tls && ERR_GET_LIB(code) == ERR_LIB_SSL &&
      ERR_GET_REASON(code) > 1000) {
    // An alert, and alerts are TLS.
    return "it speaks TLS; say --tls (or https://)";
  }
  return Refused(asked, options);
}

}  // namespace

std::string ProbeTls(const ClientOptions& options) {
  const NoSigpipe no_sigpipe;
  if (options.address.starts_with("unix:")) return "";
  const Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return "";
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (options.tls) {
    std::string own = LoadOwn(context.get(), options);
    if (!own.empty()) return own;
  }
  const Place place = PlaceOf(options.address);
  const int fd = ConnectTo(place);
  if (fd < 0) return "";
  std::string out = Handshake(context.get(), fd, place, options);
  close(fd);
  ERR_clear_error();
  return out;
}

}  // namespace assay::cli
