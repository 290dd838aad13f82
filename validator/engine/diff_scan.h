// SPDX-License-Identifier: Apache-2.0
// The reading half of a full diff: two sides at once, in step, into one window,
// with checkpoints.
#ifndef ASSAY_VALIDATOR_ENGINE_DIFF_SCAN_H_
#define ASSAY_VALIDATOR_ENGINE_DIFF_SCAN_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rules/verdict/result.h"
#include "validator/base/cancellation.h"
#include "validator/diff/window.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

struct ScanLimits {
  std::optional<int64_t> stop_after;       // Keys known to be changed.
  std::optional<int64_t> max_rows;         // Of both sides.
  std::optional<int64_t> rows_per_second;  // Of each side.
};

struct DiffScanOptions {
  ScanLimits limits;
  bool unique_keys = false;
  bool resumable = false;
  absl::Duration checkpoint_interval;
};

// One scan of two sides. Run is called once, by one thread; it uses a second.
class DiffScan {
 public:
  DiffScan(const DiffContext& context, const DiffScanOptions& options);
  ~DiffScan();

  // Reads both sides to their ends, or to a limit: then `stopped()` says which.
  absl::Status Run();

  // After Run.
  diff::Window& window() { return *window_; }
  const std::string& stopped() const { return stopped_text_; }
  bool resumed() const { return resumed_; }
  int64_t null_keys(diff::Side side) const { return of(side).null_keys; }
  // Removes the checkpoint: what it stood for is done.
  void Forget();

 private:
  struct SideState {
    std::vector<Value> position;  // See StreamRequest::after.
    int64_t rows = 0;
    int64_t null_keys = 0;
    int64_t estimate = 0;  // Of all rows; 0: unknown.
    bool done = false;
  };

  const SideState& of(diff::Side side) const {
    return sides_[side == diff::Side::kSource ? 0 : 1];
  }
  SideState& of(diff::Side side) {
    return sides_[side == diff::Side::kSource ? 0 : 1];
  }

  absl::Status ReadSide(diff::Side side);
  void Estimate(diff::Side side);
  // Takes a batch, under the lock; waits while this side is far ahead.
  absl::Status Take(diff::Side side, const diff::DigestBatch& batch,
                    const std::vector<Value>& position);
  bool FarAhead(diff::Side side) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CheckLimits() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void MaybeCheckpoint() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status SaveCheckpoint() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Goes on from a checkpoint where there is one that fits.
  void Resume();
  std::string Binding() const;

  const DiffContext& context_;
  const DiffScanOptions options_;
  CancellationSource stop_;
  CancellationToken token_;
  absl::Mutex mu_;
  std::unique_ptr<diff::Window> window_;
  SideState sides_[2];
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool failed_ ABSL_GUARDED_BY(mu_) = false;
  std::string stopped_text_;
  absl::Time next_checkpoint_ ABSL_GUARDED_BY(mu_);
  int64_t generation_ = 0;
  bool resumed_ = false;
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DIFF_SCAN_H_
