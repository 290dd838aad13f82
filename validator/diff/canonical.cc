// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/canonical.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <system_error>

#include "absl/strings/match.h"
#include "validator/value/value.h"

namespace assay::diff {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsWord(std::string_view text, std::string_view word) {
  return absl::EqualsIgnoreCase({text.data(), text.size()},
                                {word.data(), word.size()});
}

void PutSpecial(char which, std::string& out) {
  PutFixed(Tag::kNumberSpecial, &which, 1, out);
}

bool PutSpecialNumber(std::string_view text, std::string& out) {
  if (IsWord(text, "nan")) {
    PutSpecial('n', out);
    return true;
  }
  char sign = '+';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    sign = text.front();
    text.remove_prefix(1);
  }
  if (!IsWord(text, "infinity") && !IsWord(text, "inf")) return false;
  PutSpecial(sign, out);
  return true;
}

// ± whole . fraction, digits only; `whole` without leading zeros and `fraction`
// without trailing ones.
void PutDigits(bool negative, std::string_view whole, std::string_view fraction,
               std::string& out) {
  constexpr size_t kMostDigits = 19;
  if (fraction.empty() && whole.size() <= kMostDigits) {
    uint64_t value = 0;  // 19 digits fit.
    for (const char c : whole) value = value * 10 + (c - '0');
    constexpr auto kMax =
        static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    if (value <= kMax + (negative ? 1 : 0)) {
      PutInt64(Tag::kInteger,
               static_cast<int64_t>(negative ? 0 - value : value), out);
      return;
    }
  }
  const size_t at = out.size();
  PutBlob(Tag::kDecimal, "", out);
  if (negative) out.push_back('-');
  if (whole.empty()) {
    out.push_back('0');
  } else {
    out.append(whole);
  }
  if (!fraction.empty()) {
    out.push_back('.');
    out.append(fraction);
  }
  const auto size = static_cast<uint32_t>(out.size() - at - 5);
  std::memcpy(out.data() + at + 1, &size, sizeof size);
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool PutNumber(std::string_view text, std::string& out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  bool negative = false;
  if (p != end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  const char* whole = p;
  while (p != end && IsDigit(*p)) ++p;
  const char* whole_end = p;
  const char* fraction = p;
  if (p != end && *p == '.') {
    fraction = ++p;
    while (p != end && IsDigit(*p)) ++p;
  }
  const char* fraction_end = p;
  if (whole == whole_end && fraction == fraction_end) {
    return PutSpecialNumber(text, out);
  }
  if (p != end) {
    // With an exponent; rare enough to be written out.
    if (*p != 'e' && *p != 'E') return false;
    const std::optional<Decimal> decimal = ParseDecimal(text);
    return decimal.has_value() && PutNumber(decimal->digits, out);
  }
  while (whole != whole_end && *whole == '0') ++whole;
  while (fraction != fraction_end && fraction_end[-1] == '0') --fraction_end;
  PutDigits(negative,
            {whole, static_cast<size_t>(whole_end - whole)},
            {fraction, static_cast<size_t>(fraction_end - fraction)}, out);
  return true;
}

void PutDouble(double value, std::string& out) {
  if (value == 0) value = 0;
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  PutFixed(Tag::kDouble, &value, sizeof value, out);
}

void PutDoubleAsNumber(double value, bool exact, std::string& out) {
  if (std::isnan(value)) return PutSpecial('n', out);
  if (std::isinf(value)) return PutSpecial(value > 0 ? '+' : '-', out);
  if (exact) {
    PutNumber(ToDecimal(Value(value))->digits, out);
    return;
  }
  char buffer[32];
  const std::to_chars_result end =
      std::to_chars(buffer, buffer + sizeof buffer, value);
  PutNumber({buffer, static_cast<size_t>(end.ptr - buffer)}, out);
}

bool ParseDoubleText(std::string_view text, double& value) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') {
    text.remove_prefix(1);
  }
  const char* const end = text.data() + text.size();
  const std::from_chars_result result =
      std::from_chars(text.data(), end, value);
  // "nan(1)" is C's, and nobody else's.
  return result.ec == std::errc() && result.ptr == end && end[-1] != ')';
}

bool PutUuid(std::string_view text, std::string& out) {
  if (text.size() != 32 && text.size() != 36) return false;
  unsigned char bytes[16];
  size_t at = 0;
  for (size_t i = 0; i < sizeof bytes; ++i) {
    if (text.size() == 36 && (i == 4 || i == 6 || i == 8 || i == 10)) {
      if (text[at++] != '-') return false;
    }
    const int high = HexDigit(text[at]);
    const int low = HexDigit(text[at + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<unsigned char>(high * 16 + low);
    at += 2;
  }
  PutFixed(Tag::kUuid, bytes, sizeof bytes, out);
  return true;
}

}  // namespace assay::diff
