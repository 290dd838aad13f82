// SPDX-License-Identifier: Apache-2.0
// PostgreSQL (psqlODBC): the differences from ANSI.
#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "validator/sql/dialect.h"
#include "validator/sql/dialects/catalog.h"

namespace assay::sql {
namespace {

// The 80 of "character varying(80)"; 0 where there is none.
int64_t InParentheses(const std::string& full_name) {
  const size_t open = full_name.find('(');
  return open == std::string::npos
             ? 0
             : std::strtoll(full_name.c_str() + open + 1, nullptr, 10);
}

class PostgreSql final : public Dialect {
 public:
  std::string_view name() const override { return "postgresql"; }

  bool Speaks(std::string_view dbms_name) const override {
    return dbms_name == "PostgreSQL";
  }

  std::vector<DriverSetting> DriverSettings() const override {
    return {
        // Statement-level rollback: a rule's failed statement must not end the
        // snapshot of the others.
        {"Protocol", "7.4-2", true},
        // Real parameters, never pasted values.
        {"UseServerSidePrepare", "1", true},
        // Server cursors are ours (DeclareCursor): the driver's would also
        // forbid parallel plans for aggregates.
        {"UseDeclareFetch", "0", true},
        {"BoolsAsChar", "1", true},
        {"TextAsLongVarchar", "1", true},
        {"UnknownsAsLongVarchar", "0", true},
        {"ReadOnly", "0", true},
        {"LFConversion", "0", true},
        {"CommLog", "0", true},
        {"Debug", "0", true},
        {"KeepaliveTime", "60", false},
        {"ApplicationName", "assay", false},
    };
  }

  std::vector<std::string> SessionSetup(
      absl::Duration statement_timeout) const override {
    std::string settings =
        "SELECT set_config('TimeZone', 'UTC', false),"
        " set_config('DateStyle', 'ISO, YMD', false),"
        " set_config('IntervalStyle', 'postgres', false),"
        " set_config('bytea_output', 'hex', false),"
        // 15 digits lose bits of a double; 3 is 'shortest that round-trips'.
        " set_config('extra_float_digits', '3', false),"
        // The lexer of author SQL takes a backslash in '…' as it is.
        " set_config('standard_conforming_strings', 'on', false),"
        // A policy that hides rows must err, not shorten the table.
        " set_config('row_security', 'off', false),"
        // A dead client's query stops within a second (PostgreSQL 14 on).
        " CASE WHEN current_setting('server_version_num')::int >= 140000 THEN"
        " set_config('client_connection_check_interval', '1s', false) END,"
        // We read cursors to the end.
        " set_config('cursor_tuple_fraction', '1', false),"
        " set_config('lock_timeout', '30s', false),"
        " set_config('idle_in_transaction_session_timeout', '24h', false)";
    if (statement_timeout != absl::InfiniteDuration()) {
      absl::StrAppend(&settings, ", set_config('statement_timeout', '",
                      absl::ToInt64Milliseconds(statement_timeout),
                      "ms', false)");
    }
    return {settings,
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL "
            "REPEATABLE READ, READ ONLY"};
  }

  std::vector<std::string> BeginSnapshot() const override {
    return {"BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"};
  }
  std::vector<std::string> EndSnapshot() const override { return {"ROLLBACK"}; }
  // The driver guards every statement within a transaction by a savepoint, in
  // which a snapshot can neither be exported nor joined: one call, which begins
  // outside of a transaction, does both.
  std::string BeginSharedSnapshot() const override {
    return absl::StrCat(BeginSnapshot().front(),
                        "; SELECT pg_catalog.set_config('assay.snapshot', "
                        "pg_catalog.pg_export_snapshot(), true)");
  }
  std::string SnapshotNameQuery() const override {
    return "SELECT pg_catalog.current_setting('assay.snapshot')";
  }
  std::string JoinSnapshot(std::string_view name) const override {
    return absl::StrCat(BeginSnapshot().front(), "; SET TRANSACTION SNAPSHOT ",
                        QuoteString(name));
  }
  std::string_view consistency() const override {
    return "repeatable read snapshot";
  }

  std::string CanWriteQuery() const override {
    return "SELECT 'role ' || current_user || ' may write, e.g. to ' || "
           "n.nspname || '.' || c.relname FROM pg_catalog.pg_class c "
           "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
           "WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' "
           "AND n.nspname <> 'information_schema' "
           "AND has_schema_privilege(n.oid, 'USAGE') "
           "AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') "
           "LIMIT 1";
  }

  TypeClass ClassifyType(std::string_view type_name, int16_t sql_type,
                         int64_t size) const override {
    static constexpr struct {
      std::string_view name;
      TypeClass type;
    } kTypes[] = {
        {"int2", TypeClass::kInteger},
        {"int4", TypeClass::kInteger},
        {"int8", TypeClass::kInteger},
        {"serial", TypeClass::kInteger},
        {"bigserial", TypeClass::kInteger},
        {"oid", TypeClass::kInteger},
        {"numeric", TypeClass::kDecimal},
        {"float4", TypeClass::kDouble},
        {"float8", TypeClass::kDouble},
        {"bool", TypeClass::kBoolean},
        {"text", TypeClass::kText},
        {"varchar", TypeClass::kText},
        {"bpchar", TypeClass::kText},
        {"char", TypeClass::kText},
        {"name", TypeClass::kText},
        {"citext", TypeClass::kText},
        {"bytea", TypeClass::kBytes},
        {"date", TypeClass::kDate},
        {"time", TypeClass::kTime},
        {"timestamp", TypeClass::kTimestamp},
        {"timestamp without time zone", TypeClass::kTimestamp},
        {"timestamptz", TypeClass::kTimestampTz},
        {"timestamp with time zone", TypeClass::kTimestampTz},
        {"uuid", TypeClass::kUuid},
        // A user's enumeration, as ColumnDetailsQuery names it: its labels.
        {"enum", TypeClass::kText},
        {"json", TypeClass::kJson},
        {"jsonb", TypeClass::kJson},
    };
    for (const auto& row : kTypes) {
      if (row.name == type_name) return row.type;
    }
    // Enums, domains, arrays, ranges: psqlODBC calls them all VARCHAR. Their
    // text form is what rules compare.
    (void)sql_type;
    (void)size;
    return TypeClass::kOther;
  }

  std::string BindMarker(const Value& value, TypeClass type) const override {
    switch (type) {
      case TypeClass::kBoolean:
        return "CAST(? AS boolean)";
      case TypeClass::kInteger:
      case TypeClass::kDecimal:
        return std::holds_alternative<int64_t>(value) ? "CAST(? AS bigint)"
                                                      : "CAST(? AS numeric)";
      case TypeClass::kDouble:
        return "CAST(? AS double precision)";
      case TypeClass::kDate:
        return "CAST(? AS date)";
      case TypeClass::kTime:
        return "CAST(? AS time)";
      case TypeClass::kTimestamp:
        return "CAST(? AS timestamp)";
      case TypeClass::kTimestampTz:
        return "CAST(? AS timestamptz)";
      case TypeClass::kUuid:
        return "CAST(? AS uuid)";
      case TypeClass::kBytes:
        return "CAST(? AS bytea)";
      case TypeClass::kText:
      case TypeClass::kJson:
      case TypeClass::kOther:
        return "CAST(? AS text)";
    }
    return "?";
  }

  std::string Literal(const Value& value, TypeClass type) const override {
    if (const auto* bytes = std::get_if<Bytes>(&value)) {
      return absl::StrCat("'\\x", ToText(*bytes), "'::bytea");
    }
    if (std::holds_alternative<std::string>(value)) {
      return QuoteString(std::get<std::string>(value));
    }
    if (type == TypeClass::kTimestampTz &&
        std::holds_alternative<Timestamp>(value)) {
      // A person's session may be in another zone than ours.
      return absl::StrCat("CAST('", ToText(value), "' AS timestamptz)");
    }
    return Dialect::Literal(value, type);
  }

  std::string QuoteString(std::string_view text) const override {
    std::string out =
        absl::StrReplaceAll(std::string(text), {{"'", "''"}, {"\\", "\\\\"}});
    // E'…' whatever standard_conforming_strings says, but only where needed.
    const bool escape = text.find('\\') != std::string_view::npos;
    return absl::StrCat(escape ? "E'" : "'", out, "'");
  }

  std::string ByteExact(const std::string& sql,
                        const ColumnType& type) const override {
    switch (type.type) {
      case TypeClass::kText:
        // Also for bpchar, citext and nondeterministic collations.
        return type.native_name == "text" || type.native_name == "varchar" ||
                       type.native_name.empty()
                   ? absl::StrCat(sql, " COLLATE \"C\"")
                   : absl::StrCat("CAST(", sql, " AS text) COLLATE \"C\"");
      case TypeClass::kJson:
      case TypeClass::kOther:
        return absl::StrCat("CAST(", sql, " AS text) COLLATE \"C\"");
      default:
        return sql;
    }
  }

  std::string SameTypeAs(const std::string& marker,
                         const ColumnType& type) const override {
    return type.native_name == "citext"
               ? absl::StrCat("CAST(", marker, " AS citext)")
               : marker;
  }

  std::string Comparable(const std::string& sql,
                         const ColumnType& type) const override {
    // Text is ordered by bytes here, as everywhere; enums by their label.
    return type.type == TypeClass::kText || type.type == TypeClass::kOther
               ? ByteExact(sql, type)
               : sql;
  }

  std::string AsText(const std::string& sql,
                     const ColumnType& type) const override {
    if (type.type == TypeClass::kText && type.native_name != "bpchar") {
      return sql;
    }
    return absl::StrCat("CAST(", sql, " AS text)");
  }

  std::string NotANumber(const std::string& sql,
                         const ColumnType& type) const override {
    return type.type == TypeClass::kDouble || type.type == TypeClass::kDecimal
               ? absl::StrCat("(", sql, " = 'NaN')")
               : "";
  }

  std::string DiffForm(const std::string& sql,
                       const ColumnType& type) const override {
    const std::string& name = type.native_name;
    switch (type.type) {
      case TypeClass::kBoolean:
      case TypeClass::kDecimal:
      case TypeClass::kBytes:
        return sql;
      case TypeClass::kInteger:
        // The driver reads an oid as a signed number of 32 bits.
        return name == "oid" ? absl::StrCat("CAST(", sql, " AS bigint)") : sql;
      case TypeClass::kDouble:
        return name == "float8" ? sql
                                : absl::StrCat("CAST(", sql, " AS float8)");
      case TypeClass::kText:
        if (name == "text" || name == "varchar" || PadsText(type)) return sql;
        break;
      case TypeClass::kOther:
        // As text it would be '::1/128'.
        if (name == "inet") return sql;
        break;
      default:
        // The driver drops BC, makes dates of infinity and cuts JSON.
        break;
    }
    return absl::StrCat("CAST(", sql, " AS text)");
  }
  bool PadsText(const ColumnType& type) const override {
    return type.native_name == "bpchar";
  }

  bool IsOfSinglePrecision(const ColumnType& type) const override {
    return type.native_name == "float4";
  }
  std::optional<int64_t> DeclaredLength(const ColumnType& type) const override {
    // The driver has lengths of its own for what declares none.
    if (type.type != TypeClass::kText && type.type != TypeClass::kBytes) {
      return std::nullopt;
    }
    return InParentheses(type.full_name);
  }

  std::optional<int64_t> BitLength(const ColumnType& type) const override {
    if (type.native_name == "varbit") return 0;
    if (type.native_name != "bit") return std::nullopt;
    return InParentheses(type.full_name);
  }

  std::string ColumnDetailsQuery(const std::string& schema,
                                 const std::string& table) const override {
    return PostgreSqlColumnDetails(Relation(schema, table));
  }
  std::string DerivedDetailsQuery(
      const std::string& derived,
      const std::vector<std::string>& columns) const override {
    return PostgreSqlDerivedDetails(derived, columns.size());
  }

  std::string CharLength(const std::string& sql) const override {
    return absl::StrCat("char_length(CAST(", sql, " AS text))");
  }
  std::string ByteLength(const std::string& sql,
                         const ColumnType& type) const override {
    // As text: without the padding of char(n), as CharLength; numbers have no
    // octet_length of their own.
    const bool as_it_is = type.type == TypeClass::kBytes ||
                          type.native_name == "text" ||
                          type.native_name == "varchar";
    return as_it_is ? absl::StrCat("octet_length(", sql, ")")
                    : absl::StrCat("octet_length(CAST(", sql, " AS text))");
  }

  std::string Sum(const std::string& sql, TypeClass type) const override {
    // The sum of a real is a real, which forgets what is small beside it.
    return type == TypeClass::kDouble
               ? absl::StrCat("SUM(CAST(", sql, " AS double precision))")
               : absl::StrCat("SUM(", sql, ")");
  }

  std::string Limit(int64_t rows) const override {
    return absl::StrCat(" LIMIT ", rows);
  }

  std::string RowEstimateQuery(const std::string& schema,
                               const std::string& table) const override {
    return absl::StrCat(
        "SELECT CAST(GREATEST(reltuples, 0) AS bigint) FROM pg_class WHERE "
        "oid = to_regclass(",
        Relation(schema, table), ")");
  }

  std::string FactQuery(CatalogFact fact, const std::string& schema,
                        const std::string& table) const override {
    return PostgreSqlFactQuery(fact, Relation(schema, table));
  }

  StreamMethod stream_method() const override {
    return StreamMethod::kServerCursor;
  }
  std::string RowHash(const std::vector<std::string>& columns,
                      uint64_t seed) const override {
    // hash_record_extended alone folds columns as 31 * h + h', so that values
    // swapped between two rows can keep its sum: hashed once more, it is no
    // longer linear. Two seeds make 128 bits.
    const auto one = [&](uint64_t s) {
      return absl::StrCat("SUM(hashint8extended(hash_record_extended(ROW(",
                          absl::StrJoin(columns, ", "), "), ",
                          static_cast<int64_t>(s >> 1), "), ",
                          static_cast<int64_t>((s * 0x9E3779B97F4A7C15) >> 1),
                          "))::text");
    };
    // The hashes are of bytes: alike only means equal texts under one encoding.
    return absl::StrCat("COUNT(*), ", one(seed), ", ",
                        one(seed ^ 0xC2B2AE3D27D4EB4F),
                        ", current_setting('server_encoding')");
  }
  bool HashesExactly(const ColumnType& type) const override {
    static constexpr std::string_view kTypes[] = {
        "bool",   "int2", "int4",      "int8",       "numeric", "float4",
        "float8", "text", "varchar",   "bpchar",     "uuid",    "bytea",
        "date",   "time", "timestamp", "timestamptz"};
    return std::find(std::begin(kTypes), std::end(kTypes), type.native_name) !=
           std::end(kTypes);
  }
  std::string LooseEqualityQuery(const std::string& schema,
                                 const std::string& table) const override {
    return absl::StrCat(
        "SELECT a.attname FROM pg_attribute a JOIN pg_collation c ON c.oid = "
        "a.attcollation WHERE a.attnum > 0 AND NOT a.attisdropped AND NOT "
        "c.collisdeterministic AND a.attrelid = to_regclass(",
        Relation(schema, table), ")");
  }

  // A FETCH costs four round trips (savepoint, prepare, execute, release).
  int64_t max_page_rows() const override { return 40000; }
  bool PagesBy(const ColumnType& type) const override {
    // Types whose values come back through the driver as they are. Not
    // char(n), which compares without its padding; not dates, which lose BC.
    static constexpr std::string_view kTypes[] = {
        "int2", "int4", "int8", "numeric", "text", "varchar", "uuid"};
    return std::find(std::begin(kTypes), std::end(kTypes), type.native_name) !=
           std::end(kTypes);
  }
  std::string DeclareCursor(const std::string& select) const override {
    return absl::StrCat("DECLARE assay_scan NO SCROLL CURSOR FOR ", select);
  }
  std::string FetchCursor(int64_t rows) const override {
    return absl::StrCat("FETCH FORWARD ", rows, " FROM assay_scan");
  }
  std::string CloseCursor() const override { return "CLOSE assay_scan"; }

  LexRules lex_rules() const override {
    return {
        .dollar_quotes = true, .nested_comments = true, .escape_strings = true};
  }

 private:
  // The literal of a qualified name, for to_regclass.
  std::string Relation(const std::string& schema,
                       const std::string& table) const {
    return QuoteString(
        absl::StrCat(QuoteIdentifier(schema), ".", QuoteIdentifier(table)));
  }
};

}  // namespace

const Dialect& PostgreSqlDialect() {
  static const auto* const kDialect = new PostgreSql();
  return *kDialect;
}

}  // namespace assay::sql
