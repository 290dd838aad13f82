// SPDX-License-Identifier: Apache-2.0
// Which columns of the two sides meet, what they are compared as, and what the
// key is: everything that is decided before a row is read.
//
// Pure, given two sides that are looked up.
#ifndef ASSAY_VALIDATOR_ENGINE_PAIR_PLAN_H_
#define ASSAY_VALIDATOR_ENGINE_PAIR_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rules/ruleset/model.h"
#include "rules/ruleset/parser.h"
#include "validator/diff/compare_type.h"
#include "validator/diff/encode.h"
#include "validator/diff/payload.h"
#include "validator/engine/comparison_side.h"

namespace assay::engine {

struct PairedColumn {
  std::string name;            // What results call it.
  std::string source, target;  // As each side's table spells it.
  diff::ComparedType compared;
  ColumnPolicy policy;
  bool has_policy = false;
  bool mapped = false;  // One side is an expression.

  const std::string& on(diff::Side side) const {
    return side == diff::Side::kSource ? source : target;
  }
};

struct PairPlan {
  // The key's first, then those compared by digest, then those with a
  // tolerance: the order of RowEncoder and of payloads.
  std::vector<PairedColumn> columns;
  size_t key_columns = 0;  // 0: keyless.
  diff::PayloadLayout layout;
  // Whether the catalog proves each side's key: unique, never NULL.
  bool proven_source = false, proven_target = false;
  // A policy on the key merges keys that the database tells apart, so that rows
  // cannot be looked up by it.
  bool key_lookup = true;
  // Whether a key has one spelling on the side, so that a look-up that finds
  // nothing proves that nothing is there.
  bool trusted_source = true, trusted_target = true;

  // Whether a row that a look-up by its key does not find is not there.
  bool LookupProves() const {
    return key_columns > 0 && key_lookup && trusted_source && trusted_target;
  }

  std::vector<std::string> source_only, target_only;

  // One line a column: "amount: number, exact".
  std::vector<std::string> Notes() const;
  std::vector<std::string> KeyNames() const;
};

// Decides. Fails with kNotComparable (every pair that cannot be compared, or no
// key) or kColumnNotFound. `any_table`: the comparison stands for many tables,
// so that names in it need not be this one's.
absl::StatusOr<PairPlan> PlanPair(const Comparison& comparison,
                                  const BoundParameters& parameters,
                                  const ComparedSide& source,
                                  const ComparedSide& target, bool any_table);

// Whether a column's values may leave the server: what either side's policy
// hides is hidden, by any of the column's names. An author's expression or
// query may give a hidden column another name: shown only where the side hides
// nothing.
bool MayShowPair(const ComparedSide& source, const ComparedSide& target,
                 const PairedColumn& column, bool is_key);

// The pair of a column that a rule names, by result name or either side's.
// kColumnNotFound.
absl::StatusOr<const PairedColumn*> FindPair(const PairPlan& plan,
                                             const Column& column);

// What to SELECT on one side for `columns`, and how to encode it.
struct SideColumns {
  std::vector<std::string> expressions;
  std::vector<diff::ColumnEncoding> encodings;
};
SideColumns ColumnsOf(const std::vector<PairedColumn>& columns,
                      const ComparedSide& side);

// Everything that a checkpoint or a digest depends on, as text.
std::string Fingerprint(const PairPlan& plan, const ComparedSide& source,
                        const ComparedSide& target);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_PAIR_PLAN_H_
