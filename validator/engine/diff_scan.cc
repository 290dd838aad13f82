// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/diff_scan.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/log.h"
#include "validator/base/pipe.h"
#include "validator/base/status.h"
#include "validator/base/without_throwing.h"
#include "validator/diff/encode.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/leftover.h"
#include "validator/engine/statement.h"
#include "validator/engine/table_stream.h"

namespace assay::engine {
namespace {

using diff::Side;

// Ranges for each pair of sessions: keys are spread unevenly, and who is done
// early takes the next range. Each costs a statement a side.
constexpr int64_t kRangesAReader = 8;
// What a batch may keep for the next rows: most are smaller.
constexpr size_t kKeptBytes = 16 << 20;

void Append(const std::vector<SessionPair>& from,
            std::vector<SessionPair>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

// Digested rows on their way from a reader to the window.
struct EncodedRows {
  diff::DigestBatch batch;
  std::vector<Value> position;  // Where the reading stands after them.
};

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
      rested_(rest_.token()),
      window_(NewWindow()) {}

DiffScan::~DiffScan() = default;

std::unique_ptr<diff::Window> DiffScan::NewWindow() const {
  diff::WindowOptions window;
  window.directory = context_.scratch;
  window.memory_bytes =
      context_.scratch.empty() ? ~size_t{0} / 4 : context_.window_bytes;
  window.layout = context_.plan->layout;
  window.unique_keys = options_.unique_keys;
  if (context_.plan->layout.tolerance_columns > 0) {
    const PairPlan* plan = context_.plan;
    window.within_tolerance = [plan](std::string_view source,
                                     std::string_view target) {
      return RowsEqual(*plan, {}, source, {}, target);
    };
  }
  return std::make_unique<diff::Window>(std::move(window));
}

void DiffScan::Estimate() {
  for (const Side side : {Side::kSource, Side::kTarget}) {
    const ComparedSide& from = context_.side(side);
    const std::string query = from.derived.empty()
                                  ? from.session->dialect().RowEstimateQuery(
                                        from.table.schema, from.table.name)
                                  : "";
    if (query.empty()) continue;
    sql::SqlWriter writer(sql::WriteMode::kBound);
    writer.Put(query);
    const auto row = ReadOneRow(*from.session, writer, context_.marker, token_);
    // Only for pace and ETA: without it both go by rows.
    if (row.ok() && !row->empty()) {
      estimates_[side == Side::kSource ? 0 : 1] = CountOf(row->front());
    }
  }
  // One side's estimate stands for the other's that is not known.
  const int64_t known = std::max(estimates_[0], estimates_[1]);
  int64_t rows[2] = {0, 0};
  for (const Range& range : ranges_) {
    rows[0] += range.source.rows;
    rows[1] += range.target.rows;
  }
  for (const int i : {0, 1}) {
    context_.meter->ExpectRows(std::max<int64_t>(
        0, (estimates_[i] > 0 ? estimates_[i] : known) - rows[i]));
  }
}

absl::Status DiffScan::CutRanges() {
  readers_.push_back({context_.source->session, context_.target->session});
  in_order_ = InKeyOrder(context_);
  if (resumed_) {
    if (ranges_.size() > 1) Append(context_.more_sessions, readers_);
    return absl::OkStatus();
  }
  std::vector<KeyRange> cuts = {KeyRange{}};
  if (in_order_ && !context_.more_sessions.empty()) {
    const auto pairs = static_cast<int64_t>(context_.more_sessions.size()) + 1;
    ASSAY_ASSIGN_OR_RETURN(cuts, SplitKeys(context_, pairs * kRangesAReader));
    if (cuts.size() > 1) Append(context_.more_sessions, readers_);
  }
  for (const KeyRange& cut : cuts) ranges_.emplace_back().keys = cut;
  return absl::OkStatus();
}

int64_t DiffScan::null_keys(Side side) const {
  int64_t count = 0;
  for (const Range& range : ranges_) count += Of(range, side).null_keys;
  return count;
}

absl::Status DiffScan::ReadSide(connections::Session* session, size_t range,
                                Side side) {
  const ComparedSide& from = context_.side(side);
  const SideColumns columns = ColumnsOf(context_.plan->columns, from);
  const diff::RowEncoder encoder(columns.encodings, context_.plan->key_columns,
                                 context_.seed);
  StreamRequest stream;
  stream.session = session;
  stream.table = &from.table;
  stream.scope = from.scope();
  stream.where = context_.where(side);
  if (ranges_.size() > 1) {
    stream.where = Conjunction(
        stream.where,
        InRange(context_.plan->columns.front().on(side), ranges_[range].keys));
  }
  stream.expressions = columns.expressions;
  stream.marker = context_.marker;
  stream.cancel = token_;
  stream.in_key_order = true;
  {
    absl::MutexLock lock(&mu_);
    stream.after = Of(ranges_[range], side).position;
  }
  // Each reader its part of what a side may have.
  std::optional<int64_t> rate = options_.limits.rows_per_second;
  if (rate.has_value()) {
    rate = std::max<int64_t>(1, *rate / static_cast<int64_t>(readers_.size()));
  }
  Throttle throttle(rate);
  // The database is asked for more while the window takes what there is.
  Pipe<EncodedRows> taker([&](const EncodedRows& rows) {
    absl::Status taken = Take(range, side, rows.batch, rows.position);
    if (!taken.ok()) EndAll();  // This side's statement, too.
    return taken;
  });
  std::vector<db::CellKind> kinds;
  const auto encode = [&](const StreamBlock& block) -> absl::Status {
    if (kinds.empty()) {
      for (size_t i = 0; i < columns.encodings.size(); ++i) {
        kinds.push_back((*block.columns)[i].kind);
      }
    }
    auto& [batch, position] = taker.item();
    if (batch.payloads.capacity() > kKeptBytes) batch = {};
    batch.Clear();
    position = *block.position;
    if (absl::Status status = encoder.Encode(*block.rows, kinds, batch);
        !status.ok()) {
      return Annotate(NameColumn(*context_.plan, status), SideName(side));
    }
    const size_t rows = batch.size();
    context_.meter->RowsRead(static_cast<int64_t>(rows));
    ASSAY_RETURN_IF_ERROR(taker.Push());
    // A limit ends the rest, not the reading: these may have been the last
    // rows.
    const absl::Status rest = throttle.Took(rows, rested_);
    return token_.cancelled() ? rest : absl::OkStatus();
  };
  const absl::Status status = StreamTable(stream, encode);
  if (!status.ok()) EndAll();  // So that what takes does not wait for more.
  const absl::Status taken = taker.Finish();
  // The one that is the other's reason.
  const bool from_taking =
      status.ok() || GetReason(status) == ErrorReason::kCancelled;
  return from_taking && !taken.ok() ? taken : status;
}

void DiffScan::EndAll() {
  const absl::Status why = MakeError(ErrorReason::kCancelled, "a side ended");
  rest_.Cancel(why);
  {
    absl::MutexLock lock(&mu_);
    if (stopped_) return;
  }
  stop_.Cancel(why);
}

void DiffScan::Read(const SessionPair& sessions, size_t range, Side side) {
  absl::Status status;
  bool done = false;
  {
    absl::MutexLock lock(&mu_);
    done = Of(ranges_[range], side).done;
  }
  if (!done) {
    status = WithoutThrowing([&] {
      return ReadSide(side == Side::kSource ? sessions.source : sessions.target,
                      range, side);
    });
  }
  {
    absl::MutexLock lock(&mu_);
    if (status.ok()) {
      Of(ranges_[range], side).done = true;
      return;
    }
    // A stop of our own is no failure, but ends all.
    if (!stopped_ || context_.cancel.cancelled()) {
      failed_ = true;
      // The first failure, not the cancellation that it caused.
      if (failure_.ok() || GetReason(failure_) == ErrorReason::kCancelled) {
        failure_ = std::move(status);
      }
    }
  }
  EndAll();
}

void DiffScan::Work(const SessionPair& sessions) {
  while (true) {
    size_t range = 0;
    {
      absl::MutexLock lock(&mu_);
      if (stopped_ || failed_ || next_range_ == ranges_.size()) return;
      range = next_range_++;
    }
    std::thread target([&] { Read(sessions, range, Side::kTarget); });
    Read(sessions, range, Side::kSource);
    target.join();
  }
}

absl::Status DiffScan::Run() {
  const CancelCallback on_cancel(context_.cancel, [this] {
    rest_.Cancel(context_.cancel.status());
    stop_.Cancel(context_.cancel.status());
  });
  Resume();
  ASSAY_RETURN_IF_ERROR(CutRanges());
  Estimate();
  {
    absl::MutexLock lock(&mu_);
    next_checkpoint_ = absl::Now() + options_.checkpoint_interval;
    drain_at_ = DrainStep();
  }
  {
    std::vector<std::jthread> others;
    others.reserve(readers_.size());
    for (size_t i = 1; i < readers_.size(); ++i) {
      others.emplace_back([this, i] { Work(readers_[i]); });
    }
    Work(readers_.front());
  }
  if (context_.cancel.cancelled()) return context_.cancel.status();
  absl::MutexLock lock(&mu_);
  if (AllDone()) stopped_text_.clear();
  return failure_;
}

}  // namespace assay::engine
