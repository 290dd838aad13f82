// SPDX-License-Identifier: Apache-2.0
// The dialects' knowledge of their own catalogs, kept out of their main files
// (see the questions of Dialect that they answer). Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_SQL_DIALECTS_CATALOG_H_
#define ASSAY_VALIDATOR_SQL_DIALECTS_CATALOG_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "validator/sql/dialect.h"

namespace assay::sql {

// `relation` is a literal of the qualified name.
std::string PostgreSqlFactQuery(CatalogFact fact, const std::string& relation);
std::string PostgreSqlColumnDetails(const std::string& relation);
std::string PostgreSqlDerivedDetails(const std::string& derived,
                                     size_t columns);

// Schema, table and names of tables are literals, columns are quoted; an empty
// schema of MariaDbSnapshotGaps: any.
std::string MariaDbFactQuery(CatalogFact fact, const std::string& schema,
                             const std::string& table);
std::string MariaDbColumnDetails(const std::string& schema,
                                 const std::string& table);
std::string MariaDbDerivedDetails(const std::string& derived,
                                  const std::vector<std::string>& columns);
std::string MariaDbSnapshotGaps(const std::string& schema,
                                const std::vector<std::string>& names);
TypeCapacity MariaDbCapacity(std::string_view native_type);

// `table` is a literal.
std::string SqliteFactQuery(CatalogFact fact, const std::string& table);
TypeCapacity SqliteCapacity(std::string_view native_type);

}  // namespace assay::sql

#endif  // ASSAY_VALIDATOR_SQL_DIALECTS_CATALOG_H_
