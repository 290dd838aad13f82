// SPDX-License-Identifier: Apache-2.0
// Cells → canonical bytes: typed, self-delimiting, NULL explicit; two values
// have equal bytes exactly where they are equal in their compare type and
// policy. Values that are none of the type (text in a number column of SQLite,
// 'x' compared as UUID) get bytes of their own kind and so differ from all that
// are.
//
// Pure; thread-safe once built.
#ifndef ASSAY_VALIDATOR_DIFF_ENCODE_H_
#define ASSAY_VALIDATOR_DIFF_ENCODE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rules/ruleset/model.h"
#include "validator/db/connection.h"
#include "validator/diff/compare_type.h"
#include "validator/diff/digest.h"
#include "validator/value/value.h"

namespace assay::diff {

// Changes with every change of the bytes below: a checkpoint of another version
// is not continued.
inline constexpr int kEncodingVersion = 1;

// How to encode one column of one side.
struct ColumnEncoding {
  CompareType type = CompareType::kText;
  TypeClass native = TypeClass::kText;  // What the side's column holds.
  absl::TimeZone zone;   // Of this side's timestamps without zone.
  ColumnPolicy policy;   // Defaults: exact.
  bool has_policy = false;
  // Whether cells begin with their value's own type (Dialect::tags_values).
  bool tagged = false;
  // Blanks at the end are the database's padding (Dialect::PadsText). Taken off
  // here: a CAST for every row costs the server more than all the rest.
  bool padded = false;
};

// How `side` is encoded for a comparison as `compared`. `policy` may be null;
// `zone` is that of the side's connection.
ColumnEncoding EncodingOf(const ColumnSide& side, const ComparedType& compared,
                          const ColumnPolicy* policy, absl::TimeZone zone);

// Appends the canonical bytes of a cell. Fails with kNotComparable where a
// value cannot be compared exactly (duplicate keys in JSON, JSON that does not
// parse): the message names no value.
absl::Status EncodeCell(const ColumnEncoding& encoding,
                        const db::RowBlock& block, size_t row, size_t column,
                        db::CellKind kind, std::string& out);

// The value behind canonical bytes, at the front of `bytes`, which it shortens;
// for keys, samples and tolerances. nullopt where the bytes are damaged.
// Specials (infinity, zero dates, values that are none of the type) come back
// as text.
std::optional<Value> DecodeValue(std::string_view& bytes);

// Whether two canonical values are equal within the policy's tolerances; NULL
// equals NULL only.
bool WithinTolerance(const ColumnPolicy& policy, std::string_view source,
                     std::string_view target);

// Encodes whole rows. Columns of the block in order: the key columns, then the
// compared ones.
class RowEncoder {
 public:
  // `key_columns` of `columns` make the key; 0: keyless, the whole row is the
  // key and the row digest is the same for all.
  RowEncoder(std::vector<ColumnEncoding> columns, size_t key_columns,
             uint64_t seed);

  // Appends all rows of `block` to `batch`. `kinds` as the cursor describes its
  // columns. Fails as EncodeCell does; the message says the column's number
  // from 0 as "column #N", which the caller replaces.
  absl::Status Encode(const db::RowBlock& block,
                      const std::vector<db::CellKind>& kinds,
                      DigestBatch& batch) const;

  const std::vector<ColumnEncoding>& columns() const { return columns_; }
  size_t key_columns() const { return key_columns_; }
  uint64_t seed() const { return seed_; }

 private:
  std::vector<ColumnEncoding> columns_;
  size_t key_columns_;
  uint64_t seed_;
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_ENCODE_H_
