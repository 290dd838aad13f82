// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace assay::diff {

Digest HashBytes(std::string_view bytes, uint64_t seed) {
  const XXH128_hash_t hash =
      XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return Digest{.low = hash.low64, .high = hash.high64};
}

void DigestBatch::Clear() {
  keys.clear();
  rows.clear();
  payloads.clear();
  ends.clear();
  null_keys = 0;
}

}  // namespace assay::diff
