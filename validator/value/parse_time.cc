// SPDX-License-Identifier: Apache-2.0
#include "validator/value/parse_time.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "validator/value/calendar.h"

namespace assay {
namespace {

constexpr size_t kMaxFractionDigits = 6;
// MariaDB's TIME ends at 838:59:59; the others end earlier.
constexpr int64_t kMaxHours = 838;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads from the front of a text; remembers the first problem.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  const std::string& problem() const { return problem_; }

  bool Skip(char c) {
    if (front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Reads between `least` and `most` digits.
  bool Number(size_t least, size_t most, int64_t& value) {
    value = 0;
    size_t count = 0;
    while (count < rest_.size() && count <= most && IsDigit(rest_[count])) {
      value = value * 10 + (rest_[count] - '0');
      ++count;
    }
    if (count < least || count > most) return false;
    rest_.remove_prefix(count);
    return true;
  }

  bool Fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return false;
  }

  bool Day(int64_t& days) {
    if (absl::EndsWithIgnoreCase({rest_.data(), rest_.size()}, " bc") ||
        front() == '-') {
      return Fail("years before 1 are not supported");
    }
    if (absl::EndsWithIgnoreCase({rest_.data(), rest_.size()}, "infinity")) {
      return Fail("infinity is not supported");
    }
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    if (!Number(4, 17, year) || !Skip('-') || !Number(2, 2, month) ||
        !Skip('-') || !Number(2, 2, day)) {
      return false;
    }
    if (year < 1 || year > 9999) {
      return Fail("the year must be between 0001 and 9999");
    }
    if (month < 1 || month > 12) return Fail("there is no such month");
    const int m = static_cast<int>(month);
    if (day < 1 || day > DaysInMonth(year, m)) {
      return Fail("there is no such day in that month");
    }
    days = DaysFromCivil({year, m, static_cast<int>(day)});
    return true;
  }

  // Reads H:MM[:SS[.ffffff]].
  bool Clock(size_t most_hour_digits, int64_t max_hours, int64_t& micros) {
    int64_t hours = 0;
    int64_t minutes = 0;
    int64_t seconds = 0;
    int64_t fraction = 0;
    if (!Number(2, most_hour_digits, hours) || !Skip(':') ||
        !Number(2, 2, minutes)) {
      return false;
    }
    if (Skip(':')) {
      if (!Number(2, 2, seconds)) return false;
      if (Skip('.') && !Fraction(fraction)) return false;
    }
    if (hours > max_hours) return Fail("the hour is out of range");
    if (minutes > 59) return Fail("the minute is out of range");
    if (seconds == 60) return Fail("leap seconds are not supported");
    if (seconds > 59) return Fail("the second is out of range");
    micros =
        ((hours * 60 + minutes) * 60 + seconds) * kMicrosPerSecond + fraction;
    return true;
  }

  // Reads "Z", "+02", "+0200" or "+02:00".
  bool Zone(int64_t& offset_micros) {
    offset_micros = 0;
    if (Skip('Z') || Skip('z')) return true;
    const bool negative = front() == '-';
    if (!Skip('+') && !Skip('-')) return false;
    int64_t hours = 0;
    int64_t minutes = 0;
    size_t digits = 0;
    while (digits < rest_.size() && IsDigit(rest_[digits])) ++digits;
    if (digits == 4) {
      Number(4, 4, hours);
      minutes = hours % 100;
      hours /= 100;
    } else if (!Number(2, 2, hours) || (Skip(':') && !Number(2, 2, minutes))) {
      return false;
    }
    if (hours > 15 || minutes > 59) {
      return Fail("the zone must be between -15:59 and +15:59");
    }
    offset_micros = (hours * 60 + minutes) * 60 * kMicrosPerSecond;
    if (negative) offset_micros = -offset_micros;
    return true;
  }

 private:
  bool Fraction(int64_t& micros) {
    size_t count = 0;
    while (count < rest_.size() && IsDigit(rest_[count])) ++count;
    if (count == 0) return false;
    if (count > kMaxFractionDigits) {
      return Fail("more than six fractional digits");
    }
    Number(count, count, micros);
    for (size_t i = count; i < kMaxFractionDigits; ++i) micros *= 10;
    return true;
  }

  std::string_view rest_;
  std::string problem_;
};

}  // namespace

TimeParse<Date> ParseDateText(std::string_view text) {
  Reader reader(text);
  int64_t days = 0;
  if (!reader.Day(days) || !reader.done()) return {{}, reader.problem()};
  return {Date{days}, {}};
}

TimeParse<TimeOfDay> ParseTimeText(std::string_view text) {
  Reader reader(text);
  const bool negative = reader.Skip('-');
  int64_t micros = 0;
  if (!reader.Clock(3, kMaxHours, micros) || !reader.done()) {
    return {{}, reader.problem()};
  }
  return {TimeOfDay{negative ? -micros : micros}, {}};
}

TimeParse<Timestamp> ParseTimestampText(std::string_view text, bool zoned) {
  Reader reader(text);
  int64_t days = 0;
  int64_t clock = 0;
  int64_t offset = 0;
  if (!reader.Day(days)) return {{}, reader.problem()};
  if (reader.Skip('T') || reader.Skip('t') || reader.Skip(' ')) {
    if (!reader.Clock(2, 23, clock)) return {{}, reader.problem()};
    if (!reader.done()) {
      if (!reader.Zone(offset) || !reader.done()) {
        return {{}, reader.problem()};
      }
      if (!zoned) return {{}, "it has a time zone, the type has none"};
    }
  } else if (!reader.done()) {
    return {{}, {}};
  }
  const int64_t micros = days * kMicrosPerDay + clock - offset;
  // A zone can move the instant out of the years that have a text form.
  if (micros < DaysFromCivil({1, 1, 1}) * kMicrosPerDay ||
      micros >= DaysFromCivil({10000, 1, 1}) * kMicrosPerDay) {
    return {{}, "the year must be between 0001 and 9999"};
  }
  return {Timestamp{micros, zoned}, {}};
}

}  // namespace assay
