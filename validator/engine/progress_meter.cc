// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/progress_meter.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace assay::engine {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(200);

}  // namespace

ProgressMeter::ProgressMeter(Observer* observer, int64_t steps_total)
    : observer_(observer) {
  absl::MutexLock lock(&mu_);
  progress_.steps_total = steps_total;
  started_ = absl::Now();
}

void ProgressMeter::StartActivity(const std::string& activity) {
  absl::MutexLock lock(&mu_);
  progress_.activity = activity;
  Tell(/*now_please=*/false);
}

void ProgressMeter::StepDone() {
  absl::MutexLock lock(&mu_);
  progress_.steps_done =
      std::min(progress_.steps_done + 1, progress_.steps_total);
  Tell(/*now_please=*/false);
}

void ProgressMeter::ExpectRows(int64_t rows) {
  absl::MutexLock lock(&mu_);
  progress_.rows_total += rows;
}

void ProgressMeter::RowsRead(int64_t rows) {
  absl::MutexLock lock(&mu_);
  progress_.rows_read += rows;
  Tell(/*now_please=*/false);
}

void ProgressMeter::Result(int index, const assay::Result& result) {
  absl::MutexLock lock(&mu_);
  observer_->OnResult(index, result);
}

void ProgressMeter::GroupDone(int group) {
  absl::MutexLock lock(&mu_);
  observer_->OnGroupDone(group);
}

void ProgressMeter::PairDone(int index, const std::string& pair,
                             const PairResult& result) {
  absl::MutexLock lock(&mu_);
  observer_->OnPairDone(index, pair, result);
}

void ProgressMeter::Finish() {
  absl::MutexLock lock(&mu_);
  progress_.steps_done = progress_.steps_total;
  // The total was an estimate.
  progress_.rows_total = progress_.rows_read;
  progress_.activity.clear();
  Tell(/*now_please=*/true);
}

absl::Status ProgressMeter::Session(const std::string& connection, int64_t id) {
  absl::MutexLock lock(&mu_);
  return observer_->OnSession(connection, id);
}

void ProgressMeter::Tell(bool now_please) {
  const absl::Time now = absl::Now();
  if (!now_please && now - told_ < kInterval) return;
  told_ = now;
  const absl::Duration elapsed = now - started_;
  // Rows tell more than steps, because one step may be a scan of hours.
  double done = 0;
  if (progress_.rows_total > 0) {
    done = static_cast<double>(progress_.rows_read) /
           static_cast<double>(progress_.rows_total);
  } else if (progress_.steps_total > 0) {
    done = static_cast<double>(progress_.steps_done) /
           static_cast<double>(progress_.steps_total);
  }
  const double seconds = absl::ToDoubleSeconds(elapsed);
  progress_.rows_per_second =
      seconds > 0 ? static_cast<double>(progress_.rows_read) / seconds : 0;
  progress_.remaining = done > 0.01 && done < 1 && seconds > 1
                            ? elapsed * ((1 - done) / done)
                            : absl::ZeroDuration();
  observer_->OnProgress(progress_);
}

}  // namespace assay::engine
