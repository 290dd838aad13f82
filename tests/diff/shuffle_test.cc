// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/shuffle.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace assay::diff {
namespace {

TEST(ShuffleTest, EachNumberOnce) {
  for (const uint64_t n : {1, 2, 3, 4, 5, 16, 17, 1000, 65536, 65537}) {
    const Shuffle shuffle(n, 7);
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < n; ++i) {
      const uint64_t x = shuffle.At(i);
      EXPECT_LT(x, n);
      EXPECT_TRUE(seen.insert(x).second) << n << " " << i;
    }
  }
}

TEST(ShuffleTest, OfAllIntegers) {
  const uint64_t n = uint64_t{1} << 63;
  const Shuffle shuffle(n, 7);
  std::set<uint64_t> seen;
  uint64_t above_half = 0;
  for (uint64_t i = 0; i < 10000; ++i) {
    const uint64_t x = shuffle.At(n - 1 - i);
    EXPECT_LT(x, n);
    EXPECT_TRUE(seen.insert(x).second);
    if (x >= n / 2) ++above_half;
  }
  EXPECT_NEAR(static_cast<double>(above_half), 5000, 250);
}

TEST(ShuffleTest, ASeedDecides) {
  EXPECT_EQ(Shuffle(1000, 7).At(3), Shuffle(1000, 7).At(3));
  int same = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    if (Shuffle(1000, 7).At(i) == Shuffle(1000, 8).At(i)) ++same;
  }
  EXPECT_LT(same, 12);
}

// The first places of many seeds fall evenly: chi-squared with 19 degrees of
// freedom, of which 43.8 is exceeded once in a thousand times.
TEST(ShuffleTest, FirstPlacesAreUniform) {
  for (const uint64_t n : {20, 1000, 12345}) {
    std::vector<double> buckets(20);
    constexpr uint64_t kSeeds = 2000;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      const Shuffle shuffle(n, seed);
      for (uint64_t place = 0; place < 5; ++place) {
        ++buckets[static_cast<size_t>(shuffle.At(place) * 20 / n)];
      }
    }
    double sum = 0;
    for (const double count : buckets) {
      const double wanted = kSeeds * 5.0 / 20;
      sum += (count - wanted) * (count - wanted) / wanted;
    }
    EXPECT_LT(sum, 43.8) << n;
  }
}

}  // namespace
}  // namespace assay::diff
