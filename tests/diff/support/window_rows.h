// SPDX-License-Identifier: Apache-2.0
// Rows for tests of the window, and a plain oracle for what it must find.
#ifndef ASSAY_TESTS_DIFF_SUPPORT_WINDOW_ROWS_H_
#define ASSAY_TESTS_DIFF_SUPPORT_WINDOW_ROWS_H_

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/diff/digest.h"
#include "validator/diff/window.h"

namespace assay::diff {

// A row as a test thinks of it. `near` takes part in no digest: it is what a
// tolerance looks at.
struct TestRow {
  uint32_t key = 0;
  uint32_t value = 0;
  int32_t near = 0;
};

inline Digest DigestOf(uint64_t number, uint64_t seed) {
  return HashBytes(
      std::string_view(reinterpret_cast<const char*>(&number), sizeof(number)),
      seed);
}

inline Digest KeyDigest(const TestRow& row) { return DigestOf(row.key, 1); }
inline Digest RowDigest(const TestRow& row) { return DigestOf(row.value, 2); }

// The row itself, then filling of a length that depends on it.
inline std::string PayloadOf(const TestRow& row) {
  std::string payload(reinterpret_cast<const char*>(&row), sizeof(row));
  const uint64_t dice = DigestOf(row.key, 3).low + row.value;
  const size_t filling = dice % 97 == 0 ? 3000 + dice % 5000 : dice % 150;
  payload.append(filling, static_cast<char>('a' + dice % 26));
  return payload;
}

inline TestRow RowOf(std::string_view payload) {
  TestRow row;
  std::memcpy(&row, payload.data(), sizeof(row));
  return row;
}

inline void AppendRow(const TestRow& row, DigestBatch& batch) {
  batch.keys.push_back(KeyDigest(row));
  batch.rows.push_back(RowDigest(row));
  batch.payloads += PayloadOf(row);
  batch.ends.push_back(static_cast<uint32_t>(batch.payloads.size()));
}

inline DigestBatch BatchOf(const std::vector<TestRow>& rows) {
  DigestBatch batch;
  for (const TestRow& row : rows) AppendRow(row, batch);
  return batch;
}

// A fresh directory that goes away.
class ScratchDirectory {
 public:
  // In memory where there is such a place: these tests make much durable.
  ScratchDirectory() {
    std::error_code ignored;
    const std::filesystem::path memory = "/dev/shm";
    const std::filesystem::path parent =
        std::filesystem::is_directory(memory, ignored)
            ? memory
            : std::filesystem::temp_directory_path();
    path_ = (parent / "assay_diff_XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

// What is left of one key: on each side, how many rows of each value.
struct LeftOfKey {
  std::map<uint32_t, int64_t> source;
  std::map<uint32_t, int64_t> target;
  friend bool operator==(const LeftOfKey&, const LeftOfKey&) = default;
};

struct Findings {
  std::map<uint32_t, LeftOfKey> left;
  int64_t matched = 0;
  int64_t keys = 0;     // Of unique keys.
  int64_t changed = 0;  // Of unique keys.
};

// `near_enough`: how far `near` of equal rows may be apart; -1: not looked at.
inline Findings Oracle(const std::vector<TestRow>& source,
                       const std::vector<TestRow>& target, int near_enough) {
  std::map<uint32_t, std::multimap<uint32_t, int32_t>> open;
  for (const TestRow& row : source) open[row.key].emplace(row.value, row.near);
  Findings found;
  for (const TestRow& row : target) {
    auto& rows = open[row.key];
    const auto equal = rows.find(row.value);
    if (equal != rows.end() &&
        (near_enough < 0 ||
         std::abs(equal->second - row.near) <= near_enough)) {
      rows.erase(equal);
      ++found.matched;
    } else {
      ++found.left[row.key].target[row.value];
    }
  }
  for (const auto& [key, rows] : open) {
    for (const auto& [value, near] : rows) ++found.left[key].source[value];
  }
  for (const auto& [key, left] : found.left) {
    if (!left.source.empty() && !left.target.empty()) ++found.changed;
  }
  found.keys = found.matched + static_cast<int64_t>(found.left.size());
  return found;
}

}  // namespace assay::diff

#endif  // ASSAY_TESTS_DIFF_SUPPORT_WINDOW_ROWS_H_
