// SPDX-License-Identifier: Apache-2.0
#include "validator/db/connection.h"

#include "validator/base/status.h"

namespace assay::db {

absl::StatusOr<std::vector<Value>> ReadSingleRow(Cursor& cursor) {
  ASSAY_ASSIGN_OR_RETURN(const RowBlock* block, cursor.Next());
  if (block == nullptr || block->rows() == 0) {
    return MakeError(ErrorReason::kInternal,
                     "a statement returned no row, and must return one");
  }
  if (block->rows() > 1) {
    return MakeError(ErrorReason::kInternal,
                     "a statement returned several rows, and must return one");
  }
  std::vector<Value> row;
  row.reserve(cursor.columns().size());
  for (size_t i = 0; i < cursor.columns().size(); ++i) {
    row.push_back(CellValue(cursor, *block, 0, i));
  }
  ASSAY_ASSIGN_OR_RETURN(block, cursor.Next());
  if (block != nullptr) {
    return MakeError(ErrorReason::kInternal,
                     "a statement returned several rows, and must return one");
  }
  return row;
}

Value CellValue(const Cursor& cursor, const RowBlock& block, size_t row,
                size_t column) {
  if (block.IsNull(row, column)) return Null();
  switch (cursor.columns()[column].kind) {
    case CellKind::kInt64:
      return block.Int64(row, column);
    case CellKind::kDouble:
      return block.Double(row, column);
    case CellKind::kBytes:
      return Bytes{std::string(block.Text(row, column))};
    case CellKind::kText:
      break;
  }
  return std::string(block.Text(row, column));
}

}  // namespace assay::db
