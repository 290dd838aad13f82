// SPDX-License-Identifier: Apache-2.0
// The proleptic Gregorian calendar, years 1 to 9999; pure functions.
#ifndef ASSAY_VALIDATOR_VALUE_CALENDAR_H_
#define ASSAY_VALIDATOR_VALUE_CALENDAR_H_

#include <cstdint>

namespace assay {

inline constexpr int64_t kMicrosPerSecond = 1000000;
inline constexpr int64_t kMicrosPerDay = int64_t{86400} * kMicrosPerSecond;

struct CivilDay {
  int64_t year = 1970;
  int month = 1;
  int day = 1;
};

// The number of days in `month` (1..12) of `year`.
int DaysInMonth(int64_t year, int month);

// Days since 1970-01-01. REQUIRES: a day that exists.
int64_t DaysFromCivil(const CivilDay& day);

// The reverse, for any number of days that came from a year within int32.
CivilDay CivilFromDays(int64_t days);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_VALUE_CALENDAR_H_
