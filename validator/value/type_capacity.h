// SPDX-License-Identifier: Apache-2.0
// The values that a column of a declared type can hold, without the names that
// databases have for it. A dialect reads it from the native name
// (sql::Dialect::Capacity); two of them tell whether one column can take every
// value of the other.
//
// Plain data.
#ifndef ASSAY_VALIDATOR_VALUE_TYPE_CAPACITY_H_
#define ASSAY_VALIDATOR_VALUE_TYPE_CAPACITY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "validator/value/value.h"

namespace assay {

struct TypeCapacity {
  enum class Kind {
    kUnknown,  // Compared by its declared name only.
    kBoolean,
    kInteger,
    kDecimal,
    kFloat,
    kText,
    kLabels,    // One of a list (ENUM).
    kLabelSet,  // Several of a list (MariaDB's SET).
    kTextList,  // An array of text.
    kBytes,
    kBits,
    kDate,
    kTime,
    kTimestamp,
    kUuid,
    kJson,
  };
  static constexpr int64_t kNoLimit = -1;

  Kind kind = Kind::kUnknown;
  // kInteger: both included.
  Decimal least, greatest;
  // kInteger that applications use for true and false: TINYINT(1).
  bool boolean_by_custom = false;
  // kDecimal: digits before and behind the point. `fraction_digits` is also
  // that of seconds, of kTime and kTimestamp.
  int64_t whole_digits = kNoLimit;
  int64_t fraction_digits = kNoLimit;
  int mantissa_bits = 53;  // kFloat.
  bool no_negatives = false;  // kDecimal, kFloat: MariaDB's UNSIGNED.
  // kText: characters; kBits: bits.
  int64_t characters = kNoLimit;
  // kText and kBytes.
  int64_t bytes = kNoLimit;
  // kText: blanks at the end are not kept (CHAR). kBits: exactly `characters`.
  bool fixed = false;
  // kTimestamp: 1970 to 2038 only.
  bool unix_seconds = false;
  // Whether the database holds its columns to all this. SQLite does not: what a
  // source's column says is taken at its word, and a target takes anything.
  bool enforced = true;
  std::vector<std::string> labels;  // kLabels, kLabelSet; in order.
};

}  // namespace assay

#endif  // ASSAY_VALIDATOR_VALUE_TYPE_CAPACITY_H_
