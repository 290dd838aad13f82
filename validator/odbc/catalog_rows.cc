// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/catalog_rows.h"

#include <utility>

#include "validator/odbc/cancel.h"
#include "validator/odbc/parameters.h"
#include "validator/odbc/result.h"

namespace assay::odbc {
namespace {

// A name or a type is never longer.
constexpr size_t kMaxBytes = 1 << 20;

absl::Status ReadRows(Link& link, const CancellationToken& cancel,
                      SQLHSTMT statement,
                      std::initializer_list<SQLUSMALLINT> numbers,
                      std::vector<CatalogRow>* rows) {
  ResultColumn text;
  text.description.name = "of the catalog";
  while (true) {
    ASSAY_RETURN_IF_ERROR(link.CheckCancelled(cancel));
    const SQLRETURN result = SQLFetch(statement);
    if (result == SQL_NO_DATA) return absl::OkStatus();
    if (!SQL_SUCCEEDED(result)) return link.Failure(statement, cancel);
    CatalogRow& row = rows->emplace_back();
    for (const SQLUSMALLINT number : numbers) {
      std::string value;
      bool null = false;
      ASSAY_RETURN_IF_ERROR(ReadWhole(link, statement, number, text, 255,
                                      kMaxBytes, cancel, &value, &null));
      if (null) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(std::move(value));
      }
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<CatalogRow>> CatalogRows(
    Link& link, const CancellationToken& cancel,
    const std::function<SQLRETURN(SQLHSTMT)>& function,
    std::initializer_list<SQLUSMALLINT> numbers) {
  ASSAY_ASSIGN_OR_RETURN(StatementHandle statement, link.NewStatement());
  std::vector<CatalogRow> rows;
  absl::Status status;
  {
    CancelScope scope(cancel, link.CancelTarget(statement.get()));
    const SQLRETURN result = function(statement.get());
    if (SQL_SUCCEEDED(result)) {
      status = ReadRows(link, cancel, statement.get(), numbers, &rows);
    } else {
      status = link.Failure(statement.get(), cancel);
    }
  }
  ASSAY_RETURN_IF_ERROR(status);
  return rows;
}

absl::StatusOr<std::vector<CatalogRow>> QueryRows(
    Link& link, const CancellationToken& cancel, const std::string& sql,
    const std::vector<Value>& parameters,
    std::initializer_list<SQLUSMALLINT> numbers) {
  Parameters bound;
  absl::Status status;
  absl::StatusOr<std::vector<CatalogRow>> rows = CatalogRows(
      link, cancel,
      [&](SQLHSTMT statement) -> SQLRETURN {
        const SQLRETURN result =
            SQLPrepare(statement, OdbcText(sql.c_str()), SQL_NTS);
        if (!SQL_SUCCEEDED(result)) return result;
        status = bound.Bind(link, statement, parameters);
        return status.ok() ? SQLExecute(statement) : SQLRETURN{SQL_ERROR};
      },
      numbers);
  ASSAY_RETURN_IF_ERROR(status);
  return rows;
}

}  // namespace assay::odbc
