// SPDX-License-Identifier: Apache-2.0
#include "validator/server/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "validator/base/log.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"

namespace assay::server {
namespace {

constexpr absl::Duration kCheckEvery = absl::Seconds(1);
constexpr absl::Duration kWarnBefore = absl::Hours(24 * 14);
constexpr absl::Duration kWarnEvery = absl::Hours(24);
constexpr size_t kMaxFileBytes = 4 << 20;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;

absl::Status Bad(const std::string& path, const std::string& why) {
  return MakeError(ErrorReason::kArgumentInvalid,
                   absl::StrCat("tls: '", path, "': ", why));
}

// The last word of OpenSSL, and none of it is left for others to find.
std::string Why() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "it cannot be used" : reason;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    return Bad(path, "is a directory");
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Bad(path, std::strerror(errno));
  std::string text{std::istreambuf_iterator<char>(file),
                   std::istreambuf_iterator<char>()};
  if (text.size() > kMaxFileBytes) return Bad(path, "is larger than 4 MiB");
  return text;
}

Bio Read(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// For keys with a passphrase: nobody is there to be asked.
int NoPassphrase(char*, int, int, void*) { return 0; }

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

// All certificates of `pem`; `take` gets each, and says whether it is good.
template <typename Take>
absl::Status ForEachCertificate(const std::string& path, const std::string& pem,
                                Take take) {
  const Bio bio = Read(pem);
  int count = 0;
  while (true) {
    const Certificate certificate(
        PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
    if (certificate == nullptr) break;
    if (!take(certificate.get(), count++)) return Bad(path, Why());
  }
  const unsigned long code = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(code) == ERR_LIB_PEM &&
                      ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  if (!at_end) return Bad(path, Why());
  ERR_clear_error();
  if (count == 0) return Bad(path, "has no certificate (PEM)");
  return absl::OkStatus();
}

// Serving with them is tried here, for gRPC would only say that it failed.
absl::Status CheckPair(const TlsConfig& config, const TlsMaterial& material,
                       absl::Time now, absl::Time* not_after) {
  const Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return Bad(config.certificate, Why());
  absl::Time begin, end;
  ASSAY_RETURN_IF_ERROR(ForEachCertificate(
      config.certificate, material.certificate_chain,
      [&](X509* certificate, int index) {
        if (index > 0) {
          return SSL_CTX_add1_chain_cert(context.get(), certificate) == 1;
        }
        begin = TimeOf(X509_get0_notBefore(certificate));
        end = TimeOf(X509_get0_notAfter(certificate));
        return SSL_CTX_use_certificate(context.get(), certificate) == 1;
      }));
  const Bio bio = Read(material.private_key);
  const Key key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    ERR_clear_error();
    return Bad(config.key,
               "has no private key (PEM) that can be read without a "
               "passphrase");
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return Bad(config.key, absl::StrCat("is not the key of '",
                                        config.certificate, "': ", Why()));
  }
  if (now >= end) {
    return Bad(config.certificate, absl::StrCat("has expired on ", Day(end)));
  }
  if (now < begin) {
    return Bad(config.certificate,
               absl::StrCat("is not good before ", Day(begin)));
  }
  *not_after = end;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsMaterial> LoadTls(const TlsConfig& config, absl::Time now,
                                    absl::Time* not_after) {
  ERR_clear_error();
  TlsMaterial out;
  ASSAY_ASSIGN_OR_RETURN(out.certificate_chain, ReadFile(config.certificate));
  ASSAY_ASSIGN_OR_RETURN(out.private_key, ReadFile(config.key));
  absl::Time end;
  ASSAY_RETURN_IF_ERROR(CheckPair(config, out, now, &end));
  if (not_after != nullptr) *not_after = end;
  out.client = config.client;
  if (config.client_ca.empty()) return out;
  ASSAY_ASSIGN_OR_RETURN(out.client_ca, ReadFile(config.client_ca));
  ASSAY_RETURN_IF_ERROR(ForEachCertificate(config.client_ca, out.client_ca,
                                           [](X509*, int) { return true; }));
  return out;
}

absl::StatusOr<std::unique_ptr<TlsFiles>> TlsFiles::Open(TlsConfig config) {
  std::unique_ptr<TlsFiles> files(new TlsFiles);
  {
    absl::MutexLock lock(&files->mu_);
    files->loaded_ = files->seen_ = StampsOf(config);
    ASSAY_ASSIGN_OR_RETURN(TlsMaterial material,
                           LoadTls(config, absl::Now(), &files->not_after_));
    files->material_ = std::make_shared<TlsMaterial>(std::move(material));
    struct stat info = {};
    if (stat(config.key.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0) {
      LogWarning(absl::StrCat("tls: everybody on this machine can read '",
                              config.key, "'; chmod it to 600"));
    }
    files->config_ = std::move(config);
  }
  files->collector_ = Metrics::Global().AddCollector(
      [raw = files.get()](const Metrics::Tell& tell) {
        absl::MutexLock lock(&raw->mu_);
        tell(Metric::kTlsNotAfter, {},
             static_cast<double>(absl::ToUnixSeconds(raw->not_after_)));
        tell(Metric::kTlsReloadFailing, {}, raw->failing_ ? 1 : 0);
      });
  files->thread_ = std::thread([raw = files.get()] { raw->Loop(); });
  return files;
}

TlsFiles::~TlsFiles() {
  {
    absl::MutexLock lock(&mu_);
    closing_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const TlsMaterial> TlsFiles::current() const {
  absl::MutexLock lock(&mu_);
  return material_;
}

absl::Time TlsFiles::not_after() const {
  absl::MutexLock lock(&mu_);
  return not_after_;
}

absl::Status TlsFiles::Replace(TlsConfig config) {
  absl::MutexLock lock(&mu_);
  if (config.client != config_.client) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     "tls: whether clients show certificates (client_ca, "
                     "client_certificate) changes with a restart only");
  }
  const Stamps stamps = StampsOf(config);
  absl::Time end;
  ASSAY_ASSIGN_OR_RETURN(TlsMaterial material,
                         LoadTls(config, absl::Now(), &end));
  config_ = std::move(config);
  loaded_ = seen_ = stamps;
  failing_ = false;
  material_ = std::make_shared<TlsMaterial>(std::move(material));
  not_after_ = end;
  return absl::OkStatus();
}

TlsFiles::Stamps TlsFiles::StampsOf(const TlsConfig& config) {
  Stamps out = {};
  size_t next = 0;
  for (const std::string* path :
       {&config.certificate, &config.key, &config.client_ca}) {
    std::array<int64_t, 4>& stamp = out.at(next++);
    struct stat info = {};
    if (path->empty() || stat(path->c_str(), &info) != 0) continue;
    stamp = {static_cast<int64_t>(info.st_dev),
             static_cast<int64_t>(info.st_ino), info.st_size,
             info.st_ctim.tv_sec * int64_t{1000000000} + info.st_ctim.tv_nsec};
  }
  return out;
}

void TlsFiles::CheckNow() { Check(true); }

void TlsFiles::Check(bool now) {
  absl::MutexLock lock(&mu_);
  if (not_after_ - absl::Now() < kWarnBefore &&
      absl::Now() - warned_ >= kWarnEvery) {
    warned_ = absl::Now();
    LogWarning(absl::StrCat("tls: '", config_.certificate, "' ends on ",
                            Day(not_after_), "; put a new one in its place"));
  }
  const Stamps stamps = StampsOf(config_);
  // Certificate and key are replaced one after the other: once both are left
  // alone for a second they are looked at.
  const bool still = stamps == std::exchange(seen_, stamps);
  if (stamps == loaded_ || (!still && !now)) return;
  loaded_ = stamps;
  failing_ = false;
  absl::Time end;
  absl::StatusOr<TlsMaterial> material = LoadTls(config_, absl::Now(), &end);
  if (!material.ok()) {
    LogError(absl::StrCat(material.status().message(),
                          "; the certificate before it, which ends on ",
                          Day(not_after_), ", stays in use"));
    failing_ = true;
    return;
  }
  material_ = std::make_shared<TlsMaterial>(*std::move(material));
  not_after_ = end;
  warned_ = absl::InfinitePast();
  LogInfo(absl::StrCat("tls: took '", config_.certificate,
                       "' into use, which ends on ", Day(end)));
}

void TlsFiles::Loop() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      mu_.AwaitWithTimeout(absl::Condition(&closing_), kCheckEvery);
      if (closing_) return;
    }
    Check(false);
  }
}

}  // namespace assay::server
