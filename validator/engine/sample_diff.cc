// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/sample_diff.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/engine/diff_choices.h"
#include "validator/engine/diff_conclusion.h"
#include "validator/engine/key_draw.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/recheck.h"
#include "validator/engine/side_snapshots.h"
#include "validator/engine/statement.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

using diff::Side;

class SampleDiffRunner {
 public:
  explicit SampleDiffRunner(const SampleDiffRequest& request)
      : request_(request),
        context_(request.context),
        plan_(*request.context.plan),
        counts_(outcome_.diff.counts),
        conclusion_(context_, outcome_.diff.counts) {}

  absl::StatusOr<SampleOutcome> Run() {
    ASSAY_RETURN_IF_ERROR(CheckSample(plan_));
    counts_.source_only_columns = plan_.source_only;
    counts_.target_only_columns = plan_.target_only;
    for (std::string& note : plan_.Notes()) {
      counts_.notes.push_back(std::move(note));
    }
    ASSAY_RETURN_IF_ERROR(Begin());
    ASSAY_RETURN_IF_ERROR(ChooseKeys());
    ASSAY_RETURN_IF_ERROR(Compare());
    outcome_.diff.samples = conclusion_.samples();
    outcome_.diff.samples_note = conclusion_.samples_note();
    outcome_.diff.shown_keys = conclusion_.shown_keys();
    return std::move(outcome_);
  }

 private:
  absl::Status Begin() {
    return BeginSnapshots(*context_.source->session, *context_.target->session,
                          request_.snapshot, context_.cancel);
  }
  absl::Status End() {
    return EndSnapshots(*context_.source->session, *context_.target->session,
                        request_.snapshot, context_.cancel);
  }

  absl::Status ChooseKeys() {
    const SampleDiff& step = request_.step;
    if (step.random > 0) {
      ASSAY_ASSIGN_OR_RETURN(KeyDraw draw,
                             DrawUniformly(context_, step.random, step.seed));
      drawn_ = std::move(draw.keys);
      keys_ = drawn_;
      counts_.notes.push_back(absl::StrCat(draw.method, ", seed ", step.seed));
    }
    if (step.edges) ASSAY_RETURN_IF_ERROR(AddEdges(context_, keys_));
    if (step.recent_column.has_value()) {
      ASSAY_RETURN_IF_ERROR(AddRecent(context_, *step.recent_column,
                                      step.recent_micros, step.recent_limit,
                                      keys_));
    }
    return AddGiven();
  }

  // Keys that the author names. One that neither side has is said, since it
  // may be a slip of the pen.
  absl::Status AddGiven() {
    std::vector<std::vector<Value>> values;
    for (const auto& constants : request_.step.keys) {
      if (constants.size() != plan_.key_columns) {
        return MakeError(ErrorReason::kValueInvalid,
                         absl::StrCat("a key of sample_diff has ",
                                      constants.size(), " values, the key has ",
                                      plan_.key_columns, " columns"));
      }
      std::vector<Value> texts;
      texts.reserve(constants.size());
      for (const Constant& constant : constants) {
        texts.emplace_back(constant.text);
      }
      values.push_back(KeyValuesFromText(plan_, texts));
    }
    if (values.empty()) return absl::OkStatus();
    KeySet found;
    for (const Side side : {Side::kSource, Side::kTarget}) {
      ASSAY_ASSIGN_OR_RETURN(
          const KeyedRows rows,
          ReadKeyValues(context_, side, values, false,
                        [](const std::string&) { return true; }));
      for (const auto& [key, unused] : rows) found[key] |= SeenOn(side);
    }
    if (found.size() < values.size()) {
      const size_t gone = values.size() - found.size();
      counts_.notes.push_back(absl::StrCat(gone, " of the given keys ",
                                           gone == 1 ? "is" : "are",
                                           " on neither side"));
    }
    for (const auto& [key, seen] : found) keys_[key] |= seen;
    return absl::OkStatus();
  }

  absl::Status Compare() {
    const Rounds rounds = RoundsOf(request_.step.recheck, request_.confirm);
    LeftoverList list(context_.scratch);
    KeySet batch;
    const auto read = [&]() -> absl::Status {
      ASSAY_ASSIGN_OR_RETURN(const BothRows rows,
                             ReadKeysOnBothSides(context_, batch, false));
      std::vector<LeftoverRecord> differing;
      for (const auto& [key, seen] : batch) {
        LeftoverRecord record;
        record.key = key;
        TakeRows(rows.source, key, record.source, counts_.rows_source,
                 counts_.duplicate_keys_source);
        TakeRows(rows.target, key, record.target, counts_.rows_target,
                 counts_.duplicate_keys_target);
        CountNulls(record);
        // Seen when it was chosen, and found by no look-up: not equal, unknown.
        if (record.source.empty() && record.target.empty()) ++counts_.lost;
        CancelEqual(plan_, record);
        if (record.source.empty() && record.target.empty()) continue;
        if (drawn_.count(key) > 0) ++outcome_.drawn_differing;
        differing.push_back(std::move(record));
      }
      context_.meter->RowsRead(static_cast<int64_t>(batch.size()));
      counts_.keys += static_cast<int64_t>(batch.size());
      batch.clear();
      if (rounds.times == 0) return conclusion_.Take(differing);
      for (const LeftoverRecord& record : differing) {
        ASSAY_RETURN_IF_ERROR(list.Add(record));
      }
      return absl::OkStatus();
    };
    for (const auto& [key, seen] : keys_) {
      batch[key] = seen;
      if (batch.size() == kKeysPerStatement) ASSAY_RETURN_IF_ERROR(read());
    }
    if (!batch.empty()) ASSAY_RETURN_IF_ERROR(read());
    if (keys_.empty()) ASSAY_RETURN_IF_ERROR(LookForRows());
    outcome_.drawn = static_cast<int64_t>(drawn_.size());
    if (rounds.times == 0) {
      ASSAY_RETURN_IF_ERROR(conclusion_.Finish());
      return End();
    }
    ASSAY_RETURN_IF_ERROR(End());
    RecheckPlan recheck;
    recheck.times = rounds.times;
    recheck.after = rounds.after;
    ASSAY_RETURN_IF_ERROR(Recheck(context_, recheck, list, counts_,
                                  [this](std::vector<LeftoverRecord>& records) {
                                    return conclusion_.Take(records);
                                  }));
    outcome_.diff.confirmed = true;
    return conclusion_.Finish();
  }

  void CountNulls(const LeftoverRecord& record) {
    const auto values = KeyValues(plan_, record.key);
    if (!values.ok() ||
        std::none_of(values->begin(), values->end(),
                     [](const Value& value) { return IsNull(value); })) {
      return;
    }
    counts_.null_keys_source += static_cast<int64_t>(record.source.size());
    counts_.null_keys_target += static_cast<int64_t>(record.target.size());
  }

  // No key was chosen: whether there were rows to choose from.
  absl::Status LookForRows() {
    for (const Side side : {Side::kSource, Side::kTarget}) {
      sql::SqlWriter writer(sql::WriteMode::kBound);
      ASSAY_RETURN_IF_ERROR(sql::PutRead(writer, context_.side(side).scope(),
                                         context_.where(side), {"1"}, nullptr,
                                         1));
      ASSAY_ASSIGN_OR_RETURN(const Rows rows,
                             ReadRows(*context_.side(side).session, writer,
                                      context_.marker, 1, context_.cancel));
      (side == Side::kSource ? counts_.rows_source : counts_.rows_target) =
          static_cast<int64_t>(rows.rows.size());
    }
    return absl::OkStatus();
  }

  static void TakeRows(const KeyedRows& rows, const std::string& key,
                       std::vector<LeftoverRow>& out, int64_t& count,
                       int64_t& duplicates) {
    const auto found = rows.find(key);
    if (found == rows.end()) return;
    for (const KeyedRow& row : found->second) {
      out.push_back({row.row, row.payload, 1});
    }
    count += static_cast<int64_t>(out.size());
    if (out.size() > 1) ++duplicates;
  }

  const SampleDiffRequest& request_;
  const DiffContext& context_;
  const PairPlan& plan_;
  SampleOutcome outcome_;
  DiffCounts& counts_;
  DiffConclusion conclusion_;
  KeySet drawn_, keys_;
};

}  // namespace

absl::StatusOr<SampleOutcome> RunSampleDiff(const SampleDiffRequest& request) {
  return SampleDiffRunner(request).Run();
}

}  // namespace assay::engine
