// SPDX-License-Identifier: Apache-2.0
// The inside of a Window; window.cc, window_finish.cc and window_checkpoint.cc
// share it.
#ifndef ASSAY_VALIDATOR_DIFF_WINDOW_IMPL_H_
#define ASSAY_VALIDATOR_DIFF_WINDOW_IMPL_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/diff/digest.h"
#include "validator/diff/spill.h"
#include "validator/diff/window.h"
#include "validator/diff/window_table.h"

namespace assay::diff {

class Window::Impl {
 public:
  using Visit = std::function<absl::Status(const LeftoverKey&)>;
  using Cancelled = std::function<bool()>;

  explicit Impl(WindowOptions options);

  // `passed` and `visit` may be null.
  absl::Status Add(Side side, const DigestBatch& batch,
                   const std::function<bool(std::string_view)>& passed,
                   const Visit& visit);
  absl::Status Finish(const Visit& visit, const Cancelled& cancelled);
  absl::StatusOr<int64_t> Drain(
      const std::function<bool(std::string_view)>& final, const Visit& visit);
  absl::Status Save(const std::string& path);
  absl::Status Load(const std::string& path);

  const WindowTable& table() const { return table_; }
  int64_t rows(Side side) const { return rows_[static_cast<int>(side)]; }
  int64_t matched() const { return matched_; }
  int64_t changed() const { return changed_; }
  int64_t keys() const { return keys_; }
  int64_t spilled_bytes() const { return static_cast<int64_t>(spilled_); }

 private:
  // Takes rows, and spills where they find no room.
  absl::Status Put(Side side, const Digest& key, const Digest& row,
                   std::string_view payload, uint32_t rows) {
    const WindowTable::Added added =
        table_.Add(side, key, row, payload, rows, /*force=*/false);
    matched_ += added.matched;
    changed_ += added.changed;
    if (!added.full) return absl::OkStatus();
    return PutWithoutRoom(side, key, row, payload, rows - added.matched);
  }
  // Whether a row whose other side is all there has no partner.
  bool IsAlone(const Digest& key, const Digest& row) const {
    return !spill_.any() && !table_.HasKey(key, row);
  }
  // Hands over a row that is its key's only one.
  absl::Status VisitAlone(Side side, const Digest& key, const Digest& row,
                          std::string_view payload, const Visit& visit);
  absl::Status PutWithoutRoom(Side side, const Digest& key, const Digest& row,
                              std::string_view payload, uint32_t rows);
  // Writes all entries to the spill files and empties the table.
  absl::Status SpillAll();

  // Of Finish: what is visited is counted in keys_ and changed_.
  absl::Status FinishAll(const Visit& visit, const Cancelled& cancelled);
  absl::Status FinishFile(const std::string& path, const SpillExtent& extent,
                          int level, bool whole, const Visit& visit,
                          const Cancelled& cancelled);
  // Matches the entries of a file in the empty table. False where they find no
  // room; the counters are then as before. `whole`: whatever the budget.
  absl::StatusOr<bool> LoadFile(const std::string& path,
                                const SpillExtent& extent, bool whole,
                                const Cancelled& cancelled);
  absl::Status SplitFile(const std::string& path, const SpillExtent& extent,
                         SpillFiles& parts, const Cancelled& cancelled);
  // Hands sorted entries over, key by key.
  absl::Status VisitEntries(absl::Span<const TableEntry> entries,
                            const Visit& visit, const Cancelled& cancelled);
  absl::Status VisitTable(const Visit& visit, const Cancelled& cancelled);

  absl::Status WriteCheckpoint(const std::string& path);
  absl::Status ReadCheckpoint(const std::string& path);
  void Reset();

  size_t buffer_bytes() const { return options_.memory_bytes / 8; }

  const WindowOptions options_;
  WindowTable table_;
  SpillFiles spill_;
  int64_t rows_[2] = {0, 0};
  int64_t matched_ = 0;
  int64_t changed_ = 0;
  int64_t keys_ = 0;
  int64_t drained_keys_ = 0;
  int64_t drained_changed_ = 0;
  uint64_t spilled_ = 0;  // Written by SpillAll and SplitFile.
  // After an error the state is half of one and half of another: every further
  // call returns the error.
  absl::Status broken_;
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_WINDOW_IMPL_H_
