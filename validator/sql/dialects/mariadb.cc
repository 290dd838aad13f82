// SPDX-License-Identifier: Apache-2.0
// MariaDB and MySQL (MariaDB Connector/ODBC): the differences from ANSI.
#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "validator/sql/dialect.h"
#include "validator/sql/dialects/catalog.h"

namespace assay::sql {
namespace {

class MariaDb final : public Dialect {
 public:
  std::string_view name() const override { return "mariadb"; }

  bool Speaks(std::string_view dbms_name) const override {
    return dbms_name == "MariaDB" || dbms_name == "MySQL";
  }

  std::vector<DriverSetting> DriverSettings() const override {
    return {
        // The driver holds every result whole (no option of 3.1 changes that:
        // pages are ours, kKeysetPages); forward-only saves its bookkeeping.
        {"FORWARDONLY", "1", true},
        {"CHARSET", "utf8mb4", true},
    };
  }

  std::vector<std::string> SessionSetup(
      absl::Duration statement_timeout) const override {
    // A query that outlives its client ends at the latest after an hour.
    const double seconds = statement_timeout == absl::InfiniteDuration()
                               ? 3600
                               : absl::ToDoubleSeconds(statement_timeout);
    return {
        absl::StrCat(
            "SET SESSION time_zone = '+00:00',"
            // Sums and sorts of long text must see all of it.
            // The longest VARCHAR in bytes; 15 of them fit the default sort
            // buffer.
            " max_sort_length = 65536,"
            " group_concat_max_len = 16777216,"
            // ANSI_QUOTES: a mistyped "column" is an error, not a text.
            " sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,"
            "ERROR_FOR_DIVISION_BY_ZERO',"
            " innodb_lock_wait_timeout = 30, lock_wait_timeout = 30,"
            " net_write_timeout = 600,"
            " max_statement_time = ",
            seconds),
        // START TRANSACTION … READ ONLY alone is left by the implicit commit of
        // any DDL, which then runs.
        "SET SESSION TRANSACTION READ ONLY"};
  }

  std::vector<std::string> BeginSnapshot() const override {
    return {"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"};
  }
  std::vector<std::string> EndSnapshot() const override { return {"ROLLBACK"}; }
  std::string_view consistency() const override {
    return "repeatable read snapshot";
  }

  std::string ConnectionIdQuery() const override {
    return "SELECT CONNECTION_ID()";
  }
  std::string OrphanQuery(int64_t id, std::string_view marker) const override {
    // Ids are used again after a restart: only a statement of ours is ended.
    return absl::StrCat(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE ID = ", id,
        " AND LOCATE(", QuoteString(marker), ", INFO) > 0");
  }
  std::string KillStatement(int64_t id) const override {
    return absl::StrCat("KILL CONNECTION ", id);
  }

  std::string CanWriteQuery() const override {
    return "SELECT CONCAT('user ', CURRENT_USER(), ' may write (', "
           "PRIVILEGE_TYPE, ')') FROM ("
           "SELECT GRANTEE, PRIVILEGE_TYPE FROM "
           "information_schema.USER_PRIVILEGES UNION ALL "
           "SELECT GRANTEE, PRIVILEGE_TYPE FROM "
           "information_schema.SCHEMA_PRIVILEGES UNION ALL "
           "SELECT GRANTEE, PRIVILEGE_TYPE FROM "
           "information_schema.TABLE_PRIVILEGES) AS p "
           "WHERE PRIVILEGE_TYPE IN ('INSERT', 'UPDATE', 'DELETE') AND "
           "GRANTEE = CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), "
           "'''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''') LIMIT 1";
  }

  std::string QuoteIdentifier(std::string_view name) const override {
    return absl::StrCat(
        "`", absl::StrReplaceAll(std::string(name), {{"`", "``"}}), "`");
  }

  TypeClass ClassifyType(std::string_view type_name, int16_t sql_type,
                         int64_t size) const override {
    const std::string lower = absl::AsciiStrToLower(
        absl::string_view(type_name.data(), type_name.size()));
    static constexpr struct {
      std::string_view prefix;
      TypeClass type;
    } kTypes[] = {
        // TINYINT(1) holds 5 as well: an integer.
        {"tinyint", TypeClass::kInteger},
        {"smallint", TypeClass::kInteger},
        {"mediumint", TypeClass::kInteger},
        {"int", TypeClass::kInteger},
        {"bigint", TypeClass::kInteger},
        {"year", TypeClass::kInteger},
        {"decimal", TypeClass::kDecimal},
        {"numeric", TypeClass::kDecimal},
        {"float", TypeClass::kDouble},
        {"double", TypeClass::kDouble},
        {"datetime", TypeClass::kTimestamp},
        // Stored in UTC and shown in the session's zone, which is UTC.
        {"timestamp", TypeClass::kTimestampTz},
        {"date", TypeClass::kDate},
        {"time", TypeClass::kTime},
        {"char", TypeClass::kText},
        {"varchar", TypeClass::kText},
        {"tinytext", TypeClass::kText},
        {"mediumtext", TypeClass::kText},
        {"longtext", TypeClass::kText},
        {"text", TypeClass::kText},
        {"enum", TypeClass::kText},
        {"set", TypeClass::kText},
        {"json", TypeClass::kJson},
        {"uuid", TypeClass::kUuid},
        // The driver calls them BINARY in the catalog and CHAR in a result.
        {"inet4", TypeClass::kOther},
        {"inet6", TypeClass::kOther},
        {"bit", TypeClass::kBytes},
        {"binary", TypeClass::kBytes},
        {"varbinary", TypeClass::kBytes},
        {"tinyblob", TypeClass::kBytes},
        {"mediumblob", TypeClass::kBytes},
        {"longblob", TypeClass::kBytes},
        {"blob", TypeClass::kBytes},
    };
    const std::string word = lower.substr(0, lower.find_first_of(" ("));
    for (const auto& row : kTypes) {
      if (row.prefix == word) return row.type;
    }
    return Dialect::ClassifyType(type_name, sql_type, size);
  }

  std::string BindMarker(const Value& value, TypeClass type) const override {
    switch (type) {
      case TypeClass::kInteger:
      case TypeClass::kDecimal:
        // Text compared with a number would be compared as doubles.
        return std::holds_alternative<Decimal>(value)
                   ? "CAST(? AS DECIMAL(65,30))"
                   : "?";
      case TypeClass::kDate:
        return "CAST(? AS DATE)";
      case TypeClass::kTimestamp:
      case TypeClass::kTimestampTz:
        return "CAST(? AS DATETIME(6))";
      case TypeClass::kTime:
        return "CAST(? AS TIME(6))";
      default:
        return "?";
    }
  }

  Value BindValue(const Value& value, TypeClass type) const override {
    // 'true' is the number 0 there.
    if (const auto* boolean = std::get_if<bool>(&value)) {
      return int64_t{*boolean ? 1 : 0};
    }
    return Dialect::BindValue(value, type);
  }

  std::string Literal(const Value& value, TypeClass type) const override {
    // Not through CAST: DECIMAL(65,30) would clip what it cannot hold.
    if (const auto* date = std::get_if<Date>(&value)) {
      return absl::StrCat("DATE'", ToText(*date), "'");
    }
    if (std::holds_alternative<Timestamp>(value)) {
      return absl::StrCat("TIMESTAMP'",
                          std::get<std::string>(BindValue(value, type)), "'");
    }
    return Dialect::Literal(value, type);
  }

  bool WritesLiteral(const Value& value) const override {
    // Bound, they would be text that is cast for every row.
    return std::holds_alternative<Decimal>(value) ||
           std::holds_alternative<Date>(value) ||
           std::holds_alternative<Timestamp>(value);
  }

  bool PagesBy(const ColumnType& type) const override {
    // ENUM, SET and BIT are ordered by number and compared as text.
    static constexpr std::string_view kTypes[] = {
        "tinyint",   "smallint", "mediumint", "int",       "bigint", "year",
        "char",      "varchar",  "binary",    "varbinary", "date",   "datetime",
        "timestamp", "decimal",  "uuid",      "integer",   "time",
    };
    return std::find(std::begin(kTypes), std::end(kTypes), TypeWord(type)) !=
           std::end(kTypes);
  }

  // The bytes of what may come back as another text.
  std::string KeyForm(const std::string& sql,
                      const ColumnType& type) const override {
    return MapsEveryByte(type.character_set) ? sql
                                             : absl::StrCat("HEX(", sql, ")");
  }
  std::string KeyLiteral(std::string_view read,
                         const ColumnType& type) const override {
    return MapsEveryByte(type.character_set)
               ? ""
               : absl::StrCat("_", type.character_set, " X", QuoteString(read));
  }
  std::string KeyColumn(const std::string& sql,
                        const ColumnType& type) const override {
    return HasTwoCodes(type.character_set)
               ? absl::StrCat(Whole(sql, type), " COLLATE utf8mb4_nopad_bin")
               : sql;
  }
  // '?' for what the column's character set has not: without it an "illegal
  // mix of collations".
  std::string KeyMarker(const std::string& marker, const Value& value,
                        const ColumnType& type) const override {
    if (type.type != TypeClass::kText || type.collation.empty() ||
        type.character_set == "utf8mb4" || HasTwoCodes(type.character_set)) {
      return marker;
    }
    std::string converted =
        absl::StrCat("CONVERT(", marker, " USING ", type.character_set,
                     ") COLLATE ", type.collation);
    const auto* text = std::get_if<std::string>(&value);
    absl::string_view digits;
    if (text != nullptr) digits = *text;
    if (MapsEveryByte(type.character_set) ||
        !absl::ConsumePrefix(&digits, kUndefinedBytes) ||
        digits.size() % 2 != 0 ||
        digits.find_first_not_of("0123456789ABCDEF") !=
            absl::string_view::npos) {
      return converted;
    }
    return absl::StrCat(converted, ", _", type.character_set, " X'", digits,
                        "'");
  }

  std::string GroupForm(const std::string& sql,
                        const ColumnType& type) const override {
    // Long texts sort by a prefix only; their digests are short and whole.
    const std::string lower = absl::AsciiStrToLower(type.native_name);
    if (type.type == TypeClass::kJson || absl::EndsWith(lower, "text")) {
      return type.character_set == "utf8mb4"
                 ? absl::StrCat("SHA2(", sql, ", 512)")
                 : absl::StrCat("SHA2(CONVERT(", Whole(sql, type),
                                " USING utf8mb4), 512)");
    }
    if (absl::EndsWith(lower, "blob")) {
      return absl::StrCat("SHA2(", sql, ", 512)");
    }
    return ByteExact(sql, type);
  }

  std::string QuoteString(std::string_view text) const override {
    return absl::StrCat(
        "'",
        absl::StrReplaceAll(std::string(text), {{"'", "''"}, {"\\", "\\\\"}}),
        "'");
  }

  std::string ByteExact(const std::string& sql,
                        const ColumnType& type) const override {
    switch (type.type) {
      case TypeClass::kText:
      case TypeClass::kJson:
      case TypeClass::kOther:
        // utf8mb4_nopad_bin: by code point and, unlike utf8mb4_bin, with
        // trailing blanks. CONVERT brings other character sets along, and
        // would copy each value of this one.
        if (type.character_set == "utf8mb4") {
          return absl::StrCat(sql, " COLLATE utf8mb4_nopad_bin");
        }
        return absl::StrCat("CONVERT(", Whole(sql, type),
                            " USING utf8mb4) COLLATE utf8mb4_nopad_bin");
      default:
        return sql;
    }
  }

  std::string ByteExactConstant(const std::string& marker) const override {
    // The column's explicit collation decides, and the session's character set
    // is utf8mb4: converting the constant for every row adds nothing.
    return marker;
  }

  std::string Comparable(const std::string& sql,
                         const ColumnType& type) const override {
    // A YEAR takes a number of two digits for one of this century or the last.
    if (TypeWord(type) == "year") return absl::StrCat("(", sql, " + 0)");
    // A BIT beside bytes would be compared as a number.
    if (TypeWord(type) == "bit") {
      return absl::StrCat("CAST(", sql, " AS BINARY)");
    }
    return type.type == TypeClass::kText ? ByteExact(sql, type) : sql;
  }

  std::string AsText(const std::string& sql,
                     const ColumnType& type) const override {
    if (type.type == TypeClass::kText || type.type == TypeClass::kJson) {
      return Whole(sql, type);
    }
    return absl::StrCat("CONVERT(", sql, " USING utf8mb4)");
  }

  // Character sets whose every string has an equal in Unicode; unknown ones are
  // of expressions, which are in the connection's.
  static bool MapsEveryByte(const std::string& character_set) {
    static constexpr std::string_view kSets[] = {
        "",     "utf8mb4", "utf8mb3", "utf8",  "latin1",
        "ucs2", "utf16",   "utf16le", "utf32", "binary",
    };
    return std::find(std::begin(kSets), std::end(kSets), character_set) !=
           std::end(kSets);
  }

  // Of those, the ones in which a character may have two codes, of which only
  // one comes back (counted on MariaDB 10.11: 398 characters, 9, 1).
  static bool HasTwoCodes(const std::string& character_set) {
    return character_set == "cp932" || character_set == "eucjpms" ||
           character_set == "ujis";
  }

  // How a text is shown that has bytes which its character set does not define.
  static constexpr char kUndefinedBytes[] = "undefined bytes ";

  // The server writes '?' or U+FFFD for such bytes, and '?' is what a lossy
  // migration leaves: told apart by how many there were before.
  static std::string Whole(const std::string& sql, const ColumnType& type) {
    if (MapsEveryByte(type.character_set)) return sql;
    const std::string converted =
        absl::StrCat("CONVERT(", sql, " USING utf8mb4)");
    const std::string bytes = absl::StrCat("CAST(", converted, " AS BINARY)");
    const auto without = [](const std::string& text, const std::string& mark,
                            const std::string& nothing) {
      return absl::StrCat("CHAR_LENGTH(", text, ") - CHAR_LENGTH(REPLACE(",
                          text, ", ", mark, ", ", nothing, "))");
    };
    const std::string& set = type.character_set;
    return absl::StrCat(
        "IF(", sql, " IS NULL OR INSTR(", bytes, ", X'EFBFBD') = 0 AND (INSTR(",
        bytes, ", '?') = 0 OR ", without(converted, "'?'", "''"), " = ",
        without(sql, absl::StrCat("_", set, " X'3F'"),
                absl::StrCat("_", set, " X''")),
        "), ", converted, ", CONCAT('", kUndefinedBytes, "', HEX(", sql, ")))");
  }

  std::string DiffForm(const std::string& sql,
                       const ColumnType& type) const override {
    switch (type.type) {
      case TypeClass::kBoolean:
      case TypeClass::kInteger:
      case TypeClass::kDecimal:
        return sql;
      case TypeClass::kText:
      case TypeClass::kJson:
        return Whole(sql, type);
      case TypeClass::kDouble:
        // Of a FLOAT the driver shows six digits.
        return TypeWord(type) == "double"
                   ? sql
                   : absl::StrCat("CAST(", sql, " AS DOUBLE)");
      case TypeClass::kBytes:
        if (const std::optional<int64_t> bits = BitLength(type)) {
          return absl::StrCat("LPAD(BIN(", sql, " + 0), ", *bits, ", '0')");
        }
        return sql;
      default:
        break;
    }
    // As the server prints it: zero dates, 26:00:00, all digits.
    return absl::StrCat("CAST(", sql, " AS CHAR)");
  }

  bool IsOfSinglePrecision(const ColumnType& type) const override {
    return TypeWord(type) == "float";
  }

  std::optional<int64_t> BitLength(const ColumnType& type) const override {
    if (TypeWord(type) != "bit") return std::nullopt;
    const size_t open = type.full_name.find('(');
    return open == std::string::npos
               ? 64
               : std::strtoll(type.full_name.c_str() + open + 1, nullptr, 10);
  }

  std::string ColumnDetailsQuery(const std::string& schema,
                                 const std::string& table) const override {
    return MariaDbColumnDetails(SchemaLiteral(schema), QuoteString(table));
  }

  std::string DerivedDetailsQuery(
      const std::string& derived,
      const std::vector<std::string>& columns) const override {
    std::vector<std::string> quoted;
    quoted.reserve(columns.size());
    for (const std::string& name : columns) {
      quoted.push_back(QuoteIdentifier(name));
    }
    return MariaDbDerivedDetails(derived, quoted);
  }

  std::string DescribedType(std::string_view type_name,
                            int64_t size) const override {
    return type_name == "bit" ? absl::StrCat("bit(", size, ")") : "";
  }

  std::string SnapshotGapsQuery(
      const std::string& schema,
      const std::vector<std::string>& names) const override {
    std::vector<std::string> quoted;
    quoted.reserve(names.size());
    for (const std::string& name : names) quoted.push_back(QuoteString(name));
    return MariaDbSnapshotGaps(schema.empty() ? "" : QuoteString(schema),
                               quoted);
  }

  std::string Limit(int64_t rows) const override {
    return absl::StrCat(" LIMIT ", rows);
  }

  std::string RowEstimateQuery(const std::string& schema,
                               const std::string& table) const override {
    return absl::StrCat(
        "SELECT COALESCE(MAX(TABLE_ROWS), 0) FROM information_schema.TABLES "
        "WHERE TABLE_NAME = ",
        QuoteString(table), " AND TABLE_SCHEMA = ", SchemaLiteral(schema));
  }

  std::string FactQuery(CatalogFact fact, const std::string& schema,
                        const std::string& table) const override {
    return MariaDbFactQuery(fact, SchemaLiteral(schema), QuoteString(table));
  }
  TypeCapacity Capacity(std::string_view native_type) const override {
    return MariaDbCapacity(native_type);
  }

  StreamMethod stream_method() const override {
    return StreamMethod::kKeysetPages;
  }
  int64_t max_page_rows() const override { return 50000; }

  LexRules lex_rules() const override {
    return {.backslash_escapes = true,
            .backtick_quotes = true,
            .hash_comments = true,
            .executable_comments = true,
            .at_variables = true,
            .double_dash_needs_space = true};
  }

 private:
  std::string SchemaLiteral(const std::string& schema) const {
    return schema.empty() ? "DATABASE()" : QuoteString(schema);
  }

  // "bigint" of "bigint(20) unsigned".
  static std::string TypeWord(const ColumnType& type) {
    const std::string lower = absl::AsciiStrToLower(type.native_name);
    return lower.substr(0, lower.find_first_of(" ("));
  }
};

}  // namespace

const Dialect& MariaDbDialect() {
  static const auto* const kDialect = new MariaDb();
  return *kDialect;
}

}  // namespace assay::sql
