// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/full_diff.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/engine/database_hash.h"
#include "validator/engine/diff_conclusion.h"
#include "validator/engine/diff_scan.h"
#include "validator/engine/duplicate_keys.h"
#include "validator/engine/leftover_list.h"
#include "validator/engine/leftover_sink.h"
#include "validator/engine/listed_keys.h"
#include "validator/engine/recheck.h"
#include "validator/engine/side_snapshots.h"

namespace assay::engine {
namespace {

using diff::Side;

class FullDiffRunner {
 public:
  explicit FullDiffRunner(const FullDiffRequest& request)
      : request_(request),
        context_(request.context),
        plan_(*request.context.plan),
        counts_(outcome_.counts),
        conclusion_(context_, outcome_.counts),
        list_(context_.scratch, "leftovers"),
        sink_(conclusion_, list_) {}

  absl::StatusOr<DiffOutcome> Run() {
    counts_.source_only_columns = plan_.source_only;
    counts_.target_only_columns = plan_.target_only;
    for (std::string& note : plan_.Notes()) {
      counts_.notes.push_back(std::move(note));
    }
    // Where a look-up proves nothing, all is compared anew.
    bool listed = !request_.recheck_list.empty() && CanReread();
    if (listed) {
      ASSAY_ASSIGN_OR_RETURN(listed,
                             ListLeadsBack(plan_, request_.recheck_list));
    }
    const absl::Status status = listed ? CompareListed() : Compare();
    ASSAY_RETURN_IF_ERROR(status);
    // Only what was read twice is confirmed by that.
    outcome_.confirmed &= counts_.missing + counts_.extra + counts_.changed > 0;
    outcome_.samples = conclusion_.samples();
    outcome_.samples_note = conclusion_.samples_note();
    outcome_.listed = conclusion_.listed();
    outcome_.shown_keys = conclusion_.shown_keys();
    outcome_.fingerprint = conclusion_.fingerprint();
    return std::move(outcome_);
  }

 private:
  absl::Status Begin() {
    return BeginSnapshots(*context_.source->session, *context_.target->session,
                          request_.snapshot, context_.cancel,
                          context_.more_sessions);
  }
  absl::Status End() {
    return EndSnapshots(*context_.source->session, *context_.target->session,
                        request_.snapshot, context_.cancel,
                        context_.more_sessions);
  }

  // Whether each key is known to be there once on both sides.
  bool UniqueKeys() const {
    if (plan_.key_columns == 0) return false;
    for (const Side side : {Side::kSource, Side::kTarget}) {
      if (context_.proven(side)) continue;
      // Without duplicates among complete keys, only NULLs are left.
      const int64_t duplicates = side == Side::kSource
                                     ? counts_.duplicate_keys_source
                                     : counts_.duplicate_keys_target;
      if (duplicates > 0) return false;
      for (size_t i = 0; i < plan_.key_columns; ++i) {
        const auto* column =
            context_.side(side).table.FindColumn(plan_.columns[i].on(side));
        if (column->nullable || !context_.side(side).derived.empty()) {
          return false;
        }
      }
    }
    return true;
  }

  // Trouble with hashing, such as a statement's time-out, is no trouble of the
  // comparison: the rows are then read, in new snapshots.
  absl::Status TryHashes(HashOutcome& out) {
    absl::StatusOr<HashOutcome> hash = CompareHashes(context_);
    if (hash.ok()) {
      out = *std::move(hash);
      return absl::OkStatus();
    }
    const ErrorReason reason = GetReason(hash.status());
    const bool passes = reason == ErrorReason::kStatementTimeout ||
                        reason == ErrorReason::kSqlError ||
                        reason == ErrorReason::kDataError;
    if (context_.cancel.cancelled() || !passes) return hash.status();
    out.note = absl::StrCat(
        "method: rows streamed, since hashing them in the "
        "databases ended with ",
        GetErrorReasonInfo(reason).name);
    ASSAY_RETURN_IF_ERROR(End());
    return Begin();
  }

  int64_t Rounds(bool resumed) const {
    const bool once = request_.confirm || resumed;
    return std::max<int64_t>(request_.step.recheck.times, once ? 1 : 0);
  }

  absl::Status Compare() {
    if (request_.step.recheck.times > 0 && !CanReread()) {
      return MakeError(
          ErrorReason::kNotComparable,
          "recheck needs a key by which rows can be looked up: integers, "
          "decimals, booleans, text, native UUIDs, dates, times or bytes, "
          "compared as they are (no `as`, trim, case or precision on them); "
          "name another `key`, or remove recheck");
    }
    ASSAY_RETURN_IF_ERROR(Begin());
    ASSAY_ASSIGN_OR_RETURN(const DuplicateKeys in_source,
                           CountDuplicateKeys(context_, Side::kSource));
    ASSAY_ASSIGN_OR_RETURN(const DuplicateKeys in_target,
                           CountDuplicateKeys(context_, Side::kTarget));
    counts_.duplicate_keys_source = in_source.keys;
    counts_.duplicate_keys_target = in_target.keys;
    duplicate_rows_source_ = in_source.rows;
    duplicate_rows_target_ = in_target.rows;
    const bool unique = UniqueKeys();
    if (plan_.layout.tolerance_columns > 0 && !unique) {
      return MakeError(
          ErrorReason::kNotComparable,
          "a tolerance needs a key that is unique and never NULL on both "
          "sides, so that it is known which rows meet; add `key:`, or remove "
          "the tolerance");
    }
    if (request_.step.hashing == FullDiff::Hashing::kAuto) {
      HashOutcome hash;
      ASSAY_RETURN_IF_ERROR(TryHashes(hash));
      counts_.notes.push_back(hash.note);
      if (hash.equal) {
        counts_.rows_source = counts_.rows_target = hash.rows;
        counts_.keys = hash.rows;
        return End();
      }
    }
    DiffScanOptions options;
    options.unique_keys = unique;
    options.resumable = resumable_ = request_.resumable && CanReread();
    options.checkpoint_interval = request_.checkpoint_interval;
    options.limits.max_rows = request_.step.max_rows;
    options.limits.rows_per_second = request_.step.rows_per_second;
    // Rows in flight, and known differences, must not end the reading.
    if (request_.step.recheck.times == 0 &&
        context_.comparison->accept.empty()) {
      options.limits.stop_after = request_.step.stop_after;
    }
    DiffScan* running = nullptr;
    if (unique) {
      options.drain = [&](const diff::LeftoverKey& leftover) {
        return Drain(*running, leftover);
      };
      options.drained = &list_;
    }
    DiffScan scan(context_, options);
    running = &scan;
    ASSAY_RETURN_IF_ERROR(scan.Run());
    ASSAY_RETURN_IF_ERROR(Conclude(scan, unique));
    scan.Forget();
    return absl::OkStatus();
  }

  // Whether a difference is final when it is found. Else it is kept until the
  // sessions are free: for a second reading, or to look at its cause.
  bool ConcludesAtOnce(const DiffScan& scan) const {
    return !Rereads(scan.resumed()) && !conclusion_.reads();
  }

  // A key that both sides have passed before the scan is over.
  absl::Status Drain(const DiffScan& scan, const diff::LeftoverKey& leftover) {
    const bool at_once = ConcludesAtOnce(scan);
    // In the list, too, where a scan that takes this one up needs it.
    if (!at_once || resumable_) ASSAY_RETURN_IF_ERROR(sink_.Keep(leftover));
    return at_once ? sink_.Conclude(leftover) : absl::OkStatus();
  }

  absl::Status Conclude(DiffScan& scan, bool unique) {
    diff::Window& window = scan.window();
    counts_.rows_source = window.rows(Side::kSource);
    counts_.rows_target = window.rows(Side::kTarget);
    counts_.null_keys_source = scan.null_keys(Side::kSource);
    counts_.null_keys_target = scan.null_keys(Side::kTarget);
    if (!scan.stopped().empty()) Stop(scan.stopped());
    NoteReading(scan);
    const bool at_once = ConcludesAtOnce(scan);
    int64_t left = 0;  // Rows of either side without an equal, paired.
    const auto visit = [&](const diff::LeftoverKey& leftover) -> absl::Status {
      left += std::max(RowsIn(leftover.source), RowsIn(leftover.target));
      const bool changed = !leftover.source.empty() && !leftover.target.empty();
      // Where not all was read, a row without partner may have one.
      if (!counts_.complete && !(changed && unique)) return absl::OkStatus();
      return at_once ? sink_.Conclude(leftover) : sink_.Keep(leftover);
    };
    ASSAY_RETURN_IF_ERROR(
        window.Finish(visit, [this] { return context_.cancel.cancelled(); }));
    ASSAY_RETURN_IF_ERROR(sink_.Flush());
    counts_.keys =
        unique || EachKeyOnce() ? window.keys() : KeysAtLeast(window, left);
    if (at_once) {
      ASSAY_RETURN_IF_ERROR(conclusion_.Finish());
      return End();
    }
    if (!Rereads(scan.resumed())) {
      ASSAY_RETURN_IF_ERROR(TakeAll(list_));
      ASSAY_RETURN_IF_ERROR(conclusion_.Finish());
      return End();
    }
    ASSAY_RETURN_IF_ERROR(End());
    ASSAY_RETURN_IF_ERROR(Settle(Rounds(scan.resumed()), list_));
    outcome_.confirmed = true;
    return conclusion_.Finish();
  }

  void NoteReading(const DiffScan& scan) {
    if (scan.resumed()) {
      counts_.notes.push_back(
          "resumed after an interruption: two snapshots; every difference was "
          "read again");
    }
    if (scan.readers() > 1) {
      counts_.notes.push_back(absl::StrCat(
          "method: rows streamed by ", scan.readers(),
          " connections a side, in ", scan.ranges(), " ranges of keys"));
    }
  }

  // Whether what is found is read again before it counts.
  bool Rereads(bool resumed) const {
    return CanReread() && Rounds(resumed) > 0;
  }

  absl::Status TakeAll(LeftoverList& list) {
    return list.ForEach(kKeysPerStatement,
                        [this](std::vector<LeftoverRecord>& records) {
                          return conclusion_.Take(records);
                        });
  }

  static int64_t RowsIn(absl::Span<const diff::Leftover> rows) {
    int64_t count = 0;
    for (const diff::Leftover& row : rows) count += row.count;
    return count;
  }

  // Whether the rows have proven what the catalogs did not.
  bool EachKeyOnce() const {
    return plan_.key_columns > 0 &&
           counts_.duplicate_keys_source + counts_.duplicate_keys_target +
                   counts_.null_keys_source + counts_.null_keys_target ==
               0;
  }

  // Whether a row that a look-up by key does not find is not there.
  bool CanReread() const {
    return plan_.key_columns > 0 && plan_.key_lookup && plan_.trusted_source &&
           plan_.trusted_target;
  }

  // The denominator where a key may have several rows. Of a keyless table each
  // row is a key of its own, equal ones counted. Else at least as many keys as
  // the side with more of them has: rather too few, so that a percentage errs
  // towards FAIL.
  int64_t KeysAtLeast(const diff::Window& window, int64_t left) const {
    if (plan_.key_columns == 0) return window.matched() + left;
    const int64_t source = counts_.rows_source - counts_.null_keys_source -
                           duplicate_rows_source_ +
                           counts_.duplicate_keys_source;
    const int64_t target = counts_.rows_target - counts_.null_keys_target -
                           duplicate_rows_target_ +
                           counts_.duplicate_keys_target;
    const bool nulls = counts_.null_keys_source + counts_.null_keys_target > 0;
    return std::max(source, target) + (nulls ? 1 : 0);
  }

  void Stop(const std::string& why) {
    counts_.complete = false;
    counts_.incomplete_because = why;
  }

  absl::Status Settle(int64_t rounds, LeftoverList& list) {
    RecheckPlan recheck;
    recheck.times = rounds;
    recheck.after = absl::Microseconds(request_.step.recheck.times > 0
                                           ? request_.step.recheck.after_micros
                                           : 1000000);
    const std::optional<int64_t> stop_after = request_.step.stop_after;
    const auto confirmed = [this] {
      return counts_.missing + counts_.extra + counts_.changed;
    };
    if (stop_after.has_value()) {
      recheck.enough = [&] { return confirmed() >= *stop_after; };
    }
    ASSAY_RETURN_IF_ERROR(Recheck(context_, recheck, list, counts_,
                                  [this](std::vector<LeftoverRecord>& records) {
                                    return conclusion_.Take(records);
                                  }));
    if (stop_after.has_value() && confirmed() >= *stop_after &&
        counts_.complete) {
      Stop(absl::StrCat("stop_after: ", *stop_after,
                        " differing rows were confirmed"));
    }
    return absl::OkStatus();
  }

  // Reads only the keys that an earlier run listed.
  absl::Status CompareListed() {
    ASSAY_RETURN_IF_ERROR(Begin());
    LeftoverList list(context_.scratch);
    ASSAY_RETURN_IF_ERROR(
        ReadListedKeys(context_, request_.recheck_list, counts_, list));
    counts_.keys = std::max(counts_.keys, request_.recheck_keys);
    ASSAY_RETURN_IF_ERROR(End());
    const int64_t rounds = Rounds(false);
    if (rounds > 0) {
      ASSAY_RETURN_IF_ERROR(Settle(rounds, list));
      outcome_.confirmed = true;
    } else {
      ASSAY_RETURN_IF_ERROR(TakeAll(list));
    }
    return conclusion_.Finish();
  }

  const FullDiffRequest& request_;
  const DiffContext& context_;
  const PairPlan& plan_;
  DiffOutcome outcome_;
  DiffCounts& counts_;
  DiffConclusion conclusion_;
  LeftoverList list_;
  LeftoverSink sink_;
  bool resumable_ = false;
  int64_t duplicate_rows_source_ = 0;  // Of keys with more than one row.
  int64_t duplicate_rows_target_ = 0;
};

}  // namespace

absl::StatusOr<DiffOutcome> RunFullDiff(const FullDiffRequest& request) {
  return FullDiffRunner(request).Run();
}

}  // namespace assay::engine
