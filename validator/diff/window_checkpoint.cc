// SPDX-License-Identifier: Apache-2.0
// A window's state in a file: a frame with the counters and the extents of the
// spill files, frames of entries, and an empty frame as the end.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/diff/window_impl.h"

namespace assay::diff {
namespace {

constexpr uint64_t kMagic = 0x3276776479617373;  // "ssaydwv2"
constexpr size_t kFrameBytes = 1 << 20;

// No padding: the bytes are written as they are.
struct Header {
  uint64_t magic = kMagic;
  // The options that entries depend on.
  uint64_t unique_keys = 0;
  uint64_t has_tolerance = 0;
  uint64_t exact_columns = 0;
  uint64_t tolerance_columns = 0;
  int64_t source_rows = 0;
  int64_t target_rows = 0;
  int64_t matched = 0;
  int64_t changed = 0;
  int64_t drained_keys = 0;
  int64_t drained_changed = 0;
  uint64_t spilled = 0;
  uint64_t entries = 0;
  std::array<SpillExtent, SpillFiles::kPartitions> spill = {};
};
static_assert(sizeof(Header) ==
              13 * sizeof(uint64_t) +
                  SpillFiles::kPartitions * sizeof(SpillExtent));

Header HeaderFor(const WindowOptions& options) {
  Header header;
  header.unique_keys = options.unique_keys;
  header.has_tolerance = options.within_tolerance != nullptr;
  header.exact_columns = options.layout.exact_columns;
  header.tolerance_columns = options.layout.tolerance_columns;
  return header;
}

bool SameOptions(const Header& a, const Header& b) {
  return a.magic == b.magic && a.unique_keys == b.unique_keys &&
         a.has_tolerance == b.has_tolerance &&
         a.exact_columns == b.exact_columns &&
         a.tolerance_columns == b.tolerance_columns;
}

absl::Status Damaged(const std::string& path, const std::string& how) {
  return MakeError(ErrorReason::kInternal,
                   absl::StrCat("checkpoint ", path, " ", how));
}

}  // namespace

absl::Status Window::Impl::Save(const std::string& path) {
  ASSAY_RETURN_IF_ERROR(broken_);
  // Before the file that says that they are there.
  ASSAY_RETURN_IF_ERROR(spill_.Sync());
  const std::string part = absl::StrCat(path, ".part");
  absl::Status status = WriteCheckpoint(part);
  if (status.ok()) status = RenameDurably(part, path);
  if (!status.ok()) (void)::unlink(part.c_str());
  return status;
}

absl::Status Window::Impl::WriteCheckpoint(const std::string& path) {
  Descriptor file = OpenFile(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.valid()) return DiskError("open", path, errno);
  Header header = HeaderFor(options_);
  header.source_rows = rows_[0];
  header.target_rows = rows_[1];
  header.matched = matched_;
  header.changed = changed_;
  header.drained_keys = drained_keys_;
  header.drained_changed = drained_changed_;
  header.spilled = spilled_;
  header.entries = table_.entries();
  for (size_t i = 0; i < header.spill.size(); ++i) {
    header.spill[i] = spill_.extent(i);
  }
  SpillExtent extent;
  ASSAY_RETURN_IF_ERROR(WriteFrame(
      file.get(), path,
      std::string_view(reinterpret_cast<const char*>(&header), sizeof(header)),
      extent));
  std::string bytes;
  ASSAY_RETURN_IF_ERROR(table_.ForEach(
      [&](const TableEntry& entry, std::string_view payload) -> absl::Status {
        PackEntry(entry, payload, bytes);
        if (bytes.size() < kFrameBytes) return absl::OkStatus();
        absl::Status status = WriteFrame(file.get(), path, bytes, extent);
        bytes.clear();
        return status;
      }));
  if (!bytes.empty()) {
    ASSAY_RETURN_IF_ERROR(WriteFrame(file.get(), path, bytes, extent));
  }
  ASSAY_RETURN_IF_ERROR(WriteFrame(file.get(), path, {}, extent));
  if (const int error = file.Close(); error != 0) {
    return DiskError("write", path, error);
  }
  return absl::OkStatus();
}

absl::Status Window::Impl::Load(const std::string& path) {
  Reset();
  absl::Status status = ReadCheckpoint(path);
  if (status.ok()) return status;
  Reset();
  return Damaged(path, absl::StrCat("cannot be used: ", status.message()));
}

absl::Status Window::Impl::ReadCheckpoint(const std::string& path) {
  struct stat facts = {};
  if (::stat(path.c_str(), &facts) != 0) {
    return DiskError("open", path, errno);
  }
  ASSAY_ASSIGN_OR_RETURN(
      const std::unique_ptr<FrameReader> reader,
      FrameReader::Open(
          path, SpillExtent{.length = static_cast<uint64_t>(facts.st_size)}));
  ASSAY_ASSIGN_OR_RETURN(std::string_view bytes, reader->Next());
  Header header;
  if (bytes.size() != sizeof(header)) {
    return Damaged(path, "is of another version");
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (!SameOptions(header, HeaderFor(options_))) {
    return Damaged(path, "is of another version or comparison");
  }
  ASSAY_RETURN_IF_ERROR(spill_.Restore(header.spill));

  uint64_t entries = 0;
  for (;;) {
    if (reader->at_end()) return Damaged(path, "is cut");
    ASSAY_ASSIGN_OR_RETURN(bytes, reader->Next());
    if (bytes.empty()) break;
    while (!bytes.empty()) {
      TableEntry entry;
      std::string_view payload;
      if (!UnpackEntry(bytes, entry, payload)) {
        return Damaged(path, "holds half an entry");
      }
      ++entries;
      ASSAY_RETURN_IF_ERROR(
          Put(entry.side(), entry.key, entry.row, payload, entry.rows()));
    }
  }
  // No two entries of a window match, so `matched_` is still 0.
  if (!reader->at_end() || entries != header.entries || matched_ != 0) {
    return Damaged(path, "is not whole");
  }
  rows_[0] = header.source_rows;
  rows_[1] = header.target_rows;
  matched_ = header.matched;
  changed_ = header.changed;
  drained_keys_ = header.drained_keys;
  drained_changed_ = header.drained_changed;
  spilled_ += header.spilled;
  return absl::OkStatus();
}

}  // namespace assay::diff
