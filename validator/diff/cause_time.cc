// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <variant>

#include "absl/strings/str_cat.h"
#include "validator/diff/cause_rules.h"
#include "validator/value/calendar.h"

namespace assay::diff {
namespace {

constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
// From UTC-12 to UTC+14.
constexpr int64_t kLongestShift = int64_t{26} * 60 * kMicrosPerMinute;
constexpr int64_t kMaxMicros = int64_t{1} << 61;  // No difference overflows.

// Microseconds since an origin of the kind; nullopt out of reach.
std::optional<int64_t> Micros(const Value& value) {
  int64_t micros = 0;
  if (const auto* date = std::get_if<Date>(&value)) {
    if (std::abs(date->days) > kMaxMicros / kMicrosPerDay) return std::nullopt;
    micros = date->days * kMicrosPerDay;
  } else if (const auto* time = std::get_if<TimeOfDay>(&value)) {
    micros = time->micros;
  } else if (const auto* timestamp = std::get_if<Timestamp>(&value)) {
    micros = timestamp->micros;
  }
  if (micros > kMaxMicros || micros < -kMaxMicros) return std::nullopt;
  return micros;
}

int64_t FloorTo(int64_t micros, int64_t unit) {
  const int64_t rest = micros % unit;
  return micros - rest - (rest < 0 ? unit : 0);
}

DigitLoss FractionLoss(int64_t source, int64_t target) {
  DigitLoss loss;
  int digits = 0;  // That the target has.
  int64_t unit = kMicrosPerSecond;
  while (target % unit != 0) {
    unit /= 10;
    ++digits;
  }
  loss.rounded = loss.truncated = {.first = digits, .last = digits - 1};
  // Databases cut times before 1970, and negative ones, in either direction.
  for (; unit > 1 && source % unit != 0; unit /= 10, ++digits) {
    const int64_t floor = FloorTo(source, unit);
    if (loss.rounded.last == digits - 1 &&
        std::abs(source - target) * 2 <= unit) {
      loss.rounded.last = digits;
    }
    if (loss.truncated.last == digits - 1 &&
        (target == floor || (source < 0 && target == floor + unit))) {
      loss.truncated.last = digits;
    }
  }
  return loss;
}

std::string CalendarCause(int64_t source, int64_t target) {
  const int64_t source_day = FloorTo(source, kMicrosPerDay);
  const int64_t target_day = FloorTo(target, kMicrosPerDay);
  if (source - source_day != target - target_day) return "";
  const CivilDay from = CivilFromDays(source_day / kMicrosPerDay);
  const CivilDay to = CivilFromDays(target_day / kMicrosPerDay);
  if (from.year == to.year && from.month == to.day && from.day == to.month) {
    return "day and month swapped";
  }
  if (from.month == to.month && from.day == to.day &&
      (from.year - to.year) % 100 == 0) {
    return "another century";
  }
  return "";
}

}  // namespace

std::string ShiftCause(int64_t micros) {
  return absl::StrCat("shifted by ", micros < 0 ? "-" : "+",
                      FormatDurationMicros(std::abs(micros)));
}

PairCause TimeCause(const Value& source, const Value& target) {
  PairCause cause;
  if (source.index() != target.index()) return cause;
  const std::optional<int64_t> from = Micros(source);
  const std::optional<int64_t> to = Micros(target);
  if (!from.has_value() || !to.has_value() || *from == *to) return cause;
  const int64_t shift = *to - *from;
  cause.shift_micros = shift;
  if (std::holds_alternative<Timestamp>(source) &&
      *to == FloorTo(*from, kMicrosPerDay) && -shift >= kMicrosPerSecond) {
    cause.text = "time of day lost";
    return cause;
  }
  if (*from % kMicrosPerSecond != 0) {
    cause.loss = FractionLoss(*from, *to);
    cause.text = NameOf(cause.loss);
    if (!cause.text.empty()) return cause;
  }
  if (!std::holds_alternative<TimeOfDay>(source)) {
    cause.text = CalendarCause(*from, *to);
    if (!cause.text.empty()) return cause;
  }
  if (shift % kMicrosPerMinute == 0 && std::abs(shift) <= kLongestShift) {
    cause.text = ShiftCause(shift);
  }
  return cause;
}

}  // namespace assay::diff
