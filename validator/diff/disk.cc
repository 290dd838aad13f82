// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::diff {

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

namespace {

// What helps against `error` in `directory`.
std::string Remedy(int error, const std::string& directory) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::StrCat("free space in ", directory,
                          ", or give the server another state.directory");
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StrCat("let the server's user write to ", directory,
                          ", or give the server another state.directory");
    case ENOENT:
    case ENOTDIR:
      return absl::StrCat(directory,
                          " is gone; leave the server's state.directory alone "
                          "while it runs");
    case ENAMETOOLONG:
      return "give the server a state.directory with a shorter path";
    case EMFILE:
    case ENFILE:
      return "let the server have more open files (ulimit -n, LimitNOFILE)";
    default:
      return absl::StrCat("check the disk of ", directory,
                          ", or give the server another state.directory");
  }
}

}  // namespace

absl::Status DiskError(const std::string& verb, const std::string& path,
                       int error) {
  return MakeError(
      ErrorReason::kSpillFailed,
      absl::StrCat("cannot ", verb, " ", path, ": ", std::strerror(error), " (",
                   Remedy(error, DirectoryOf(path)), ")"));
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = other.Release();
  }
  return *this;
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

int Descriptor::Close() {
  if (fd_ < 0) return 0;
  return ::close(Release()) == 0 ? 0 : errno;
}

Descriptor OpenFile(const std::string& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  } while (fd < 0 && errno == EINTR);
  return Descriptor(fd);
}

absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return DiskError("write", path, errno);
    }
    // Nothing written and no error: a disk that will never take more.
    if (n == 0) return DiskError("write", path, ENOSPC);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status SyncPath(const std::string& path) {
  Descriptor file = OpenFile(path, O_RDONLY);
  if (!file.valid()) return DiskError("open", path, errno);
  while (::fsync(file.get()) != 0) {
    if (errno != EINTR) return DiskError("make durable", path, errno);
  }
  return absl::OkStatus();
}

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  ASSAY_RETURN_IF_ERROR(SyncPath(from));
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return DiskError("rename a file to", to, errno);
  }
  return SyncPath(DirectoryOf(to));
}

}  // namespace assay::diff
