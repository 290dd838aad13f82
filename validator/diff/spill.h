// SPDX-License-Identifier: Apache-2.0
// Entries of a window on disk: files of frames. Each frame carries a checksum
// that takes in all frames before it, so that the last checksum stands for the
// whole file. The bytes are of this machine and never leave it.
//
// Not thread-safe. All errors are kSpillFailed.
#ifndef ASSAY_VALIDATOR_DIFF_SPILL_H_
#define ASSAY_VALIDATOR_DIFF_SPILL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/diff/digest.h"
#include "validator/diff/disk.h"
#include "validator/diff/window_table.h"

namespace assay::diff {

// Appends `entry` with its payload to `bytes`.
void PackEntry(const TableEntry& entry, std::string_view payload,
               std::string& bytes);
// Takes an entry off the front of `bytes`; false where they are damaged. The
// payload is part of `bytes`; `entry.payload` is not set.
bool UnpackEntry(std::string_view& bytes, TableEntry& entry,
                 std::string_view& payload);

// What of a file counts: it may be longer after a crash.
struct SpillExtent {
  uint64_t length = 0;    // Bytes.
  uint64_t checksum = 0;  // Of its last frame.
  friend bool operator==(const SpillExtent&, const SpillExtent&) = default;
};

// Writes a frame to `fd` at `extent`, which it moves on.
absl::Status WriteFrame(int fd, const std::string& path, std::string_view bytes,
                        SpillExtent& extent);

// Reads frames in order, verifying each.
class FrameReader {
 public:
  // `path` must be as long as `extent` says, or longer.
  static absl::StatusOr<std::unique_ptr<FrameReader>> Open(
      const std::string& path, const SpillExtent& extent);
  // The bytes of the next frame, valid until the next call. At the end: none,
  // once the checksum is verified (where the extent has one).
  absl::StatusOr<std::string_view> Next();
  bool at_end() const { return at_.length >= extent_.length; }

 private:
  FrameReader() = default;
  absl::Status Read(char* to, size_t length);
  absl::Status Damaged() const;

  std::string path_;
  Descriptor file_;
  SpillExtent extent_;
  SpillExtent at_;
  std::string bytes_;
};

// Entries by partition of their key digest: `level` says by which of its bits.
class SpillFiles {
 public:
  static constexpr int kBits = 6;
  static constexpr size_t kPartitions = size_t{1} << kBits;
  static constexpr int kLastLevel = 9;

  // Files are `prefix` + "00" to "63"; what is there is overwritten. Buffers
  // take about `buffer_bytes` in all, from the first Append to Flush.
  SpillFiles(std::string prefix, int level, size_t buffer_bytes);

  absl::Status Append(const TableEntry& entry, std::string_view payload);
  // Writes what is buffered, and frees the buffers.
  absl::Status Flush();
  // Makes all that was flushed durable.
  absl::Status Sync();

  std::string path(size_t partition) const;
  const SpillExtent& extent(size_t partition) const {
    return extents_[partition];
  }
  uint64_t bytes() const;
  // Whether there is any entry, written or buffered.
  bool any() const { return any_; }
  bool one_key_only() const { return one_key_only_; }

  // Goes on from a checkpoint: verifies the files and cuts off what is behind
  // the extents.
  absl::Status Restore(const std::array<SpillExtent, kPartitions>& extents);
  // Forgets the files, which stay.
  void Reset();
  absl::Status Remove(size_t partition);

 private:
  absl::Status FlushPartition(size_t partition);

  const std::string prefix_;
  const int shift_;
  const size_t buffer_bytes_;  // A partition.
  std::array<SpillExtent, kPartitions> extents_ = {};
  std::array<bool, kPartitions> dirty_ = {};
  std::vector<std::string> buffers_;  // None, or one a partition.
  bool any_ = false;
  bool one_key_only_ = true;
  Digest first_key_;
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_SPILL_H_
