// SPDX-License-Identifier: Apache-2.0
// Counts steps and rows of one execution and tells its observer now and then.
#ifndef ASSAY_VALIDATOR_ENGINE_PROGRESS_METER_H_
#define ASSAY_VALIDATOR_ENGINE_PROGRESS_METER_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/engine/engine.h"

namespace assay::engine {

// Thread-safe. Also keeps the observer's promise of one call at a time.
class ProgressMeter {
 public:
  // `observer` is borrowed.
  ProgressMeter(Observer* observer, int64_t steps_total);

  void StartActivity(const std::string& activity);
  void StepDone();
  // Rows that a scan is about to read, as far as known.
  void ExpectRows(int64_t rows);
  void RowsRead(int64_t rows);

  void Result(int index, const assay::Result& result);
  void GroupDone(int group);
  void PairDone(int index, const std::string& pair, const PairResult& result);
  // Everything is done: the last word that the observer hears.
  void Finish();
  absl::Status Session(const std::string& connection, int64_t id);

 private:
  // Tells the observer, at most five times a second unless `now_please`.
  void Tell(bool now_please) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Observer* const observer_;
  absl::Mutex mu_;
  Progress progress_ ABSL_GUARDED_BY(mu_);
  absl::Time started_ ABSL_GUARDED_BY(mu_);
  absl::Time told_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_PROGRESS_METER_H_
