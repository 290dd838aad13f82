// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/value/parse_time.h"
#include "validator/value/value.h"

namespace assay {
namespace {

constexpr size_t kQuotedBytes = 60;

// `text` for a message: quoted, printable, and short.
std::string Quoted(std::string_view text) {
  // Cut between characters, never within one.
  size_t size = text.size();
  if (size > kQuotedBytes) {
    size = kQuotedBytes;
    while (size > 0 &&
           (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
      --size;
    }
  }
  return absl::StrCat("'", absl::Utf8SafeCEscape({text.data(), size}),
                      size < text.size() ? "…'" : "'");
}

absl::Status Expected(std::string_view text, const std::string& what) {
  return MakeError(ErrorReason::kValueInvalid,
                   absl::StrCat(Quoted(text), " is not ", what));
}

absl::StatusOr<Value> ParseBoolean(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower({text.data(), text.size()});
  if (lower == "true" || lower == "t" || lower == "1") return Value(true);
  if (lower == "false" || lower == "f" || lower == "0") return Value(false);
  return Expected(text, "a boolean (true or false)");
}

absl::StatusOr<Value> ParseInteger(std::string_view text) {
  std::string_view digits = text;
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) {
    digits.remove_prefix(1);
  }
  for (const char c : digits) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) digits = {};
  }
  if (digits.empty()) return Expected(text, "an integer");
  std::string_view number = text;
  if (number.front() == '+') number.remove_prefix(1);
  int64_t value = 0;
  const std::from_chars_result result =
      std::from_chars(number.data(), number.data() + number.size(), value);
  if (result.ec == std::errc()) return Value(value);
  return Value(*ParseDecimal(text));
}

absl::StatusOr<Value> ParseDouble(std::string_view text) {
  std::string_view number = text;
  if (number.size() > 1 && number.front() == '+' && number[1] != '-') {
    number.remove_prefix(1);
  }
  double value = 0;
  const std::from_chars_result result =
      std::from_chars(number.data(), number.data() + number.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    return Expected(text, "within the range of a double");
  }
  if (result.ec != std::errc() || result.ptr != number.data() + number.size() ||
      absl::StrContains(absl::string_view(text.data(), text.size()), '(')) {
    return Expected(text, "a number");
  }
  return Value(value);
}

absl::StatusOr<Value> ParseBytes(std::string_view text) {
  std::string_view hex = text;
  if (hex.size() >= 2 && (hex[0] == '\\' || hex[0] == '0') && hex[1] == 'x') {
    hex.remove_prefix(2);
  }
  bool valid = hex.size() % 2 == 0;
  for (const char c : hex) {
    valid = valid && absl::ascii_isxdigit(static_cast<unsigned char>(c));
  }
  if (!valid) return Expected(text, "an even number of hexadecimal digits");
  return Value(Bytes{absl::HexStringToBytes({hex.data(), hex.size()})});
}

absl::StatusOr<Value> ParseUuid(std::string_view text) {
  constexpr size_t kHyphens[] = {8, 13, 18, 23};
  const std::string expected =
      "a UUID such as 123e4567-e89b-12d3-a456-426614174000";
  Uuid uuid{absl::AsciiStrToLower({text.data(), text.size()})};
  if (uuid.text.size() == 32) {
    for (const size_t at : kHyphens) uuid.text.insert(at, 1, '-');
  }
  if (uuid.text.size() != 36) return Expected(text, expected);
  for (size_t i = 0; i < uuid.text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const auto c = static_cast<unsigned char>(uuid.text[i]);
    if (hyphen ? c != '-' : !absl::ascii_isxdigit(c)) {
      return Expected(text, expected);
    }
  }
  return Value(std::move(uuid));
}

// Says what was wrong with a date or time after quoting it.
template <typename T>
absl::StatusOr<Value> FromTime(std::string_view text,
                               const TimeParse<T>& parsed,
                               const std::string& what) {
  if (parsed.value.has_value()) return Value(*parsed.value);
  std::string message = what;
  if (!parsed.problem.empty()) absl::StrAppend(&message, ": ", parsed.problem);
  return Expected(text, message);
}

}  // namespace

absl::StatusOr<Value> ParseValue(TypeClass type, std::string_view text) {
  switch (type) {
    case TypeClass::kBoolean:
      return ParseBoolean(text);
    case TypeClass::kInteger:
      return ParseInteger(text);
    case TypeClass::kDecimal:
      if (std::optional<Decimal> decimal = ParseDecimal(text)) {
        return Value(*std::move(decimal));
      }
      return Expected(text, "a decimal number");
    case TypeClass::kDouble:
      return ParseDouble(text);
    case TypeClass::kBytes:
      return ParseBytes(text);
    case TypeClass::kDate:
      return FromTime(text, ParseDateText(text), "a date (YYYY-MM-DD)");
    case TypeClass::kTime:
      return FromTime(text, ParseTimeText(text), "a time (HH:MM:SS)");
    case TypeClass::kTimestamp:
      return FromTime(text, ParseTimestampText(text, /*zoned=*/false),
                      "a timestamp without time zone (YYYY-MM-DDTHH:MM:SS)");
    case TypeClass::kTimestampTz:
      return FromTime(text, ParseTimestampText(text, /*zoned=*/true),
                      "a timestamp (YYYY-MM-DDTHH:MM:SSZ)");
    case TypeClass::kUuid:
      return ParseUuid(text);
    case TypeClass::kText:
    case TypeClass::kJson:
    case TypeClass::kOther:
      return Value(std::string(text));
  }
  return Value(std::string(text));
}

}  // namespace assay
