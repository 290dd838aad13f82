// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/duplicate_keys.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/diff/window.h"
#include "validator/engine/comparison_sql.h"
#include "validator/engine/key_draw.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/key_scan.h"
#include "validator/engine/statement.h"

namespace assay::engine {
namespace {

using diff::Side;

absl::StatusOr<DuplicateKeys> CountedThere(const DiffContext& context,
                                           Side side) {
  sql::SqlWriter writer(sql::WriteMode::kBound);
  ASSAY_RETURN_IF_ERROR(PutDuplicateKeys(writer, context, side));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<Value> row,
                         ReadOneRow(*context.side(side).session, writer,
                                    context.marker, context.cancel));
  return DuplicateKeys{CountOf(row.at(0)), CountOf(row.at(1))};
}

bool HasNull(const PairPlan& plan, std::string_view key) {
  const auto values = KeyValues(plan, key);
  if (!values.ok()) return false;
  for (const Value& value : *values) {
    if (IsNull(value)) return true;
  }
  return false;
}

// All keys go into a window of their own, where equal ones meet.
absl::StatusOr<DuplicateKeys> CountedHere(const DiffContext& context,
                                          Side side) {
  diff::WindowOptions options;
  options.memory_bytes = ~size_t{0} / 4;
  if (!context.scratch.empty()) {
    options.memory_bytes = context.window_bytes;
    options.directory =
        absl::StrCat(context.scratch,
                     side == Side::kSource ? "/source-keys" : "/target-keys");
    std::error_code error;
    std::filesystem::create_directories(options.directory, error);
  }
  diff::Window window(options);
  ASSAY_RETURN_IF_ERROR(ScanKeys(
      context, side, KeyColumnsOf(context, side), context.where(side),
      [&](const diff::DigestBatch& batch) { return window.Add(side, batch); }));
  DuplicateKeys out;
  ASSAY_RETURN_IF_ERROR(window.Finish(
      [&](const diff::LeftoverKey& key) -> absl::Status {
        const auto& rows = side == Side::kSource ? key.source : key.target;
        int64_t count = 0;
        for (const diff::Leftover& row : rows) count += row.count;
        if (count > 1 &&
            !HasNull(*context.plan, diff::PayloadKey(rows.front().payload))) {
          ++out.keys;
          out.rows += count;
        }
        return absl::OkStatus();
      },
      [&] { return context.cancel.cancelled(); }));
  if (!options.directory.empty()) {
    std::error_code error;
    std::filesystem::remove_all(options.directory, error);
  }
  return out;
}

}  // namespace

DuplicateCount HowDuplicatesCount(const DiffContext& context, Side side) {
  if (context.plan->key_columns == 0 || context.proven(side)) {
    return DuplicateCount::kProvenNone;
  }
  const bool one_spelling = side == Side::kSource
                                ? context.plan->trusted_source
                                : context.plan->trusted_target;
  return one_spelling && context.plan->key_lookup
             ? DuplicateCount::kGroupBy
             : DuplicateCount::kAllKeysRead;
}

absl::StatusOr<DuplicateKeys> CountDuplicateKeys(const DiffContext& context,
                                                 Side side) {
  switch (HowDuplicatesCount(context, side)) {
    case DuplicateCount::kProvenNone:
      break;
    case DuplicateCount::kGroupBy:
      return CountedThere(context, side);
    case DuplicateCount::kAllKeysRead:
      return CountedHere(context, side);
  }
  return DuplicateKeys{};
}

}  // namespace assay::engine
