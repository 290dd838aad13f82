// SPDX-License-Identifier: Apache-2.0
// Takes "schema.table" apart as a user writes it.
#ifndef ASSAY_VALIDATOR_CONNECTIONS_TABLE_NAME_H_
#define ASSAY_VALIDATOR_CONNECTIONS_TABLE_NAME_H_

#include <optional>
#include <string_view>

#include "validator/db/connection.h"
#include "validator/sql/dialect.h"

namespace assay::connections {

// Splits at dots outside of quotes: double quotes, and backticks or brackets
// where the dialect has them; a doubled closing quote is one. nullopt where a
// part is empty, a quote is open, or there are more than three parts.
std::optional<db::TableName> SplitTableName(
    std::string_view name, const sql::Dialect::LexRules& rules);

}  // namespace assay::connections

#endif  // ASSAY_VALIDATOR_CONNECTIONS_TABLE_NAME_H_
