// SPDX-License-Identifier: Apache-2.0
// Files of the scratch directory: whole writes, durable renames, and errors
// that say what to do. Thread-safe.
#ifndef ASSAY_VALIDATOR_DIFF_DISK_H_
#define ASSAY_VALIDATOR_DIFF_DISK_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace assay::diff {

// kSpillFailed: "cannot write /s/spill.03: No space left on device (free space
// in /s, or give the server another state.directory)". `error` is an errno, and
// decides the remedy.
absl::Status DiskError(const std::string& verb, const std::string& path,
                       int error);

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release();
  // 0, or the errno of close().
  int Close();

 private:
  int fd_ = -1;
};

// open() with O_CLOEXEC, again where a signal interrupts it. Invalid, with
// errno set, where it fails.
Descriptor OpenFile(const std::string& path, int flags);

// Writes all of `bytes`; `path` is for the message. kSpillFailed.
absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path);

// Makes the contents of a file, or the names of a directory, durable.
absl::Status SyncPath(const std::string& path);

std::string DirectoryOf(const std::string& path);

// Renames the written and closed `from` to `to` durably: the file first, then
// the directory. kSpillFailed.
absl::Status RenameDurably(const std::string& from, const std::string& to);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_DISK_H_
