// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/diff_scan.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/diff/encode.h"
#include "validator/engine/checkpoint.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/leftover.h"
#include "validator/engine/statement.h"
#include "validator/engine/table_stream.h"

namespace assay::engine {
namespace {

using diff::Side;

// So far may one side be ahead of the other, so that the window stays small
// where both come in about the same order. Waiting costs nothing: the databases
// and we share what there is of processors, or the slower side decides anyway.
constexpr int64_t kMaxLead = 50000;
// Writing a checkpoint may take at most this part of the time.
constexpr int64_t kCheckpointShare = 20;

diff::WindowOptions WindowOptionsOf(const DiffContext& context,
                                    const DiffScanOptions& options) {
  diff::WindowOptions window;
  window.directory = context.scratch;
  window.memory_bytes =
      context.scratch.empty() ? ~size_t{0} / 4 : context.window_bytes;
  window.layout = context.plan->layout;
  window.unique_keys = options.unique_keys;
  if (context.plan->layout.tolerance_columns > 0) {
    const PairPlan* plan = context.plan;
    window.within_tolerance = [plan](std::string_view source,
                                     std::string_view target) {
      return RowsEqual(*plan, {}, source, {}, target);
    };
  }
  return window;
}

// A rate of rows, kept by sleeping.
class Throttle {
 public:
  explicit Throttle(std::optional<int64_t> rows_per_second)
      : rate_(rows_per_second), start_(absl::Now()) {}

  absl::Status Took(size_t rows, const CancellationToken& token) {
    if (!rate_.has_value()) return absl::OkStatus();
    rows_ += static_cast<int64_t>(rows);
    const absl::Time due =
        start_ +
        absl::Seconds(static_cast<double>(rows_) /
                      static_cast<double>(std::max<int64_t>(1, *rate_)));
    return SleepUnlessCancelled(due - absl::Now(), token);
  }

 private:
  const std::optional<int64_t> rate_;
  const absl::Time start_;
  int64_t rows_ = 0;
};

}  // namespace

DiffScan::DiffScan(const DiffContext& context, const DiffScanOptions& options)
    : context_(context),
      options_(options),
      token_(stop_.token()),
      window_(
          std::make_unique<diff::Window>(WindowOptionsOf(context, options))) {}

DiffScan::~DiffScan() = default;

std::string DiffScan::Binding() const {
  return absl::StrCat(
      Fingerprint(*context_.plan, *context_.source, *context_.target),
      "\nseed ", context_.seed, "\nunique ", options_.unique_keys, "\n",
      ExplainText(context_.source_where), "\n",
      ExplainText(context_.target_where));
}

void DiffScan::Resume() {
  if (!options_.resumable || context_.scratch.empty()) return;
  const absl::StatusOr<Checkpoint> found =
      ReadCheckpoint(context_.scratch, Binding());
  if (!found.ok()) {
    if (!absl::IsNotFound(found.status())) {
      LogWarning(absl::StrCat(context_.marker,
                              ": starts again: ", found.status().message()));
    }
    return;
  }
  if (const absl::Status status = window_->Load(found->window); !status.ok()) {
    LogWarning(absl::StrCat(context_.marker,
                            ": starts again: checkpoint: ", status.message()));
    window_ =
        std::make_unique<diff::Window>(WindowOptionsOf(context_, options_));
    return;
  }
  for (const Side side : {Side::kSource, Side::kTarget}) {
    const CheckpointSide& from =
        side == Side::kSource ? found->source : found->target;
    SideState& to = of(side);
    to.position = from.position;
    to.rows = from.rows;
    to.null_keys = from.null_keys;
    to.done = from.done;
  }
  generation_ = found->generation;
  resumed_ = true;
}

absl::Status DiffScan::SaveCheckpoint() {
  Checkpoint checkpoint;
  checkpoint.generation = ++generation_;
  checkpoint.window =
      absl::StrCat(context_.scratch, "/window.", checkpoint.generation);
  for (const Side side : {Side::kSource, Side::kTarget}) {
    CheckpointSide& to =
        side == Side::kSource ? checkpoint.source : checkpoint.target;
    const SideState& from = of(side);
    to.position = from.position;
    to.rows = from.rows;
    to.null_keys = from.null_keys;
    to.done = from.done;
  }
  ASSAY_RETURN_IF_ERROR(window_->Save(checkpoint.window));
  return WriteCheckpoint(context_.scratch, Binding(), checkpoint);
}

void DiffScan::MaybeCheckpoint() {
  if (!options_.resumable || context_.scratch.empty()) return;
  const absl::Time start = absl::Now();
  if (start < next_checkpoint_) return;
  // Rows without a position cannot be skipped when the reading goes on.
  for (const SideState& side : sides_) {
    if (side.rows > 0 && !side.done && side.position.empty()) {
      return;
    }
  }
  if (const absl::Status status = SaveCheckpoint(); !status.ok()) {
    // The diff itself goes on; only a restart would begin again.
    LogWarning(absl::StrCat(context_.marker, ": ", status.message()));
  }
  const absl::Time end = absl::Now();
  next_checkpoint_ = end + std::max(options_.checkpoint_interval,
                                    (end - start) * kCheckpointShare);
  return;
}

void DiffScan::Forget() { RemoveCheckpoint(context_.scratch); }

void DiffScan::Estimate(Side side) {
  SideState& state = of(side);
  const ComparedSide& from = context_.side(side);
  const std::string query = from.derived.empty()
                                ? from.session->dialect().RowEstimateQuery(
                                      from.table.schema, from.table.name)
                                : "";
  if (query.empty()) return;
  sql::SqlWriter writer(sql::WriteMode::kBound);
  writer.Put(query);
  const auto row = ReadOneRow(*from.session, writer, context_.marker, token_);
  // Only for pace and ETA: without it both go by rows.
  if (row.ok() && !row->empty()) state.estimate = CountOf(row->front());
}

bool DiffScan::FarAhead(Side side) const {
  const SideState& mine = of(side);
  const SideState& other = of(Other(side));
  if (other.done || stopped_ || failed_) return false;
  if (mine.estimate <= 0 || other.estimate <= 0) {
    return mine.rows > other.rows + kMaxLead;
  }
  // In parts of the whole, since the sides may have very different lengths.
  const double mine_whole =
      static_cast<double>(std::max(mine.estimate, mine.rows));
  const double other_whole =
      static_cast<double>(std::max(other.estimate, other.rows));
  const double lead = static_cast<double>(mine.rows) / mine_whole -
                      static_cast<double>(other.rows) / other_whole;
  return lead * std::max(mine_whole, other_whole) >
         static_cast<double>(kMaxLead);
}

void DiffScan::CheckLimits() {
  if (stopped_) return;
  const ScanLimits& limits = options_.limits;
  if (limits.stop_after.has_value() &&
      window_->changed() >= *limits.stop_after) {
    stopped_ = true;
    stopped_text_ = absl::StrCat("stop_after: ", *limits.stop_after,
                                 " differing rows were found");
  } else if (limits.max_rows.has_value() &&
             sides_[0].rows + sides_[1].rows >= *limits.max_rows &&
             !(sides_[0].done && sides_[1].done)) {
    stopped_ = true;
    stopped_text_ =
        absl::StrCat("max_rows: ", *limits.max_rows, " rows were read");
  }
}

absl::Status DiffScan::Take(Side side, const diff::DigestBatch& batch,
                            const std::vector<Value>& position) {
  absl::MutexLock lock(&mu_);
  // Asked with the next rows, so that a limit that is met by the last ones ends
  // nothing.
  if (stopped_) return absl::CancelledError("stopped");
  SideState& state = of(side);
  ASSAY_RETURN_IF_ERROR(window_->Add(side, batch));
  state.rows += static_cast<int64_t>(batch.size());
  state.null_keys += batch.null_keys;
  state.position = position;
  CheckLimits();
  MaybeCheckpoint();
  while (FarAhead(side)) {
    const auto close = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return !FarAhead(side);
    };
    mu_.AwaitWithTimeout(absl::Condition(&close), absl::Milliseconds(200));
    if (token_.cancelled()) return token_.status();
  }
  return absl::OkStatus();
}

absl::Status DiffScan::ReadSide(Side side) {
  const ComparedSide& from = context_.side(side);
  SideState& state = of(side);
  const SideColumns columns = ColumnsOf(context_.plan->columns, from);
  const diff::RowEncoder encoder(columns.encodings, context_.plan->key_columns,
                                 context_.seed);
  StreamRequest stream;
  stream.session = from.session;
  stream.table = &from.table;
  stream.scope = from.scope();
  stream.where = context_.where(side);
  stream.expressions = columns.expressions;
  stream.marker = context_.marker;
  stream.cancel = token_;
  stream.in_key_order = true;
  stream.after = state.position;
  Throttle throttle(options_.limits.rows_per_second);
  std::vector<db::CellKind> kinds;
  diff::DigestBatch batch;
  return StreamTable(stream, [&](const StreamBlock& block) -> absl::Status {
    if (kinds.empty()) {
      for (size_t i = 0; i < columns.encodings.size(); ++i) {
        kinds.push_back((*block.columns)[i].kind);
      }
    }
    batch.Clear();
    if (absl::Status status = encoder.Encode(*block.rows, kinds, batch);
        !status.ok()) {
      return Annotate(NameColumn(*context_.plan, status), SideName(side));
    }
    context_.meter->RowsRead(static_cast<int64_t>(batch.size()));
    ASSAY_RETURN_IF_ERROR(Take(side, batch, *block.position));
    return throttle.Took(batch.size(), token_);
  });
}

absl::Status DiffScan::Run() {
  const CancelCallback on_cancel(
      context_.cancel, [this] { stop_.Cancel(context_.cancel.status()); });
  Resume();
  Estimate(Side::kSource);
  Estimate(Side::kTarget);
  // One side's estimate stands for the other's that is not known.
  const int64_t known = std::max(sides_[0].estimate, sides_[1].estimate);
  for (const SideState& side : sides_) {
    context_.meter->ExpectRows(std::max<int64_t>(
        0, (side.estimate > 0 ? side.estimate : known) - side.rows));
  }
  {
    absl::MutexLock lock(&mu_);
    next_checkpoint_ = absl::Now() + options_.checkpoint_interval;
  }
  absl::Status statuses[2];
  const auto read = [&](Side side) {
    absl::Status status = of(side).done ? absl::OkStatus() : ReadSide(side);
    bool end_other = false;
    {
      absl::MutexLock lock(&mu_);
      if (status.ok()) {
        of(side).done = true;
      } else {
        // A stop of our own is no failure, but ends both.
        end_other = true;
        if (stopped_ && !context_.cancel.cancelled()) {
          status = absl::OkStatus();
        } else {
          failed_ = true;
        }
      }
    }
    if (end_other) {
      stop_.Cancel(MakeError(ErrorReason::kCancelled, "the other side ended"));
    }
    statuses[side == Side::kSource ? 0 : 1] = std::move(status);
  };
  std::thread target([&] { read(Side::kTarget); });
  read(Side::kSource);
  target.join();
  if (context_.cancel.cancelled()) return context_.cancel.status();
  if (sides_[0].done && sides_[1].done) stopped_text_.clear();
  // The first failure, not the cancellation that it caused.
  for (const bool caused : {false, true}) {
    for (const absl::Status& status : statuses) {
      const bool cancelled = GetReason(status) == ErrorReason::kCancelled;
      if (!status.ok() && cancelled == caused) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
