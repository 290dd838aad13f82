// SPDX-License-Identifier: Apache-2.0
// A Feistel network over the next power of four is one to one, whatever its
// rounds compute (Luby and Rackoff 1988); what it puts at n or
// above is put through it again until it falls below (Black and Rogaway 2002,
// "cycle walking"), less than four times on average.
#include "validator/diff/shuffle.h"

namespace assay::diff {
namespace {

constexpr int kRounds = 6;

// The finalizer of splitmix64 (Steele, Lea, Flood 2014).
uint64_t Scramble(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

Shuffle::Shuffle(uint64_t n, uint64_t seed) : n_(n), seed_(seed) {
  while (half_bits_ < 32 && (n - 1) >> (2 * half_bits_) != 0) ++half_bits_;
}

uint64_t Shuffle::Mix(uint64_t x) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = x >> half_bits_;
  uint64_t right = x & mask;
  for (uint64_t round = 1; round <= kRounds; ++round) {
    const uint64_t key = Scramble(seed_ + round * 0x9E3779B97F4A7C15);
    const uint64_t next = left ^ (Scramble(right ^ key) & mask);
    left = right;
    right = next;
  }
  return left << half_bits_ | right;
}

uint64_t Shuffle::At(uint64_t place) const {
  uint64_t x = Mix(place);
  while (x >= n_) x = Mix(x);
  return x;
}

}  // namespace assay::diff
