// SPDX-License-Identifier: Apache-2.0
// Takes a native type's name apart: "int(10) unsigned", "enum('a','b')",
// "timestamp(3) without time zone", "text[]".
//
// Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_SQL_TYPE_WORDS_H_
#define ASSAY_VALIDATOR_SQL_TYPE_WORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validator/value/type_capacity.h"

namespace assay::sql {

struct TypeWords {
  // In lower case, without arguments, "unsigned" and "[]": "timestamp without
  // time zone", "int".
  std::string name;
  std::vector<std::string> arguments;  // Without quotes.
  bool is_unsigned = false;
  bool array = false;

  // Argument `i` as a number; nullopt where there is none.
  std::optional<int64_t> Number(size_t i) const;
};

TypeWords ParseTypeWords(std::string_view native_type);

// Capacities that the dialects build theirs from.
TypeCapacity IntegerCapacity(int bits, bool is_unsigned);
TypeCapacity IntegerRange(int64_t least, int64_t greatest);
// kNoLimit for either.
TypeCapacity DecimalCapacity(int64_t precision, int64_t scale);
TypeCapacity FloatCapacity(int mantissa_bits);
TypeCapacity TextCapacity(int64_t characters, int64_t bytes, bool fixed);
TypeCapacity BytesCapacity(int64_t bytes);
TypeCapacity BitsCapacity(int64_t bits, bool fixed);
// kDate, kTime, kTimestamp.
TypeCapacity TimeCapacity(TypeCapacity::Kind kind, int64_t fraction_digits);
TypeCapacity LabelsCapacity(TypeCapacity::Kind kind,
                            std::vector<std::string> labels);

// What most databases mean by a name; kUnknown where they differ too much.
TypeCapacity CommonCapacity(const TypeWords& words);

}  // namespace assay::sql

#endif  // ASSAY_VALIDATOR_SQL_TYPE_WORDS_H_
