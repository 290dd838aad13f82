// SPDX-License-Identifier: Apache-2.0
// One rule on one pair of tables, with both sessions at hand: looks up,
// measures, judges.
#ifndef ASSAY_VALIDATOR_ENGINE_COMPARISON_RULE_H_
#define ASSAY_VALIDATOR_ENGINE_COMPARISON_RULE_H_

#include <string>

#include "absl/status/status.h"
#include "rules/plan/comparison.h"
#include "rules/verdict/result.h"
#include "validator/engine/comparison_group.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

struct ComparisonRuleRequest {
  const ExecuteRequest* execution = nullptr;  // Borrowed, as all below.
  const Comparison* comparison = nullptr;
  const Rule* rule = nullptr;
  const ComparisonPlan* plan = nullptr;
  TablePair pair;
  bool any_table = false;  // The pair is one of a wildcard's.
  uint64_t seed = 0;
  ProgressMeter* meter = nullptr;
  CancellationToken cancel;
  std::vector<SessionPair> more_sessions;  // See DiffContext.
  std::string scratch;
  std::string differences;
  std::string recheck_list;  // See FullDiffRequest.
  int64_t recheck_keys = 0;
  // Set to BindingOf (pair_binding.h) once the sides are open; null: not asked.
  std::string* binding = nullptr;
};

// Fills `result`, verdict and all. An error is the rule's or the connection's;
// then `result` has what is known.
absl::Status RunComparisonRule(const ComparisonRuleRequest& request,
                               connections::Session& source,
                               connections::Session& target, Result& result);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_COMPARISON_RULE_H_
