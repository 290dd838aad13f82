// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::runs {
namespace {

absl::Status FileError(const std::string& what, const std::string& path) {
  return MakeError(ErrorReason::kStoreFailed,
                   absl::StrCat("cannot ", what, " the run store '", path,
                                "': ", std::strerror(errno)));
}

void RemoveDirectory(const std::string& directory) {
  if (directory.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}

// Takes the lock and leaves the process id in it for the next one's message.
absl::StatusOr<int> TakeLock(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return FileError("lock", path);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    absl::Status failure = FileError("lock", path);
    if (errno == EWOULDBLOCK) {
      char holder[32] = {};
      const ssize_t size = pread(fd, holder, sizeof(holder) - 1, 0);
      failure = MakeError(
          ErrorReason::kStoreFailed,
          absl::StrCat("the run store '", path, "' is in use by another assayd",
                       size > 0 ? absl::StrCat(" (process ", holder, ")") : "",
                       "; stop it, or give this server a store of its own"));
    }
    close(fd);
    return failure;
  }
  const std::string pid = std::to_string(getpid());
  // The number only makes a message better: a full disk must not matter here.
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    errno = 0;
  }
  return fd;
}

}  // namespace

absl::Status CheckStorePath(const std::string& path) {
  if (path.find_first_of(";{}\"'\n") != std::string::npos) {
    return MakeError(
        ErrorReason::kArgumentInvalid,
        absl::StrCat("the run store's path '", path,
                     "' must not hold any of ; { } \" ' or a line break"));
  }
  std::error_code none;
  const std::filesystem::file_status status =
      std::filesystem::status(path, none);
  if (std::filesystem::exists(status) &&
      !std::filesystem::is_regular_file(status)) {
    return MakeError(
        ErrorReason::kStoreFailed,
        absl::StrCat("the run store's path '", path,
                     "' is no file; name a file of the store's own"));
  }
  // The first bytes of every database: sqlite.org/fileformat2.html §1.3.
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::string begin(kMagic.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (file.gcount() == 0 || begin == kMagic) return absl::OkStatus();
  return MakeError(
      ErrorReason::kStoreFailed,
      absl::StrCat("the run store's file '", path,
                   "' is no SQLite database; name a file of the store's own"));
}

StoreFile::StoreFile(std::string path, std::string directory, int lock_fd)
    : path_(std::move(path)),
      directory_(std::move(directory)),
      lock_fd_(lock_fd) {}

StoreFile::~StoreFile() {
  RemoveDirectory(directory_);
  close(lock_fd_);  // The lock file stays: removing it would race a new server.
}

absl::StatusOr<std::unique_ptr<StoreFile>> StoreFile::Open(
    const std::string& path) {
  std::string file = path;
  std::string directory;
  if (path.empty()) {
    const char* const base = std::getenv("TMPDIR");
    directory = absl::StrCat(base != nullptr && *base != '\0' ? base : "/tmp",
                             "/assay-runs-XXXXXX");
    if (mkdtemp(directory.data()) == nullptr) {
      return FileError("make a directory for", directory);
    }
    file = directory + "/runs.db";
  }
  if (absl::Status status = CheckStorePath(file); !status.ok()) {
    RemoveDirectory(directory);
    return status;
  }
  absl::StatusOr<int> lock = TakeLock(file);
  if (!lock.ok()) {
    RemoveDirectory(directory);
    return lock.status();
  }
  // The journal files beside it take over the mode.
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || fchmod(fd, 0600) != 0) {
    const absl::Status failure = FileError("open", file);
    if (fd >= 0) close(fd);
    close(*lock);
    RemoveDirectory(directory);
    return failure;
  }
  close(fd);
  return std::unique_ptr<StoreFile>(
      new StoreFile(std::move(file), std::move(directory), *lock));
}

std::string StoreFile::ConnectionString() const {
  // A write-ahead log, synced at checkpoints: after a crash of the process
  // nothing is lost; after a loss of power the last moments may be, and the
  // runs that ended in them are executed again.
  return absl::StrCat("Driver=SQLite3;Database=", path_,
                      ";JournalMode=WAL;SyncPragma=NORMAL;Timeout=5000");
}

}  // namespace assay::runs
