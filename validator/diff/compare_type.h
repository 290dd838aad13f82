// SPDX-License-Identifier: Apache-2.0
// Chooses, before a row is read, the one type in which a pair of columns is
// compared. Nothing lossy: a pair without an exact common type, and without a
// policy that says what to lose, is kNotComparable.
//
// Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_DIFF_COMPARE_TYPE_H_
#define ASSAY_VALIDATOR_DIFF_COMPARE_TYPE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rules/ruleset/model.h"
#include "validator/sql/dialect.h"
#include "validator/value/value.h"

namespace assay::diff {

enum class CompareType {
  kNumber,     // Integers, decimals, booleans as 0 and 1: exact, 1.10 = 1.1. A
               // double is its exact value, with `as` its shortest decimal.
  kDouble,     // By IEEE value: -0 = 0, one NaN.
  kText,       // By its UTF-8 bytes.
  kBytes,
  kDate,       // Proleptic Gregorian; BC, infinities, zero dates have values of
               // their own.
  kTime,       // Microseconds, also negative and beyond 24 h.
  kTimestamp,  // Microseconds of UTC; a date is its midnight.
  kUuid,       // By value: text in any case, 16 bytes.
  kJson,       // Canonical: keys sorted, numbers exact.
  kBits,       // Bit strings: their bits, and how many.
};

std::string_view CompareTypeName(CompareType type);  // "number", "text", …

// One side of a pair.
struct ColumnSide {
  sql::ColumnType type;
  const sql::Dialect* dialect = nullptr;  // Borrowed.
};

// What is compared and how, as `explain` and results print it.
struct ComparedType {
  CompareType type = CompareType::kText;
  // Compared as values when keys meet, not by digest.
  bool has_tolerance = false;
  std::string text;  // "number, exact", "timestamp, truncated to 3 digits".
};

// `policy` may be null. kNotComparable names both native types and the policy
// that would help; also where a policy makes no sense for the type.
absl::StatusOr<ComparedType> ChooseCompareType(const ColumnSide& source,
                                               const ColumnSide& target,
                                               const ColumnPolicy* policy);

// The SELECT expression that reads column or expression `sql` for `compare` in
// a form that loses nothing through the driver (encode.h parses it).
std::string ReadForm(const ColumnSide& side, const std::string& sql,
                     CompareType compare);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_COMPARE_TYPE_H_
