// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/author_sql.h"

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::engine {

absl::Status MayBringSql(const connections::ConnectionConfig& connection,
                         const TableRules& entry, const Rule& rule) {
  const bool brings = entry.where.has_value() || rule.where.has_value() ||
                      rule.kind == "expression" || rule.kind == "query" ||
                      rule.arguments.Has("table_where");
  if (connection.author_sql || !brings) return absl::OkStatus();
  return MakeError(
      ErrorReason::kPermissionDenied,
      absl::StrCat("connection '", connection.name,
                   "' does not take SQL from rule sets (author_sql: false in "
                   "the server's configuration)"));
}

}  // namespace assay::engine
