// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "validator/value/calendar.h"
#include "validator/value/value.h"

namespace assay {
namespace {

std::string DayText(int64_t days) {
  const CivilDay day = CivilFromDays(days);
  return absl::StrFormat("%04d-%02d-%02d", day.year, day.month, day.day);
}

// "10:00:00" and, where there is a fraction, ".123456" without trailing zeros.
std::string ClockText(uint64_t micros) {
  const uint64_t seconds = micros / kMicrosPerSecond;
  std::string out = absl::StrFormat("%02d:%02d:%02d", seconds / 3600,
                                    seconds / 60 % 60, seconds % 60);
  if (const uint64_t fraction = micros % kMicrosPerSecond; fraction != 0) {
    out += absl::StrFormat(".%06d", fraction);
    while (out.back() == '0') out.pop_back();
  }
  return out;
}

std::string DoubleText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char buffer[64];
  const std::to_chars_result end =
      std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end.ptr);
}

struct Formatter {
  std::string operator()(Null) const { return "NULL"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(const Decimal& value) const { return value.digits; }
  std::string operator()(double value) const { return DoubleText(value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const Bytes& value) const {
    return absl::BytesToHexString(value.data);
  }
  std::string operator()(Date value) const { return DayText(value.days); }
  std::string operator()(TimeOfDay value) const {
    const auto micros = static_cast<uint64_t>(value.micros);
    return value.micros < 0 ? "-" + ClockText(0 - micros) : ClockText(micros);
  }
  std::string operator()(Timestamp value) const {
    int64_t days = value.micros / kMicrosPerDay;
    int64_t clock = value.micros % kMicrosPerDay;
    if (clock < 0) {
      clock += kMicrosPerDay;
      --days;
    }
    std::string out = DayText(days);
    out.push_back('T');
    out += ClockText(static_cast<uint64_t>(clock));
    if (value.zoned) out.push_back('Z');
    return out;
  }
  std::string operator()(const Uuid& value) const { return value.text; }
};

}  // namespace

std::string ToText(const Value& value) {
  return std::visit(Formatter{}, value);
}

}  // namespace assay
