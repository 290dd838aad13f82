// SPDX-License-Identifier: Apache-2.0
// The reading half of a full diff: two sides at once, in step, into one window,
// with checkpoints. Where the keys are whole numbers, several pairs of sessions
// can read ranges of them side by side, and what both sides have passed leaves
// the window at once.
#ifndef ASSAY_VALIDATOR_ENGINE_DIFF_SCAN_H_
#define ASSAY_VALIDATOR_ENGINE_DIFF_SCAN_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rules/verdict/result.h"
#include "validator/base/cancellation.h"
#include "validator/diff/window.h"
#include "validator/engine/checkpoint.h"
#include "validator/engine/diff_context.h"
#include "validator/engine/key_order.h"
#include "validator/engine/leftover_list.h"

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
  // Takes keys that are known to differ before the end, so that they need not
  // wait in the window. Called under the scan's lock, by one thread at a time.
  // Null: all wait. REQUIRES: unique_keys, where it is given.
  std::function<absl::Status(const diff::LeftoverKey&)> drain;
  // Where `drain` puts them as far as a resumed scan needs them again; a
  // checkpoint makes it durable, and resuming restores it.
  LeftoverList* drained = nullptr;
};

// One scan of two sides. Run is called once, by one thread; it uses four for
// each pair of sessions.
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
  int64_t null_keys(diff::Side side) const;
  // How many pairs of sessions read, and over how many ranges of keys.
  size_t readers() const { return readers_.size(); }
  size_t ranges() const { return ranges_.size(); }
  // Removes the checkpoint: what it stood for is done.
  void Forget();

 private:
  using Range = CheckpointRange;

  static CheckpointSide& Of(Range& range, diff::Side side) {
    return side == diff::Side::kSource ? range.source : range.target;
  }
  static const CheckpointSide& Of(const Range& range, diff::Side side) {
    return side == diff::Side::kSource ? range.source : range.target;
  }

  std::unique_ptr<diff::Window> NewWindow() const;
  absl::Status CutRanges();
  // Reads ranges with one pair of sessions until none is left.
  void Work(const SessionPair& sessions);
  void Read(const SessionPair& sessions, size_t range, diff::Side side);
  absl::Status ReadSide(connections::Session* session, size_t range,
                        diff::Side side);
  // After trouble: ends the statements of all. After a limit it leaves them
  // alone, and their transactions good for what is read afterwards: each reader
  // ends with its next rows.
  void EndAll();
  void Estimate();
  // Takes a batch, under the lock; waits while this side is far ahead.
  absl::Status Take(size_t range, diff::Side side,
                    const diff::DigestBatch& batch,
                    const std::vector<Value>& position);
  // Rows that the other side has passed without a partner leave at once.
  absl::Status AddToWindow(size_t range, diff::Side side,
                           const diff::DigestBatch& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool FarAhead(size_t range, diff::Side side) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // About how many rows the window holds in memory.
  size_t WindowEntries() const;
  size_t DrainStep() const;
  absl::Status MaybeDrain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int64_t RowsRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CheckLimits() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void MaybeCheckpoint() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status SaveCheckpoint() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Goes on from a checkpoint where there is one that fits.
  void Resume();
  absl::Status TakeUp(const Checkpoint& checkpoint);
  bool AllDone() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string Binding() const;

  const DiffContext& context_;
  const DiffScanOptions options_;
  CancellationSource stop_;
  CancellationToken token_;
  CancellationSource rest_;  // Ends what sleeps for the rate's sake.
  CancellationToken rested_;
  absl::Mutex mu_;
  std::unique_ptr<diff::Window> window_;
  std::vector<SessionPair> readers_;
  std::vector<Range> ranges_;  // In order; together all keys.
  size_t next_range_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t estimates_[2] = {0, 0};  // Of each side's rows; 0: unknown.
  bool in_order_ = false;          // See InKeyOrder.
  size_t drain_at_ ABSL_GUARDED_BY(mu_) = 0;  // Entries of the window.
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool failed_ ABSL_GUARDED_BY(mu_) = false;
  std::string stopped_text_;
  absl::Time next_checkpoint_ ABSL_GUARDED_BY(mu_);
  int64_t generation_ = 0;
  bool resumed_ = false;
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DIFF_SCAN_H_
