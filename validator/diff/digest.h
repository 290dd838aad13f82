// SPDX-License-Identifier: Apache-2.0
// Digests of keys and rows, and batches of digested rows on their way from a
// reader to the window.
#ifndef ASSAY_VALIDATOR_DIFF_DIGEST_H_
#define ASSAY_VALIDATOR_DIFF_DIGEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::diff {

// 128 bits of XXH3, seeded by the run: equal bytes give equal digests, unequal
// ones collide with probability 2^-128 a pair.
struct Digest {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): the 0 of <=> is no pointer.
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

Digest HashBytes(std::string_view bytes, uint64_t seed);

enum class Side { kSource, kTarget };
inline Side Other(Side side) {
  return side == Side::kSource ? Side::kTarget : Side::kSource;
}

// Rows of one side. The payload of a row is, in order:
//   uint32 n, n bytes      canonical bytes of the key (encode.h); keyless: of
//                          the whole row
//   8 bytes a column       low half of the digest of each exactly compared
//                          column's value, key columns left out
//   uint32 n, n bytes      for each column with a tolerance: its canonical
//                          bytes
// in the machine's byte order (it never leaves the machine).
struct DigestBatch {
  std::vector<Digest> keys;
  std::vector<Digest> rows;  // Of the exactly compared columns.
  std::string payloads;
  std::vector<uint32_t> ends;  // Row i's payload ends here.
  int64_t null_keys = 0;       // Rows with a NULL in the key.

  size_t size() const { return keys.size(); }
  std::string_view payload(size_t i) const {
    const uint32_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(payloads).substr(begin, ends[i] - begin);
  }
  void Clear();
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_DIGEST_H_
