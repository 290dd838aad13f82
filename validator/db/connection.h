// SPDX-License-Identifier: Apache-2.0
// All that the upper rooms know of a database: a read-only connection that
// runs one statement at a time and hands out its rows in blocks.
//
// The seam exists so that the engine does not link ODBC and tests can count
// what is sent; validator/odbc is the one implementation.
#ifndef ASSAY_VALIDATOR_DB_CONNECTION_H_
#define ASSAY_VALIDATOR_DB_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "validator/base/cancellation.h"
#include "validator/value/value.h"

namespace assay::db {

// One statement with '?' markers and the values bound to them, in order.
struct Statement {
  std::string sql;
  std::vector<Value> parameters;
};

// How a result column is carried: chosen by the driver's type, not by ours.
enum class CellKind { kInt64, kDouble, kText, kBytes };

// A result column as the driver describes it. The size is a hint and never
// trusted (drivers lie).
struct ColumnDescription {
  std::string name;
  std::string type_name;  // The driver's native name, e.g. "int4".
  int16_t sql_type = 0;   // ODBC's SQL_… code.
  int64_t size = 0;
  int16_t scale = 0;
  bool nullable = true;
  CellKind kind = CellKind::kText;
};

// A block of fetched rows, column by column. Views are valid until the next
// Cursor::Next on the cursor that owns it. Cells are whole: a value that cannot
// be read whole makes Next fail.
class RowBlock {
 public:
  virtual ~RowBlock() = default;
  virtual size_t rows() const = 0;
  virtual bool IsNull(size_t row, size_t column) const = 0;
  // REQUIRES: the column's kind is kInt64, and the cell is not NULL.
  virtual int64_t Int64(size_t row, size_t column) const = 0;
  // REQUIRES: kind kDouble, not NULL.
  virtual double Double(size_t row, size_t column) const = 0;
  // REQUIRES: kind kText (UTF-8) or kBytes, not NULL. SQLite's columns are all
  // kText or kBytes, and its driver ends text at a zero byte and turns text
  // like "X'41'" into the blob that it spells: CAST(x AS BLOB) in SQL is exact.
  virtual std::string_view Text(size_t row, size_t column) const = 0;
};

// Rows of one result, forwards only. Confined to one thread at a time.
class Cursor {
 public:
  virtual ~Cursor() = default;  // Closes the statement on the server.
  virtual const std::vector<ColumnDescription>& columns() const = 0;
  // Returns the next block, null at the end. Fails with kDataError,
  // kValueTooLarge, kConnectionLost, kStatementTimeout, kCancelled, …
  virtual absl::StatusOr<const RowBlock*> Next() = 0;
};

struct QueryOptions {
  // Cancels the statement on the server, also while Next waits; the failure is
  // then the token's status.
  CancellationToken cancel;
  // Bytes that one block may take. A block has at least one row.
  size_t block_bytes = 8 << 20;
  // A larger single value fails with kValueTooLarge.
  size_t max_value_bytes = 64 << 20;
  // Rows that one block may take; 0: as many as fit in block_bytes, at most
  // 10 000. A small number saves allocation where few rows are expected.
  size_t block_rows = 0;
};

// A column of a table, from the catalog.
struct CatalogColumn {
  std::string name;
  std::string type_name;  // Native name, e.g. "character varying", "bigint".
  int16_t sql_type = 0;   // ODBC's SQL_… code.
  int64_t size = 0;       // Declared length or precision; 0: none.
  int16_t scale = 0;
  bool nullable = true;
};

// A table or view, from the catalog. `schema` and `catalog` are as the database
// spells them and may be empty. Where a database is what others call a schema
// (MariaDB), it is in `schema`.
struct CatalogTable {
  std::string catalog;
  std::string schema;
  std::string name;
  std::vector<CatalogColumn> columns;
  // As declared; empty: none. SQLite's may hold NULL, and PostgreSQL's does not
  // reach the rows of inheriting tables: ask unique_keys for a proof.
  std::vector<std::string> primary_key;
  // Keys that the database enforces for every row: whole columns, none of them
  // nullable, no partial index. The primary key comes first, where it is one.
  std::vector<std::vector<std::string>> unique_keys;
};

// A table as a user names it: "t", "schema.t" or "catalog.schema.t".
struct TableName {
  std::string catalog;
  std::string schema;
  std::string name;
};

// An open connection. Confined to one thread at a time, but for Cancel.
class Connection {
 public:
  virtual ~Connection() = default;  // Disconnects.

  // Prepares, binds and executes. One open cursor at a time. Fails with
  // kSqlError, kPermissionDenied, kTransient, kConnectionLost, kDataError, …
  virtual absl::StatusOr<std::unique_ptr<Cursor>> Query(
      const Statement& statement, const QueryOptions& options) = 0;

  // Runs one statement without result (session settings, transaction control).
  virtual absl::Status Execute(const std::string& sql,
                               const CancellationToken& cancel) = 0;

  // Looks `table` up through the driver's catalog functions: first exactly as
  // spelled, then without case. kTableNotFound where nothing, or more than one,
  // matches.
  virtual absl::StatusOr<CatalogTable> Describe(
      const TableName& table, const CancellationToken& cancel) = 0;

  // The tables and views (no system tables) of the schemas that match
  // `schema_pattern` ('*', '?'; without case), in order of schema and name.
  // Empty: of where a bare name is looked up. Names as in CatalogTable.
  virtual absl::StatusOr<std::vector<TableName>> ListTables(
      std::string_view schema_pattern, const CancellationToken& cancel) = 0;

  // The DBMS's own name and version, e.g. "PostgreSQL", "15.18".
  virtual std::string dbms_name() const = 0;
  virtual std::string dbms_version() const = 0;

  // Whether the connection can still be used; false after kConnectionLost.
  virtual bool alive() const = 0;

  // Whether somebody else may use it next: alive, and none of its statements
  // was ever cancelled (a cancel may arrive late and hit a stranger's).
  virtual bool clean() const { return alive(); }
};

// The one row of `cursor`, or kInternal where it has none or several. Values
// are typed by cell kind (int64, double, text, bytes).
absl::StatusOr<std::vector<Value>> ReadSingleRow(Cursor& cursor);

// One cell as a Value.
Value CellValue(const Cursor& cursor, const RowBlock& block, size_t row,
                size_t column);

}  // namespace assay::db

#endif  // ASSAY_VALIDATOR_DB_CONNECTION_H_
