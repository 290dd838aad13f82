// SPDX-License-Identifier: Apache-2.0
// Exact decimal arithmetic on canonical digits.
//
// Digits stay text because nearly every decimal that we meet arrives as text,
// leaves as text and is only compared in between, which canonical text can do
// without conversion.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/value/value.h"

namespace assay {
namespace {

// Beyond this a few bytes of input ("1e999999999") would ask for gigabytes.
constexpr int64_t kMaxExponent = 1000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The parts of a canonical decimal; views into its digits.
struct Parts {
  bool negative = false;
  std::string_view whole;     // No leading zeros unless it is "0".
  std::string_view fraction;  // No trailing zeros.
};

Parts Split(const Decimal& value) {
  Parts parts;
  std::string_view digits = value.digits;
  if (!digits.empty() && digits.front() == '-') {
    parts.negative = true;
    digits.remove_prefix(1);
  }
  const size_t point = digits.find('.');
  parts.whole = digits.substr(0, point);
  if (point != std::string_view::npos) {
    parts.fraction = digits.substr(point + 1);
  }
  return parts;
}

// Makes a canonical decimal of ±`digits` · 10^-`scale`.
Decimal Canonical(bool negative, std::string_view digits, size_t scale) {
  std::string padded;
  if (digits.size() <= scale) {
    padded.assign(scale + 1 - digits.size(), '0');
    padded += digits;
    digits = padded;
  }
  std::string_view whole = digits.substr(0, digits.size() - scale);
  std::string_view fraction = digits.substr(digits.size() - scale);
  while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
  while (!fraction.empty() && fraction.back() == '0') {
    fraction.remove_suffix(1);
  }
  Decimal result;
  result.digits.clear();
  if (negative && (whole != "0" || !fraction.empty())) {
    result.digits.push_back('-');
  }
  result.digits += whole;
  if (!fraction.empty()) {
    result.digits.push_back('.');
    result.digits += fraction;
  }
  return result;
}

int Sign(int comparison) { return (comparison > 0) - (comparison < 0); }

int CompareMagnitudes(const Parts& a, const Parts& b) {
  if (a.whole.size() != b.whole.size()) {
    return a.whole.size() < b.whole.size() ? -1 : 1;
  }
  if (const int c = a.whole.compare(b.whole); c != 0) return Sign(c);
  return Sign(a.fraction.compare(b.fraction));
}

// The digits of `parts` scaled by 10^`scale`, padded in front to `width`.
std::string Aligned(const Parts& parts, size_t width, size_t scale) {
  std::string out(width - parts.whole.size() - scale, '0');
  out += parts.whole;
  out += parts.fraction;
  out.append(scale - parts.fraction.size(), '0');
  return out;
}

// |a| + |b| where `subtract` is false, else |a| - |b|; REQUIRES |a| >= |b|
// then. The sign is the caller's.
Decimal CombineMagnitudes(const Parts& a, const Parts& b, bool subtract,
                          bool negative) {
  const size_t scale = std::max(a.fraction.size(), b.fraction.size());
  const size_t width = std::max(a.whole.size(), b.whole.size()) + scale + 1;
  std::string x = Aligned(a, width, scale);
  const std::string y = Aligned(b, width, scale);
  int carry = 0;
  for (size_t i = width; i-- > 0;) {
    int digit = subtract ? (x[i] - '0') - (y[i] - '0') - carry
                         : (x[i] - '0') + (y[i] - '0') + carry;
    carry = digit < 0 || digit > 9 ? 1 : 0;
    if (digit < 0) digit += 10;
    if (digit > 9) digit -= 10;
    x[i] = static_cast<char>('0' + digit);
  }
  return Canonical(negative, x, scale);
}

Decimal AddParts(const Parts& a, const Parts& b) {
  if (a.negative == b.negative) {
    return CombineMagnitudes(a, b, /*subtract=*/false, a.negative);
  }
  if (CompareMagnitudes(a, b) >= 0) {
    return CombineMagnitudes(a, b, /*subtract=*/true, a.negative);
  }
  return CombineMagnitudes(b, a, /*subtract=*/true, b.negative);
}

constexpr uint64_t kLimbBase = 1000000000;
constexpr size_t kLimbDigits = 9;

// Little-endian limbs of nine digits each.
std::vector<uint64_t> ToLimbs(const Parts& parts) {
  std::string digits(parts.whole);
  digits += parts.fraction;
  std::vector<uint64_t> limbs;
  for (size_t end = digits.size(); end > 0;) {
    const size_t begin = end > kLimbDigits ? end - kLimbDigits : 0;
    uint64_t limb = 0;
    for (size_t i = begin; i < end; ++i) limb = limb * 10 + (digits[i] - '0');
    limbs.push_back(limb);
    end = begin;
  }
  return limbs;
}

// The exact value of a finite double.
Decimal FromDouble(double value) {
  if (value == 0) return Decimal{};
  int exponent = 0;
  const double mantissa = std::frexp(std::fabs(value), &exponent);
  auto bits = static_cast<uint64_t>(std::ldexp(mantissa, 53));
  exponent -= 53;
  while ((bits & 1) == 0) {
    bits >>= 1;
    ++exponent;
  }
  // bits · 2^exponent with odd bits has exactly -exponent fractional digits.
  const int scale = exponent < 0 ? -exponent : 0;
  char buffer[1500];
  const std::to_chars_result end =
      std::to_chars(buffer, buffer + sizeof(buffer), std::fabs(value),
                    std::chars_format::fixed, scale);
  std::string digits(buffer, end.ptr);
  if (const size_t point = digits.find('.'); point != std::string::npos) {
    digits.erase(point, 1);
  }
  return Canonical(value < 0, digits, scale);
}

}  // namespace

std::optional<Decimal> ParseDecimal(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::string digits;
  size_t i = 0;
  while (i < text.size() && IsDigit(text[i])) digits.push_back(text[i++]);
  int64_t scale = 0;
  if (i < text.size() && text[i] == '.') {
    const size_t point = i++;
    while (i < text.size() && IsDigit(text[i])) digits.push_back(text[i++]);
    scale = static_cast<int64_t>(i - point - 1);
  }
  if (digits.empty()) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    int direction = 1;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) {
      direction = text[i] == '-' ? -1 : 1;
      ++i;
    }
    if (i == text.size()) return std::nullopt;
    int64_t exponent = 0;
    for (; i < text.size() && IsDigit(text[i]); ++i) {
      exponent = exponent * 10 + (text[i] - '0');
      if (exponent > kMaxExponent) return std::nullopt;
    }
    scale -= direction * exponent;
  }
  if (i != text.size()) return std::nullopt;
  if (scale < 0) {
    digits.append(static_cast<size_t>(-scale), '0');
    scale = 0;
  }
  return Canonical(negative, digits, static_cast<size_t>(scale));
}

Decimal Add(const Decimal& a, const Decimal& b) {
  return AddParts(Split(a), Split(b));
}

Decimal Subtract(const Decimal& a, const Decimal& b) {
  Parts negated = Split(b);
  negated.negative = !negated.negative;
  return AddParts(Split(a), negated);
}

Decimal Multiply(const Decimal& a, const Decimal& b) {
  const Parts x = Split(a);
  const Parts y = Split(b);
  const std::vector<uint64_t> p = ToLimbs(x);
  const std::vector<uint64_t> q = ToLimbs(y);
  std::vector<uint64_t> product(p.size() + q.size(), 0);
  for (size_t i = 0; i < p.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < q.size() || carry > 0; ++j) {
      const uint64_t sum =
          product[i + j] + carry + (j < q.size() ? p[i] * q[j] : 0);
      product[i + j] = sum % kLimbBase;
      carry = sum / kLimbBase;
    }
  }
  std::string digits;
  digits.reserve(product.size() * kLimbDigits);
  for (size_t i = product.size(); i-- > 0;) {
    const std::string limb = std::to_string(product[i]);
    digits.append(kLimbDigits - limb.size(), '0');
    digits += limb;
  }
  return Canonical(x.negative != y.negative, digits,
                   x.fraction.size() + y.fraction.size());
}

int CompareDecimals(const Decimal& a, const Decimal& b) {
  const Parts x = Split(a);
  const Parts y = Split(b);
  if (x.negative != y.negative) return x.negative ? -1 : 1;
  const int magnitude = CompareMagnitudes(x, y);
  return x.negative ? -magnitude : magnitude;
}

Decimal Abs(const Decimal& a) {
  Decimal result = a;
  if (!result.digits.empty() && result.digits.front() == '-') {
    result.digits.erase(0, 1);
  }
  return result;
}

std::optional<Decimal> ToDecimal(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    return Decimal{std::to_string(*integer)};
  }
  if (const auto* decimal = std::get_if<Decimal>(&value)) return *decimal;
  if (const auto* number = std::get_if<double>(&value);
      number != nullptr && std::isfinite(*number)) {
    return FromDouble(*number);
  }
  return std::nullopt;
}

}  // namespace assay
