// SPDX-License-Identifier: Apache-2.0
// Keys that met no equal: what is known of each. leftover_list.h has a list of
// them of any length.
#ifndef ASSAY_VALIDATOR_ENGINE_LEFTOVER_H_
#define ASSAY_VALIDATOR_ENGINE_LEFTOVER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "validator/diff/digest.h"
#include "validator/diff/window.h"
#include "validator/engine/pair_plan.h"

namespace assay::engine {

struct LeftoverRow {
  diff::Digest row;
  std::string payload;
  int64_t count = 1;  // Equal rows that this one stands for.
  friend bool operator==(const LeftoverRow&, const LeftoverRow&) = default;
};

// Rows of one key after equal ones have cancelled.
struct LeftoverRecord {
  std::string key;  // Canonical bytes.
  std::vector<LeftoverRow> source, target;

  bool changed() const { return !source.empty() && !target.empty(); }
};

// Rows, equal ones counted each.
int64_t RowsOf(const std::vector<LeftoverRow>& rows);

// Calls `visit` for rows of the two sides pair by pair, as far as both have
// any: one of each and how many such pairs.
void ForEachPair(
    const LeftoverRecord& record,
    absl::FunctionRef<void(const LeftoverRow& source, const LeftoverRow& target,
                           int64_t pairs)>
        visit);

// Canonical bytes of the key. Valid as long as the rows are.
std::string_view KeyOf(const diff::LeftoverKey& leftover);
std::string_view KeyOf(const LeftoverRecord& record);
// Uses the memory of what `record` was before.
void CopyTo(const diff::LeftoverKey& leftover, LeftoverRecord& record);

// Whether two rows of one key are equal: digests, and columns with a tolerance.
bool RowsEqual(const PairPlan& plan, const diff::Digest& source_row,
               std::string_view source, const diff::Digest& target_row,
               std::string_view target);

// Cancels equal rows of the two sides.
void CancelEqual(const PairPlan& plan, LeftoverRecord& record);

// Indexes into plan.columns of the columns in which two rows differ.
std::vector<size_t> DifferingColumns(const PairPlan& plan,
                                     std::string_view source,
                                     std::string_view target);

// Whether both readings of a key saw the same rows.
bool SameRows(const LeftoverRecord& a, const LeftoverRecord& b);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_LEFTOVER_H_
