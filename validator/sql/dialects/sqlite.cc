// SPDX-License-Identifier: Apache-2.0
// SQLite (sqliteodbc): the differences from ANSI. A value's type is its own,
// not its column's, so most of this file is about values of another type.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "validator/sql/dialect.h"
#include "validator/sql/dialects/catalog.h"

namespace assay::sql {
namespace {

// Whether a column of text has TEXT affinity (sqlite.org/datatype3.html §3.1).
bool IsOfCharacters(const ColumnType& type) {
  const std::string lower = absl::AsciiStrToLower(type.native_name);
  for (const char* word : {"char", "clob", "text"}) {
    if (absl::StrContains(lower, word)) return true;
  }
  return false;
}

class Sqlite final : public Dialect {
 public:
  std::string_view name() const override { return "sqlite"; }

  bool Speaks(std::string_view dbms_name) const override {
    return absl::StartsWith(
        absl::string_view(dbms_name.data(), dbms_name.size()), "SQLite");
  }

  std::vector<DriverSetting> DriverSettings() const override {
    return {
        // A mistyped path must not become an empty database.
        {"NoCreat", "1", true},
        // Rows as they are stepped, not the whole result in memory.
        {"StepAPI", "1", true},
        // A wait for a lock hears no cancel; the engine tries again.
        {"Timeout", "2000", false},
        {"NoWCHAR", "1", true},
        {"FKSupport", "0", true},
        {"LoadExt", "", true},
    };
  }

  std::vector<std::string> SessionSetup(absl::Duration) const override {
    return {"PRAGMA query_only = 1"};
  }

  std::vector<std::string> BeginSnapshot() const override { return {"BEGIN"}; }
  std::vector<std::string> EndSnapshot() const override { return {"ROLLBACK"}; }
  std::string_view consistency() const override {
    return "serializable snapshot";
  }
  bool embedded() const override { return true; }

  TypeClass ClassifyType(std::string_view type_name, int16_t,
                         int64_t) const override {
    // SQLite's affinity rules (sqlite.org/datatype3.html §3.1), after the
    // names that say more than an affinity.
    const std::string lower = absl::AsciiStrToLower(
        absl::string_view(type_name.data(), type_name.size()));
    static constexpr struct {
      std::string_view part;
      TypeClass type;
    } kTypes[] = {
        {"timestamp", TypeClass::kTimestamp},
        {"datetime", TypeClass::kTimestamp},
        {"date", TypeClass::kDate},
        {"time", TypeClass::kTime},
        {"bool", TypeClass::kBoolean},
        {"uuid", TypeClass::kText},
        {"json", TypeClass::kText},
        {"int", TypeClass::kInteger},
        {"char", TypeClass::kText},
        {"clob", TypeClass::kText},
        {"text", TypeClass::kText},
        {"blob", TypeClass::kBytes},
        {"real", TypeClass::kDouble},
        {"floa", TypeClass::kDouble},
        {"doub", TypeClass::kDouble},
        {"dec", TypeClass::kDecimal},
        {"num", TypeClass::kDecimal},
    };
    for (const auto& row : kTypes) {
      if (lower.find(row.part) != std::string::npos) return row.type;
    }
    return TypeClass::kOther;
  }

  std::string BindMarker(const Value& value, TypeClass type) const override {
    switch (type) {
      case TypeClass::kInteger:
      case TypeClass::kDecimal:
      case TypeClass::kDouble:
      case TypeClass::kBoolean:
        return std::holds_alternative<int64_t>(value) ? "?"
                                                      : "CAST(? AS NUMERIC)";
      default:
        return "?";
    }
  }

  Value BindValue(const Value& value, TypeClass type) const override {
    if (const auto* boolean = std::get_if<bool>(&value)) {
      return int64_t{*boolean ? 1 : 0};
    }
    if (const auto* time = std::get_if<Timestamp>(&value)) {
      return TimestampText(*time);
    }
    if (const auto* date = std::get_if<Date>(&value)) {
      return ToText(*date);
    }
    if (const auto* time = std::get_if<TimeOfDay>(&value)) {
      return InMillis(ToText(TimeOfDay{ToMillis(time->micros) * 1000}));
    }
    return Dialect::BindValue(value, type);
  }

  std::string ByteExact(const std::string& sql,
                        const ColumnType& type) const override {
    // A column may be declared COLLATE NOCASE or RTRIM, whatever its type, and
    // hold text.
    return type.type == TypeClass::kBytes
               ? sql
               : absl::StrCat(sql, " COLLATE BINARY");
  }

  std::string Comparable(const std::string& sql,
                         const ColumnType& type) const override {
    switch (type.type) {
      case TypeClass::kDate:
        return absl::StrCat("date(", sql, ")");
      case TypeClass::kTime:
        return absl::StrCat("strftime('%H:%M:%f', ", sql, ")");
      case TypeClass::kTimestamp:
      case TypeClass::kTimestampTz:
        // Also brings a zone in the text to UTC. Milliseconds is all that
        // SQLite's date functions keep.
        return absl::StrCat("strftime('%Y-%m-%d %H:%M:%f', ", sql, ")");
      default:
        return ByteExact(sql, type);
    }
  }

  std::string WrongType(const std::string& sql,
                        const ColumnType& type) const override {
    const auto but_not_null = [&sql](const std::string& predicate) {
      return absl::StrCat("(", sql, " IS NOT NULL AND ", predicate, ")");
    };
    const std::string no_date = absl::StrCat(
        "typeof(", sql, ") <> 'text' OR ", sql,
        " NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' OR "
        "strftime('%Y', ",
        sql, ") IS NULL");
    switch (type.type) {
      case TypeClass::kInteger:
      case TypeClass::kBoolean:
        return but_not_null(absl::StrCat("typeof(", sql, ") <> 'integer'"));
      case TypeClass::kDecimal:
      case TypeClass::kDouble:
        return but_not_null(
            absl::StrCat("typeof(", sql, ") NOT IN ('integer', 'real')"));
      case TypeClass::kText:
        // JSON and UUID have NUMERIC affinity there: 5 is stored as a number.
        if (!IsOfCharacters(type)) {
          return but_not_null(absl::StrCat("typeof(", sql, ") = 'blob'"));
        }
        return but_not_null(absl::StrCat("typeof(", sql, ") <> 'text'"));
      case TypeClass::kBytes:
        return but_not_null(absl::StrCat("typeof(", sql, ") <> 'blob'"));
      case TypeClass::kTime:
        // Not what is a whole timestamp to time(), or has a zone.
        return but_not_null(
            absl::StrCat("(typeof(", sql, ") <> 'text' OR ", sql,
                         " NOT GLOB '[0-2][0-9]:[0-5][0-9]*' OR substr(", sql,
                         ", 1, 2) >= '24' OR time(", sql, ") IS NULL OR ",
                         NamesZone(sql), ")"));
      case TypeClass::kDate:
        // A time behind it would be cut off unseen.
        return but_not_null(absl::StrCat("(", no_date, " OR length(", sql,
                                         ") <> 10 OR date(", sql,
                                         ", '+0 days') <> ", sql, ")"));
      case TypeClass::kTimestamp:
      case TypeClass::kTimestampTz:
        // February 30 is taken as it stands until something is added to it,
        // and for March 2 then.
        return but_not_null(absl::StrCat("(", no_date, " OR date(substr(", sql,
                                         ", 1, 10), '+0 days') <> substr(", sql,
                                         ", 1, 10))"));
      default:
        return "";
    }
  }

  std::string NamesZone(const std::string& sql) const override {
    // What its date functions take for a zone (sqlite.org/lang_datefunc.html).
    const std::string text =
        absl::StrCat("rtrim(", sql, ", char(9, 10, 11, 12, 13, 32))");
    return absl::StrCat("(", text, " GLOB '*[Zz]' OR substr(", text,
                        ", -6) GLOB '[-+][0-9][0-9]:[0-9][0-9]')");
  }

  std::string CharLength(const std::string& sql) const override {
    // length() ends at a zero byte, instr() does not, and counts characters
    // too: those before a mark behind the text, which no UTF-8 has in it.
    constexpr char kMark[] = "CAST(x'FF4153534159FE454E44FF' AS TEXT)";
    return absl::StrCat("CASE WHEN instr(", sql, ", char(0)) = 0 THEN length(",
                        sql, ") ELSE instr(", sql, " || ", kMark, ", ", kMark,
                        ") - 1 END");
  }
  std::string ByteLength(const std::string& sql,
                         const ColumnType&) const override {
    return absl::StrCat("length(CAST(", sql, " AS BLOB))");
  }
  std::string AsText(const std::string& sql, const ColumnType&) const override {
    return absl::StrCat("CAST(", sql, " AS TEXT)");
  }
  std::string ScanText(const std::string& sql,
                       const ColumnType& type) const override {
    // The driver cuts text at a zero byte and decodes text that looks like
    // X'41'; a blob it hands over whole, in that form.
    return absl::StrCat("CAST(", AsText(sql, type), " AS BLOB)");
  }
  std::string DiffForm(const std::string& sql,
                       const ColumnType&) const override {
    // '%!.20g': without '!' SQLite keeps 15 digits, and its 17th is off by one
    // now and then (0.3 % of all doubles). The blob keeps zero bytes.
    return absl::StrCat("CAST(CASE typeof(", sql,
                        ") WHEN 'integer' THEN 'i' || ", sql,
                        " WHEN 'text' THEN 't' || ", sql,
                        " WHEN 'real' THEN 'r' || printf('%!.20g', ", sql,
                        ") WHEN 'blob' THEN 'b' || ", sql, " END AS BLOB)");
  }
  bool tags_values() const override { return true; }

  bool has_variance() const override { return false; }
  std::string Limit(int64_t rows) const override {
    return absl::StrCat(" LIMIT ", rows);
  }

  std::string FactQuery(CatalogFact fact, const std::string&,
                        const std::string& table) const override {
    return SqliteFactQuery(fact, QuoteString(table));
  }
  TypeCapacity Capacity(std::string_view native_type) const override {
    return SqliteCapacity(native_type);
  }

  LexRules lex_rules() const override {
    return {.backtick_quotes = true,
            .bracket_quotes = true,
            .sigil_variables = true,
            .double_quote_fallback = true};
  }

 private:
  // To the nearest millisecond, halves up, as strftime's %f does: at 59.999 it
  // stops.
  static int64_t ToMillis(int64_t micros) {
    constexpr int64_t kMinute = 60000000;
    const int64_t of_minute = (micros % kMinute + kMinute) % kMinute;
    const int64_t shifted = of_minute < kMinute - 500 ? micros + 500 : micros;
    return shifted / 1000 - (shifted % 1000 < 0 ? 1 : 0);
  }
  // "10:00:00.120" of "10:00:00.12", the forms of Comparable.
  static std::string InMillis(std::string text) {
    const size_t dot = text.find('.');
    if (dot == std::string::npos) return text + ".000";
    text.resize(dot + 1 + 3, '0');
    return text;
  }
  static std::string TimestampText(const Timestamp& time) {
    std::string text = ToText(Timestamp{ToMillis(time.micros) * 1000, false});
    return InMillis(text.replace(text.find('T'), 1, " "));
  }
};

}  // namespace

const Dialect& SqliteDialect() {
  static const auto* const kDialect = new Sqlite();
  return *kDialect;
}

}  // namespace assay::sql
