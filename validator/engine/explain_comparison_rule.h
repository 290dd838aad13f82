// SPDX-License-Identifier: Apache-2.0
// Explain for one rule of a comparison.
#ifndef ASSAY_VALIDATOR_ENGINE_EXPLAIN_COMPARISON_RULE_H_
#define ASSAY_VALIDATOR_ENGINE_EXPLAIN_COMPARISON_RULE_H_

#include <string>

#include "absl/status/status.h"
#include "rules/plan/comparison.h"
#include "rules/ruleset/model.h"
#include "validator/connections/registry.h"
#include "validator/engine/diff_context.h"
#include "validator/engine/explain_trouble.h"

namespace assay::engine {

// What the rule demands and does, indented; no SQL.
std::string RuleText(const Rule& rule, const ComparisonPlan& plan);

// RuleText, the choices that are made before a row is read, and the SQL of both
// sides. Of the context `rule`, `comparison`, `parameters`, `source`, `target`,
// `as_of`, `marker`, `cancel` are used, and `plan`, null where rows cannot be
// compared. Reads catalogs only; not while the sessions do anything else.
// What has no SQL, or cannot run, is said in its place and counted in
// `trouble`.
std::string ExplainComparisonRule(const DiffContext& context,
                                  const ComparisonPlan& plan,
                                  ExplainTrouble& trouble);

// The status's message, without what both connections' policies hide.
std::string ShownMessage(const connections::ConnectionConfig& source,
                         const connections::ConnectionConfig& target,
                         const absl::Status& status);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_EXPLAIN_COMPARISON_RULE_H_
