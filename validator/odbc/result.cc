// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/result.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace assay::odbc {
namespace {

using db::CellKind;

bool IsBinary(SQLSMALLINT type) {
  return type == SQL_BINARY || type == SQL_VARBINARY ||
         type == SQL_LONGVARBINARY;
}

CellKind KindOf(const Quirks& quirks, SQLSMALLINT type,
                const std::string& type_name, bool is_unsigned) {
  if (IsBinary(type)) return CellKind::kBytes;
  if (quirks.typed_values) return CellKind::kText;
  switch (type) {
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
      return CellKind::kInt64;
    case SQL_BIGINT:
      // Above 2^63 it would wrap in silence.
      return is_unsigned ? CellKind::kText : CellKind::kInt64;
    case SQL_REAL:
    case SQL_FLOAT:
    case SQL_DOUBLE:
      // psqlODBC's money is a float; its text has a currency sign.
      return absl::StrContains(absl::AsciiStrToLower(type_name), "money")
                 ? CellKind::kText
                 : CellKind::kDouble;
    default:
      return CellKind::kText;
  }
}

SQLSMALLINT CTypeOf(const Quirks& quirks, SQLSMALLINT type, CellKind kind) {
  switch (kind) {
    case CellKind::kInt64:
      return SQL_C_SBIGINT;
    case CellKind::kDouble:
      return type == SQL_REAL && quirks.real_as_float ? SQL_C_FLOAT
                                                      : SQL_C_DOUBLE;
    case CellKind::kBytes:
      return SQL_C_BINARY;
    case CellKind::kText:
      break;
  }
  return quirks.typed_values ? SQL_C_BINARY : SQL_C_CHAR;
}

SQLLEN NumberAttribute(SQLHSTMT statement, SQLUSMALLINT number,
                       SQLUSMALLINT field) {
  SQLLEN value = 0;
  if (!SQL_SUCCEEDED(SQLColAttribute(statement, number, field, nullptr, 0,
                                     nullptr, &value))) {
    return 0;
  }
  return value;
}

// An upper bound of a value's bytes as text, or as binary; 0 where unknown.
size_t BoundOf(SQLHSTMT statement, SQLUSMALLINT number, SQLSMALLINT type,
               SQLULEN size) {
  constexpr SQLLEN kBelieved = 4096;
  switch (type) {
    case SQL_CHAR:
    case SQL_VARCHAR:
    case SQL_WCHAR:
    case SQL_WVARCHAR:
    case SQL_BINARY:
    case SQL_VARBINARY: {
      const SQLLEN octets =
          NumberAttribute(statement, number, SQL_DESC_OCTET_LENGTH);
      return octets > 0 && octets <= kBelieved ? octets : 0;
    }
    case SQL_DECIMAL:
    case SQL_NUMERIC:
      // Sign, point, leading zero.
      return size > 0 && size <= 1000 ? size + 8 : 0;
    case SQL_BIGINT:
    case SQL_TYPE_DATE:
    case SQL_TYPE_TIME:
    case SQL_TYPE_TIMESTAMP:
      return 64;
    default:
      return 0;
  }
}

}  // namespace

absl::StatusOr<std::vector<ResultColumn>> DescribeResult(
    Link& link, SQLHSTMT statement, const CancellationToken& cancel) {
  SQLSMALLINT count = 0;
  if (!SQL_SUCCEEDED(SQLNumResultCols(statement, &count))) {
    return link.Failure(statement, cancel);
  }
  std::vector<ResultColumn> columns(std::max<int>(count, 0));
  for (SQLSMALLINT i = 0; i < count; ++i) {
    const SQLUSMALLINT number = i + 1;
    db::ColumnDescription& description = columns[i].description;
    char name[512] = {};
    SQLSMALLINT length = 0;
    SQLSMALLINT type = 0;
    SQLULEN size = 0;
    SQLSMALLINT scale = 0;
    SQLSMALLINT nullable = 0;
    if (!SQL_SUCCEEDED(SQLDescribeCol(statement, number, OdbcText(name),
                                      sizeof name, &length, &type, &size,
                                      &scale, &nullable))) {
      return link.Failure(statement, cancel);
    }
    char type_name[128] = {};
    SQLColAttribute(statement, number, SQL_DESC_TYPE_NAME, type_name,
                    sizeof type_name, &length, nullptr);
    description.name = name;
    description.type_name = type_name;
    description.sql_type = type;
    description.size = static_cast<int64_t>(size);
    description.scale = scale;
    description.nullable = nullable != SQL_NO_NULLS;
    const bool is_unsigned =
        type == SQL_BIGINT &&
        NumberAttribute(statement, number, SQL_DESC_UNSIGNED) == SQL_TRUE;
    description.kind =
        KindOf(link.quirks(), type, description.type_name, is_unsigned);
    columns[i].c_type = CTypeOf(link.quirks(), type, description.kind);
    columns[i].bound = BoundOf(statement, number, type, size);
  }
  return columns;
}

absl::Status ValueTooLarge(const ResultColumn& column, size_t max_bytes) {
  return MakeError(ErrorReason::kValueTooLarge,
                   absl::StrCat("a value of column ", column.description.name,
                                " is longer than ", max_bytes, " bytes"));
}

absl::Status ReadWhole(Link& link, SQLHSTMT statement, SQLUSMALLINT number,
                       const ResultColumn& column, SQLLEN expected,
                       size_t max_bytes, const CancellationToken& cancel,
                       std::string* out, bool* null) {
  const bool text = column.c_type == SQL_C_CHAR;
  const size_t begin = out->size();
  size_t room = 4096;
  if (expected >= 0) {
    if (static_cast<size_t>(expected) > max_bytes) {
      return ValueTooLarge(column, max_bytes);
    }
    room = static_cast<size_t>(expected) + 1;
  }
  if (null != nullptr) *null = false;
  while (true) {
    const size_t at = out->size();
    // One byte more than wanted: for the zero, and so that a whole value never
    // fills the buffer.
    out->resize(at + room + 1);
    SQLLEN indicator = 0;
    const SQLRETURN result =
        SQLGetData(statement, number, column.c_type, out->data() + at,
                   static_cast<SQLLEN>(room + 1), &indicator);
    if (result == SQL_NO_DATA) {  // The part before was the last.
      out->resize(at);
      break;
    }
    if (!SQL_SUCCEEDED(result)) {
      out->resize(begin);
      return link.Failure(statement, cancel);
    }
    if (indicator == SQL_NULL_DATA) {
      out->resize(begin);
      if (null == nullptr) {
        return MakeError(ErrorReason::kInternal,
                         "the driver changed a value into NULL");
      }
      *null = true;
      return absl::OkStatus();
    }
    const size_t got_at_most = text ? room : room + 1;
    if (indicator >= 0 && static_cast<size_t>(indicator) <= got_at_most) {
      out->resize(at + static_cast<size_t>(indicator));
      break;
    }
    out->resize(at + got_at_most);
    if (out->size() - begin > max_bytes ||
        (indicator >= 0 &&
         at - begin + static_cast<size_t>(indicator) > max_bytes)) {
      out->resize(begin);
      return ValueTooLarge(column, max_bytes);
    }
    room = indicator >= 0 ? static_cast<size_t>(indicator) - got_at_most + 1
                          : std::min<size_t>(room * 2, 4 << 20);
  }
  if (out->size() - begin > max_bytes) {
    out->resize(begin);
    return ValueTooLarge(column, max_bytes);
  }
  return absl::OkStatus();
}

namespace {

constexpr unsigned kNoDigit = 0x10;

constexpr std::array<unsigned char, 256> HexDigits() {
  std::array<unsigned char, 256> values = {};
  values.fill(kNoDigit);
  for (unsigned char i = 0; i < 10; ++i) values['0' + i] = i;
  for (unsigned char i = 10; i < 16; ++i) {
    values['A' + i - 10] = values['a' + i - 10] = i;
  }
  return values;
}

}  // namespace

void AppendBlob(std::string_view text, std::string* out) {
  static constexpr std::array<unsigned char, 256> kValues = HexDigits();
  if (text.size() < 3 || text.size() % 2 == 0 || text[0] != 'X' ||
      text[1] != '\'' || text.back() != '\'') {
    out->append(text);
    return;
  }
  const size_t begin = out->size();
  const size_t bytes = (text.size() - 3) / 2;
  out->resize(begin + bytes);
  char* to = out->data() + begin;
  const auto* from = reinterpret_cast<const unsigned char*>(text.data()) + 2;
  unsigned all = 0;
  for (size_t i = 0; i < bytes; ++i) {
    const unsigned high = kValues[from[2 * i]];
    const unsigned low = kValues[from[2 * i + 1]];
    all |= high | low;
    to[i] = static_cast<char>(high << 4 | low);
  }
  if ((all & kNoDigit) == 0) return;
  out->resize(begin);
  out->append(text);
}

int64_t LoadInt64(const char* data) {
  int64_t value = 0;
  std::memcpy(&value, data, sizeof value);
  return value;
}

double LoadDouble(const ResultColumn& column, const char* data) {
  if (column.c_type == SQL_C_FLOAT) {
    SQLREAL value = 0;
    std::memcpy(&value, data, sizeof value);
    return value;
  }
  double value = 0;
  std::memcpy(&value, data, sizeof value);
  return value;
}

absl::Status CheckFetchInfo(Link& link, SQLHSTMT statement) {
  std::vector<Diagnostic> serious;
  for (Diagnostic& diagnostic : ReadDiagnostics(SQL_HANDLE_STMT, statement)) {
    const bool harmless =
        absl::StartsWith(diagnostic.state, "01") && diagnostic.state != "01S07";
    if (!harmless) serious.push_back(std::move(diagnostic));
  }
  if (serious.empty()) return absl::OkStatus();
  return ToStatus(serious, Phase::kStatement, link.scrubber());
}

}  // namespace assay::odbc
