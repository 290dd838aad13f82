// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "validator/value/value.h"

namespace assay {
namespace {

struct Unit {
  std::string_view name;
  int64_t micros;
  bool printed;  // Weeks are read, but days are what people compare.
};

// Largest first: a sum names its units in this order, each at most once.
constexpr Unit kUnits[] = {
    {"w", int64_t{7} * 86400 * 1000000, false},
    {"d", int64_t{86400} * 1000000, true},
    {"h", int64_t{3600} * 1000000, true},
    {"m", int64_t{60} * 1000000, true},
    {"s", int64_t{1000000}, true},
    {"ms", int64_t{1000}, true},
    {"us", int64_t{1}, true},
};

}  // namespace

std::optional<int64_t> ParseDurationMicros(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  size_t next_unit = 0;
  size_t i = 0;
  while (i < text.size()) {
    int64_t count = 0;
    size_t begin = i;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      if (__builtin_mul_overflow(count, int64_t{10}, &count) ||
          __builtin_add_overflow(count, int64_t{text[i] - '0'}, &count)) {
        return std::nullopt;
      }
    }
    if (i == begin) return std::nullopt;
    begin = i;
    while (i < text.size() && text[i] >= 'a' && text[i] <= 'z') ++i;
    const std::string_view name = text.substr(begin, i - begin);
    while (next_unit < std::size(kUnits) && kUnits[next_unit].name != name) {
      ++next_unit;
    }
    if (next_unit == std::size(kUnits)) return std::nullopt;
    int64_t part = 0;
    if (__builtin_mul_overflow(count, kUnits[next_unit].micros, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return std::nullopt;
    }
    ++next_unit;
  }
  return total;
}

std::string FormatDurationMicros(int64_t micros) {
  if (micros == 0) return "0s";
  std::string out;
  // The magnitude of the smallest int64 fits only the unsigned type.
  uint64_t rest = static_cast<uint64_t>(micros);
  if (micros < 0) {
    out.push_back('-');
    rest = 0 - rest;
  }
  for (const Unit& unit : kUnits) {
    if (!unit.printed) continue;
    const uint64_t count = rest / static_cast<uint64_t>(unit.micros);
    if (count == 0) continue;
    out += std::to_string(count);
    out += unit.name;
    rest -= count * static_cast<uint64_t>(unit.micros);
  }
  return out;
}

}  // namespace assay
