// SPDX-License-Identifier: Apache-2.0
// The server's certificate, its key and the CA of its clients: files that are
// replaced while the server runs.
//
// Thread-safe. A thread looks at the files every second. What it finds is taken
// as a whole and only where it can be served with: certificate and key read,
// belong together and have not expired. Otherwise what was there before stays,
// and the log says why. New material counts for new connections.
#ifndef ASSAY_VALIDATOR_SERVER_TLS_FILES_H_
#define ASSAY_VALIDATOR_SERVER_TLS_FILES_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/base/tls_material.h"

namespace assay::server {

// What the configuration's `tls:` says.
struct TlsConfig {
  std::string certificate;  // PEM file: the server's own, then intermediates.
  std::string key;          // PEM file, not encrypted.
  std::string client_ca;    // PEM file; empty: clients show no certificate.
  TlsMaterial::ClientCertificate client = TlsMaterial::ClientCertificate::kNone;
};

// Reads and checks the files; kArgumentInvalid names the file and the reason.
// `not_after` (may be null) is the end of the server's certificate.
absl::StatusOr<TlsMaterial> LoadTls(const TlsConfig& config, absl::Time now,
                                    absl::Time* not_after);

class TlsFiles {
 public:
  static absl::StatusOr<std::unique_ptr<TlsFiles>> Open(TlsConfig config);
  ~TlsFiles();
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  // Never null; another pointer when the material is another.
  std::shared_ptr<const TlsMaterial> current() const;

  // When the server's certificate ends.
  absl::Time not_after() const;

  // Other files from now on; an error changes nothing. Whether clients are
  // asked for certificates cannot change while serving: kArgumentInvalid.
  absl::Status Replace(TlsConfig config);

  // Looks at the files now.
  void CheckNow();

 private:
  // Of the three files: device, inode, size, time of change.
  using Stamps = std::array<std::array<int64_t, 4>, 3>;

  TlsFiles() = default;
  static Stamps StampsOf(const TlsConfig& config);
  void Check(bool now);
  void Loop();

  mutable absl::Mutex mu_;
  TlsConfig config_ ABSL_GUARDED_BY(mu_);
  Stamps loaded_ ABSL_GUARDED_BY(mu_) = {};  // Of the last attempt.
  Stamps seen_ ABSL_GUARDED_BY(mu_) = {};    // A second ago.
  std::shared_ptr<const TlsMaterial> material_ ABSL_GUARDED_BY(mu_);
  absl::Time not_after_ ABSL_GUARDED_BY(mu_);
  bool failing_ ABSL_GUARDED_BY(mu_) = false;  // The last look, to take it.
  absl::Time warned_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
  std::shared_ptr<void> collector_;  // Last: it asks the rest.
};

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_TLS_FILES_H_
