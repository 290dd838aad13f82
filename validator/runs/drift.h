// SPDX-License-Identifier: Apache-2.0
// What a run found beside what the last one of the same rule set did: for
// audits, where the question is what has become worse.
//
// Plain data and a pure function; thread-safe.
#ifndef ASSAY_VALIDATOR_RUNS_DRIFT_H_
#define ASSAY_VALIDATOR_RUNS_DRIFT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "rules/verdict/result.h"
#include "validator/runs/run.h"

namespace assay::runs {

// The labels that make a run one of a series (docs/operations.md): runs of one
// rule set that were started by different tasks have nothing to do with each
// other. The label `url` is not among them: it is of one attempt.
inline constexpr const char* kSeriesLabels[] = {"scheduler", "workflow",
                                                "task"};

struct CountDrift {
  const char* name = "";  // "rows failing"; docs of the API list them.
  int64_t before = 0;
  int64_t now = 0;
};

struct RuleDrift {
  std::string rule_id;
  Verdict before = Verdict::kUnspecified;
  Verdict now = Verdict::kUnspecified;
  std::vector<CountDrift> counts;  // Only those that are different.
  bool incomplete = false;         // Some of them are lower bounds.
};

struct Drift {
  std::string previous_run_id;
  absl::Time previous_as_of;
  Verdict previous_verdict = Verdict::kUnspecified;
  std::vector<RuleDrift> rules;  // Only those that are different.
  int64_t unchanged = 0;
  std::vector<std::string> new_rules;   // Only `now` has them.
  std::vector<std::string> gone_rules;  // Only `before` has them.
};

// Both with their results. Rules are matched by their id and kind; counts that
// only one of the runs has are left out.
Drift CompareRuns(const Run& before, const Run& now);

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_DRIFT_H_
