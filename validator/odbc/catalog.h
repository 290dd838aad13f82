// SPDX-License-Identifier: Apache-2.0
// Looks tables up through ODBC's catalog functions.
#ifndef ASSAY_VALIDATOR_ODBC_CATALOG_H_
#define ASSAY_VALIDATOR_ODBC_CATALOG_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/base/cancellation.h"
#include "validator/db/connection.h"
#include "validator/odbc/link.h"

namespace assay::odbc {

// See db::Connection::Describe. One SQLColumns finds a table that is spelled
// exactly; only where there is none are all tables listed.
absl::StatusOr<db::CatalogTable> DescribeTable(Link& link,
                                               const db::TableName& name,
                                               const CancellationToken& cancel);

// See db::Connection::ListTables.
absl::StatusOr<std::vector<db::TableName>> ListTables(
    Link& link, std::string_view schema_pattern,
    const CancellationToken& cancel);

// Fills primary_key and unique_keys of `table`, and corrects nullable where a
// primary key forbids NULL. A key is listed in unique_keys only where the
// database enforces it for every row: whole columns, none of them nullable, no
// partial index, no expression.
absl::Status DescribeKeys(Link& link, const CancellationToken& cancel,
                          db::CatalogTable* table);

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_CATALOG_H_
