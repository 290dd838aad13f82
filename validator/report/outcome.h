// SPDX-License-Identifier: Apache-2.0
// What a run means to a client: the one place that decides whether a migration
// may go on. Fails closed: what is unknown, missing or contradictory is ERROR
// and HOLD.
//
// Pure functions; thread-safe.
#ifndef ASSAY_VALIDATOR_REPORT_OUTCOME_H_
#define ASSAY_VALIDATOR_REPORT_OUTCOME_H_

#include <string>
#include <string_view>

#include "assay/v1/run.pb.h"

namespace assay::report {

// The CLI's exit codes, as docs and schedulers know them.
inline constexpr int kExitProceed = 0;
inline constexpr int kExitFail = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRetryable = 3;
inline constexpr int kExitRollback = 4;
inline constexpr int kExitPermanent = 5;

struct Outcome {
  bool terminal = false;
  // UNSPECIFIED only where the run is neither judged nor has an error; else one
  // of the four.
  v1::Verdict verdict = v1::VERDICT_ERROR;
  // Never UNSPECIFIED. PROCEED and ROLLBACK only where state, verdict, counts
  // and results all agree with it, or where a FAIL was released by somebody
  // who is named.
  v1::Decision decision = v1::DECISION_HOLD;
  // For a terminal run; kExitFail where it is HELD, and kExitRetryable where it
  // is not judged.
  int exit_code = kExitRetryable;
  // What was not understood in the server's answer; empty: all agreed.
  std::string contradiction;
};

// Reads `run`. With `fail_on_warn` a WARN never proceeds, even where the server
// says so.
Outcome Judge(const v1::Run& run, bool fail_on_warn = false);

// Whether `state` is one of the three terminal states that we know.
bool IsTerminal(v1::Run::State state);

// One of the four verdicts; an unknown value or none is ERROR.
v1::Verdict KnownVerdict(v1::Verdict verdict);

// "PASS", "WARN", "FAIL", "ERROR"; an unknown value or none is "ERROR".
std::string_view VerdictWord(v1::Verdict verdict);

// "PROCEED", "HOLD", "ROLLBACK"; an unknown value or none is "HOLD".
std::string_view DecisionWord(v1::Decision decision);

// "PENDING", "RUNNING", …; an unknown value or none is "UNKNOWN".
std::string_view StateWord(v1::Run::State state);

// Seconds from start to end; to the last that is known; negative never.
double ElapsedSeconds(const v1::Run& run);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_OUTCOME_H_
