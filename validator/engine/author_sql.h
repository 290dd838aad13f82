// SPDX-License-Identifier: Apache-2.0
// Whether a rule about a table may bring SQL of its author's. Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_AUTHOR_SQL_H_
#define ASSAY_VALIDATOR_ENGINE_AUTHOR_SQL_H_

#include "absl/status/status.h"
#include "rules/ruleset/model.h"
#include "validator/connections/registry.h"

namespace assay::engine {

// kPermissionDenied where `rule` or its entry carries SQL and the connection
// takes none.
absl::Status MayBringSql(const connections::ConnectionConfig& connection,
                         const TableRules& entry, const Rule& rule);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_AUTHOR_SQL_H_
