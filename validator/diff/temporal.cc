// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/temporal.h"

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "validator/diff/canonical.h"
#include "validator/value/calendar.h"
#include "validator/value/value.h"

namespace assay::diff {
namespace {

constexpr int kMicroDigits = 6;
// More days than these, in microseconds, do not fit 64 bits.
constexpr int64_t kMostDays = 106000000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A time of day, or longer.
struct Clock {
  int64_t seconds = 0;
  int64_t micros = 0;
  std::string_view extra;  // Fractional digits after the sixth, to the last
                           // that is not 0.
};

struct Reader {
  const char* p;
  const char* const end;

  bool done() const { return p == end; }
  bool Skip(char c) {
    if (p == end || *p != c) return false;
    ++p;
    return true;
  }
  // Exactly two digits.
  bool Two(int& value) {
    if (end - p < 2 || !IsDigit(p[0]) || !IsDigit(p[1])) return false;
    value = (p[0] - '0') * 10 + (p[1] - '0');
    p += 2;
    return true;
  }
  bool Digits(int least, int most, int64_t& value) {
    value = 0;
    const char* const begin = p;
    while (p != end && p - begin <= most && IsDigit(*p)) {
      value = value * 10 + (*p++ - '0');
    }
    return p - begin >= least && p - begin <= most;
  }

  // HH:MM[:SS[.f…]], hours of `most` digits.
  bool ReadClock(int most, Clock& clock) {
    int64_t hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!Digits(2, most, hours) || !Skip(':') || !Two(minutes)) return false;
    if (Skip(':') && !Two(seconds)) return false;
    if (minutes > 59 || seconds > 59) return false;
    clock.seconds = (hours * 60 + minutes) * 60 + seconds;
    if (!Skip('.')) return true;
    const char* const begin = p;
    int64_t unit = 100000;
    while (p != end && IsDigit(*p)) {
      clock.micros += (*p++ - '0') * unit;
      unit /= 10;
    }
    if (p == begin) return false;
    if (p - begin > kMicroDigits) {
      const char* last = p;
      while (last != begin + kMicroDigits && last[-1] == '0') --last;
      clock.extra = {begin + kMicroDigits,
                     static_cast<size_t>(last - begin - kMicroDigits)};
    }
    return true;
  }

  // "Z", "+02", "+0200", "+02:00", "-00:12:28".
  bool ReadZone(int64_t& seconds) {
    if (Skip('Z') || Skip('z')) return true;
    const bool negative = p != end && *p == '-';
    if (!Skip('-') && !Skip('+')) return false;
    int hours = 0;
    int minutes = 0;
    int rest = 0;
    if (!Two(hours)) return false;
    if (Skip(':')) {
      if (!Two(minutes) || (Skip(':') && !Two(rest))) return false;
    } else if (p != end && IsDigit(*p) && !Two(minutes)) {
      return false;
    }
    if (hours > 15 || minutes > 59 || rest > 59) return false;
    seconds = (hours * 60 + minutes) * 60 + rest;
    if (negative) seconds = -seconds;
    return true;
  }
};

struct Moment {
  int64_t year = 0;  // Astronomical: 1 BC is 0.
  int month = 0;
  int day = 0;
  bool exists = false;  // Such a day exists.
  Clock clock;
  bool zoned = false;
  int64_t offset = 0;  // Seconds.
};

bool ReadMoment(std::string_view text, Moment& moment) {
  Reader reader{text.data(), text.data() + text.size()};
  int64_t year = 0;
  if (!reader.Digits(4, 7, year) || !reader.Skip('-') ||
      !reader.Two(moment.month) || !reader.Skip('-') ||
      !reader.Two(moment.day)) {
    return false;
  }
  bool bc = false;
  const auto rest = [&reader] {
    return std::string_view(reader.p, reader.end - reader.p);
  };
  if (!reader.done() && rest() != " BC") {
    if (!reader.Skip(' ') && !reader.Skip('T') && !reader.Skip('t')) {
      return false;
    }
    if (!reader.ReadClock(2, moment.clock)) return false;
    if (moment.clock.seconds >= 86400) return false;
    if (reader.end - reader.p > 1 && (reader.p[1] == '+' ||
                                      reader.p[1] == '-')) {
      reader.Skip(' ');
    }
    if (!reader.done() && *reader.p != ' ') {
      if (!reader.ReadZone(moment.offset)) return false;
      moment.zoned = true;
    }
  }
  if (!reader.done()) {
    if (rest() != " BC") return false;
    bc = true;
  }
  moment.exists = year > 0 && moment.month >= 1 && moment.month <= 12 &&
                  moment.day >= 1;
  moment.year = bc ? 1 - year : year;
  moment.exists = moment.exists && moment.day <= DaysInMonth(moment.year,
                                                             moment.month);
  return true;
}

// Round or cut `micros` to the policy's digits. `down` is the direction of
// cutting: true for moments, towards the past; magnitudes are never negative.
int64_t ApplyPrecision(int64_t micros, std::string_view extra,
                       const ColumnPolicy& policy) {
  int64_t unit = 1;
  for (int i = *policy.precision; i < kMicroDigits; ++i) unit *= 10;
  const bool round = policy.rounding == Rounding::kRound;
  if (unit == 1) return micros + (round && !extra.empty() && extra[0] >= '5');
  int64_t rest = micros % unit;
  if (rest < 0) rest += unit;
  micros -= rest;
  return round && rest >= unit / 2 ? micros + unit : micros;
}

bool HasPrecision(const ColumnPolicy* policy) {
  return policy != nullptr && policy->precision.has_value();
}

bool IsInfinity(std::string_view text) {
  return text == "infinity" || text == "-infinity";
}

// "10:00:00", ".123456" behind where there is a fraction.
std::string ClockText(const Clock& clock) {
  std::string out =
      absl::StrFormat("%02d:%02d:%02d", clock.seconds / 3600,
                      clock.seconds / 60 % 60, clock.seconds % 60);
  if (clock.micros == 0 && clock.extra.empty()) return out;
  absl::StrAppendFormat(&out, ".%06d", clock.micros);
  if (clock.extra.empty()) {
    while (out.back() == '0') out.pop_back();
  }
  out.append(clock.extra);
  return out;
}

void PutSpecial(std::string_view text, std::string& out) {
  PutBlob(Tag::kTemporalSpecial, text, out);
}

std::string SpecialText(const Moment& moment, bool with_clock) {
  std::string out = absl::StrFormat("%04d-%02d-%02d", moment.year,
                                    moment.month, moment.day);
  if (with_clock) absl::StrAppend(&out, " ", ClockText(moment.clock));
  return out;
}

bool IsMidnight(const Moment& moment) {
  return moment.clock.seconds == 0 && moment.clock.micros == 0 &&
         moment.clock.extra.empty() && !moment.zoned;
}

}  // namespace

bool PutDate(std::string_view text, std::string& out) {
  Moment moment;
  if (!ReadMoment(text, moment)) {
    if (!IsInfinity(text)) return false;
    PutSpecial(text, out);
    return true;
  }
  if (!IsMidnight(moment)) return false;
  if (!moment.exists) {
    PutSpecial(SpecialText(moment, /*with_clock=*/false), out);
    return true;
  }
  PutInt64(Tag::kDate,
           DaysFromCivil({moment.year, moment.month, moment.day}), out);
  return true;
}

bool PutTime(std::string_view text, const ColumnPolicy* policy,
             std::string& out) {
  Reader reader{text.data(), text.data() + text.size()};
  const bool negative = reader.Skip('-');
  Clock clock;
  if (!reader.ReadClock(4, clock) || !reader.done()) return false;
  int64_t micros = clock.seconds * kMicrosPerSecond + clock.micros;
  if (HasPrecision(policy)) {
    micros = ApplyPrecision(micros, clock.extra, *policy);
  } else if (!clock.extra.empty()) {
    PutSpecial(absl::StrCat(negative ? "-" : "", ClockText(clock)), out);
    return true;
  }
  PutInt64(Tag::kTime, negative ? -micros : micros, out);
  return true;
}

bool PutTimestamp(std::string_view text, absl::TimeZone zone,
                  const ColumnPolicy* policy, std::string& out) {
  Moment moment;
  if (!ReadMoment(text, moment)) {
    if (!IsInfinity(text)) return false;
    PutSpecial(text, out);
    return true;
  }
  if (!moment.exists) {
    if (moment.zoned) return false;
    PutSpecial(SpecialText(moment, /*with_clock=*/true), out);
    return true;
  }
  const int64_t days = DaysFromCivil({moment.year, moment.month, moment.day});
  if (std::abs(days) > kMostDays) {
    if (moment.zoned && moment.offset != 0) return false;
    PutSpecial(absl::StrCat(DayText(days), " ", ClockText(moment.clock)), out);
    return true;
  }
  int64_t seconds = days * 86400 + moment.clock.seconds;
  if (moment.zoned) {
    seconds -= moment.offset;
  } else if (zone != absl::UTCTimeZone()) {
    const absl::TimeZone::TimeInfo found = zone.At(
        absl::CivilSecond(moment.year, moment.month, moment.day) +
        moment.clock.seconds);
    if (found.kind == absl::TimeZone::TimeInfo::SKIPPED) {
      PutSpecial(absl::StrCat(SpecialText(moment, /*with_clock=*/true),
                              " (skipped in ", zone.name(), ")"),
                 out);
      return true;
    }
    seconds = absl::ToUnixSeconds(found.pre);
  }
  int64_t micros = seconds * kMicrosPerSecond + moment.clock.micros;
  if (HasPrecision(policy)) {
    micros = ApplyPrecision(micros, moment.clock.extra, *policy);
  } else if (!moment.clock.extra.empty()) {
    // In UTC, so that two zones' texts of one moment are equal.
    Clock clock = moment.clock;
    const int64_t day = (seconds - (seconds % 86400 + 86400) % 86400) / 86400;
    clock.seconds = seconds - day * 86400;
    PutSpecial(absl::StrCat(DayText(day), " ", ClockText(clock)), out);
    return true;
  }
  PutInt64(Tag::kTimestamp, micros, out);
  return true;
}

std::string DayText(int64_t days) {
  const CivilDay day = CivilFromDays(days);
  return absl::StrFormat("%04d-%02d-%02d%s",
                         day.year > 0 ? day.year : 1 - day.year, day.month,
                         day.day, day.year > 0 ? "" : " BC");
}

std::string MomentText(int64_t micros) {
  int64_t clock = micros % kMicrosPerDay;
  if (clock < 0) clock += kMicrosPerDay;
  const int64_t days = (micros - clock) / kMicrosPerDay;
  std::string out = DayText(days);
  const bool bc = absl::EndsWith(out, " BC");
  if (bc) out.resize(out.size() - 3);
  absl::StrAppend(&out, "T",
                  ClockText({clock / kMicrosPerSecond,
                             clock % kMicrosPerSecond, {}}),
                  "Z", bc ? " BC" : "");
  return out;
}

}  // namespace assay::diff
