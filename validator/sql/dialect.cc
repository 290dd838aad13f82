// SPDX-License-Identifier: Apache-2.0
// The ANSI answers, and the list of dialects.
#include "validator/sql/dialect.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "validator/sql/type_words.h"

namespace assay::sql {
namespace {

// ODBC's type codes (ODBC 3.8 Programmer's Reference, appendix D), repeated
// because only validator/odbc may include <sql.h>.
constexpr int16_t kSqlChar = 1;
constexpr int16_t kSqlNumeric = 2;
constexpr int16_t kSqlDecimal = 3;
constexpr int16_t kSqlInteger = 4;
constexpr int16_t kSqlSmallint = 5;
constexpr int16_t kSqlFloat = 6;
constexpr int16_t kSqlReal = 7;
constexpr int16_t kSqlDouble = 8;
constexpr int16_t kSqlVarchar = 12;
constexpr int16_t kSqlDateOld = 9;
constexpr int16_t kSqlTimeOld = 10;
constexpr int16_t kSqlTimestampOld = 11;
constexpr int16_t kSqlDate = 91;
constexpr int16_t kSqlTime = 92;
constexpr int16_t kSqlTimestamp = 93;
constexpr int16_t kSqlLongVarchar = -1;
constexpr int16_t kSqlBinary = -2;
constexpr int16_t kSqlVarbinary = -3;
constexpr int16_t kSqlLongVarbinary = -4;
constexpr int16_t kSqlBigint = -5;
constexpr int16_t kSqlTinyint = -6;
constexpr int16_t kSqlBit = -7;
constexpr int16_t kSqlWchar = -8;
constexpr int16_t kSqlWvarchar = -9;
constexpr int16_t kSqlWlongvarchar = -10;
constexpr int16_t kSqlGuid = -11;

constexpr struct {
  int16_t sql_type;
  TypeClass type;
} kOdbcTypes[] = {
    {kSqlChar, TypeClass::kText},
    {kSqlVarchar, TypeClass::kText},
    {kSqlLongVarchar, TypeClass::kText},
    {kSqlWchar, TypeClass::kText},
    {kSqlWvarchar, TypeClass::kText},
    {kSqlWlongvarchar, TypeClass::kText},
    {kSqlNumeric, TypeClass::kDecimal},
    {kSqlDecimal, TypeClass::kDecimal},
    {kSqlInteger, TypeClass::kInteger},
    {kSqlSmallint, TypeClass::kInteger},
    {kSqlBigint, TypeClass::kInteger},
    {kSqlTinyint, TypeClass::kInteger},
    {kSqlFloat, TypeClass::kDouble},
    {kSqlReal, TypeClass::kDouble},
    {kSqlDouble, TypeClass::kDouble},
    {kSqlBit, TypeClass::kBoolean},
    {kSqlBinary, TypeClass::kBytes},
    {kSqlVarbinary, TypeClass::kBytes},
    {kSqlLongVarbinary, TypeClass::kBytes},
    {kSqlDateOld, TypeClass::kDate},
    {kSqlDate, TypeClass::kDate},
    {kSqlTimeOld, TypeClass::kTime},
    {kSqlTime, TypeClass::kTime},
    {kSqlTimestampOld, TypeClass::kTimestamp},
    {kSqlTimestamp, TypeClass::kTimestamp},
    {kSqlGuid, TypeClass::kUuid},
};

std::string Hex(std::string_view data) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

}  // namespace

bool Dialect::Speaks(std::string_view) const { return true; }

std::vector<std::string> Dialect::SessionSetup(absl::Duration) const {
  return {};
}

std::vector<std::string> Dialect::BeginSnapshot() const { return {}; }

std::vector<std::string> Dialect::EndSnapshot() const { return {}; }

std::string Dialect::JoinSnapshot(std::string_view) const { return ""; }

std::string Dialect::OrphanQuery(int64_t, std::string_view) const { return ""; }

std::string Dialect::KillStatement(int64_t) const { return ""; }

std::string Dialect::QuoteIdentifier(std::string_view name) const {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(std::string(name), {{"\"", "\"\""}}), "\"");
}

TypeClass Dialect::ClassifyType(std::string_view type_name, int16_t sql_type,
                                int64_t) const {
  if (const auto named = ParseTypeClass(type_name)) return *named;
  for (const auto& row : kOdbcTypes) {
    if (row.sql_type == sql_type) return row.type;
  }
  return TypeClass::kOther;
}

std::string Dialect::BindMarker(const Value& value, TypeClass type) const {
  switch (type) {
    case TypeClass::kDate:
      return "CAST(? AS DATE)";
    case TypeClass::kTimestamp:
    case TypeClass::kTimestampTz:
      return "CAST(? AS TIMESTAMP)";
    case TypeClass::kTime:
      return "CAST(? AS TIME)";
    case TypeClass::kInteger:
    case TypeClass::kDecimal:
      // Wide and with a scale that holds the literal: ANSI's DECIMAL without
      // arguments has scale 0.
      return std::holds_alternative<Decimal>(value)
                 ? "CAST(? AS DECIMAL(38,10))"
                 : "?";
    default:
      return "?";
  }
}

Value Dialect::BindValue(const Value& value, TypeClass) const {
  if (std::holds_alternative<Null>(value) ||
      std::holds_alternative<int64_t>(value) ||
      std::holds_alternative<double>(value) ||
      std::holds_alternative<std::string>(value) ||
      std::holds_alternative<Bytes>(value)) {
    return value;
  }
  std::string text = ToText(value);
  if (std::holds_alternative<Timestamp>(value)) {
    // SQL's form, which every database takes: a blank, no zone letter.
    std::replace(text.begin(), text.end(), 'T', ' ');
    if (!text.empty() && text.back() == 'Z') text.pop_back();
  }
  return text;
}

std::string Dialect::QuoteString(std::string_view text) const {
  return absl::StrCat(
      "'", absl::StrReplaceAll(std::string(text), {{"'", "''"}}), "'");
}

std::string Dialect::Literal(const Value& value, TypeClass type) const {
  if (IsNull(value)) return "NULL";
  if (std::holds_alternative<int64_t>(value) ||
      std::holds_alternative<Decimal>(value) ||
      std::holds_alternative<double>(value)) {
    const std::string text = ToText(value);
    // "- -5" would begin a comment.
    return text.front() == '-' ? absl::StrCat("(", text, ")") : text;
  }
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    return absl::StrCat("X'", Hex(bytes->data), "'");
  }
  // As it would be bound: a boolean may be 0 or 1 there.
  const Value bound = BindValue(value, type);
  const auto* text = std::get_if<std::string>(&bound);
  return absl::StrReplaceAll(
      BindMarker(value, type),
      {{"?", text != nullptr ? QuoteString(*text) : Literal(bound, type)}});
}

std::string Dialect::ByteExact(const std::string& sql,
                               const ColumnType&) const {
  return sql;
}

std::string Dialect::ByteExactEquals(const std::string& a,
                                     const ColumnType& a_type,
                                     const std::string& b,
                                     const ColumnType& b_type) const {
  return absl::StrCat(ByteExact(a, a_type), " = ", ByteExact(b, b_type));
}

std::string Dialect::Comparable(const std::string& sql,
                                const ColumnType&) const {
  return sql;
}

std::string Dialect::WrongType(const std::string&, const ColumnType&) const {
  return "";
}

std::string Dialect::NamesZone(const std::string&) const { return ""; }

std::string Dialect::NotANumber(const std::string&, const ColumnType&) const {
  return "";
}

bool Dialect::WritesLiteral(const Value&) const { return false; }

bool Dialect::PagesBy(const ColumnType& type) const {
  return type.type == TypeClass::kInteger;
}

std::string Dialect::ColumnDetailsQuery(const std::string&,
                                        const std::string&) const {
  return "";
}

std::string Dialect::DerivedDetailsQuery(
    const std::string&, const std::vector<std::string>&) const {
  return "";
}

std::string Dialect::SnapshotGapsQuery(const std::string&,
                                       const std::vector<std::string>&) const {
  return "";
}

std::string Dialect::DiffForm(const std::string& sql,
                              const ColumnType& type) const {
  switch (type.type) {
    case TypeClass::kBoolean:
    case TypeClass::kInteger:
    case TypeClass::kDecimal:
    case TypeClass::kDouble:
    case TypeClass::kText:
    case TypeClass::kBytes:
      return sql;
    case TypeClass::kDate:
    case TypeClass::kTime:
    case TypeClass::kTimestamp:
    case TypeClass::kTimestampTz:
    case TypeClass::kUuid:
      return absl::StrCat("CAST(", sql, " AS VARCHAR(64))");
    case TypeClass::kJson:
    case TypeClass::kOther:
      return AsText(sql, type);
  }
  return sql;
}

std::string Dialect::CharLength(const std::string& sql) const {
  return absl::StrCat("CHAR_LENGTH(", sql, ")");
}

std::string Dialect::ByteLength(const std::string& sql,
                                const ColumnType&) const {
  return absl::StrCat("OCTET_LENGTH(", sql, ")");
}

std::string Dialect::AsText(const std::string& sql,
                            const ColumnType& type) const {
  if (type.type == TypeClass::kText) return sql;
  return absl::StrCat("CAST(", sql, " AS VARCHAR(4000))");
}

std::string Dialect::Sum(const std::string& sql, TypeClass) const {
  return absl::StrCat("SUM(", sql, ")");
}

std::string Dialect::Limit(int64_t rows) const {
  return absl::StrCat(" FETCH FIRST ", rows, " ROWS ONLY");
}

std::string Dialect::RowEstimateQuery(const std::string&,
                                      const std::string&) const {
  return "";
}

std::string Dialect::FactQuery(CatalogFact, const std::string&,
                               const std::string&) const {
  return "";
}

TypeCapacity Dialect::Capacity(std::string_view native_type) const {
  return CommonCapacity(ParseTypeWords(native_type));
}

std::string Dialect::RowHash(const std::vector<std::string>&, uint64_t) const {
  return "";
}
bool Dialect::HashesExactly(const ColumnType&) const { return false; }
std::string Dialect::LooseEqualityQuery(const std::string&,
                                        const std::string&) const {
  return "";
}

std::string Dialect::DeclareCursor(const std::string&) const { return ""; }
std::string Dialect::FetchCursor(int64_t) const { return ""; }
std::string Dialect::CloseCursor() const { return ""; }

const Dialect& AnsiDialect() {
  static const auto* const kDialect = new Dialect();
  return *kDialect;
}

#define DIALECT(name) const Dialect& name##Dialect();
#include "validator/sql/dialects.inc"
#undef DIALECT

const std::vector<const Dialect*>& AllDialects() {
  static const auto* const kDialects = new std::vector<const Dialect*>{
#define DIALECT(name) &name##Dialect(),
#include "validator/sql/dialects.inc"
#undef DIALECT
  };
  return *kDialects;
}

const Dialect* FindDialect(std::string_view name) {
  for (const Dialect* dialect : AllDialects()) {
    if (dialect->name() == name) return dialect;
  }
  return nullptr;
}

const Dialect& DialectForDbms(std::string_view dbms_name) {
  for (const Dialect* dialect : AllDialects()) {
    if (dialect->Speaks(dbms_name)) return *dialect;
  }
  return AnsiDialect();
}

}  // namespace assay::sql
