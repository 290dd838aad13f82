// SPDX-License-Identifier: Apache-2.0
// How a scan becomes durable and is taken up again.
#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/engine/diff_scan.h"

namespace assay::engine {
namespace {

// Writing a checkpoint may take at most this part of the time.
constexpr int64_t kCheckpointShare = 20;

// Of what Dialect::KeyForm reads: 2, bytes where text could come back as
// another one.
constexpr int kPositionVersion = 2;

}  // namespace

std::string DiffScan::Binding() const {
  return absl::StrCat(
      Fingerprint(*context_.plan, *context_.source, *context_.target),
      "\nlist ", kLeftoverListVersion, "\nposition ", kPositionVersion,
      "\nseed ", context_.seed, "\nunique ", options_.unique_keys, "\n",
      ExplainText(context_.source_where), "\n",
      ExplainText(context_.target_where));
}

absl::Status DiffScan::TakeUp(const Checkpoint& checkpoint) {
  ASSAY_RETURN_IF_ERROR(window_->Load(checkpoint.window));
  if (checkpoint.drained.records > 0) {
    if (options_.drained == nullptr) {
      return MakeError(ErrorReason::kInternal, "nothing takes its differences");
    }
    ASSAY_RETURN_IF_ERROR(options_.drained->Restore(checkpoint.drained));
  }
  return absl::OkStatus();
}

void DiffScan::Resume() {
  if (!options_.resumable || context_.scratch.empty()) return;
  absl::StatusOr<Checkpoint> found =
      ReadCheckpoint(context_.scratch, Binding());
  if (!found.ok()) {
    if (!absl::IsNotFound(found.status())) {
      LogWarning(absl::StrCat("the diff starts again: ",
                              std::string(found.status().message())),
                 context_.log);
    }
    return;
  }
  if (const absl::Status status = TakeUp(*found); !status.ok()) {
    LogWarning(absl::StrCat("the diff starts again: checkpoint: ",
                            std::string(status.message())),
               context_.log);
    window_ = NewWindow();
    return;
  }
  ranges_ = std::move(found->ranges);
  generation_ = found->generation;
  resumed_ = true;
}

absl::Status DiffScan::SaveCheckpoint() {
  Checkpoint checkpoint;
  checkpoint.generation = ++generation_;
  checkpoint.window =
      absl::StrCat(context_.scratch, "/window.", checkpoint.generation);
  checkpoint.ranges = ranges_;
  if (options_.drained != nullptr) {
    ASSAY_RETURN_IF_ERROR(options_.drained->Sync(checkpoint.drained));
  }
  ASSAY_RETURN_IF_ERROR(window_->Save(checkpoint.window));
  return WriteCheckpoint(context_.scratch, Binding(), checkpoint);
}

void DiffScan::MaybeCheckpoint() {
  if (!options_.resumable || context_.scratch.empty()) return;
  const absl::Time start = absl::Now();
  if (start < next_checkpoint_) return;
  // Rows without a position cannot be skipped when the reading goes on.
  for (const Range& range : ranges_) {
    for (const CheckpointSide* side : {&range.source, &range.target}) {
      if (side->rows > 0 && !side->done && side->position.empty()) return;
    }
  }
  if (const absl::Status status = SaveCheckpoint(); !status.ok()) {
    // The diff itself goes on; only a restart would begin again.
    LogWarning(
        absl::StrCat("checkpoint not written: ", std::string(status.message())),
        context_.log);
  }
  const absl::Time end = absl::Now();
  next_checkpoint_ = end + std::max(options_.checkpoint_interval,
                                    (end - start) * kCheckpointShare);
}

void DiffScan::Forget() { RemoveCheckpoint(context_.scratch); }

}  // namespace assay::engine
