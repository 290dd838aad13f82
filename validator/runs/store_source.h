// SPDX-License-Identifier: Apache-2.0
// Where the run store is: a file of this server's own, or a database that
// several servers share.
#ifndef ASSAY_VALIDATOR_RUNS_STORE_SOURCE_H_
#define ASSAY_VALIDATOR_RUNS_STORE_SOURCE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "validator/db/store_connection.h"
#include "validator/runs/store_dialect.h"
#include "validator/runs/store_file.h"
#include "validator/runs/store_options.h"

namespace assay::runs {

// Immutable; thread-safe. Holds the lock of the file while it lives.
class StoreSource {
 public:
  // Errors of StoreFile::Open.
  static absl::StatusOr<std::unique_ptr<StoreSource>> Open(
      const StoreOptions& options);

  const StoreDialect& dialect() const { return *dialect_; }
  const StoreOptions& options() const { return options_; }
  // For people, without a secret: "run store '/var/lib/assay/runs.db'".
  const std::string& name() const { return name_; }
  // The file's path; "" where it is none.
  std::string file_path() const;

  // Reads the secrets, connects, and sets the session up. kSecretUnavailable,
  // kDatabaseUnreachable, kAuthenticationFailed, …
  absl::StatusOr<std::unique_ptr<db::StoreConnection>> Connect() const;

 private:
  explicit StoreSource(StoreOptions options) : options_(std::move(options)) {}

  const StoreOptions options_;
  const StoreDialect* dialect_ = nullptr;
  std::string name_;
  std::unique_ptr<StoreFile> file_;
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_STORE_SOURCE_H_
