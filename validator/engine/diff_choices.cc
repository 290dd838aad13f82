// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/diff_choices.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/engine/comparison_sql.h"

namespace assay::engine {
namespace {

using diff::Side;

// Where the rule does not say how long.
constexpr absl::Duration kAfter = absl::Seconds(1);

}  // namespace

Rounds RoundsOf(const Recheck& recheck, bool once) {
  if (recheck.times > 0) {
    return {recheck.times, absl::Microseconds(recheck.after_micros)};
  }
  return {once ? 1 : 0, kAfter};
}

absl::Status CheckRecheck(const PairPlan& plan, const FullDiff& step) {
  if (step.recheck.times == 0 || plan.LookupProves()) return absl::OkStatus();
  return MakeError(
      ErrorReason::kNotComparable,
      "recheck needs a key by which rows can be looked up: integers, "
      "decimals, booleans, text, native UUIDs, dates, times or bytes, compared "
      "as they are (no `as`, trim, case or precision on them); name another "
      "`key`, or remove recheck");
}

absl::Status CheckSample(const PairPlan& plan) {
  if (plan.key_columns > 0 && plan.key_lookup) return absl::OkStatus();
  return MakeError(ErrorReason::kNotComparable,
                   "sample_diff needs a key by which rows can be looked up: "
                   "one without trim, case and precision");
}

bool NeverNullKey(const DiffContext& context, Side side) {
  if (context.plan->key_columns == 0) return false;
  if (context.proven(side)) return true;
  const ComparedSide& of = context.side(side);
  if (!of.derived.empty()) return false;
  for (size_t i = 0; i < context.plan->key_columns; ++i) {
    if (of.table.FindColumn(context.plan->columns[i].on(side))->nullable) {
      return false;
    }
  }
  return true;
}

absl::Status CheckTolerance(const PairPlan& plan, bool unique) {
  if (plan.layout.tolerance_columns == 0 || unique) return absl::OkStatus();
  return MakeError(
      ErrorReason::kNotComparable,
      "a tolerance needs a key that is unique and never NULL on both sides, "
      "so that it is known which rows meet; add `key:`, or remove the "
      "tolerance");
}

std::string WhyNotResumed(const DiffContext& context) {
  if (context.comparison->consistency == Consistency::kStrict) {
    return "its consistency is strict";
  }
  if (context.plan->key_columns == 0) return "it has no key";
  if (!context.plan->LookupProves()) {
    return "rows cannot be looked up by the key";
  }
  for (const Side side : {Side::kSource, Side::kTarget}) {
    if (!KeyOrderOf(context.side(side)).empty()) continue;
    return absl::StrCat(SideName(side),
                        " is not read in the order of a unique key");
  }
  return "";
}

absl::Status AddOlderThan(const FullDiff& step, DiffContext& context) {
  if (!step.older_than_column.has_value()) return absl::OkStatus();
  for (const Side side : {Side::kSource, Side::kTarget}) {
    ASSAY_ASSIGN_OR_RETURN(const ExprPtr old,
                           NotNewerThan(context, *step.older_than_column,
                                        step.older_than_micros, side));
    ExprPtr& where =
        side == Side::kSource ? context.source_where : context.target_where;
    where = Conjunction(where, old);
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
