// SPDX-License-Identifier: Apache-2.0
#include "validator/service/certificate.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::service {
namespace {

constexpr std::string_view kKinds[] = {
    "DNS:", "URI:", "email:", "CN:", "subject:"};

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

absl::Status Unreadable(const char* why) {
  return MakeError(
      ErrorReason::kUnauthenticated,
      absl::StrCat("the client certificate cannot be read: ", why));
}

// Appends "`kind`name". False where the name has a NUL, which other programs
// may take for its end.
bool Add(std::string_view kind, const ASN1_STRING* text,
         std::vector<std::string>& names) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
  const std::string name(data, static_cast<size_t>(ASN1_STRING_length(text)));
  if (name.find('\0') != std::string::npos) return false;
  names.push_back(absl::StrCat(std::string(kind), name));
  return true;
}

bool AddAlternativeNames(X509* certificate, std::vector<std::string>& names) {
  int found = 0;
  const Names all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr)));
  if (all == nullptr && found != -1) return false;  // -1: there is none.
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    bool good = true;
    if (name->type == GEN_DNS) good = Add("DNS:", name->d.dNSName, names);
    if (name->type == GEN_URI) {
      good = Add("URI:", name->d.uniformResourceIdentifier, names);
    }
    if (name->type == GEN_EMAIL) {
      good = Add("email:", name->d.rfc822Name, names);
    }
    if (!good) return false;
  }
  return true;
}

bool AddSubject(X509* certificate, std::vector<std::string>& names) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  int at = -1;
  while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(
        &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) return false;
    const std::string name(reinterpret_cast<char*>(utf8),
                           static_cast<size_t>(size));
    OPENSSL_free(utf8);
    if (name.find('\0') != std::string::npos) return false;
    names.push_back(absl::StrCat("CN:", name));
  }
  const Bio text(BIO_new(BIO_s_mem()));
  constexpr unsigned long kForm = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
  if (X509_NAME_print_ex(text.get(), subject, 0, kForm) < 0) return false;
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  if (size > 0) {
    names.push_back(
        absl::StrCat("subject:", std::string(data, static_cast<size_t>(size))));
  }
  return true;
}

}  // namespace

absl::StatusOr<CertificateNames> ReadCertificate(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return Unreadable("it is no PEM certificate");
  CertificateNames out;
  if (!AddAlternativeNames(certificate.get(), out.names) ||
      !AddSubject(certificate.get(), out.names)) {
    return Unreadable("one of its names is malformed");
  }
  std::tm end = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
    return Unreadable("its end is no time");
  }
  out.not_after = absl::FromTM(end, absl::UTCTimeZone());
  return out;
}

bool IsCertificateName(std::string_view name) {
  for (const std::string_view kind : kKinds) {
    if (name.starts_with(kind) && name.size() > kind.size()) return true;
  }
  return false;
}

}  // namespace assay::service
