// SPDX-License-Identifier: Apache-2.0
// Reads what the catalog knows of a table (db::TableFacts). Never data.
#ifndef ASSAY_VALIDATOR_CONNECTIONS_TABLE_FACTS_H_
#define ASSAY_VALIDATOR_CONNECTIONS_TABLE_FACTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/db/table_facts.h"

namespace assay::connections {

// The facts of `table`, as Session::DescribeTable found it. What the dialect or
// the role cannot read is said in the facts (`…_unread`); fails only where the
// connection does (kConnectionLost, kCancelled, kTransient, …).
absl::StatusOr<db::TableFacts> ReadTableFacts(Session& session,
                                              const Table& table,
                                              const CancellationToken& cancel);

// The predicates of the CHECKs in a CREATE TABLE, in order.
std::vector<std::string> ChecksOfCreateTable(std::string_view ddl);

}  // namespace assay::connections

#endif  // ASSAY_VALIDATOR_CONNECTIONS_TABLE_FACTS_H_
