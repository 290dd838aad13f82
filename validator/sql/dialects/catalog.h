// SPDX-License-Identifier: Apache-2.0
// The dialects' knowledge of their own catalogs, kept out of their main files
// (see Dialect::FactQuery and Dialect::Capacity). Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_SQL_DIALECTS_CATALOG_H_
#define ASSAY_VALIDATOR_SQL_DIALECTS_CATALOG_H_

#include <string>
#include <string_view>

#include "validator/sql/dialect.h"

namespace assay::sql {

// `relation` is a literal of the qualified name.
std::string PostgreSqlFactQuery(CatalogFact fact, const std::string& relation);

// Schema and table are literals.
std::string MariaDbFactQuery(CatalogFact fact, const std::string& schema,
                             const std::string& table);
TypeCapacity MariaDbCapacity(std::string_view native_type);

// `table` is a literal.
std::string SqliteFactQuery(CatalogFact fact, const std::string& table);
TypeCapacity SqliteCapacity(std::string_view native_type);

}  // namespace assay::sql

#endif  // ASSAY_VALIDATOR_SQL_DIALECTS_CATALOG_H_
