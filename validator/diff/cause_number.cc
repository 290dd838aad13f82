// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <variant>

#include "absl/strings/str_cat.h"
#include "validator/diff/cause_rules.h"

namespace assay::diff {
namespace {

constexpr size_t kLongestNumber = 400;  // Digits; beyond nothing is tried.
constexpr int kMostDigits = 40;         // Behind the point.

// A number as people see it: doubles by their shortest digits.
std::optional<Decimal> Shown(const Value& value) {
  if (const bool* truth = std::get_if<bool>(&value)) {
    return Decimal{*truth ? "1" : "0"};
  }
  std::optional<Decimal> shown = std::holds_alternative<double>(value)
                                     ? ParseDecimal(ToText(value))
                                     : ToDecimal(value);
  if (shown.has_value() && shown->digits.size() > kLongestNumber) return {};
  return shown;
}

Decimal Negative(const Decimal& a) { return Subtract(Decimal{"0"}, a); }
bool IsNegative(const Decimal& a) { return a.digits.front() == '-'; }
bool IsZero(const Decimal& a) { return a.digits == "0"; }

int FractionDigits(const Decimal& a) {
  const size_t point = a.digits.find('.');
  if (point == std::string::npos) return 0;
  return static_cast<int>(a.digits.size() - point) - 1;
}

// 10^exponent.
Decimal Power(int exponent) {
  return *ParseDecimal(absl::StrCat("1e", exponent));
}

bool RoundsTo(const Decimal& source, const Decimal& target, int digits) {
  const Decimal error = Abs(Subtract(source, target));
  // Halves go either way: up, down or to even.
  return CompareDecimals(Add(error, error), Power(-digits)) <= 0;
}

DigitRange RangeWhere(const Decimal& source, const Decimal& target,
                      bool (*holds)(const Decimal&, const Decimal&, int)) {
  // Where it holds for some digits, it holds for all fewer, down to those that
  // the target has.
  DigitRange range{.first = FractionDigits(target)};
  range.last = range.first - 1;
  const int end = std::min(FractionDigits(source), kMostDigits);
  while (range.last + 1 < end && holds(source, target, range.last + 1)) {
    ++range.last;
  }
  return range;
}

template <typename Float>
std::optional<Decimal> Shortest(Float number) {
  if (!std::isfinite(number)) return std::nullopt;
  char text[64];
  const auto end = std::to_chars(text, std::end(text), number);
  return ParseDecimal(std::string_view(text, end.ptr));
}

std::optional<Decimal> Significant(double number, int digits) {
  char text[64];
  const auto end = std::to_chars(text, std::end(text), number,
                                 std::chars_format::scientific, digits - 1);
  return ParseDecimal(std::string_view(text, end.ptr));
}

DigitLoss LossOf(const Decimal& source, const Decimal& target) {
  DigitLoss loss;
  loss.rounded = RangeWhere(source, target, RoundsTo);
  loss.truncated = RangeWhere(
      source, target, [](const Decimal& s, const Decimal& t, int digits) {
        return Divide(s, 1, digits) == t;
      });
  const double number = std::strtod(source.digits.c_str(), nullptr);
  if (!std::isfinite(number)) return loss;
  const float narrow = static_cast<float>(number);
  if (std::isfinite(narrow)) {
    loss.single_precision = Shortest(narrow) == target ||
                            Shortest(static_cast<double>(narrow)) == target ||
                            ToDecimal(Value(double{narrow})) == target;
  }
  loss.double_precision =
      Shortest(number) == target || ToDecimal(Value(number)) == target;
  loss.six_digits = Significant(number, 6) == target;
  loss.fifteen_digits = Significant(number, 15) == target;
  return loss;
}

// The bounds of number types.
bool IsUpperBound(const Decimal& a) {
  for (const char* bound :
       {"127", "255", "32767", "65535", "8388607", "16777215", "2147483647",
        "4294967295", "9223372036854775807", "18446744073709551615"}) {
    if (a.digits == bound) return true;
  }
  // DECIMAL(5,2) ends at 999.99.
  return a.digits.size() >= 3 &&
         a.digits.find_first_not_of("9.") == std::string::npos;
}

bool IsLowerBound(const Decimal& a) {
  for (const char* bound :
       {"-128", "-32768", "-8388608", "-2147483648", "-9223372036854775808"}) {
    if (a.digits == bound) return true;
  }
  return a.digits.size() >= 4 && IsNegative(a) &&
         a.digits.find_first_not_of("9.", 1) == std::string::npos;
}

std::string ClampCause(const Decimal& source, const Decimal& target) {
  const int order = CompareDecimals(source, target);
  if ((order > 0 && IsUpperBound(target)) ||
      (order < 0 && IsLowerBound(target))) {
    return absl::StrCat("clamped to ", target.digits);
  }
  if (IsNegative(source) && IsZero(target) &&
      CompareDecimals(source, Decimal{"-1"}) <= 0) {
    return "negative became 0";
  }
  return "";
}

std::string ScaleCause(const Decimal& source, const Decimal& target) {
  if (IsZero(source) || IsZero(target)) return "";
  for (int exponent : {1, 2, 3, 4, 6, 9}) {
    const Decimal factor = Power(exponent);
    if (Multiply(source, factor) == target) {
      return absl::StrCat("scaled by ", factor.digits);
    }
    if (Multiply(target, factor) == source) {
      return absl::StrCat("scaled by 1/", factor.digits);
    }
  }
  return "";
}

std::optional<__int128> ToInt128(const Decimal& a) {
  if (a.digits.size() > 36 || a.digits.find('.') != std::string::npos) {
    return std::nullopt;
  }
  __int128 number = 0;
  for (char c : a.digits) {
    if (c != '-') number = number * 10 + (c - '0');
  }
  return IsNegative(a) ? -number : number;
}

std::string WrapCause(const Decimal& source, const Decimal& target) {
  const std::optional<__int128> from = ToInt128(source);
  const std::optional<__int128> to = ToInt128(target);
  if (!from.has_value() || !to.has_value()) return "";
  for (int bits : {64, 32, 16}) {
    const __int128 modulus = static_cast<__int128>(1) << bits;
    if ((*from - *to) % modulus == 0 && *to >= -(modulus / 2) &&
        *to < modulus) {
      return absl::StrCat("wrapped at ", bits, " bits");
    }
  }
  return "";
}

}  // namespace

std::string NameOf(const DigitLoss& loss) {
  if (!loss.rounded.empty()) {
    return absl::StrCat("rounded to ", Count(loss.rounded.first, "digit"));
  }
  if (!loss.truncated.empty()) {
    return absl::StrCat("truncated to ", Count(loss.truncated.first, "digit"));
  }
  if (loss.single_precision) return "rounded to single precision";
  if (loss.double_precision) return "rounded to double precision";
  if (loss.six_digits) return "rounded to 6 significant digits";
  if (loss.fifteen_digits) return "rounded to 15 significant digits";
  return "";
}

PairCause NumberCause(const Value& source, const Value& target) {
  PairCause cause;
  if (std::holds_alternative<bool>(source) &&
      std::holds_alternative<bool>(target)) {
    cause.text = "inverted";
    return cause;
  }
  const std::optional<Decimal> from = Shown(source);
  const std::optional<Decimal> to = Shown(target);
  if (!from.has_value() || !to.has_value() || *from == *to) return cause;
  if (*to == Negative(*from)) {
    cause.text = "sign";
    return cause;
  }
  cause.text = ClampCause(*from, *to);
  if (cause.text.empty()) cause.text = ScaleCause(*from, *to);
  if (!cause.text.empty()) return cause;
  cause.loss = LossOf(*from, *to);
  cause.text = NameOf(cause.loss);
  if (cause.text.empty()) cause.text = WrapCause(*from, *to);
  return cause;
}

}  // namespace assay::diff
