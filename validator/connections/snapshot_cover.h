// SPDX-License-Identifier: Apache-2.0
// Whether a session's snapshot covers all that is read in it: MariaDB's is of
// some storage engines only.
#ifndef ASSAY_VALIDATOR_CONNECTIONS_SNAPSHOT_COVER_H_
#define ASSAY_VALIDATOR_CONNECTIONS_SNAPSHOT_COVER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"

namespace assay::connections {

// The first of what is read outside of `session`'s snapshots, for people:
// "shop.log (MyISAM)"; empty: they cover everything. Read are `table` (no name:
// none) and whatever the SQL of `texts` may mean, which has no comments; views
// are followed. Where it is in doubt whether SQL means a table, it does. Fails
// as the connection does.
absl::StatusOr<std::string> OutsideSnapshot(
    Session& session, const Table& table, const std::vector<std::string>& texts,
    const CancellationToken& cancel);

// What a result says of readings inside a snapshot: the dialect's consistency,
// or, where `outside` (OutsideSnapshot) is not empty, that there is none.
std::string ConsistencyText(const sql::Dialect& dialect,
                            const std::string& outside);

// What in `text`, SQL without comments, may be a name: words that are no
// numbers, and what stands in quotes of identifiers. As spelled, each once,
// sorted.
std::vector<std::string> NamesIn(std::string_view text,
                                 const sql::Dialect::LexRules& rules);

}  // namespace assay::connections

#endif  // ASSAY_VALIDATOR_CONNECTIONS_SNAPSHOT_COVER_H_
