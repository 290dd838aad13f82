// SPDX-License-Identifier: Apache-2.0
#include "rules/verdict/result.h"

namespace assay {

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "PASS";
    case Verdict::kWarn:
      return "WARN";
    case Verdict::kFail:
      return "FAIL";
    case Verdict::kError:
      return "ERROR";
    case Verdict::kUnspecified:
      break;
  }
  return "UNSPECIFIED";
}

const char* DecisionName(Decision decision) {
  switch (decision) {
    case Decision::kProceed:
      return "PROCEED";
    case Decision::kHold:
      return "HOLD";
    case Decision::kRollback:
      return "ROLLBACK";
    case Decision::kUnspecified:
      break;
  }
  return "UNSPECIFIED";
}

Outcome Fold(absl::Span<const Result> results, const FoldOptions& options,
             bool interrupted) {
  Outcome outcome;
  bool roll_back = false;
  bool all_retryable = true;
  for (const Result& result : results) {
    switch (result.verdict) {
      case Verdict::kPass:
        ++outcome.counts.pass;
        break;
      case Verdict::kWarn:
        ++outcome.counts.warn;
        break;
      case Verdict::kFail:
        ++outcome.counts.fail;
        // An empty table may be a table that is not loaded yet: nobody rolls
        // back for it.
        if (result.rollback && result.confirmed && !result.empty) {
          roll_back = true;
        }
        break;
      case Verdict::kError:
      case Verdict::kUnspecified:  // Not judged is not passed.
        ++outcome.counts.error;
        if (!result.error.has_value() || !result.error->retryable) {
          all_retryable = false;
        }
        break;
    }
  }
  // A WARN that the caller counts as FAIL holds, but has not broken the rule's
  // own fail threshold: it never rolls back.
  const bool failed = outcome.counts.fail > 0 ||
                      (options.fail_on_warn && outcome.counts.warn > 0);
  if (failed) {
    outcome.verdict = Verdict::kFail;
  } else if (outcome.counts.error > 0 || interrupted || results.empty()) {
    outcome.verdict = Verdict::kError;
  } else if (outcome.counts.warn > 0) {
    outcome.verdict = Verdict::kWarn;
  } else {
    outcome.verdict = Verdict::kPass;
  }
  switch (outcome.verdict) {
    case Verdict::kPass:
    case Verdict::kWarn:
      outcome.decision = Decision::kProceed;
      break;
    case Verdict::kFail:
      outcome.decision =
          roll_back && !interrupted ? Decision::kRollback : Decision::kHold;
      break;
    default:
      outcome.decision = Decision::kHold;
      break;
  }
  // Nothing evaluated stays nothing on a retry, unless it was interrupted.
  outcome.retryable = outcome.verdict == Verdict::kError && all_retryable &&
                      (interrupted || !results.empty());
  return outcome;
}

}  // namespace assay
