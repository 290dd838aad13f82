// SPDX-License-Identifier: Apache-2.0
// The first step of a plan: which columns of the two sides meet, by `map` or by
// name. Used by pair_plan.cc and pair_types.cc only. Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_PAIR_MATCH_H_
#define ASSAY_VALIDATOR_ENGINE_PAIR_MATCH_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rules/ruleset/model.h"
#include "rules/ruleset/parser.h"
#include "validator/engine/comparison_side.h"
#include "validator/engine/pair_plan.h"

namespace assay::engine {

// What a plan is made of; all borrowed.
struct PairInput {
  const Comparison& comparison;
  const BoundParameters& parameters;
  const ComparedSide& source;
  const ComparedSide& target;
  bool any_table = false;  // See PlanPair.

  // The word, or the value of the parameter that stands in its place.
  std::string TextOf(const Word& word) const;
  // kColumnNotFound, said of the side that lacks it.
  absl::Status NotFound(const std::string& name,
                        const SourceRange& range) const;
};

// Everything that is wrong with the names of a comparison: an author mends them
// all at once.
class NameIssues {
 public:
  void Add(absl::Status status);
  // OK, or the first one's reason and everyone's message.
  absl::Status status() const { return status_; }

 private:
  absl::Status status_;
};

struct MatchedColumns {
  // In the order of `map`, then of the source's columns.
  std::vector<PairedColumn> pairs;
  std::vector<std::string> source_only, target_only;
};

// kColumnNotFound where `map` names what is not there.
absl::StatusOr<MatchedColumns> MatchColumns(const PairInput& input);

// "line 7: "; "" where the place is not known.
std::string LineText(const SourceRange& range);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_PAIR_MATCH_H_
