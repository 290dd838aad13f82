// SPDX-License-Identifier: Apache-2.0
// What a diff decides before it reads a row. The diffs act on it and `explain`
// tells it. Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_DIFF_CHOICES_H_
#define ASSAY_VALIDATOR_ENGINE_DIFF_CHOICES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rules/plan/comparison.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

// How differing rows are read again by their keys.
struct Rounds {
  int64_t times = 0;  // At most; 0: the first reading counts.
  absl::Duration after;
};
// `once`: at least one reading more, whatever the rule says.
Rounds RoundsOf(const Recheck& recheck, bool once);

// kNotComparable where `step` reads rows again and cannot look them up.
absl::Status CheckRecheck(const PairPlan& plan, const FullDiff& step);
// As CheckRecheck, of the look-ups without which there is no sample.
absl::Status CheckSample(const PairPlan& plan);

// Whether no key of a side has a NULL, so that without duplicates its rows are
// told apart.
bool NeverNullKey(const DiffContext& context, diff::Side side);

// kNotComparable where columns have a tolerance and `unique` is false: it must
// be known which rows meet.
absl::Status CheckTolerance(const PairPlan& plan, bool unique);

// Why an interrupted reading begins again, "it has no key"; "": it goes on.
std::string WhyNotResumed(const DiffContext& context);

// Adds the rule's `older_than` to the wheres of both sides.
absl::Status AddOlderThan(const FullDiff& step, DiffContext& context);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DIFF_CHOICES_H_
