// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/payload_arena.h"

#include <cstring>
#include <utility>

namespace assay::diff {

size_t PayloadArena::Growth(size_t length) const {
  if (length == 0) return 0;
  if (length > own_chunk_bytes()) return length;
  if (open_ != kNone && chunks_[open_].size - chunks_[open_].used >= length) {
    return 0;
  }
  return spares_.empty() ? chunk_bytes_ : 0;
}

PayloadRef PayloadArena::Append(std::string_view payload) {
  const size_t length = payload.size();
  if (length == 0) return {};
  uint32_t index = open_;
  if (length > own_chunk_bytes()) {
    index = NewChunk(length);
  } else if (open_ == kNone ||
             chunks_[open_].size - chunks_[open_].used < length) {
    if (open_ != kNone && chunks_[open_].live == 0) Release(open_);
    index = open_ = NewChunk(chunk_bytes_);
  }
  Chunk& chunk = chunks_[index];
  const PayloadRef ref{.chunk = index,
                       .offset = static_cast<uint32_t>(chunk.used),
                       .length = static_cast<uint32_t>(length)};
  std::memcpy(chunk.data.get() + chunk.used, payload.data(), length);
  chunk.used += length;
  chunk.live += length;
  live_ += length;
  return ref;
}

uint32_t PayloadArena::NewChunk(size_t size) {
  Chunk chunk;
  chunk.size = size;
  if (size == chunk_bytes_ && !spares_.empty()) {
    chunk.data = std::move(spares_.back());
    spares_.pop_back();
  } else {
    chunk.data = std::make_unique_for_overwrite<char[]>(size);
    allocated_ += size;
  }
  if (free_.empty()) {
    chunks_.push_back(std::move(chunk));
    return static_cast<uint32_t>(chunks_.size() - 1);
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  chunks_[index] = std::move(chunk);
  return index;
}

void PayloadArena::Free(const PayloadRef& ref) {
  if (ref.length == 0) return;
  Chunk& chunk = chunks_[ref.chunk];
  chunk.live -= ref.length;
  live_ -= ref.length;
  if (chunk.live > 0) return;
  if (ref.chunk == open_) {
    chunk.used = 0;
  } else {
    Release(ref.chunk);
  }
}

void PayloadArena::Release(uint32_t index) {
  Chunk& chunk = chunks_[index];
  if (chunk.size == chunk_bytes_ && spares_.size() < kMaxSpares) {
    spares_.push_back(std::move(chunk.data));
  } else {
    allocated_ -= chunk.size;
  }
  chunk = Chunk();
  free_.push_back(index);
}

bool PayloadArena::Condemn(size_t live_bytes) {
  size_t condemned = 0;
  bool any = false;
  for (uint32_t i = 0; i < chunks_.size(); ++i) {
    Chunk& chunk = chunks_[i];
    if (chunk.data == nullptr || chunk.live * 2 >= chunk.size) continue;
    // The open chunk's emptiness may be room, not waste.
    if (i == open_ && chunk.live * 2 >= chunk.used) continue;
    if (any && condemned + chunk.live > live_bytes) break;
    if (i == open_) open_ = kNone;
    chunk.condemned = true;
    condemned += chunk.live;
    any = true;
  }
  return any;
}

void PayloadArena::DropSpares() {
  allocated_ -= spare_bytes();
  spares_.clear();
}

void PayloadArena::Clear() {
  chunks_.clear();
  free_.clear();
  spares_.clear();
  open_ = kNone;
  allocated_ = 0;
  live_ = 0;
}

}  // namespace assay::diff
