// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/bottom_k.h"

#include <iterator>

namespace assay::diff {

void BottomK::Add(const Digest& digest, std::string_view key_bytes) {
  if (k_ == 0) return;
  if (least_.size() == k_) {
    // Nearly every key of a long stream ends here.
    const auto greatest = std::prev(least_.end());
    if (greatest->first <= digest) return;
    if (!least_.try_emplace(digest, key_bytes).second) return;
    least_.erase(greatest);
    return;
  }
  least_.try_emplace(digest, key_bytes);
}

void BottomK::Merge(const BottomK& other) {
  for (const auto& [digest, key] : other.least_) Add(digest, key);
}

std::vector<std::string> BottomK::keys() const {
  std::vector<std::string> keys;
  keys.reserve(least_.size());
  for (const auto& [digest, key] : least_) keys.push_back(key);
  return keys;
}

}  // namespace assay::diff
