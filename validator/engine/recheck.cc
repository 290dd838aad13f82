// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/recheck.h"

#include <memory>
#include <utility>

#include "validator/base/status.h"
#include "validator/engine/key_reader.h"

namespace assay::engine {
namespace {

std::vector<LeftoverRow> RowsOf(const KeyedRows& rows, const std::string& key) {
  std::vector<LeftoverRow> out;
  const auto found = rows.find(key);
  if (found == rows.end()) return out;
  for (const KeyedRow& row : found->second) {
    out.push_back({row.row, row.payload});
  }
  return out;
}

absl::Status BeginBoth(const DiffContext& context) {
  ASSAY_RETURN_IF_ERROR(context.source->session->BeginSnapshot(context.cancel));
  return context.target->session->BeginSnapshot(context.cancel);
}

absl::Status EndBoth(const DiffContext& context) {
  ASSAY_RETURN_IF_ERROR(context.source->session->EndSnapshot(context.cancel));
  return context.target->session->EndSnapshot(context.cancel);
}

}  // namespace

absl::StatusOr<std::vector<LeftoverRecord>> ReadAgain(
    const DiffContext& context, const std::vector<std::string>& keys) {
  ASSAY_ASSIGN_OR_RETURN(
      const KeyedRows source,
      ReadKeys(context, diff::Side::kSource, keys, /*with_cells=*/false));
  ASSAY_ASSIGN_OR_RETURN(
      const KeyedRows target,
      ReadKeys(context, diff::Side::kTarget, keys, /*with_cells=*/false));
  std::vector<LeftoverRecord> out;
  for (const std::string& key : keys) {
    LeftoverRecord record;
    record.key = key;
    record.source = RowsOf(source, key);
    record.target = RowsOf(target, key);
    CancelEqual(*context.plan, record);
    out.push_back(std::move(record));
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
    ASSAY_RETURN_IF_ERROR(SleepUnlessCancelled(recheck.after, context.cancel));
    ASSAY_RETURN_IF_ERROR(BeginBoth(context));
    auto next = std::make_unique<LeftoverList>(context.scratch);
    const auto read_chunk =
        [&](std::vector<LeftoverRecord>& records) -> absl::Status {
      if (enough()) return absl::OkStatus();
      std::vector<std::string> keys;
      for (const LeftoverRecord& record : records) keys.push_back(record.key);
      ASSAY_ASSIGN_OR_RETURN(std::vector<LeftoverRecord> now,
                             ReadAgain(context, keys));
      std::vector<LeftoverRecord> same;
      for (size_t i = 0; i < records.size(); ++i) {
        if (now[i].source.empty() && now[i].target.empty()) {
          ++counts.settled;
        } else if (SameRows(records[i], now[i])) {
          same.push_back(std::move(now[i]));
        } else if (round >= recheck.times) {
          ++counts.unstable;
        } else {
          ASSAY_RETURN_IF_ERROR(next->Add(now[i]));
        }
      }
      context.meter->RowsRead(static_cast<int64_t>(records.size()));
      if (same.empty()) return absl::OkStatus();
      return confirmed(same);
    };
    ASSAY_RETURN_IF_ERROR(pending->ForEach(kKeysPerStatement, read_chunk));
    ASSAY_RETURN_IF_ERROR(EndBoth(context));
    owned = std::move(next);
    pending = owned.get();
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
