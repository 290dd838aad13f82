// SPDX-License-Identifier: Apache-2.0
// Who released a hold, how one ended, and what has changed since the last run
// of the same rule set: the same words in every report.
//
// Pure functions; thread-safe. What they return is escaped, on one line.
#ifndef ASSAY_VALIDATOR_REPORT_HOLD_TEXT_H_
#define ASSAY_VALIDATOR_REPORT_HOLD_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "assay/v1/run.pb.h"

namespace assay::report {

// Whether somebody has let the migration go on, as far as can be believed: with
// a name, a reason and a time.
bool IsReleased(const v1::Run& run);

// "released by anna (local) on 2026-01-02 03:04:05 UTC: known, see OPS-12"; ""
// where nobody did.
std::string ReleaseText(const v1::Run& run);

// "held until 2026-01-02 03:04:05 UTC", or how the hold ended where nobody
// released it; "" where the run was never held.
std::string HoldText(const v1::Run& run);

// "assay release RUN --reason '…'" for a run that is held; else "".
std::string ReleaseCommand(const v1::Run& run);

// "since run X of 2026-01-02 03:04:05 UTC (PASS): 2 rules differ, 5 as before";
// "" where there is no earlier run.
std::string DriftSummary(const v1::Run& run);

// "changed 12 → 40, missing 0 → 3; WARN → FAIL".
std::string RuleDriftText(const v1::RuleDrift& rule);

// The rules that differ, with their ids, then those that only one of the runs
// has; at most `most` lines, the last saying what is left out.
std::vector<std::string> DriftLines(const v1::Run& run, size_t most);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_HOLD_TEXT_H_
