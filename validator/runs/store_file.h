// SPDX-License-Identifier: Apache-2.0
// The file under the run store: made private to this user, locked against a
// second server, removed at the end where it was temporary.
#ifndef ASSAY_VALIDATOR_RUNS_STORE_FILE_H_
#define ASSAY_VALIDATOR_RUNS_STORE_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace assay::runs {

// Refuses what StoreFile::Open must not touch: kArgumentInvalid for a path that
// no connection string can carry, kStoreFailed for what is no file, or a file
// that is neither empty nor a SQLite database.
absl::Status CheckStorePath(const std::string& path);

// Holds the lock while it lives. Immutable; thread-safe.
class StoreFile {
 public:
  // Makes `path` with mode 0600 where it is not there, and takes the lock of
  // PATH.lock. An empty path: a file in a new private directory of $TMPDIR,
  // which the destructor removes. Fails with kStoreFailed where the file cannot
  // be made or another process holds the lock (the message names it), and as
  // CheckStorePath.
  static absl::StatusOr<std::unique_ptr<StoreFile>> Open(
      const std::string& path);
  ~StoreFile();
  StoreFile(const StoreFile&) = delete;
  StoreFile& operator=(const StoreFile&) = delete;

  const std::string& path() const { return path_; }

  // For odbc::OpenStore.
  std::string ConnectionString() const;

 private:
  StoreFile(std::string path, std::string directory, int lock_fd);

  const std::string path_;
  const std::string directory_;  // To be removed; empty: none.
  const int lock_fd_;
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_STORE_FILE_H_
