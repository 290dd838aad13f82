// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/bottom_k.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay::diff {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Key(uint32_t i) { return "key " + std::to_string(i); }

void AddKey(BottomK& sample, uint32_t i, uint64_t seed) {
  const std::string key = Key(i);
  sample.Add(HashBytes(key, seed), key);
}

TEST(BottomK, KeepsTheLeastInOrderOfDigest) {
  BottomK sample(2);
  sample.Add({.low = 3, .high = 0}, "c");
  sample.Add({.low = 1, .high = 0}, "a");
  sample.Add({.low = 2, .high = 0}, "b");
  sample.Add({.low = 1, .high = 0}, "a");
  EXPECT_THAT(sample.keys(), ElementsAre("a", "b"));
  EXPECT_EQ(sample.size(), 2u);
}

TEST(BottomK, NoneIsNone) {
  BottomK sample(0);
  sample.Add({.low = 1, .high = 1}, "a");
  EXPECT_THAT(sample.keys(), IsEmpty());
}

TEST(BottomK, SameKeysWhateverOrderRepetitionAndSplit) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const size_t k = 1 + random() % 40;
    std::vector<uint32_t> stream;
    std::map<Digest, std::string> all;
    for (uint32_t i = 0; i < 300; ++i) {
      for (size_t n = random() % 3; n > 0; --n) stream.push_back(i);
    }
    for (uint32_t i : stream) all[HashBytes(Key(i), seed)] = Key(i);
    std::vector<std::string> want;
    for (const auto& [digest, key] : all) {
      if (want.size() < k) want.push_back(key);
    }
    std::shuffle(stream.begin(), stream.end(), random);
    BottomK whole(k);
    BottomK parts[3] = {BottomK(k), BottomK(k), BottomK(k)};
    for (uint32_t i : stream) {
      AddKey(whole, i, seed);
      AddKey(parts[random() % 3], i, seed);
    }
    parts[0].Merge(parts[1]);
    parts[0].Merge(parts[2]);
    EXPECT_EQ(whole.keys(), want);
    EXPECT_EQ(parts[0].keys(), want);
  }
}

// Each key is drawn about equally often over many seeds: chi-squared with 99
// degrees of freedom is beyond 180 about once in a million.
TEST(BottomK, DrawsUniformly) {
  std::vector<int> drawn(100, 0);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    BottomK sample(10);
    for (uint32_t i = 0; i < 100; ++i) {
      const std::string key = Key(i);
      sample.Add(HashBytes(key, seed), std::to_string(i));
    }
    for (const std::string& key : sample.keys()) {
      ++drawn[static_cast<size_t>(std::stoi(key))];
    }
  }
  double chi = 0;
  for (int n : drawn) chi += (n - 200.0) * (n - 200.0) / 200.0;
  EXPECT_LT(chi, 180);
}

}  // namespace
}  // namespace assay::diff
