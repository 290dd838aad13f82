// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/recheck.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/side_snapshots.h"

namespace assay::engine {
namespace {

std::vector<LeftoverRow> RowsOf(const KeyedRows& rows, const std::string& key) {
  std::vector<LeftoverRow> out;
  const auto found = rows.find(key);
  if (found == rows.end()) return out;
  for (const KeyedRow& row : found->second) {
    out.push_back({row.row, row.payload, 1});
  }
  return out;
}

}  // namespace

absl::StatusOr<std::vector<ReadAgainRecord>> ReadAgain(
    const DiffContext& context, const std::vector<LeftoverRecord>& before) {
  KeySet keys;
  for (const LeftoverRecord& record : before) {
    keys[record.key] = (record.source.empty() ? 0 : kSeenOnSource) |
                       (record.target.empty() ? 0 : kSeenOnTarget);
  }
  ASSAY_ASSIGN_OR_RETURN(
      const BothRows rows,
      ReadKeysOnBothSides(context, keys, /*with_cells=*/false));
  std::vector<ReadAgainRecord> out;
  for (const LeftoverRecord& was : before) {
    ReadAgainRecord now;
    now.record.key = was.key;
    now.record.source = RowsOf(rows.source, was.key);
    now.record.target = RowsOf(rows.target, was.key);
    const bool plain = IsPlainKey(was.key);
    now.lost = ((!plain || !context.plan->trusted_source) &&
                !was.source.empty() && now.record.source.empty()) ||
               ((!plain || !context.plan->trusted_target) &&
                !was.target.empty() && now.record.target.empty());
    CancelEqual(*context.plan, now.record);
    out.push_back(std::move(now));
  }
  return out;
}

absl::Status Recheck(
    const DiffContext& context, const RecheckPlan& recheck,
    LeftoverList& leftovers, DiffCounts& counts,
    const std::function<absl::Status(std::vector<LeftoverRecord>&)>&
        confirmed) {
  LeftoverList* pending = &leftovers;
  std::unique_ptr<LeftoverList> owned;
  const auto enough = [&] {
    return recheck.enough != nullptr && recheck.enough();
  };
  for (int64_t round = 1; pending->size() > 0 && !enough(); ++round) {
    context.meter->StartActivity(absl::StrCat(pending->size(),
                                              " differing keys: reading ",
                                              round, " of ", recheck.times));
    ASSAY_RETURN_IF_ERROR(SleepUnlessCancelled(recheck.after, context.cancel));
    ASSAY_RETURN_IF_ERROR(BeginSnapshots(*context.source->session,
                                         *context.target->session, true,
                                         context.cancel));
    auto next = std::make_unique<LeftoverList>(context.scratch);
    const auto read_chunk =
        [&](std::vector<LeftoverRecord>& records) -> absl::Status {
      if (enough()) return absl::OkStatus();
      ASSAY_ASSIGN_OR_RETURN(std::vector<ReadAgainRecord> again,
                             ReadAgain(context, records));
      std::vector<LeftoverRecord> same;
      for (size_t i = 0; i < records.size(); ++i) {
        LeftoverRecord& now = again[i].record;
        if (again[i].lost) {
          ++counts.lost;
        } else if (now.source.empty() && now.target.empty()) {
          ++counts.settled;
        } else if (SameRows(records[i], now)) {
          same.push_back(std::move(now));
        } else if (round >= recheck.times) {
          ++counts.unstable;
        } else {
          ASSAY_RETURN_IF_ERROR(next->Add(now));
        }
      }
      context.meter->RowsRead(static_cast<int64_t>(records.size()));
      if (same.empty()) return absl::OkStatus();
      return confirmed(same);
    };
    ASSAY_RETURN_IF_ERROR(pending->ForEach(kKeysPerStatement, read_chunk));
    ASSAY_RETURN_IF_ERROR(EndSnapshots(*context.source->session,
                                       *context.target->session, true,
                                       context.cancel));
    owned = std::move(next);
    pending = owned.get();
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
