// SPDX-License-Identifier: Apache-2.0
#include "validator/report/outcome.h"

#include <algorithm>

#include "validator/report/hold_text.h"

namespace assay::report {
namespace {

bool IsKnown(v1::Verdict verdict) {
  return verdict == v1::VERDICT_PASS || verdict == v1::VERDICT_WARN ||
         verdict == v1::VERDICT_FAIL || verdict == v1::VERDICT_ERROR;
}

// FAIL > ERROR > WARN > PASS.
int Rank(v1::Verdict verdict) {
  switch (KnownVerdict(verdict)) {
    case v1::VERDICT_FAIL:
      return 3;
    case v1::VERDICT_ERROR:
      return 2;
    case v1::VERDICT_WARN:
      return 1;
    default:
      return 0;
  }
}

// Whether counts or results say something worse than the run's own verdict.
bool ResultsAreWorse(const v1::Run& run) {
  const v1::VerdictCounts& counts = run.counts();
  int worst = 0;
  if (counts.warn_count() != 0) worst = 1;
  if (counts.error_count() != 0) worst = 2;
  if (counts.fail_count() != 0) worst = 3;
  for (const v1::RuleResult& result : run.results()) {
    worst = std::max(worst, Rank(result.verdict()));
  }
  return worst > Rank(run.verdict());
}

bool NothingEvaluated(const v1::Run& run) {
  const v1::VerdictCounts& counts = run.counts();
  return run.results().empty() && counts.pass_count() <= 0 &&
         counts.warn_count() <= 0;
}

// Why PASS or WARN may not proceed; empty: it may.
std::string WhyNotProceed(const v1::Run& run) {
  if (run.state() != v1::Run::SUCCEEDED) {
    return "the run did not succeed, but its verdict says so";
  }
  if (run.decision() != v1::DECISION_PROCEED) {
    return "verdict and decision do not agree";
  }
  if (run.has_error()) return "the run has an error, but its verdict has none";
  if (NothingEvaluated(run)) return "no rule was judged";
  if (ResultsAreWorse(run)) return "a result is worse than the run's verdict";
  return "";
}

// Why a FAIL that somebody has released may not proceed; empty: it may.
std::string WhyNotReleased(const v1::Run& run) {
  if (run.state() != v1::Run::SUCCEEDED) {
    return "a run that did not succeed cannot be released";
  }
  if (!IsReleased(run)) return "the release has no name, reason or time";
  if (run.has_error()) return "a run with an error cannot be released";
  return "";
}

}  // namespace

Outcome Judge(const v1::Run& run, bool fail_on_warn) {
  Outcome out;
  out.terminal = IsTerminal(run.state());
  if (!out.terminal) {
    // A client that lost the run puts an error into what it last saw of it.
    out.verdict = run.has_error() ? v1::VERDICT_ERROR : v1::VERDICT_UNSPECIFIED;
    if (run.has_error()) return out;
    if (run.state() == v1::Run::HELD) {
      out.verdict = KnownVerdict(run.verdict());
      out.exit_code = kExitFail;
      return out;
    }
    if (run.state() == v1::Run::STATE_UNSPECIFIED ||
        !v1::Run::State_IsValid(run.state())) {
      out.contradiction = "the run's state is not known to this client";
    }
    return out;
  }
  out.verdict = KnownVerdict(run.verdict());
  if (!IsKnown(run.verdict())) {
    out.contradiction = "the run's verdict is not known to this client";
  }
  const int error_code = run.retryable() ? kExitRetryable : kExitPermanent;
  switch (out.verdict) {
    case v1::VERDICT_PASS:
    case v1::VERDICT_WARN: {
      if (out.verdict == v1::VERDICT_WARN && fail_on_warn) {
        out.exit_code = kExitFail;
        return out;
      }
      // A server that counts WARN as FAIL may keep the verdict's word.
      if (out.verdict == v1::VERDICT_WARN &&
          run.state() == v1::Run::SUCCEEDED &&
          run.decision() == v1::DECISION_HOLD && !ResultsAreWorse(run)) {
        out.exit_code = kExitFail;
        return out;
      }
      out.contradiction = WhyNotProceed(run);
      if (out.contradiction.empty()) {
        out.decision = v1::DECISION_PROCEED;
        out.exit_code = kExitProceed;
      } else {
        out.verdict = v1::VERDICT_ERROR;
        out.exit_code = error_code;
      }
      return out;
    }
    case v1::VERDICT_FAIL:
      out.exit_code = kExitFail;
      if (run.decision() == v1::DECISION_ROLLBACK) {
        if (run.state() == v1::Run::SUCCEEDED) {
          out.decision = v1::DECISION_ROLLBACK;
          out.exit_code = kExitRollback;
        } else {
          out.contradiction = "a run that did not succeed cannot roll back";
        }
      } else if (run.decision() == v1::DECISION_PROCEED && run.has_release()) {
        out.contradiction = WhyNotReleased(run);
        if (out.contradiction.empty()) {
          out.decision = v1::DECISION_PROCEED;
          out.exit_code = kExitProceed;
        }
      } else if (run.decision() != v1::DECISION_HOLD) {
        out.contradiction = "verdict and decision do not agree";
      }
      return out;
    default:
      out.exit_code = error_code;
      if (out.contradiction.empty() && run.decision() != v1::DECISION_HOLD) {
        out.contradiction = "verdict and decision do not agree";
      }
      return out;
  }
}

bool IsTerminal(v1::Run::State state) {
  return state == v1::Run::SUCCEEDED || state == v1::Run::FAILED ||
         state == v1::Run::CANCELLED;
}

v1::Verdict KnownVerdict(v1::Verdict verdict) {
  return IsKnown(verdict) ? verdict : v1::VERDICT_ERROR;
}

std::string_view VerdictWord(v1::Verdict verdict) {
  switch (KnownVerdict(verdict)) {
    case v1::VERDICT_PASS:
      return "PASS";
    case v1::VERDICT_WARN:
      return "WARN";
    case v1::VERDICT_FAIL:
      return "FAIL";
    default:
      return "ERROR";
  }
}

std::string_view DecisionWord(v1::Decision decision) {
  switch (decision) {
    case v1::DECISION_PROCEED:
      return "PROCEED";
    case v1::DECISION_ROLLBACK:
      return "ROLLBACK";
    default:
      return "HOLD";
  }
}

std::string_view StateWord(v1::Run::State state) {
  switch (state) {
    case v1::Run::PENDING:
      return "PENDING";
    case v1::Run::RUNNING:
      return "RUNNING";
    case v1::Run::SUSPENDED:
      return "SUSPENDED";
    case v1::Run::CANCELLING:
      return "CANCELLING";
    case v1::Run::SUCCEEDED:
      return "SUCCEEDED";
    case v1::Run::FAILED:
      return "FAILED";
    case v1::Run::CANCELLED:
      return "CANCELLED";
    case v1::Run::HELD:
      return "HELD";
    default:
      return "UNKNOWN";
  }
}

double ElapsedSeconds(const v1::Run& run) {
  if (!run.has_end_time()) return 0;
  const google::protobuf::Timestamp& begin =
      run.has_as_of_time() ? run.as_of_time() : run.start_time();
  if (begin.seconds() == 0) return 0;
  const double seconds =
      static_cast<double>(run.end_time().seconds()) -
      static_cast<double>(begin.seconds()) +
      (static_cast<double>(run.end_time().nanos()) - begin.nanos()) * 1e-9;
  return std::max(0.0, seconds);
}

}  // namespace assay::report
