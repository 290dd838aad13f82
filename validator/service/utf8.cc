// SPDX-License-Identifier: Apache-2.0
#include "validator/service/utf8.h"

#include <algorithm>

#include "validator/base/utf8.h"

namespace assay::service {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

}  // namespace

std::string ValidUtf8(std::string_view text) {
  const bool ascii = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80;
  });
  if (ascii) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Utf8Part part = Utf8PartAt(text, at);
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
