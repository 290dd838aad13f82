// SPDX-License-Identifier: Apache-2.0
// A typed SQL value: what a rule set binds and what a row holds.
//
// Values compare exactly: 1.10 = 1.1, and an integer, a decimal and a double
// are compared by their mathematical value. Values are plain data; safe to copy
// between threads.
#ifndef ASSAY_VALIDATOR_VALUE_VALUE_H_
#define ASSAY_VALIDATOR_VALUE_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"

namespace assay {

// What a column holds, as far as rules care. A dialect maps its native type
// names to these.
enum class TypeClass {
  kOther,  // No class of ours: arrays, geometry. Read and shown as text.
  kBoolean,
  kInteger,
  kDecimal,
  kDouble,
  kText,
  kBytes,
  kDate,
  kTime,
  kTimestamp,    // Without zone; the connection says which zone is meant.
  kTimestampTz,  // An instant.
  kUuid,
  kJson,
};

// "integer", "timestamp with time zone", …: as messages and schemas print it.
std::string_view TypeClassName(TypeClass type);

// The reverse of TypeClassName, also by the usual aliases (int, bigint,
// varchar, float, timestamptz, …), without case; nullopt for anything else.
std::optional<TypeClass> ParseTypeClass(std::string_view name);

struct Null {
  friend bool operator==(Null, Null) { return true; }
};

// An exact decimal number of any length. `digits` is canonical: an optional
// '-', no leading zeros but one before the point, no trailing zeros behind it,
// no "-0".
struct Decimal {
  std::string digits = "0";
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// Days since 1970-01-01 in the proleptic Gregorian calendar.
struct Date {
  int64_t days = 0;
  friend bool operator==(Date, Date) = default;
};

// Microseconds since midnight; MariaDB's TIME may be negative or beyond 24 h.
struct TimeOfDay {
  int64_t micros = 0;
  friend bool operator==(TimeOfDay, TimeOfDay) = default;
};

// Microseconds since 1970-01-01T00:00:00, UTC when `zoned`, else on the wall.
struct Timestamp {
  int64_t micros = 0;
  bool zoned = false;
  friend bool operator==(Timestamp, Timestamp) = default;
};

struct Uuid {
  std::string text;  // Lower-case, 8-4-4-4-12.
  friend bool operator==(const Uuid&, const Uuid&) = default;
};

struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// std::string is text in UTF-8.
using Value = std::variant<Null, bool, int64_t, Decimal, double, std::string,
                           Bytes, Date, TimeOfDay, Timestamp, Uuid>;

inline bool IsNull(const Value& value) {
  return std::holds_alternative<Null>(value);
}

// Parses `text` as a value of `type`. The whole text must be taken; no locale,
// no rounding. kText, kJson and kOther take any text. Timestamps take
// "2026-11-23", "…T10:00", "… 10:00:00.123456" with an optional zone ("Z",
// "+02:00", "+02"); more than six fractional digits are an error, a zone on a
// kTimestamp too. A kTimestampTz without a zone is UTC. Integers that do not
// fit int64 become a Decimal. Returns kValueInvalid with what was expected.
absl::StatusOr<Value> ParseValue(TypeClass type, std::string_view text);

// Parses a decimal number such as "-12.50" or "1e3"; no spaces, "NaN" or "inf".
// Exponents beyond ±1000 are refused, since a few bytes could ask for
// gigabytes.
std::optional<Decimal> ParseDecimal(std::string_view text);

// Parses "90s", "15m", "24h", "7d", "2w", "500ms", "10us" and sums such as
// "1d12h", largest unit first, each unit once; microseconds. No sign, no
// spaces. nullopt where it is anything else, or where it overflows.
std::optional<int64_t> ParseDurationMicros(std::string_view text);

// "1d12h", "500ms"; the reverse of ParseDurationMicros.
std::string FormatDurationMicros(int64_t micros);

// The value as text that ParseValue takes back: "NULL" for Null, hexadecimal
// digits for Bytes, doubles with the fewest digits that round-trip, timestamps
// as ISO 8601 with 'T' and, when zoned, "Z".
std::string ToText(const Value& value);

// Three-way comparison. Numbers of any kind compare with each other by value,
// everything else only within its own kind; nullopt where the kinds differ or
// a NaN or a NULL takes part. A Timestamp with a zone and one without differ.
std::optional<int> Compare(const Value& a, const Value& b);

// Exact sum and difference; canonical.
Decimal Add(const Decimal& a, const Decimal& b);
Decimal Subtract(const Decimal& a, const Decimal& b);
Decimal Multiply(const Decimal& a, const Decimal& b);
// a / by, cut (not rounded) after `digits` digits behind the point.
// REQUIRES: by > 0, digits >= 0.
Decimal Divide(const Decimal& a, int64_t by, int digits);
int CompareDecimals(const Decimal& a, const Decimal& b);
Decimal Abs(const Decimal& a);

// The exact value of a finite number kind (int64, Decimal, double); nullopt for
// anything else.
std::optional<Decimal> ToDecimal(const Value& value);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_VALUE_VALUE_H_
