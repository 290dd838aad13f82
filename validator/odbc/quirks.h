// SPDX-License-Identifier: Apache-2.0
// What the drivers really do, where it differs from what ODBC says. Each entry
// was measured; tests/odbc/integration holds the drivers to it.
#ifndef ASSAY_VALIDATOR_ODBC_QUIRKS_H_
#define ASSAY_VALIDATOR_ODBC_QUIRKS_H_

#include <string>
#include <string_view>

#include "validator/odbc/handle.h"

namespace assay::odbc {

enum class FetchMethod {
  // Row arrays; a truncated cell is read with SQLSetPos and SQLGetData.
  kSetPosition,
  // Row arrays where no column can be longer than its buffer, else kRow. For
  // drivers whose SQLSetPos silently answers with another row.
  kBoundedArray,
  // One row at a time into bound buffers; truncated cells with SQLGetData.
  kRow,
  // One row at a time, nothing bound, every cell with SQLGetData in order. The
  // least that any driver can do.
  kGetData,
};

// How the driver tells which columns are unique.
enum class UniqueKeys {
  kUnknown,     // Not at all: only the primary key counts.
  kStatistics,  // SQLStatistics, where every unique index is a whole key.
  kPostgresql,  // Its own catalog: SQLStatistics shows partial indexes, and
  kSqlite,      // included columns, as if they were whole keys.
};

struct Quirks {
  FetchMethod fetch = FetchMethod::kGetData;
  UniqueKeys unique_keys = UniqueKeys::kUnknown;
  // Types belong to values, not columns: carry everything as bytes of text.
  bool typed_values = false;
  // A blob is the text X'00FF' in the driver, which it decodes for SQL_C_BINARY
  // with a search of the alphabet for each digit. Bound as SQL_C_CHAR we do it
  // faster. (Text of that form is taken for a blob either way.)
  bool blobs_as_hex = false;
  // SQL_C_DOUBLE of a single-precision column is parsed from its shortest
  // decimal form, and so invents digits; SQL_C_FLOAT does not.
  bool real_as_float = false;
  // SQLCancel interrupts the whole connection and then closes the statement
  // that it was given, even under the hands of a thread that uses it: it must
  // be given an idle one.
  bool cancel_idle_statement = false;
  // In a pattern the escape is one only before '%' and '_'; elsewhere it stands
  // for itself and must not be doubled.
  bool lone_escape_is_literal = false;
  // A database is what others call a schema: SQL_C…CAT is filled, and
  // SCHEM empty.
  bool catalog_is_schema = false;
  // The one schema that there is, although the driver reports none.
  std::string only_schema;
  // Doubles must be sent as text, or they lose digits.
  bool double_as_text = false;
  // A version of two parts (15.18) is told as three: 15.0.18.
  bool zero_in_version = false;
};

// Returns the quirks of the driver behind an open connection.
Quirks QuirksOf(SQLHDBC connection, std::string_view dbms_name);

// The version of the DBMS as its makers write it: of "10.11.000019" (ODBC's
// form) "10.11.19".
std::string VersionText(const Quirks& quirks, const std::string& told);

// A text item of SQLGetInfo; empty where the driver has none.
std::string GetInfoText(SQLHDBC connection, SQLUSMALLINT item);

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_QUIRKS_H_
