// SPDX-License-Identifier: Apache-2.0
// Dates and times from text; used by ParseValue only. Pure functions.
#ifndef ASSAY_VALIDATOR_VALUE_PARSE_TIME_H_
#define ASSAY_VALIDATOR_VALUE_PARSE_TIME_H_

#include <optional>
#include <string>
#include <string_view>

#include "validator/value/value.h"

namespace assay {

// A value, or what is wrong ("" where the shape itself is).
template <typename T>
struct TimeParse {
  std::optional<T> value;
  std::string problem;
};

// "2026-11-23"; years 1 to 9999.
TimeParse<Date> ParseDateText(std::string_view text);

// "10:00", "-10:00:00.5", "838:59:59".
TimeParse<TimeOfDay> ParseTimeText(std::string_view text);

// A date, optionally 'T' or ' ' and a time below 24:00, optionally a zone. A
// zone needs `zoned`; without one the wall time is taken as it is.
TimeParse<Timestamp> ParseTimestampText(std::string_view text, bool zoned);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_VALUE_PARSE_TIME_H_
