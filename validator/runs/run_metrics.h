// SPDX-License-Identifier: Apache-2.0
// What of runs is counted and logged, in one place.
//
// Thread-safe.
#ifndef ASSAY_VALIDATOR_RUNS_RUN_METRICS_H_
#define ASSAY_VALIDATOR_RUNS_RUN_METRICS_H_

#include "absl/time/time.h"
#include "rules/verdict/result.h"
#include "validator/base/log.h"
#include "validator/runs/run.h"
#include "validator/runs/run_manager.h"

namespace assay::runs {

// What a line of the log about `run` is about.
LogFields LogFieldsOf(const Run& run);

// StartRun is answered by `run`.
void NoteAccepted(const Run& run, Accepted accepted);

// A rule of a run is judged.
void NoteJudged(const Result& result, const LogFields& about);

// A run has ended, or is held, and its verdict is stored.
void NoteFinished(const Run& run);

// Somebody released a run; `run` as it is now.
void NoteReleased(const Run& run);

// A hold has ended that nobody released.
void NoteHoldEnded(const Run& run);

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_RUN_METRICS_H_
