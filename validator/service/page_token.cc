// SPDX-License-Identifier: Apache-2.0
#include "validator/service/page_token.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "validator/base/status.h"

namespace assay::service {
namespace {

constexpr size_t kHashBytes = 8;
constexpr size_t kMaxTokenBytes = 1024;

// FNV-1a: unlike absl::Hash the same in every process.
uint64_t Fnv(uint64_t hash, std::string_view bytes) {
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3u;
  }
  return hash;
}

std::string HashOf(std::string_view filter, std::string_view cursor) {
  // The length keeps (filter, cursor) from running into each other.
  uint64_t hash = Fnv(0xCBF29CE484222325u, std::to_string(filter.size()));
  hash = Fnv(Fnv(Fnv(hash, ":"), filter), cursor);
  std::string out;
  for (size_t i = 0; i < kHashBytes; ++i) {
    out.push_back(static_cast<char>(hash >> (8 * i)));
  }
  return out;
}

}  // namespace

std::string EncodePageToken(std::string_view filter, std::string_view cursor) {
  return absl::WebSafeBase64Escape(HashOf(filter, cursor).append(cursor));
}

absl::StatusOr<std::string> DecodePageToken(std::string_view filter,
                                            std::string_view token) {
  const absl::Status invalid =
      MakeError(ErrorReason::kPageTokenInvalid,
                "page_token: not a token of a listing with these filters; "
                "begin again without a token");
  std::string bytes;
  if (token.size() > kMaxTokenBytes ||
      !absl::WebSafeBase64Unescape(
          absl::string_view(token.data(), token.size()), &bytes) ||
      bytes.size() < kHashBytes) {
    return invalid;
  }
  const std::string cursor = bytes.substr(kHashBytes);
  // Comparing the encoded form also refuses a second spelling of one token.
  if (EncodePageToken(filter, cursor) != token) return invalid;
  return cursor;
}

}  // namespace assay::service
