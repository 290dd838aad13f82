// SPDX-License-Identifier: Apache-2.0
// A uniform sample of distinct keys from streams of any length and order: the k
// keys with the least seeded digests (bottom-k sketch, Cohen & Kaplan 2007).
// The same seed draws the same keys on both sides, and the union of two
// samples' k least is a uniform sample of the union.
#ifndef ASSAY_VALIDATOR_DIFF_BOTTOM_K_H_
#define ASSAY_VALIDATOR_DIFF_BOTTOM_K_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "validator/diff/digest.h"

namespace assay::diff {

// Not thread-safe.
class BottomK {
 public:
  explicit BottomK(size_t k) : k_(k) {}
  void Add(const Digest& digest, std::string_view key_bytes);
  void Merge(const BottomK& other);
  // Canonical bytes of the sampled keys, in order of digest.
  std::vector<std::string> keys() const;
  size_t size() const { return least_.size(); }

 private:
  size_t k_;
  std::map<Digest, std::string> least_;
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_BOTTOM_K_H_
