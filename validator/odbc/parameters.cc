// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/parameters.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace assay::odbc {
namespace {

// Above this many bytes a value goes as SQL_LONGVARCHAR or SQL_LONGVARBINARY;
// SQL Server's varchar ends at 8000.
constexpr size_t kLong = 8000;

}  // namespace

absl::Status Parameters::Bind(Link& link, SQLHSTMT statement,
                              const std::vector<Value>& values,
                              bool opaque_text_as_bytes) {
  slots_.clear();
  SQLUSMALLINT number = 0;
  for (const Value& value : values) {
    Slot& slot = slots_.emplace_back();
    ++number;
    SQLSMALLINT c_type = SQL_C_CHAR;
    SQLSMALLINT sql_type = SQL_VARCHAR;
    SQLPOINTER data = nullptr;
    if (assay::IsNull(value)) {
      slot.indicator = SQL_NULL_DATA;
      data = slot.text.data();
    } else if (const auto* integer = std::get_if<int64_t>(&value)) {
      c_type = SQL_C_SBIGINT;
      sql_type = SQL_BIGINT;
      slot.integer = *integer;
      slot.indicator = sizeof slot.integer;
      data = &slot.integer;
    } else if (const auto* real = std::get_if<double>(&value);
               real != nullptr && !link.quirks().double_as_text) {
      c_type = SQL_C_DOUBLE;
      sql_type = SQL_DOUBLE;
      slot.real = *real;
      slot.indicator = sizeof slot.real;
      data = &slot.real;
    } else {
      const auto* bytes = std::get_if<Bytes>(&value);
      slot.text = bytes != nullptr ? bytes->data : ToText(value);
      const bool zero =
          bytes == nullptr && slot.text.find('\0') != std::string::npos;
      if (zero && !opaque_text_as_bytes) {
        return MakeError(
            ErrorReason::kValueInvalid,
            absl::StrCat("value ", number, " has a zero byte in its text"));
      }
      const bool opaque = opaque_text_as_bytes &&
                          (zero || absl::StartsWithIgnoreCase(slot.text, "X'"));
      if (bytes != nullptr || opaque) {
        c_type = SQL_C_BINARY;
        sql_type = slot.text.size() > kLong ? SQL_LONGVARBINARY : SQL_VARBINARY;
      } else {
        sql_type = slot.text.size() > kLong ? SQL_LONGVARCHAR : SQL_VARCHAR;
        if (std::holds_alternative<double>(value)) sql_type = SQL_DOUBLE;
      }
      slot.indicator = static_cast<SQLLEN>(slot.text.size());
      data = slot.text.data();
    }
    const SQLRETURN result = SQLBindParameter(
        statement, number, SQL_PARAM_INPUT, c_type, sql_type,
        std::max<size_t>(slot.text.size(), 1), 0, data,
        static_cast<SQLLEN>(slot.text.size()), &slot.indicator);
    if (!SQL_SUCCEEDED(result)) {
      return link.Failure(statement, CancellationToken());
    }
  }
  return absl::OkStatus();
}

}  // namespace assay::odbc
