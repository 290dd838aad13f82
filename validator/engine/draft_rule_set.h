// SPDX-License-Identifier: Apache-2.0
// Drafts a rule set from the catalogs of a source and a target: every pair of
// tables as a comparison, and what the catalogs demand of the data as rules on
// the target. Never reads data.
//
// Thread-safe.
#ifndef ASSAY_VALIDATOR_ENGINE_DRAFT_RULE_SET_H_
#define ASSAY_VALIDATOR_ENGINE_DRAFT_RULE_SET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"

namespace assay::engine {

struct DraftRequest {
  std::string source, target;  // Connections.
  // Patterns as in db::Connection::ListTables; empty: where a bare name is
  // looked up.
  std::string source_schema, target_schema;
  // Names without schema, or patterns ('*', '?'; without case); empty: all.
  std::vector<std::string> tables;
};

struct Draft {
  std::string yaml;  // Lints clean.
  // What a person should know that is not said beside its table.
  std::vector<std::string> warnings;
};

// Fails with kArgumentInvalid, kConnectionNotFound, kTableNotFound (no table is
// on both sides), kDatabaseUnreachable, …
absl::StatusOr<Draft> DraftRuleSet(const DraftRequest& request,
                                   connections::Registry& registry,
                                   const CancellationToken& cancel);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DRAFT_RULE_SET_H_
