// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/pair_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/engine/pair_match.h"
#include "validator/engine/pair_names.h"
#include "validator/engine/pair_types.h"

namespace assay::engine {
namespace {

class Planner {
 public:
  explicit Planner(const PairInput& input) : input_(input) {}

  absl::StatusOr<PairPlan> Run() {
    ASSAY_ASSIGN_OR_RETURN(MatchedColumns matched, MatchColumns(input_));
    pairs_ = std::move(matched.pairs);
    plan_.source_only = std::move(matched.source_only);
    plan_.target_only = std::move(matched.target_only);
    NameIssues issues;
    NameKey(issues);
    const std::vector<bool> keep = Select(issues);
    if (issues.status().ok()) ASSAY_RETURN_IF_ERROR(FindKey());
    Keep(keep);
    CheckPolicyNames(input_, plan_, issues);
    ASSAY_RETURN_IF_ERROR(issues.status());
    if (plan_.columns.empty()) {
      return MakeError(
          ErrorReason::kNotComparable,
          absl::StrCat(input_.source.label, " and ", input_.target.label,
                       " have no column in common; say which ones meet with "
                       "columns.map"));
    }
    ASSAY_RETURN_IF_ERROR(ChooseTypes(input_, plan_));
    return std::move(plan_);
  }

 private:
  // Indexes of the pairs that make `names` of one side; nullopt where one has
  // no partner.
  std::optional<std::vector<size_t>> PairsOf(
      const std::vector<std::string>& names, diff::Side side) const {
    std::vector<size_t> out;
    for (const std::string& name : names) {
      size_t i = 0;
      while (i < pairs_.size() && pairs_[i].on(side) != name) ++i;
      if (i == pairs_.size()) return std::nullopt;
      out.push_back(i);
    }
    return out;
  }

  // Whether the catalog proves that the key's columns are unique on `side`.
  bool Proven(const ComparedSide& side) const {
    for (const auto& unique : side.table.unique_keys) {
      const bool inside =
          !unique.empty() &&
          std::all_of(unique.begin(), unique.end(), [&](const auto& name) {
            return std::any_of(key_.begin(), key_.end(), [&](size_t i) {
              return pairs_[i].on(side.side) == name;
            });
          });
      if (inside) return true;
    }
    return false;
  }

  // The key that the author names.
  void NameKey(NameIssues& issues) {
    if (input_.comparison.keyless) return;
    for (const Word& word : input_.comparison.key) {
      const std::string name = input_.TextOf(word);
      const std::vector<size_t> found = Matches(pairs_, name);
      if (found.empty()) {
        issues.Add(input_.NotFound(name, word.range));
      } else if (found.size() > 1) {
        issues.Add(Ambiguous(name, word.range));
      } else {
        key_.push_back(found.front());
      }
    }
  }

  // Where he names none: the first key that both catalogs prove, else one that
  // either does.
  absl::Status FindKey() {
    if (input_.comparison.keyless || !input_.comparison.key.empty()) {
      return absl::OkStatus();
    }
    const ComparedSide& source = input_.source;
    const ComparedSide& target = input_.target;
    const auto proves = [&](const ComparedSide& side, bool both) {
      for (const auto& unique : side.table.unique_keys) {
        const auto found = PairsOf(unique, side.side);
        if (!found.has_value() || found->empty()) continue;
        key_ = *found;
        if (!both || (Proven(source) && Proven(target))) return true;
      }
      key_.clear();
      return false;
    };
    if (proves(source, true) || proves(source, false) ||
        proves(target, false)) {
      return absl::OkStatus();
    }
    return MakeError(
        ErrorReason::kNotComparable,
        absl::StrCat("no key: neither ", source.label, " nor ", target.label,
                     " has a unique key without NULL whose columns are on both "
                     "sides; name the columns that tell rows apart with "
                     "`key: [...]`, or say `key: none` to compare the rows as "
                     "a multiset"));
  }

  // The pairs that `only` and `except` leave; the columns of one side too.
  std::vector<bool> Select(NameIssues& issues) {
    const ComparedColumns& columns = input_.comparison.columns;
    std::vector<bool> keep(pairs_.size(), columns.only.empty());
    if (!columns.only.empty()) {
      MatchedColumns all;
      all.source_only = std::exchange(plan_.source_only, {});
      all.target_only = std::exchange(plan_.target_only, {});
      for (const Word& word : columns.only) {
        issues.Add(Include(word, all, keep));
      }
    }
    for (const Word& word : columns.except) {
      issues.Add(Exclude(word, keep));
    }
    return keep;
  }

  // Moves the column that is called `name` from one list to the other.
  static bool Take(const std::string& name, std::vector<std::string>& from,
                   std::vector<std::string>& to) {
    const auto found = std::find_if(
        from.begin(), from.end(),
        [&](const std::string& column) { return Same(column, name); });
    if (found == from.end()) return false;
    to.push_back(*found);
    from.erase(found);
    return true;
  }

  absl::Status Include(const Word& word, MatchedColumns& all,
                       std::vector<bool>& marks) {
    const std::string name = input_.TextOf(word);
    std::vector<size_t> found = MatchesBy(pairs_, name, /*by_side=*/false);
    bool one_sided = false;
    if (found.empty()) {
      // What the target lacks is a finding; the source's names come first.
      one_sided = Take(name, all.source_only, plan_.source_only);
      found = MatchesBy(pairs_, name, /*by_side=*/true);
      if (found.empty() && !one_sided) {
        one_sided = Take(name, all.target_only, plan_.target_only);
      }
    }
    for (const size_t i : found) marks[i] = true;
    if (!found.empty() || one_sided || input_.any_table) {
      return absl::OkStatus();
    }
    return input_.NotFound(name, word.range);
  }

  absl::Status Exclude(const Word& word, std::vector<bool>& marks) {
    const std::string name = input_.TextOf(word);
    const std::vector<size_t> found =
        MatchesBy(pairs_, name, /*by_side=*/false);
    for (const size_t i : found) marks[i] = false;
    std::vector<std::string> dropped;
    while (Take(name, plan_.source_only, dropped) ||
           Take(name, plan_.target_only, dropped)) {
    }
    if (!found.empty() || !dropped.empty()) return absl::OkStatus();
    const std::vector<size_t> meant = MatchesBy(pairs_, name, true);
    if (!meant.empty()) return NotLeftOut(name, pairs_[meant.front()], word);
    if (input_.any_table) return absl::OkStatus();
    return input_.NotFound(name, word.range);
  }

  // `except` by a name that only a side has of a pair that `map` made: whether
  // the pair is meant is not to be guessed, since what is excepted is looked at
  // by nobody.
  absl::Status NotLeftOut(const std::string& name, const PairedColumn& pair,
                          const Word& word) {
    return MakeError(
        ErrorReason::kNotComparable,
        absl::StrCat(LineText(word.range), "'", name,
                     "' is excepted, but is compared as '", pair.name,
                     "', since `map` says so; remove one of the two"));
  }

  absl::Status Ambiguous(const std::string& name, const SourceRange& range) {
    return MakeError(
        ErrorReason::kNotComparable,
        absl::StrCat(LineText(range), "more than one column is called '", name,
                     "' without case; spell it as the database does"));
  }

  // The key first, then what is kept.
  void Keep(std::vector<bool> keep) {
    for (const size_t i : key_) {
      plan_.columns.push_back(pairs_[i]);
      keep[i] = false;
    }
    for (size_t i = 0; i < pairs_.size(); ++i) {
      if (keep[i]) plan_.columns.push_back(pairs_[i]);
    }
    plan_.proven_source = !key_.empty() && Proven(input_.source);
    plan_.proven_target = !key_.empty() && Proven(input_.target);
    plan_.key_columns = key_.size();
  }

  const PairInput& input_;
  std::vector<PairedColumn> pairs_;
  std::vector<size_t> key_;  // Indexes into pairs_.
  PairPlan plan_;
};

}  // namespace

absl::StatusOr<PairPlan> PlanPair(const Comparison& comparison,
                                  const BoundParameters& parameters,
                                  const ComparedSide& source,
                                  const ComparedSide& target, bool any_table) {
  const PairInput input{comparison, parameters, source, target, any_table};
  return Planner(input).Run();
}

}  // namespace assay::engine
