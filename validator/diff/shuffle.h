// SPDX-License-Identifier: Apache-2.0
// The numbers 0 … n − 1 in an order that a seed decides, one at a time: draws
// without putting back, in no memory.
//
// Pure; thread-safe. The same on every machine.
#ifndef ASSAY_VALIDATOR_DIFF_SHUFFLE_H_
#define ASSAY_VALIDATOR_DIFF_SHUFFLE_H_

#include <cstdint>

namespace assay::diff {

class Shuffle {
 public:
  // REQUIRES: 0 < n <= 2^63.
  Shuffle(uint64_t n, uint64_t seed);

  // The number at `place`; each place below n has another one, below n. A few
  // rounds of mixing. REQUIRES: place < n.
  uint64_t At(uint64_t place) const;

 private:
  uint64_t Mix(uint64_t x) const;

  const uint64_t n_;
  const uint64_t seed_;
  int half_bits_ = 1;  // Of the power of four that is at least n.
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_SHUFFLE_H_
