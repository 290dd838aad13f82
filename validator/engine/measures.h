// SPDX-License-Identifier: Apache-2.0
// Fused aggregates: the measures of many rules in one SELECT, and the bisection
// that finds the guilty rule when that SELECT fails.
#ifndef ASSAY_VALIDATOR_ENGINE_MEASURES_H_
#define ASSAY_VALIDATOR_ENGINE_MEASURES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/engine/rule_state.h"
#include "validator/sql/render.h"

namespace assay::engine {

// Whether a failure is the statement's own fault, so that a part of the
// statement may do better. Never for time-outs, cancellation or a lost
// connection.
bool IsStatementsFault(const absl::Status& status);

// Writes the SELECT that measures all of `rules`; equal measures stand in it
// once. `places[i][j]` is the column of measure j of rule i.
absl::Status PutFusedMeasures(sql::SqlWriter& out, const sql::Scope& scope,
                              const ExprPtr& where,
                              absl::Span<RuleState* const> rules,
                              std::vector<std::vector<size_t>>& places);

// Fills observation.measures of `rules`, or their status. Returns an error only
// where the connection or the run is at fault, not a rule.
absl::Status MeasureRules(connections::Session& session,
                          const sql::Scope& scope, const ExprPtr& where,
                          absl::Span<RuleState* const> rules,
                          const std::string& marker,
                          const CancellationToken& cancel);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_MEASURES_H_
