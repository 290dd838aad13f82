// SPDX-License-Identifier: Apache-2.0
// What follows where both sides are read in the order of a whole-number key: a
// key that both readings have passed comes no more, and the keys can be cut
// into ranges that are read side by side.
//
// Only the key's first column counts, so that composite keys take part. Whole
// numbers alone: every other type has an order of its own in each database.
#ifndef ASSAY_VALIDATOR_ENGINE_KEY_ORDER_H_
#define ASSAY_VALIDATOR_ENGINE_KEY_ORDER_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rules/plan/expression.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

// Keys with from <= first column < to; an absent bound bounds nothing, so that
// ranges that follow each other leave no key out.
struct KeyRange {
  std::optional<int64_t> from, to;
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

// Whether both sides are read in the order of the comparison key's first
// column, a whole number on both, compared as it is and never NULL.
bool InKeyOrder(const DiffContext& context);

// `count` ranges of equal width that cover every key, from the least and the
// greatest key of both sides. One range without bounds where the keys are too
// few, or not to be had. REQUIRES: InKeyOrder, count >= 1.
absl::StatusOr<std::vector<KeyRange>> SplitKeys(const DiffContext& context,
                                                int64_t count);

// `range` as a condition on `column`; null: no bounds.
ExprPtr InRange(const std::string& column, const KeyRange& range);

// Behind which key both sides' readings of a range are.
struct Watermark {
  std::optional<int64_t> from;    // The range's.
  std::optional<int64_t> passed;  // Keys below come no more; absent: any may.
};

// Whether no row to come can have the key of `payload`. `watermarks` are in the
// order of their ranges and cover every key.
bool IsPassed(const std::vector<Watermark>& watermarks,
              std::string_view payload);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_KEY_ORDER_H_
