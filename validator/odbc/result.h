// SPDX-License-Identifier: Apache-2.0
// What a result looks like, and how one of its cells is read whole.
#ifndef ASSAY_VALIDATOR_ODBC_RESULT_H_
#define ASSAY_VALIDATOR_ODBC_RESULT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/base/cancellation.h"
#include "validator/db/connection.h"
#include "validator/odbc/handle.h"
#include "validator/odbc/link.h"

namespace assay::odbc {

struct ResultColumn {
  db::ColumnDescription description;
  // The C type that loses nothing. It is bound as that, but for the quirk
  // blobs_as_hex.
  SQLSMALLINT c_type = SQL_C_CHAR;
  // Bytes that the longest value can take, from the driver; 0: no promise.
  size_t bound = 0;

  bool fixed() const {
    return description.kind == db::CellKind::kInt64 ||
           description.kind == db::CellKind::kDouble;
  }
};

// The columns of an executed statement; empty where it has no result.
absl::StatusOr<std::vector<ResultColumn>> DescribeResult(
    Link& link, SQLHSTMT statement, const CancellationToken& cancel);

// Whether `indicator`, for a buffer of `width` bytes, says that the whole value
// is in it. REQUIRES: not SQL_NULL_DATA.
inline bool IsWhole(const ResultColumn& column, SQLLEN indicator,
                    size_t width) {
  if (indicator < 0) return false;  // SQL_NO_TOTAL.
  const size_t room = column.c_type == SQL_C_CHAR ? width - 1 : width;
  return static_cast<size_t>(indicator) <= room;
}

// Appends the current row's value of column `number` (from 1) to `out`. A value
// above `max_bytes` is kValueTooLarge. `expected` is the length that the driver
// announced, or SQL_NO_TOTAL. Sets `*null`; may be null where it cannot be.
absl::Status ReadWhole(Link& link, SQLHSTMT statement, SQLUSMALLINT number,
                       const ResultColumn& column, SQLLEN expected,
                       size_t max_bytes, const CancellationToken& cancel,
                       std::string* out, bool* null);

// kValueTooLarge for column `column`.
absl::Status ValueTooLarge(const ResultColumn& column, size_t max_bytes);

// Widens what was bound as `column.c_type` at `data`.
int64_t LoadInt64(const char* data);
double LoadDouble(const ResultColumn& column, const char* data);

// Appends the bytes of X'00FF', and what is not of this form as it is.
void AppendBlob(std::string_view text, std::string* out);

// Bytes of a fixed column's buffer.
inline size_t FixedWidth(const ResultColumn& column) {
  return column.c_type == SQL_C_FLOAT ? sizeof(SQLREAL) : 8;
}

// For a fetch that returned SQL_SUCCESS_WITH_INFO: OK where it only said that
// cells were truncated (which the indicators say too), else what it warned of.
absl::Status CheckFetchInfo(Link& link, SQLHSTMT statement);

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_RESULT_H_
