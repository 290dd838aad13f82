// SPDX-License-Identifier: Apache-2.0
#include "validator/base/trace_context.h"

#include <cstddef>

namespace assay {
namespace {

constexpr size_t kLength = 55;  // Of version 00.
constexpr size_t kMaxLength = 512;
constexpr std::string_view kDigits = "0123456789abcdef";

bool IsHex(std::string_view text) {
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}

bool IsZero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::string ParseTraceparent(std::string_view text) {
  if (text.size() < kLength || text.size() > kMaxLength) return "";
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  const std::string_view flags = text.substr(53, 2);
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return "";
  if (!IsHex(version) || !IsHex(trace) || !IsHex(parent) || !IsHex(flags)) {
    return "";
  }
  if (version == "ff" || IsZero(trace) || IsZero(parent)) return "";
  if (text.size() > kLength && (version == "00" || text[kLength] != '-')) {
    return "";
  }
  return "00-" + std::string(text.substr(3, kLength - 3));
}

std::string TraceIdOf(std::string_view traceparent) {
  const std::string parsed = ParseTraceparent(traceparent);
  return parsed.empty() ? "" : parsed.substr(3, 32);
}

}  // namespace assay
