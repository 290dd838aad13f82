// SPDX-License-Identifier: Apache-2.0
// Memory for the payloads of a window: chunks that are appended to, and given
// back when their last payload dies. Rows that come and go in about the same
// order empty whole chunks, so that nothing is ever moved; where they do not,
// the owner of the references evacuates sparse chunks (Condemn).
//
// Not thread-safe.
#ifndef ASSAY_VALIDATOR_DIFF_PAYLOAD_ARENA_H_
#define ASSAY_VALIDATOR_DIFF_PAYLOAD_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace assay::diff {

struct PayloadRef {
  uint32_t chunk = 0;
  uint32_t offset = 0;
  uint32_t length = 0;
};

class PayloadArena {
 public:
  explicit PayloadArena(size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}

  PayloadRef Append(std::string_view payload);
  std::string_view Get(const PayloadRef& ref) const {
    if (ref.length == 0) return {};
    return {chunks_[ref.chunk].data.get() + ref.offset, ref.length};
  }
  void Free(const PayloadRef& ref);

  // What Append of `length` bytes would add to memory_bytes().
  size_t Growth(size_t length) const;
  // Allocated, dead bytes included.
  size_t memory_bytes() const { return allocated_; }
  // Allocated in chunks that hold something, but not live.
  size_t dead_bytes() const { return allocated_ - spare_bytes() - live_; }
  size_t live_bytes() const { return live_; }

  // Marks chunks that are less than half alive, until they hold `live_bytes`;
  // at least one where there is one. Nothing is appended to a marked chunk.
  // Returns whether any was marked.
  bool Condemn(size_t live_bytes);
  bool IsCondemned(const PayloadRef& ref) const {
    return ref.length > 0 && chunks_[ref.chunk].condemned;
  }
  // Gives back chunks that were kept for reuse.
  void DropSpares();
  void Clear();

 private:
  struct Chunk {
    std::unique_ptr<char[]> data;
    size_t size = 0;
    size_t used = 0;
    size_t live = 0;
    bool condemned = false;
  };
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kMaxSpares = 4;

  // Payloads beyond this get a chunk of their own.
  size_t own_chunk_bytes() const { return chunk_bytes_ / 4; }
  // Returns the index of a new chunk.
  uint32_t NewChunk(size_t size);
  void Release(uint32_t index);
  size_t spare_bytes() const { return spares_.size() * chunk_bytes_; }

  const size_t chunk_bytes_;
  size_t allocated_ = 0;
  size_t live_ = 0;
  uint32_t open_ = kNone;  // The chunk that is appended to.
  std::vector<Chunk> chunks_;
  std::vector<uint32_t> free_;  // Of chunks_, without data.
  std::vector<std::unique_ptr<char[]>> spares_;
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_PAYLOAD_ARENA_H_
