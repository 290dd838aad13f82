// SPDX-License-Identifier: Apache-2.0
// The canonical bytes of single values: a tag, then a fixed number of bytes or
// a length and the bytes. encode.h says what they promise; DecodeValue there is
// the reverse. Appends only, so that a row is encoded without allocation.
#ifndef ASSAY_VALIDATOR_DIFF_CANONICAL_H_
#define ASSAY_VALIDATOR_DIFF_CANONICAL_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace assay::diff {

// Part of the encoding: a change needs a new kEncodingVersion.
enum class Tag : char {
  kNull = 0,
  kInteger = 1,        // int64: every whole number that fits.
  kDecimal = 2,        // Length, digits of Decimal: every other finite number.
  kNumberSpecial = 3,  // 'n', '+', '-': NaN and the infinities of numbers.
  kDouble = 4,         // IEEE bits.
  kText = 5,           // Length, UTF-8.
  kBytes = 6,          // Length, bytes.
  kDate = 7,           // int64 days since 1970.
  kTime = 8,           // int64 microseconds.
  kTimestamp = 9,      // int64 microseconds of UTC since 1970.
  kUuid = 10,          // 16 bytes.
  kJson = 11,          // Length, canonical text.
  kBits = 12,          // Length, '0' and '1'.
  // A date or time that none of the numbers above stands for: length, text.
  kTemporalSpecial = 13,
  // None of the compare type: 'i', 'r', 't' or 'b' for the value's own type,
  // length, its text or bytes.
  kOther = 14,
};

inline void PutNull(std::string& out) {
  out.push_back(static_cast<char>(Tag::kNull));
}

inline void PutFixed(Tag tag, const void* data, size_t size, std::string& out) {
  char buffer[17];
  buffer[0] = static_cast<char>(tag);
  std::memcpy(buffer + 1, data, size);
  out.append(buffer, size + 1);
}

inline void PutInt64(Tag tag, int64_t value, std::string& out) {
  PutFixed(tag, &value, sizeof value, out);
}

inline void PutBlob(Tag tag, std::string_view data, std::string& out) {
  const auto size = static_cast<uint32_t>(data.size());
  PutFixed(tag, &size, sizeof size, out);
  out.append(data);
}

inline void PutOther(char type, std::string_view data, std::string& out) {
  out.push_back(static_cast<char>(Tag::kOther));
  const auto size = static_cast<uint32_t>(data.size());
  char buffer[5];
  buffer[0] = type;
  std::memcpy(buffer + 1, &size, sizeof size);
  out.append(buffer, sizeof buffer);
  out.append(data);
}

// A number written in decimal, by its value, of any length; also NaN and the
// infinities. False, and nothing appended, where `text` is no number, or one
// with an exponent beyond ±1000.
bool PutNumber(std::string_view text, std::string& out);

// -0 as 0, all NaNs as one.
void PutDouble(double value, std::string& out);

// A double as a number: by its exact value, or by the shortest decimal that
// stands for it.
void PutDoubleAsNumber(double value, bool exact, std::string& out);

// The whole text as a double, also "NaN" and "-Infinity".
bool ParseDoubleText(std::string_view text, double& value);

// 32 hexadecimal digits in any case, with the usual hyphens or without any.
bool PutUuid(std::string_view text, std::string& out);

// `text` without the blanks at its end.
inline std::string_view WithoutPadding(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_CANONICAL_H_
