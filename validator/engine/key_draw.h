// SPDX-License-Identifier: Apache-2.0
// Draws keys for sample_diff. All are canonical bytes (key_reader.h).
#ifndef ASSAY_VALIDATOR_ENGINE_KEY_DRAW_H_
#define ASSAY_VALIDATOR_ENGINE_KEY_DRAW_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/plan/comparison.h"
#include "validator/engine/diff_context.h"
#include "validator/engine/key_reader.h"

namespace assay::engine {

struct KeyDraw {
  KeySet keys;
  std::string method;  // For people.
};

// Whether DrawUniformly tries random numbers: the key is one integer column,
// and an index finds each.
bool DrawsNumbers(const DiffContext& context);

// `count` keys, or all there are, uniformly from the distinct keys of both
// sides: by random numbers where the key is one integer column that is dense
// enough, else by reading all keys (not rows) of both sides. The same seed
// draws the same keys from the same data.
absl::StatusOr<KeyDraw> DrawUniformly(const DiffContext& context, int64_t count,
                                      uint64_t seed);

// Adds the least and the greatest key of each side, in its own order.
absl::Status AddEdges(const DiffContext& context, KeySet& keys);

// Adds the keys of at most `limit` of each side's newest rows that are newer
// than `micros` before as_of by `column`.
absl::Status AddRecent(const DiffContext& context, const Column& column,
                       int64_t micros, int64_t limit, KeySet& keys);

// The keys of `block`'s rows, which begin with the plan's key columns.
absl::Status AddKeysOf(const DiffContext& context, const SideColumns& columns,
                       const db::RowBlock& block,
                       const std::vector<db::ColumnDescription>& described,
                       diff::Side side, KeySet& keys);

// The key columns alone, as a side reads them.
SideColumns KeyColumnsOf(const DiffContext& context, diff::Side side);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_KEY_DRAW_H_
