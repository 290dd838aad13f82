// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/window_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace assay::diff {
namespace {

constexpr size_t kLeastSlots = 64;
constexpr size_t kFirstSlots = 1 << 14;

// A power of two that leaves a small budget some room for payloads.
size_t FirstSlots(size_t budget) {
  size_t slots = kLeastSlots;
  while (slots < kFirstSlots && slots * 8 * sizeof(TableEntry) <= budget) {
    slots *= 2;
  }
  return slots;
}

bool InOrder(const TableEntry& a, const TableEntry& b) {
  const auto order = [](const TableEntry& entry) {
    return std::tuple(entry.key, entry.side(), entry.row);
  };
  return order(a) < order(b);
}

size_t ChunkBytes(size_t budget) {
  return std::clamp<size_t>(budget / 64, 4 << 10, 1 << 20);
}

}  // namespace

WindowTable::WindowTable(size_t budget_bytes, bool unique_keys,
                         Equal within_tolerance)
    : budget_(budget_bytes),
      unique_keys_(unique_keys),
      within_tolerance_(std::move(within_tolerance)),
      row_mask_(unique_keys ? 0 : ~uint64_t{0}),
      arena_(ChunkBytes(budget_bytes)) {
  static_assert(sizeof(TableEntry) == 48);
  Resize(FirstSlots(budget_));
}

WindowTable::Added WindowTable::Add(Side side, const Digest& key,
                                    const Digest& row, std::string_view payload,
                                    uint32_t rows, bool force) {
  Added added;
  bool other_has_key = false;
  bool this_has_key = false;
  size_t i = Home(key, row);
  while (slots_[i].rows_and_side != 0) {
    TableEntry& entry = slots_[i];
    if (entry.key == key) {
      const bool other = entry.side() != side;
      const bool equal =
          entry.row == row &&
          (within_tolerance_ == nullptr ||
           (other && (side == Side::kSource
                          ? within_tolerance_(payload, this->payload(entry))
                          : within_tolerance_(this->payload(entry), payload))));
      if (equal && other) {
        const uint32_t pairs = std::min(rows, entry.rows());
        added.matched += pairs;
        rows -= pairs;
        entry.rows_and_side -= pairs;
        if (entry.rows() == 0) Erase(i);
        if (rows == 0) return added;
        continue;  // Erase may have moved another entry to this slot.
      }
      if (equal && entry.rows() <= TableEntry::kMaxRows - rows) {
        entry.rows_and_side += rows;
        return added;
      }
      (other ? other_has_key : this_has_key) = true;
    }
    i = (i + 1) & mask_;
  }
  const size_t slots = slots_.size();
  if (!MakeRoom(payload.size(), force)) {
    added.full = true;
    return added;
  }
  if (slots != slots_.size()) {
    i = Home(key, row);
    while (slots_[i].rows_and_side != 0) i = (i + 1) & mask_;
  }
  added.changed = unique_keys_ && other_has_key && !this_has_key;
  slots_[i] = TableEntry{
      .key = key,
      .row = row,
      .payload = arena_.Append(payload),
      .rows_and_side =
          rows | (side == Side::kTarget ? TableEntry::kTargetBit : 0)};
  ++used_;
  return added;
}

void WindowTable::Erase(size_t slot) {
  arena_.Free(slots_[slot].payload);
  --used_;
  // Entries behind the hole move up unless that takes them before their home.
  size_t hole = slot;
  for (size_t i = (slot + 1) & mask_; slots_[i].rows_and_side != 0;
       i = (i + 1) & mask_) {
    const size_t home = Home(slots_[i].key, slots_[i].row);
    if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole].rows_and_side = 0;
}

bool WindowTable::MakeRoom(size_t payload_bytes, bool force) {
  const size_t payload_growth = arena_.Growth(payload_bytes);
  if (!force && payload_growth > 0 &&
      memory_bytes() + payload_growth > budget_) {
    return false;
  }
  if (used_ < limit_) return true;
  const size_t larger = slots_.size() * 2;
  // Both tables exist while entries move.
  if (force || memory_bytes() + payload_growth + larger * sizeof(TableEntry) <=
                   budget_) {
    Resize(larger);
    return true;
  }
  // Rather crowded than spilled.
  limit_ = slots_.size() / 8 * 7;
  return used_ < limit_;
}

void WindowTable::Resize(size_t slots) {
  std::vector<TableEntry> old(slots);
  slots_.swap(old);
  mask_ = slots - 1;
  limit_ = slots / 10 * 7;
  for (const TableEntry& entry : old) {
    if (entry.rows_and_side == 0) continue;
    size_t i = Home(entry.key, entry.row);
    while (slots_[i].rows_and_side != 0) i = (i + 1) & mask_;
    slots_[i] = entry;
  }
}

bool WindowTable::WorthCompacting() const {
  return arena_.dead_bytes() > arena_.live_bytes() &&
         arena_.dead_bytes() > 4 * ChunkBytes(budget_);
}

void WindowTable::Compact() {
  // In steps that fit the budget: payloads exist twice until their chunk is
  // empty.
  arena_.DropSpares();
  while (
      arena_.Condemn(budget_ > memory_bytes() ? budget_ - memory_bytes() : 0)) {
    for (TableEntry& entry : slots_) {
      if (entry.rows_and_side == 0 || !arena_.IsCondemned(entry.payload)) {
        continue;
      }
      const PayloadRef old = entry.payload;
      entry.payload = arena_.Append(arena_.Get(old));
      arena_.Free(old);
    }
  }
}

std::vector<TableEntry> WindowTable::TakeOut(
    const std::function<bool(std::string_view payload)>& final) {
  std::vector<TableEntry> out;
  for (TableEntry& entry : slots_) {
    if (entry.rows_and_side == 0 || !final(arena_.Get(entry.payload))) continue;
    out.push_back(entry);
    entry.rows_and_side = 0;
  }
  // The holes may stand between an entry and its home.
  if (!out.empty()) Resize(slots_.size());
  used_ -= out.size();
  std::sort(out.begin(), out.end(), InOrder);
  return out;
}

void WindowTable::FreePayloads(absl::Span<const TableEntry> entries) {
  for (const TableEntry& entry : entries) arena_.Free(entry.payload);
}

absl::Span<const TableEntry> WindowTable::Sort() {
  const auto end = std::remove_if(
      slots_.begin(), slots_.end(),
      [](const TableEntry& entry) { return entry.rows_and_side == 0; });
  std::sort(slots_.begin(), end, InOrder);
  return absl::MakeConstSpan(slots_.data(), used_);
}

void WindowTable::Clear() {
  size_t slots = slots_.size();
  while (slots > kLeastSlots && slots * sizeof(TableEntry) * 2 > budget_) {
    slots /= 2;
  }
  used_ = 0;
  arena_.Clear();
  std::vector<TableEntry>().swap(slots_);
  Resize(slots);
}

}  // namespace assay::diff
