// SPDX-License-Identifier: Apache-2.0
#include "validator/service/utf8.h"

#include <algorithm>

namespace assay::service {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct Part {
  size_t length;
  bool valid;
};

// The well-formed character, or the maximal ill-formed part, at `text[at]`.
// Table 3-7 of the Unicode standard: only the second byte has narrow bounds.
Part PartAt(std::string_view text, size_t at) {
  auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {1, true};
  size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (size_t i = 1; i < length; ++i) {
    if (at + i >= text.size() || byte(at + i) < low || byte(at + i) > high) {
      return {i, false};
    }
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

}  // namespace

std::string ValidUtf8(std::string_view text) {
  const bool ascii = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80;
  });
  if (ascii) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Part part = PartAt(text, at);
    out.append(part.valid ? text.substr(at, part.length) : kReplacement);
    at += part.length;
  }
  return out;
}

std::string ValidUtf8Prefix(std::string_view text, size_t max_bytes) {
  // Replacing lengthens, so it goes first; a few bytes more than the limit are
  // enough to see that something is cut.
  std::string out = ValidUtf8(text.substr(0, max_bytes + 4));
  if (out.size() <= max_bytes && text.size() <= max_bytes + 4) return out;
  size_t end = std::min(out.size(), max_bytes - kEllipsis.size());
  while (end > 0 && end < out.size() &&
         (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) {
    --end;
  }
  out.resize(end);
  out.append(kEllipsis);
  return out;
}

}  // namespace assay::service
