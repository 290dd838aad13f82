// SPDX-License-Identifier: Apache-2.0
// The file of tokens on disk; token.cc has what is in it.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/service/token.h"

namespace assay::service {
namespace {

constexpr size_t kMaxFileBytes = 256 << 20;

absl::Status Fail(const std::string& path, const std::string& what) {
  return MakeError(ErrorReason::kArgumentInvalid,
                   absl::StrCat("token file '", path, "': ", what, ": ",
                                std::strerror(errno)));
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  const int fd_;
};

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// Gives the file to whom the old one, or else the directory, belongs to: the
// server must still be able to read what root has edited.
bool KeepOwner(const std::string& path, int fd) {
  struct stat old = {};
  if (stat(path.c_str(), &old) != 0 &&
      stat(DirectoryOf(path).c_str(), &old) != 0) {
    return false;
  }
  return geteuid() != 0 || fchown(fd, old.st_uid, old.st_gid) == 0;
}

absl::Status Replace(const std::string& path, const std::string& text) {
  const std::string next = path + ".new";
  {
    // A leftover of a process that was killed; we hold the lock.
    unlink(next.c_str());
    const File file(
        open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.ok()) return Fail(next, "cannot be made");
    if (!KeepOwner(path, file.fd()) || !WriteAll(file.fd(), text) ||
        fsync(file.fd()) != 0) {
      absl::Status status = Fail(next, "cannot be written");
      unlink(next.c_str());
      return status;
    }
  }
  if (rename(next.c_str(), path.c_str()) != 0) {
    return Fail(path, "cannot be replaced");
  }
  const File directory(
      open(DirectoryOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.ok()) fsync(directory.fd());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<TokenRecord>> ReadTokenFile(
    const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) {
    if (errno == ENOENT) return std::vector<TokenRecord>();
    return Fail(path, "cannot be read");
  }
  struct stat info = {};
  if (fstat(file.fd(), &info) != 0) return Fail(path, "cannot be read");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     absl::StrCat("token file '", path,
                                  "' may be written by others than its owner; "
                                  "chmod 600 it, and look who has written"));
  }
  std::string text;
  while (true) {
    char block[65536];
    const ssize_t got = read(file.fd(), block, sizeof(block));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(path, "cannot be read");
    if (got == 0) break;
    text.append(block, static_cast<size_t>(got));
    if (text.size() > kMaxFileBytes) {
      errno = EFBIG;
      return Fail(path, "cannot be read");
    }
  }
  absl::StatusOr<std::vector<TokenRecord>> records = ParseTokens(text);
  if (!records.ok()) {
    return Annotate(records.status(), absl::StrCat("token file '", path, "'"));
  }
  return records;
}

absl::Status EditTokenFile(
    const std::string& path,
    const std::function<absl::Status(std::vector<TokenRecord>&)>& edit) {
  // A file of its own, for the one with the tokens is replaced.
  const std::string lock = path + ".lock";
  const File file(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.ok()) return Fail(lock, "cannot be made");
  KeepOwner(path, file.fd());
  while (flock(file.fd(), LOCK_EX) != 0) {
    if (errno != EINTR) return Fail(lock, "cannot be locked");
  }
  ASSAY_ASSIGN_OR_RETURN(std::vector<TokenRecord> records, ReadTokenFile(path));
  ASSAY_RETURN_IF_ERROR(edit(records));
  return Replace(path, FormatTokens(records));
}

}  // namespace assay::service
