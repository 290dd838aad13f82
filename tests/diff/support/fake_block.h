// SPDX-License-Identifier: Apache-2.0
// Rows out of memory, and short words for encodings.
#ifndef ASSAY_TESTS_DIFF_SUPPORT_FAKE_BLOCK_H_
#define ASSAY_TESTS_DIFF_SUPPORT_FAKE_BLOCK_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "validator/diff/encode.h"

namespace assay::diff {

class FakeBlock : public db::RowBlock {
 public:
  explicit FakeBlock(std::vector<std::vector<Value>> rows)
      : rows_(std::move(rows)) {}
  size_t rows() const override { return rows_.size(); }
  bool IsNull(size_t row, size_t column) const override {
    return assay::IsNull(rows_[row][column]);
  }
  int64_t Int64(size_t row, size_t column) const override {
    return std::get<int64_t>(rows_[row][column]);
  }
  double Double(size_t row, size_t column) const override {
    return std::get<double>(rows_[row][column]);
  }
  std::string_view Text(size_t row, size_t column) const override {
    const Value& value = rows_[row][column];
    if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data;
    return std::get<std::string>(value);
  }

 private:
  std::vector<std::vector<Value>> rows_;
};

inline db::CellKind KindOf(const Value& value) {
  if (std::holds_alternative<int64_t>(value)) return db::CellKind::kInt64;
  if (std::holds_alternative<double>(value)) return db::CellKind::kDouble;
  if (std::holds_alternative<Bytes>(value)) return db::CellKind::kBytes;
  return db::CellKind::kText;
}

inline ColumnEncoding As(CompareType type,
                         TypeClass native = TypeClass::kText) {
  ColumnEncoding encoding;
  encoding.type = type;
  encoding.native = native;
  return encoding;
}

inline ColumnEncoding Tagged(ColumnEncoding encoding) {
  encoding.tagged = true;
  return encoding;
}

inline ColumnEncoding With(ColumnEncoding encoding, ColumnPolicy policy) {
  encoding.policy = std::move(policy);
  encoding.has_policy = true;
  return encoding;
}

// The canonical bytes of one cell.
inline std::string Encoded(const ColumnEncoding& encoding, const Value& cell) {
  const FakeBlock block({{cell}});
  std::string out;
  const absl::Status status =
      EncodeCell(encoding, block, 0, 0, KindOf(cell), out);
  EXPECT_TRUE(status.ok()) << status;
  return out;
}

// What they decode to, as text: "<none>" where they are damaged, or where
// something is left.
inline std::string Decoded(std::string_view bytes) {
  const std::optional<Value> value = DecodeValue(bytes);
  return value.has_value() && bytes.empty() ? ToText(*value) : "<none>";
}

inline std::string Round(const ColumnEncoding& encoding, const Value& cell) {
  return Decoded(Encoded(encoding, cell));
}

// Groups of cells: equal bytes within each, different ones between any two.
inline void ExpectGroups(
    const ColumnEncoding& encoding,
    const std::vector<std::vector<Value>>& groups) {
  std::vector<std::string> bytes;
  for (const auto& group : groups) {
    bytes.push_back(Encoded(encoding, group.front()));
    for (const Value& cell : group) {
      EXPECT_EQ(Encoded(encoding, cell), bytes.back()) << ToText(cell);
    }
    for (size_t i = 0; i + 1 < bytes.size(); ++i) {
      EXPECT_NE(bytes[i], bytes.back())
          << ToText(groups[i].front()) << " and " << ToText(group.front());
    }
  }
}

}  // namespace assay::diff

#endif  // ASSAY_TESTS_DIFF_SUPPORT_FAKE_BLOCK_H_
