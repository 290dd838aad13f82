// SPDX-License-Identifier: Apache-2.0
// Small results as texts: what the catalog functions return.
#ifndef ASSAY_VALIDATOR_ODBC_CATALOG_ROWS_H_
#define ASSAY_VALIDATOR_ODBC_CATALOG_ROWS_H_

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/base/cancellation.h"
#include "validator/odbc/link.h"
#include "validator/value/value.h"

namespace assay::odbc {

using CatalogRow = std::vector<std::optional<std::string>>;

// Calls `function` with a new statement and reads the columns `numbers`
// (ascending, from 1) of its result. Stops with the token.
absl::StatusOr<std::vector<CatalogRow>> CatalogRows(
    Link& link, const CancellationToken& cancel,
    const std::function<SQLRETURN(SQLHSTMT)>& function,
    std::initializer_list<SQLUSMALLINT> numbers);

// The same for a query with text parameters.
absl::StatusOr<std::vector<CatalogRow>> QueryRows(
    Link& link, const CancellationToken& cancel, const std::string& sql,
    const std::vector<Value>& parameters,
    std::initializer_list<SQLUSMALLINT> numbers);

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_CATALOG_ROWS_H_
