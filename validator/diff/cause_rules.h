// SPDX-License-Identifier: Apache-2.0
// The rules behind cause.h, by kind of value. Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_DIFF_CAUSE_RULES_H_
#define ASSAY_VALIDATOR_DIFF_CAUSE_RULES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "validator/diff/compare_type.h"
#include "validator/value/value.h"

namespace assay::diff {

// For which numbers of digits behind the point a target is its source with the
// rest taken away. Empty where first > last.
struct DigitRange {
  int first = 0;
  int last = -1;
  bool empty() const { return first > last; }
};

// All the ways in which a target may be its source with fewer digits. A single
// pair seldom tells them apart, a column does.
struct DigitLoss {
  DigitRange rounded;  // Half up or half to even.
  DigitRange truncated;
  bool single_precision = false;
  bool double_precision = false;
  bool six_digits = false;  // Significant ones.
  bool fifteen_digits = false;

  bool any() const {
    return !rounded.empty() || !truncated.empty() || single_precision ||
           double_precision || six_digits || fifteen_digits;
  }
};

// The most likely of `loss`: "rounded to 2 digits"; "" where there is none.
std::string NameOf(const DigitLoss& loss);

struct PairCause {
  std::string text;  // Empty: none.
  DigitLoss loss;    // Where the text is NameOf it.
  // Target minus source, of dates and times.
  std::optional<int64_t> shift_micros;
};

// REQUIRES: unequal values.
PairCause FindCause(CompareType type, const Value& source, const Value& target);
// The policy that forgives `cause` in a column that is compared as `type`:
// "precision: 3, rounding: round"; "" where none comes to mind.
std::string PolicyFor(CompareType type, std::string_view cause);

// "shifted by +1h".
std::string ShiftCause(int64_t micros);

PairCause NumberCause(const Value& source, const Value& target);
PairCause TimeCause(const Value& source, const Value& target);
std::string TextCause(std::string_view source, std::string_view target);
// What of text was lost between character sets; part of TextCause.
std::string CharacterSetCause(std::string_view source, std::string_view target);
std::string BytesCause(std::string_view source, std::string_view target);
std::string JsonCause(const std::string& source, const std::string& target);

// "1 digit", "2 digits".
std::string Count(int64_t count, const std::string& noun);

// The code points of `text`; nullopt where it is not UTF-8.
std::optional<std::u32string> DecodeUtf8(std::string_view text);
void AppendUtf8(char32_t c, std::string& out);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_CAUSE_RULES_H_
