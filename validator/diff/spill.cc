// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "validator/base/status.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace assay::diff {
namespace {

struct PackedEntry {
  Digest key;
  Digest row;
  uint32_t length = 0;
  uint32_t rows_and_side = 0;
};
static_assert(sizeof(PackedEntry) == 40);

struct FrameHeader {
  uint64_t length = 0;
  uint64_t checksum = 0;
};

// The length is part of what is checked, and no checksum is 0.
uint64_t Checksum(std::string_view bytes, uint64_t before) {
  const uint64_t hash = XXH3_64bits_withSeed(bytes.data(), bytes.size(),
                                             before ^ (bytes.size() << 32));
  return hash == 0 ? 1 : hash;
}

}  // namespace

void PackEntry(const TableEntry& entry, std::string_view payload,
               std::string& bytes) {
  const PackedEntry packed{.key = entry.key,
                           .row = entry.row,
                           .length = static_cast<uint32_t>(payload.size()),
                           .rows_and_side = entry.rows_and_side};
  bytes.append(reinterpret_cast<const char*>(&packed), sizeof(packed));
  bytes.append(payload);
}

bool UnpackEntry(std::string_view& bytes, TableEntry& entry,
                 std::string_view& payload) {
  PackedEntry packed;
  if (bytes.size() < sizeof(packed)) return false;
  std::memcpy(&packed, bytes.data(), sizeof(packed));
  bytes.remove_prefix(sizeof(packed));
  entry = TableEntry{.key = packed.key,
                     .row = packed.row,
                     .rows_and_side = packed.rows_and_side};
  if (bytes.size() < packed.length || entry.rows() == 0) return false;
  payload = bytes.substr(0, packed.length);
  bytes.remove_prefix(packed.length);
  return true;
}

absl::Status WriteFrame(int fd, const std::string& path, std::string_view bytes,
                        SpillExtent& extent) {
  const FrameHeader header{.length = bytes.size(),
                           .checksum = Checksum(bytes, extent.checksum)};
  ASSAY_RETURN_IF_ERROR(WriteAll(
      fd,
      std::string_view(reinterpret_cast<const char*>(&header), sizeof(header)),
      path));
  ASSAY_RETURN_IF_ERROR(WriteAll(fd, bytes, path));
  extent.length += sizeof(header) + bytes.size();
  extent.checksum = header.checksum;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FrameReader>> FrameReader::Open(
    const std::string& path, const SpillExtent& extent) {
  std::unique_ptr<FrameReader> reader(new FrameReader());
  reader->path_ = path;
  reader->extent_ = extent;
  reader->file_ = OpenFile(path, O_RDONLY);
  if (!reader->file_.valid()) return DiskError("open", path, errno);
  (void)::posix_fadvise(reader->file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return reader;
}

absl::Status FrameReader::Damaged() const {
  return MakeError(
      ErrorReason::kSpillFailed,
      absl::StrCat(path_,
                   " does not hold what was written to it (check the "
                   "disk, or give the server another state.directory)"));
}

absl::Status FrameReader::Read(char* to, size_t length) {
  while (length > 0) {
    const ssize_t n = ::read(file_.get(), to, length);
    if (n < 0) {
      if (errno == EINTR) continue;
      return DiskError("read", path_, errno);
    }
    if (n == 0) return Damaged();
    to += n;
    length -= static_cast<size_t>(n);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> FrameReader::Next() {
  if (at_end()) {
    const bool whole = at_.length == extent_.length &&
                       (extent_.checksum == 0 || at_ == extent_);
    if (!whole) return Damaged();
    return std::string_view();
  }
  FrameHeader header;
  ASSAY_RETURN_IF_ERROR(Read(reinterpret_cast<char*>(&header), sizeof(header)));
  at_.length += sizeof(header);
  if (at_.length > extent_.length ||
      header.length > extent_.length - at_.length) {
    return Damaged();
  }
  bytes_.resize(header.length);
  ASSAY_RETURN_IF_ERROR(Read(bytes_.data(), bytes_.size()));
  at_.length += header.length;
  at_.checksum = Checksum(bytes_, at_.checksum);
  if (at_.checksum != header.checksum) return Damaged();
  return std::string_view(bytes_);
}

SpillFiles::SpillFiles(std::string prefix, int level, size_t buffer_bytes)
    : prefix_(std::move(prefix)),
      shift_(64 - kBits * (level + 1)),
      buffer_bytes_(
          std::clamp<size_t>(buffer_bytes / kPartitions, 1 << 10, 128 << 10)) {}

std::string SpillFiles::path(size_t partition) const {
  return absl::StrCat(prefix_, absl::Dec(partition, absl::kZeroPad2));
}

uint64_t SpillFiles::bytes() const {
  uint64_t bytes = 0;
  for (const SpillExtent& extent : extents_) bytes += extent.length;
  return bytes;
}

absl::Status SpillFiles::Append(const TableEntry& entry,
                                std::string_view payload) {
  if (buffers_.empty()) buffers_.resize(kPartitions);
  if (!any_) first_key_ = entry.key;
  any_ = true;
  one_key_only_ = one_key_only_ && entry.key == first_key_;
  const size_t partition = (entry.key.high >> shift_) % kPartitions;
  std::string& buffer = buffers_[partition];
  if (!buffer.empty() &&
      buffer.size() + sizeof(PackedEntry) + payload.size() > buffer_bytes_) {
    ASSAY_RETURN_IF_ERROR(FlushPartition(partition));
  }
  if (buffer.capacity() < buffer_bytes_) buffer.reserve(buffer_bytes_);
  PackEntry(entry, payload, buffer);
  return absl::OkStatus();
}

absl::Status SpillFiles::FlushPartition(size_t partition) {
  std::string& buffer = buffers_[partition];
  if (buffer.empty()) return absl::OkStatus();
  SpillExtent& extent = extents_[partition];
  const std::string name = path(partition);
  // Opened for each frame: windows are many, descriptors are not.
  Descriptor file = OpenFile(
      name, O_WRONLY | O_CREAT | (extent.length == 0 ? O_TRUNC : O_APPEND));
  if (!file.valid()) return DiskError("open", name, errno);
  ASSAY_RETURN_IF_ERROR(WriteFrame(file.get(), name, buffer, extent));
  dirty_[partition] = true;
  if (const int error = file.Close(); error != 0) {
    return DiskError("write", name, error);
  }
  buffer.clear();
  return absl::OkStatus();
}

absl::Status SpillFiles::Flush() {
  for (size_t i = 0; i < buffers_.size(); ++i) {
    ASSAY_RETURN_IF_ERROR(FlushPartition(i));
  }
  std::vector<std::string>().swap(buffers_);
  return absl::OkStatus();
}

absl::Status SpillFiles::Sync() {
  bool any = false;
  for (size_t i = 0; i < kPartitions; ++i) {
    if (!dirty_[i]) continue;
    ASSAY_RETURN_IF_ERROR(SyncPath(path(i)));
    dirty_[i] = false;
    any = true;
  }
  if (any) return SyncPath(DirectoryOf(prefix_));
  return absl::OkStatus();
}

absl::Status SpillFiles::Restore(
    const std::array<SpillExtent, kPartitions>& extents) {
  Reset();
  for (size_t i = 0; i < kPartitions; ++i) {
    if (extents[i].length == 0) continue;
    const std::string name = path(i);
    // Verified first: nothing is cut off a file that is not ours.
    ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<FrameReader> reader,
                           FrameReader::Open(name, extents[i]));
    while (!reader->at_end()) ASSAY_RETURN_IF_ERROR(reader->Next().status());
    ASSAY_RETURN_IF_ERROR(reader->Next().status());
    if (::truncate(name.c_str(), static_cast<off_t>(extents[i].length)) != 0) {
      return DiskError("cut", name, errno);
    }
    dirty_[i] = true;
    any_ = true;
    one_key_only_ = false;
  }
  extents_ = extents;
  return absl::OkStatus();
}

void SpillFiles::Reset() {
  extents_ = {};
  dirty_ = {};
  buffers_.clear();
  any_ = false;
  one_key_only_ = true;
}

absl::Status SpillFiles::Remove(size_t partition) {
  const std::string name = path(partition);
  if (extents_[partition].length > 0 && ::unlink(name.c_str()) != 0) {
    return DiskError("remove", name, errno);
  }
  extents_[partition] = {};
  return absl::OkStatus();
}

}  // namespace assay::diff
