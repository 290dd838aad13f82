// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/payload.h"

#include <cstring>

#include "validator/diff/canonical.h"

namespace assay::diff {
namespace {

// Takes a length and that many bytes off the front of `bytes`.
std::string_view Take(std::string_view& bytes) {
  uint32_t length = 0;
  if (bytes.size() < sizeof(length)) return bytes = {};
  std::memcpy(&length, bytes.data(), sizeof(length));
  bytes.remove_prefix(sizeof(length));
  const std::string_view taken = bytes.substr(0, length);
  bytes.remove_prefix(taken.size());
  return taken;
}

}  // namespace

std::string_view PayloadKey(std::string_view payload) { return Take(payload); }

std::optional<int64_t> PayloadLeadingInteger(std::string_view payload) {
  const std::string_view key = Take(payload);
  int64_t value = 0;
  if (key.size() <= sizeof(value) ||
      key[0] != static_cast<char>(Tag::kInteger)) {
    return std::nullopt;
  }
  std::memcpy(&value, key.data() + 1, sizeof(value));
  return value;
}

uint64_t PayloadColumn(std::string_view payload, size_t i) {
  Take(payload);
  uint64_t digest = 0;
  if (payload.size() < (i + 1) * sizeof(digest)) return 0;
  std::memcpy(&digest, payload.data() + i * sizeof(digest), sizeof(digest));
  return digest;
}

std::string_view PayloadTolerance(std::string_view payload,
                                  const PayloadLayout& layout, size_t i) {
  Take(payload);
  const size_t digests = layout.exact_columns * sizeof(uint64_t);
  if (payload.size() < digests) return {};
  payload.remove_prefix(digests);
  for (; i > 0; --i) Take(payload);
  return Take(payload);
}

}  // namespace assay::diff
