// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <string>

#include "validator/value/value.h"

namespace assay {
namespace {

template <typename T>
int ThreeWay(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

bool IsNumber(const Value& value) {
  return std::holds_alternative<int64_t>(value) ||
         std::holds_alternative<Decimal>(value) ||
         std::holds_alternative<double>(value);
}

// Compares without converting the integer to double, which would round it.
int CompareIntegerWithDouble(int64_t integer, double number) {
  constexpr double kTwo63 = 9223372036854775808.0;
  if (number >= kTwo63) return -1;
  if (number < -kTwo63) return 1;
  const double whole = std::trunc(number);
  const int c = ThreeWay(integer, static_cast<int64_t>(whole));
  return c != 0 ? c : ThreeWay(0.0, number - whole);
}

std::optional<int> CompareNumbers(const Value& a, const Value& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  if ((x != nullptr && std::isnan(*x)) || (y != nullptr && std::isnan(*y))) {
    return std::nullopt;
  }
  if (x != nullptr && y != nullptr) return ThreeWay(*x, *y);
  if (x != nullptr && std::isinf(*x)) return *x > 0 ? 1 : -1;
  if (y != nullptr && std::isinf(*y)) return *y > 0 ? -1 : 1;
  const auto* i = std::get_if<int64_t>(&a);
  const auto* j = std::get_if<int64_t>(&b);
  if (i != nullptr && j != nullptr) return ThreeWay(*i, *j);
  if (i != nullptr && y != nullptr) return CompareIntegerWithDouble(*i, *y);
  if (x != nullptr && j != nullptr) return -CompareIntegerWithDouble(*j, *x);
  return CompareDecimals(*ToDecimal(a), *ToDecimal(b));
}

}  // namespace

std::optional<int> Compare(const Value& a, const Value& b) {
  if (IsNumber(a) && IsNumber(b)) return CompareNumbers(a, b);
  if (a.index() != b.index()) return std::nullopt;
  if (const auto* x = std::get_if<bool>(&a)) {
    return ThreeWay(*x, std::get<bool>(b));
  }
  if (const auto* x = std::get_if<std::string>(&a)) {
    return ThreeWay(*x, std::get<std::string>(b));
  }
  if (const auto* x = std::get_if<Bytes>(&a)) {
    return ThreeWay(x->data, std::get<Bytes>(b).data);
  }
  if (const auto* x = std::get_if<Date>(&a)) {
    return ThreeWay(x->days, std::get<Date>(b).days);
  }
  if (const auto* x = std::get_if<TimeOfDay>(&a)) {
    return ThreeWay(x->micros, std::get<TimeOfDay>(b).micros);
  }
  if (const auto* x = std::get_if<Timestamp>(&a)) {
    const Timestamp& y = std::get<Timestamp>(b);
    // Wall time and an instant have no order without a zone.
    if (x->zoned != y.zoned) return std::nullopt;
    return ThreeWay(x->micros, y.micros);
  }
  if (const auto* x = std::get_if<Uuid>(&a)) {
    return ThreeWay(x->text, std::get<Uuid>(b).text);
  }
  return std::nullopt;
}

}  // namespace assay
