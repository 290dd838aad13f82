// SPDX-License-Identifier: Apache-2.0
// How what was read gets into the window, and the two sides keep step.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/diff/payload.h"
#include "validator/engine/diff_scan.h"
#include "validator/engine/key_order.h"

namespace assay::engine {
namespace {

using diff::Side;

// So far may one side be ahead of the other, so that the window stays small
// where both come in about the same order. Waiting costs nothing: the databases
// and we share what there is of processors, or the slower side decides anyway.
constexpr int64_t kMaxLead = 50000;
// So many rows more in the window make it worth looking for those that can
// leave it; fewer where the window is small.
constexpr size_t kDrainEntries = 32768;
// About what an entry takes in the window.
constexpr size_t kEntryBytes = 128;

// The key's first column where a side's reading stands; nullopt: unknown.
std::optional<int64_t> LeadingKey(const CheckpointSide& side) {
  if (side.position.empty()) return std::nullopt;
  const auto* key = std::get_if<int64_t>(&side.position.front());
  return key == nullptr ? std::nullopt : std::optional(*key);
}
}  // namespace

int64_t DiffScan::RowsRead() const {
  int64_t count = 0;
  for (const Range& range : ranges_) {
    count += range.source.rows + range.target.rows;
  }
  return count;
}

bool DiffScan::FarAhead(size_t range, Side side) const {
  const CheckpointSide& mine = Of(ranges_[range], side);
  const CheckpointSide& other = Of(ranges_[range], diff::Other(side));
  if (other.done || stopped_ || failed_) return false;
  if (in_order_) {
    // By keys, however unevenly they are spread over the sides.
    const std::optional<int64_t> here = LeadingKey(mine);
    const std::optional<int64_t> there = LeadingKey(other);
    const bool ahead = here.has_value() && (!there.has_value() || here > there);
    const size_t most = std::min(
        static_cast<size_t>(kMaxLead) * readers_.size(), WindowEntries() / 2);
    return ahead && window_->entries() > most;
  }
  if (estimates_[0] <= 0 || estimates_[1] <= 0) {
    return mine.rows > other.rows + kMaxLead;
  }
  // In parts of the whole, since the sides may have very different lengths.
  const auto whole = [&](Side of, int64_t rows) {
    return static_cast<double>(
        std::max(estimates_[of == Side::kSource ? 0 : 1], rows));
  };
  const double mine_whole = whole(side, mine.rows);
  const double other_whole = whole(diff::Other(side), other.rows);
  const double lead = static_cast<double>(mine.rows) / mine_whole -
                      static_cast<double>(other.rows) / other_whole;
  return lead * std::max(mine_whole, other_whole) >
         static_cast<double>(kMaxLead);
}

size_t DiffScan::WindowEntries() const {
  return context_.window_bytes / kEntryBytes;
}

size_t DiffScan::DrainStep() const {
  return std::min(kDrainEntries, WindowEntries() / 4);
}

absl::Status DiffScan::MaybeDrain() {
  if (!in_order_ || options_.drain == nullptr ||
      window_->entries() < drain_at_) {
    return absl::OkStatus();
  }
  std::vector<Watermark> watermarks;
  for (const Range& range : ranges_) {
    Watermark& mark = watermarks.emplace_back();
    mark.from = range.keys.from;
    mark.passed = std::numeric_limits<int64_t>::max();
    for (const CheckpointSide* side : {&range.source, &range.target}) {
      if (side->done) continue;
      const std::optional<int64_t> key = LeadingKey(*side);
      mark.passed = key.has_value() && mark.passed.has_value()
                        ? std::optional(std::min(*mark.passed, *key))
                        : std::nullopt;
    }
  }
  ASSAY_RETURN_IF_ERROR(window_
                            ->Drain(
                                [&](std::string_view payload) {
                                  return IsPassed(watermarks, payload);
                                },
                                options_.drain)
                            .status());
  drain_at_ = window_->entries() + DrainStep();
  return absl::OkStatus();
}

void DiffScan::CheckLimits() {
  if (stopped_) return;
  const ScanLimits& limits = options_.limits;
  if (limits.stop_after.has_value() &&
      window_->changed() >= *limits.stop_after) {
    stopped_ = true;
    stopped_text_ = absl::StrCat("stop_after: ", *limits.stop_after,
                                 " differing rows were found");
  } else if (limits.max_rows.has_value() && RowsRead() >= *limits.max_rows &&
             !AllDone()) {
    stopped_ = true;
    stopped_text_ =
        absl::StrCat("max_rows: ", *limits.max_rows, " rows were read");
  }
  if (stopped_) rest_.Cancel(MakeError(ErrorReason::kCancelled, "stopped"));
}

bool DiffScan::AllDone() const {
  return std::all_of(ranges_.begin(), ranges_.end(), [](const Range& range) {
    return range.source.done && range.target.done;
  });
}

absl::Status DiffScan::AddToWindow(size_t range, Side side,
                                   const diff::DigestBatch& batch) {
  const CheckpointSide& other = Of(ranges_[range], diff::Other(side));
  const std::optional<int64_t> there =
      other.done ? std::numeric_limits<int64_t>::max() : LeadingKey(other);
  if (!in_order_ || options_.drain == nullptr || !there.has_value()) {
    return window_->Add(side, batch);
  }
  const auto passed = [&](std::string_view payload) {
    const std::optional<int64_t> key = diff::PayloadLeadingInteger(payload);
    return key.has_value() && *key < *there;
  };
  return window_->Add(side, batch, passed, options_.drain);
}

absl::Status DiffScan::Take(size_t range, Side side,
                            const diff::DigestBatch& batch,
                            const std::vector<Value>& position) {
  absl::MutexLock lock(&mu_);
  // Asked with the next rows, so that a limit that is met by the last ones ends
  // nothing.
  if (stopped_) return absl::CancelledError("stopped");
  CheckpointSide& state = Of(ranges_[range], side);
  ASSAY_RETURN_IF_ERROR(AddToWindow(range, side, batch));
  state.rows += static_cast<int64_t>(batch.size());
  state.null_keys += batch.null_keys;
  state.position = position;
  ASSAY_RETURN_IF_ERROR(MaybeDrain());
  CheckLimits();
  MaybeCheckpoint();
  while (FarAhead(range, side)) {
    const auto close = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return !FarAhead(range, side);
    };
    mu_.AwaitWithTimeout(absl::Condition(&close), absl::Milliseconds(200));
    if (token_.cancelled()) return token_.status();
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
