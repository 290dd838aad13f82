// SPDX-License-Identifier: Apache-2.0
// What differs between databases, as questions. The base class answers for
// ANSI SQL; validator/sql/dialects/<name>.cc overrides differences only. No
// rule kind sees a dialect, no dialect sees a rule kind.
//
// Dialects are immutable singletons; thread-safe.
#ifndef ASSAY_VALIDATOR_SQL_DIALECT_H_
#define ASSAY_VALIDATOR_SQL_DIALECT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "validator/value/type_capacity.h"
#include "validator/value/value.h"

namespace assay::sql {

// What rendering needs to know of a column or an expression.
struct ColumnType {
  TypeClass type = TypeClass::kOther;
  std::string native_name;  // e.g. "int4", "varchar"; empty for expressions.
  // As declared, e.g. "numeric(12,2)", "enum('a','b')"; empty where unknown.
  std::string full_name;
  std::string character_set;  // Of text (MariaDB); empty where unknown.
  std::string collation;      // Of text (MariaDB); empty where unknown.
};

// How to read a result that does not fit in memory.
enum class StreamMethod {
  kDirect,        // The driver streams a plain SELECT in bounded memory.
  kServerCursor,  // DECLARE / FETCH / CLOSE, see DeclareCursor.
  kKeysetPages,   // ORDER BY key LIMIT n, the last key carried forward.
};

// Settings of an ODBC connection string: driver keyword and value. A keyword
// that the user's string has already is left to the user unless `pinned`.
struct DriverSetting {
  std::string keyword;
  std::string value;
  bool pinned = false;
};

// What a catalog is asked about one table. The columns of each answer, flags as
// 1 or 0:
enum class CatalogFact {
  // Name, declared type, the type behind a domain or an enumeration, nullable,
  // default (or NULL), numbered, generated, updated with the row, character
  // set. In order.
  kColumns,
  // Name, primary, unique, whole (see db::IndexFacts), column or expression: a
  // row for each column, in order.
  kIndexes,
  // Name, column, schema, table, its column, validated: a row for each column.
  kForeignKeys,
  // Name, column that VALUE stands for, predicate; or the CREATE TABLE that has
  // them.
  kChecks,
  // Column, sequence, next value or NULL, why NULL, follows keys.
  kSequences,
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  // "ansi", "postgresql", "mariadb", "sqlite": as configuration spells it.
  virtual std::string_view name() const { return "ansi"; }

  // Whether this dialect speaks to the DBMS of that name (SQL_DBMS_NAME).
  virtual bool Speaks(std::string_view dbms_name) const;

  // --- Connecting ---------------------------------------------------------
  virtual std::vector<DriverSetting> DriverSettings() const { return {}; }
  // Statements for every new connection, in order: time zone, safety settings.
  // `statement_timeout` infinite: none.
  virtual std::vector<std::string> SessionSetup(
      absl::Duration statement_timeout) const;
  // Begin and end of a read-only transaction that sees one state of the
  // database. Empty: the database has none; statements stand alone.
  virtual std::vector<std::string> BeginSnapshot() const;
  virtual std::vector<std::string> EndSnapshot() const;
  // Begins a snapshot that other sessions can join, the SELECT of its name in
  // that session, and what begins a transaction in it in another one, while the
  // first is in it. Empty: no two sessions can share a snapshot.
  virtual std::string BeginSharedSnapshot() const { return ""; }
  virtual std::string SnapshotNameQuery() const { return ""; }
  virtual std::string JoinSnapshot(std::string_view name) const;
  // "repeatable read snapshot", "none": what a result says of its consistency.
  virtual std::string_view consistency() const { return "none"; }
  // The SELECT that returns this connection's id on the server, and the
  // statement that ends connection `id` where it runs `marker` in a comment;
  // empty where the server notices a lost client by itself.
  virtual std::string ConnectionIdQuery() const { return ""; }
  // A SELECT of what ODBC's catalog does not tell, or not truly, of a table's
  // columns, as six texts: name; base type where the catalog type is a name of
  // the schema's own (domain, enum; base type "enum"), else ''; ColumnType's
  // full_name and character_set, '' where there is none; '1' where it allows
  // NULL, else '0'; its collation. Empty: nothing to ask.
  virtual std::string ColumnDetailsQuery(const std::string& schema,
                                         const std::string& table) const;
  // All but the fifth of these texts of the columns of `derived`, a SELECT
  // whose columns are called `columns` (as they are, each once), in order and
  // without executing it; with the native name before the base type. Empty:
  // nothing to ask.
  virtual std::string DerivedDetailsQuery(
      const std::string& derived,
      const std::vector<std::string>& columns) const;
  // ColumnType's full_name, as far as the description of a result tells it: its
  // type and its size. Empty: it does not.
  virtual std::string DescribedType(std::string_view, int64_t) const {
    return "";
  }
  // A SELECT of which tables and views called one of `names` (in `schema`;
  // empty: in any) a snapshot may not cover, as five texts: schema, name, '1'
  // where the schema is the session's own, why the snapshot does not cover it
  // ("MyISAM"; '' for a view), a view's SELECT ('' where the role may not see
  // it). Empty: snapshots cover everything.
  virtual std::string SnapshotGapsQuery(
      const std::string& schema, const std::vector<std::string>& names) const;
  // A SELECT of one row where the connection `id` still belongs to us: its
  // current statement contains `marker`.
  virtual std::string OrphanQuery(int64_t id, std::string_view marker) const;
  virtual std::string KillStatement(int64_t id) const;
  // A SELECT that returns one row (one column, a reason) where the session may
  // write to user tables; empty: unknown. For TestConnection's warning.
  virtual std::string CanWriteQuery() const { return ""; }
  // Whether the database is a file of this machine (no server to kill, no
  // network): only then is a lock a matter of one host.
  virtual bool embedded() const { return false; }

  // --- Names, types and literals -----------------------------------------
  virtual std::string QuoteIdentifier(std::string_view name) const;
  // Maps the catalog's native name (and ODBC's type code and size) to a class.
  virtual TypeClass ClassifyType(std::string_view type_name, int16_t sql_type,
                                 int64_t size) const;
  // A '?' with the cast that makes the database take the text bound there for
  // a value of `type`, e.g. "CAST(? AS numeric)".
  virtual std::string BindMarker(const Value& value, TypeClass type) const;
  // The value as it must be bound for BindMarker: text for most kinds.
  virtual Value BindValue(const Value& value, TypeClass type) const;
  // Whether a value is written out also where others are bound: its literal is
  // made of digits only and exact, its bound form would be converted per row.
  virtual bool WritesLiteral(const Value& value) const;
  // The same value written out, for SQL that a person pastes. Injection-proof.
  virtual std::string Literal(const Value& value, TypeClass type) const;
  // A string literal, quoted and escaped.
  virtual std::string QuoteString(std::string_view text) const;

  // --- Expressions ----------------------------------------------------------
  // `sql` such that '=' and GROUP BY compare its text byte by byte.
  virtual std::string ByteExact(const std::string& sql,
                                const ColumnType& type) const;
  // A text constant's `marker` that meets a ByteExact column.
  virtual std::string ByteExactConstant(const std::string& marker) const {
    return ByteExact(marker, {TypeClass::kText, ""});
  }
  // A constant's `marker` such that '=' with a column of `type` takes the
  // column's own equality (PostgreSQL's citext).
  virtual std::string SameTypeAs(const std::string& marker,
                                 const ColumnType&) const {
    return marker;
  }
  // a = b for two columns or expressions, byte-exact, in a form that an index
  // on `a` can serve where the database allows it.
  virtual std::string ByteExactEquals(const std::string& a,
                                      const ColumnType& a_type,
                                      const std::string& b,
                                      const ColumnType& b_type) const;
  // `sql` in a form that orders as its type does (SQLite keeps dates as text).
  virtual std::string Comparable(const std::string& sql,
                                 const ColumnType& type) const;
  // A predicate, true for a non-NULL value that is not of its column's type and
  // so must count as failing; empty where the database enforces types.
  virtual std::string WrongType(const std::string& sql,
                                const ColumnType& type) const;
  // A predicate, true where a text of a time names its zone, which then counts;
  // empty where types say so.
  virtual std::string NamesZone(const std::string& sql) const;
  // A predicate for NaN; empty where the type or the database has none, or
  // where NaN is not ordered above all numbers.
  virtual std::string NotANumber(const std::string& sql,
                                 const ColumnType& type) const;
  // `sql` for GROUP BY: two values are one group where their text is equal
  // byte by byte.
  virtual std::string GroupForm(const std::string& sql,
                                const ColumnType& type) const {
    return ByteExact(sql, type);
  }
  // Length in characters, or in bytes.
  virtual std::string CharLength(const std::string& sql) const;
  virtual std::string ByteLength(const std::string& sql,
                                 const ColumnType& type) const;
  // `sql` as text, for values that are tested outside the database.
  virtual std::string AsText(const std::string& sql,
                             const ColumnType& type) const;
  // The same for a SELECT list, in a form that the driver hands over unchanged.
  virtual std::string ScanText(const std::string& sql,
                               const ColumnType& type) const {
    return AsText(sql, type);
  }
  // `sql` for a comparison with another database: a form that loses nothing
  // through the driver, as cheap as possible. Its text is what the database
  // prints for the type; bit strings are '0' and '1'.
  virtual std::string DiffForm(const std::string& sql,
                               const ColumnType& type) const;
  // Whether types belong to values: each DiffForm cell then begins with its
  // value's own type, 'i' integer, 'r' real, 't' text, 'b' bytes.
  virtual bool tags_values() const { return false; }
  // Whether the driver hands the type's text over with the database's own
  // padding of blanks, which is no part of the value.
  virtual bool PadsText(const ColumnType&) const { return false; }
  // Whether a column stores its numbers in 32 bits.
  virtual bool IsOfSinglePrecision(const ColumnType&) const { return false; }
  // How many characters or bytes a column of text or bytes may hold: 0 for any
  // number, nullopt where what the driver says of its size is right.
  virtual std::optional<int64_t> DeclaredLength(const ColumnType&) const {
    return std::nullopt;
  }
  // How many bits a bit string column has, 0 for any number; nullopt where it
  // is none.
  virtual std::optional<int64_t> BitLength(const ColumnType&) const {
    return std::nullopt;
  }
  // A sum that is neither wrapped nor rounded where the type is exact.
  virtual std::string Sum(const std::string& sql, TypeClass type) const;
  // Whether VAR_SAMP exists; else it is written out with the average as a
  // subquery.
  virtual bool has_variance() const { return true; }
  // " LIMIT n" for the end of a SELECT.
  virtual std::string Limit(int64_t rows) const;

  // A SELECT of one number, about how many rows the table has, from statistics
  // and never from the table; empty: none. For progress only.
  virtual std::string RowEstimateQuery(const std::string& schema,
                                       const std::string& table) const;

  // --- Catalog --------------------------------------------------------------
  // The SELECT on the system catalogs for `fact`; empty: not readable here.
  virtual std::string FactQuery(CatalogFact fact, const std::string& schema,
                                const std::string& table) const;
  // The values that a column declared as `native_type` can hold.
  virtual TypeCapacity Capacity(std::string_view native_type) const;

  // --- Hashing rows ---------------------------------------------------------
  // Aggregates "count, hash, …" over all rows that prove two tables equal where
  // all are equal: a non-linear hash of the row of `columns` (quoted), at least
  // 128 bits, added up so that order does not matter and duplicates count.
  // Empty: the database has none that is sound.
  virtual std::string RowHash(const std::vector<std::string>& columns,
                              uint64_t seed) const;
  // Whether values of the type that hash alike are equal in our comparison.
  virtual bool HashesExactly(const ColumnType& type) const;
  // A SELECT of the columns whose equality is not their bytes' (one name a
  // row).
  virtual std::string LooseEqualityQuery(const std::string& schema,
                                         const std::string& table) const;

  // --- Streaming ------------------------------------------------------------
  virtual StreamMethod stream_method() const { return StreamMethod::kDirect; }
  // Whether pages may be ordered by a key column of this type: ORDER BY and a
  // bound '>' agree, and its values come back exactly.
  virtual bool PagesBy(const ColumnType& type) const;
  // A key's column as a page's last row is read, for the next page to begin
  // behind it.
  virtual std::string KeyForm(const std::string& sql, const ColumnType&) const {
    return sql;
  }
  // What KeyForm has read, written out; "" where it is put as other values are.
  virtual std::string KeyLiteral(std::string_view, const ColumnType&) const {
    return "";
  }
  // A key's column, and what an IN list has for `value`, bound as `marker`: it
  // finds what DiffForm shows as that value, in an index where it can, and may
  // find more. The value may be one that the column cannot hold.
  virtual std::string KeyColumn(const std::string& sql,
                                const ColumnType&) const {
    return sql;
  }
  virtual std::string KeyMarker(const std::string& marker, const Value&,
                                const ColumnType&) const {
    return marker;
  }
  // The most rows of a page: beyond, the drivers get slower, not faster.
  virtual int64_t max_page_rows() const { return 10000; }
  // For kServerCursor.
  virtual std::string DeclareCursor(const std::string& select) const;
  virtual std::string FetchCursor(int64_t rows) const;
  virtual std::string CloseCursor() const;

  // --- Lexing author SQL ----------------------------------------------------
  struct LexRules {
    bool backslash_escapes = false;    // 'a\'b' in strings (MariaDB).
    bool dollar_quotes = false;        // $tag$…$tag$ (PostgreSQL).
    bool backtick_quotes = false;      // `identifier`.
    bool bracket_quotes = false;       // [identifier] (SQLite, SQL Server).
    bool hash_comments = false;        // # to the end of the line (MariaDB).
    bool nested_comments = false;      // /* /* */ */ (PostgreSQL).
    bool executable_comments = false;  // /*! … */ runs (MariaDB): refused.
    bool escape_strings = false;       // E'…\'…' (PostgreSQL).
    bool at_variables = false;         // @x is a variable (MariaDB).
    bool double_dash_needs_space = false;  // MariaDB: 1--1 is no comment.
    bool sigil_variables = false;          // $a @a #a :a (SQLite): refused.
    // "x" is text where no column has the name (SQLite): written as `x`.
    bool double_quote_fallback = false;
  };
  virtual LexRules lex_rules() const { return {}; }
};

// All dialects, in the order of dialects.inc; the ANSI one is last.
const std::vector<const Dialect*>& AllDialects();

// By configured name; null where unknown.
const Dialect* FindDialect(std::string_view name);

// The dialect that speaks to `dbms_name`; ANSI where none does.
const Dialect& DialectForDbms(std::string_view dbms_name);

}  // namespace assay::sql

#endif  // ASSAY_VALIDATOR_SQL_DIALECT_H_
