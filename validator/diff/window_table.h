// SPDX-License-Identifier: Apache-2.0
// The rows that a window holds in memory: an open-addressing table with the
// entries inline, so that a row that meets its equal costs one cache miss, and
// that one is prefetched.
//
// Equal rows of one side are one entry with a count. No two entries of
// different sides are equal: one of them would have cancelled the other.
//
// Not thread-safe.
#ifndef ASSAY_VALIDATOR_DIFF_WINDOW_TABLE_H_
#define ASSAY_VALIDATOR_DIFF_WINDOW_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "validator/diff/digest.h"
#include "validator/diff/payload_arena.h"

namespace assay::diff {

// 48 bytes.
struct TableEntry {
  Digest key;
  Digest row;
  PayloadRef payload;
  uint32_t rows_and_side = 0;  // 0: an empty slot.

  static constexpr uint32_t kTargetBit = 0x80000000;
  static constexpr uint32_t kMaxRows = kTargetBit - 1;
  uint32_t rows() const { return rows_and_side & kMaxRows; }
  Side side() const {
    return rows_and_side & kTargetBit ? Side::kTarget : Side::kSource;
  }
};

class WindowTable {
 public:
  using Equal = std::function<bool(std::string_view source_payload,
                                   std::string_view target_payload)>;

  // `within_tolerance` may be null; else it says whether rows with equal
  // digests are equal.
  WindowTable(size_t budget_bytes, bool unique_keys, Equal within_tolerance);

  struct Added {
    uint32_t matched = 0;  // Rows that met their equals and are forgotten.
    bool changed = false;  // The key's first row here, the other side has one.
    bool full = false;     // The rest found no room in the budget.
  };
  // Takes `rows` equal rows. `force`: whatever the budget.
  // REQUIRES: 1 <= rows <= TableEntry::kMaxRows.
  Added Add(Side side, const Digest& key, const Digest& row,
            std::string_view payload, uint32_t rows, bool force);

  // Fetches the cache line that Add of these will look at first.
  void Prefetch(const Digest& key, const Digest& row) const {
    // The next line, too, would cost more than it saves.
    __builtin_prefetch(&slots_[Home(key, row)], 1);
  }

  // Whether there is a row with this key, of either side.
  // REQUIRES: unique_keys.
  bool HasKey(const Digest& key, const Digest& row) const {
    for (size_t i = Home(key, row); slots_[i].rows_and_side != 0;
         i = (i + 1) & mask_) {
      if (slots_[i].key == key) return true;
    }
    return false;
  }

  // Whether more than half of the payload memory is dead.
  bool WorthCompacting() const;
  void Compact();

  // Calls `visit(entry, payload)` for each entry, in no particular order, until
  // it returns something that is not ok(), which is returned.
  template <typename Visit>
  auto ForEach(const Visit& visit) const
      -> decltype(visit(TableEntry(), std::string_view())) {
    for (const TableEntry& entry : slots_) {
      if (entry.rows_and_side == 0) continue;
      auto result = visit(entry, arena_.Get(entry.payload));
      if (!result.ok()) return result;
    }
    return {};
  }

  // Takes the entries out whose payload `final` is true of, and returns them
  // sorted by key, side and row. Their payloads live until FreePayloads.
  std::vector<TableEntry> TakeOut(
      const std::function<bool(std::string_view payload)>& final);
  void FreePayloads(absl::Span<const TableEntry> entries);

  // Moves all entries to the front, sorted by key, side and row, and returns
  // them. Only payload() and Clear() may be called afterwards.
  absl::Span<const TableEntry> Sort();
  std::string_view payload(const TableEntry& entry) const {
    return arena_.Get(entry.payload);
  }

  // Forgets everything. The table keeps its size, up to half the budget.
  void Clear();

  size_t entries() const { return used_; }
  size_t memory_bytes() const {
    return slots_.size() * sizeof(TableEntry) + arena_.memory_bytes();
  }

 private:
  size_t Home(const Digest& key, const Digest& row) const {
    // Without unique keys, rows of one key spread over the table, since one key
    // may have millions. (Both halves of a digest are independent, and no row
    // digest equals its key's in both.)
    return (key.low ^ (row.high & row_mask_)) & mask_;
  }
  void Erase(size_t slot);
  bool MakeRoom(size_t payload_bytes, bool force);
  void Resize(size_t slots);

  const size_t budget_;
  const bool unique_keys_;
  const Equal within_tolerance_;
  const uint64_t row_mask_;
  size_t used_ = 0;
  size_t limit_ = 0;  // Of used_, until the table grows.
  uint64_t mask_ = 0;
  std::vector<TableEntry> slots_;
  PayloadArena arena_;
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_WINDOW_TABLE_H_
