// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "validator/diff/cause_rules.h"

namespace assay::diff {
namespace {

struct Known {
  const char* cause;
  const char* policy;
};

constexpr Known kKnown[] = {
    {"trailing blanks", "trim: trailing"},
    {"leading blanks", "trim: both"},
    {"leading and trailing blanks", "trim: both"},
    {"case", "ignore_case: true"},
    {"'' became NULL", "empty_is_null: true"},
    {"NULL became ''", "empty_is_null: true"},
    {"same number, written differently", "as: decimal"},
    // Half a unit in the last place of 24 bits.
    {"rounded to single precision", "relative_tolerance: 0.0000001"},
};

// "2 digits": 2; -1 where it is anything else.
int Digits(absl::string_view text) {
  int digits = -1;
  const bool known = absl::ConsumeSuffix(&text, " digits") ||
                     absl::ConsumeSuffix(&text, " digit");
  return known && absl::SimpleAtoi(text, &digits) ? digits : -1;
}

}  // namespace

std::string PolicyFor(CompareType type, std::string_view cause) {
  absl::string_view rest(cause.data(), cause.size());
  for (const Known& known : kKnown) {
    if (rest == known.cause) return known.policy;
  }
  const bool rounded = absl::ConsumePrefix(&rest, "rounded to ");
  if (!rounded && !absl::ConsumePrefix(&rest, "truncated to ")) return "";
  const int digits = Digits(rest);
  if (digits < 0) return "";
  switch (type) {
    case CompareType::kTime:
    case CompareType::kTimestamp:
      return absl::StrCat("precision: ", digits,
                          rounded ? ", rounding: round" : "");
    case CompareType::kNumber:
    case CompareType::kDouble: {
      // Half a unit of the last digit, or a whole one.
      if (digits == 0) return rounded ? "tolerance: 0.5" : "tolerance: 1";
      const auto zeros =
          static_cast<size_t>(digits) - (rounded ? size_t{0} : size_t{1});
      return absl::StrCat("tolerance: 0.", std::string(zeros, '0'),
                          rounded ? "5" : "1");
    }
    default:
      return "";
  }
}

}  // namespace assay::diff
