// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/listed_keys.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/diff/difference_log.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/leftover.h"

namespace assay::engine {
namespace {

using diff::Side;

// Of the keys of one statement, those that still differ. `may_vanish`: whether
// a key that is on neither side any more is settled.
absl::Status ReadChunk(const DiffContext& context, bool may_vanish,
                       std::vector<std::vector<Value>>& keys,
                       DiffCounts& counts, LeftoverList& list) {
  const auto all = [](const std::string&) { return true; };
  ASSAY_ASSIGN_OR_RETURN(
      const KeyedRows source,
      ReadKeyValues(context, Side::kSource, keys, false, all));
  ASSAY_ASSIGN_OR_RETURN(
      const KeyedRows target,
      ReadKeyValues(context, Side::kTarget, keys, false, all));
  std::map<std::string, LeftoverRecord> records;
  const auto add = [&](const KeyedRows& rows, Side side) {
    for (const auto& [key, found] : rows) {
      LeftoverRecord& record = records[key];
      record.key = key;
      for (const KeyedRow& row : found) {
        (side == Side::kSource ? record.source : record.target)
            .push_back({row.row, row.payload, 1});
        ++(side == Side::kSource ? counts.rows_source : counts.rows_target);
      }
    }
  };
  add(source, Side::kSource);
  add(target, Side::kTarget);
  int64_t differing = 0;
  for (auto& [key, record] : records) {
    CancelEqual(*context.plan, record);
    if (record.source.empty() && record.target.empty()) continue;
    ++differing;
    ASSAY_RETURN_IF_ERROR(list.Add(record));
  }
  const auto read = static_cast<int64_t>(keys.size());
  const auto found = static_cast<int64_t>(records.size());
  // A row that was on both sides and is now on neither was not repaired.
  const int64_t gone = may_vanish ? 0 : std::max<int64_t>(0, read - found);
  counts.keys += read;
  counts.lost += gone;
  counts.settled += read - differing - gone;
  keys.clear();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> ListLeadsBack(const PairPlan& plan,
                                   const std::string& path) {
  bool out = true;
  ASSAY_RETURN_IF_ERROR(diff::ReadDifferences(
      path, [&](const diff::Difference& difference) -> absl::Status {
        out &= difference.exact &&
               !IsSpecial(plan, KeyValuesFromText(plan, difference.key));
        return absl::OkStatus();
      }));
  return out;
}

absl::Status ReadListedKeys(const DiffContext& context, const std::string& path,
                            DiffCounts& counts, LeftoverList& list) {
  std::vector<std::vector<Value>> one_side;    // Missing or extra before.
  std::vector<std::vector<Value>> both_sides;  // Changed before.
  std::set<std::vector<std::string>> seen;
  ASSAY_RETURN_IF_ERROR(diff::ReadDifferences(
      path, [&](const diff::Difference& difference) -> absl::Status {
        if (difference.table != context.source->label) return absl::OkStatus();
        std::vector<std::string> text;
        for (const Value& value : difference.key) {
          text.push_back(IsNull(value) ? std::string(1, '\0')
                                       : std::get<std::string>(value));
        }
        // A key with duplicates may stand there as changed and as missing.
        if (!seen.insert(std::move(text)).second) return absl::OkStatus();
        const bool changed = difference.kind == "changed";
        auto& keys = changed ? both_sides : one_side;
        keys.push_back(KeyValuesFromText(*context.plan, difference.key));
        return keys.size() < kKeysPerStatement
                   ? absl::OkStatus()
                   : ReadChunk(context, !changed, keys, counts, list);
      }));
  if (!one_side.empty()) {
    ASSAY_RETURN_IF_ERROR(ReadChunk(context, true, one_side, counts, list));
  }
  if (!both_sides.empty()) {
    ASSAY_RETURN_IF_ERROR(ReadChunk(context, false, both_sides, counts, list));
  }
  counts.notes.push_back(absl::StrCat(
      "only the ", counts.keys,
      " keys that differed in the earlier run were read; the others count "
      "as it left them"));
  return absl::OkStatus();
}

}  // namespace assay::engine
