// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/pair_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/issue.h"
#include "validator/base/status.h"
#include "validator/engine/pair_names.h"

namespace assay::engine {
namespace {

using connections::Table;

std::string TextOf(const Word& word, const BoundParameters& parameters) {
  const auto it = parameters.find(word.parameter);
  return word.parameter.empty() || it == parameters.end() ? word.text
                                                          : it->second.text;
}

// The columns of `table` that are called `name`: the one that is spelled so,
// else those that are without case.
std::vector<std::string> ColumnsCalled(const Table& table,
                                       const std::string& name) {
  std::vector<std::string> out;
  for (const auto& column : table.columns) {
    if (column.name == name) return {name};
    if (Same(column.name, name)) out.push_back(column.name);
  }
  return out;
}

class Planner {
 public:
  Planner(const Comparison& comparison, const BoundParameters& parameters,
          const ComparedSide& source, const ComparedSide& target,
          bool any_table)
      : comparison_(comparison),
        parameters_(parameters),
        source_(source),
        target_(target),
        any_table_(any_table) {}

  absl::StatusOr<PairPlan> Run() {
    ASSAY_RETURN_IF_ERROR(PairMapped());
    PairByName();
    ASSAY_RETURN_IF_ERROR(ChooseKey());
    ASSAY_RETURN_IF_ERROR(Select());
    ASSAY_RETURN_IF_ERROR(ChooseTypes());
    Arrange();
    return std::move(plan_);
  }

 private:
  absl::StatusOr<std::string> ColumnOf(const ComparedSide& side,
                                       const std::optional<Word>& word,
                                       const std::optional<SqlText>& sql,
                                       size_t index, const std::string& name) {
    if (sql.has_value()) return side.mapped[index];
    const std::string wanted =
        word.has_value() ? TextOf(*word, parameters_) : name;
    if (const auto* column = side.table.FindColumn(wanted)) return column->name;
    return NotFound(side, wanted,
                    word.has_value() ? word->range : SourceRange{});
  }

  // The side that does not have a column of this name.
  const ComparedSide& Lacking(const std::string& name) const {
    return ColumnsCalled(source_.table, name).empty() ? source_ : target_;
  }

  absl::Status NotFound(const ComparedSide& side, const std::string& name,
                        const SourceRange& range) {
    std::vector<std::string> names;
    for (const auto& column : side.table.columns) names.push_back(column.name);
    const std::string nearest = NearestName(name, names);
    return MakeError(
        ErrorReason::kColumnNotFound,
        absl::StrCat(
            range.known() ? absl::StrCat("line ", range.line, ": ") : "",
            SideName(side.side), ", ", side.label, ", has no column '", name,
            "'",
            nearest.empty() ? ""
                            : absl::StrCat("; did you mean '", nearest, "'?")));
  }

  absl::Status PairMapped() {
    for (size_t i = 0; i < comparison_.columns.map.size(); ++i) {
      const ColumnMapping& mapping = comparison_.columns.map[i];
      PairedColumn pair;
      pair.name = mapping.name;
      auto source = ColumnOf(source_, mapping.source, mapping.source_sql, i,
                             mapping.name);
      auto target = ColumnOf(target_, mapping.target, mapping.target_sql, i,
                             mapping.name);
      if (any_table_ && (!source.ok() || !target.ok())) continue;
      if (!source.ok()) return source.status();
      if (!target.ok()) return target.status();
      pair.source = *std::move(source);
      pair.target = *std::move(target);
      pair.mapped = mapping.source_sql || mapping.target_sql;
      pairs_.push_back(std::move(pair));
    }
    return absl::OkStatus();
  }

  bool Taken(diff::Side side, const std::string& name) const {
    return std::any_of(pairs_.begin(), pairs_.end(),
                       [&](const auto& pair) { return pair.on(side) == name; });
  }

  // Whether a mapping's expression stands in the place of a column.
  bool Replaced(const ComparedSide& side, const std::string& name) const {
    const auto& map = comparison_.columns.map;
    for (size_t i = 0; i < map.size() && i < side.mapped.size(); ++i) {
      if (side.mapped[i].empty()) continue;
      const auto called = ColumnsCalled(side.table, map[i].name);
      if (called.size() == 1 && called.front() == name) return true;
    }
    return false;
  }

  // The columns of a side that no mapping has taken.
  std::vector<std::string> FreeColumns(const ComparedSide& side) const {
    std::vector<std::string> out;
    for (const auto& column : side.table.columns) {
      if (!side.IsMapped(column.name) && !Taken(side.side, column.name) &&
          !Replaced(side, column.name)) {
        out.push_back(column.name);
      }
    }
    return out;
  }

  void PairByName() {
    mapped_pairs_ = static_cast<std::ptrdiff_t>(pairs_.size());
    std::vector<std::string> sources = FreeColumns(source_);
    std::vector<std::string> targets = FreeColumns(target_);
    const auto pair = [&](const auto& equal) {
      std::vector<std::string> left;
      for (const std::string& source : sources) {
        std::vector<std::string> found;
        for (const std::string& target : targets) {
          if (equal(source, target)) found.push_back(target);
        }
        const auto rivals = std::count_if(
            sources.begin(), sources.end(),
            [&](const std::string& other) { return equal(source, other); });
        // Two that differ only by case are told apart by nobody but the author.
        if (found.size() != 1 || rivals != 1) {
          left.push_back(source);
          continue;
        }
        pairs_.push_back({source, source, found.front()});
        std::erase(targets, found.front());
      }
      sources = std::move(left);
    };
    pair([](const std::string& a, const std::string& b) { return a == b; });
    pair([](const std::string& a, const std::string& b) { return Same(a, b); });
    plan_.source_only = std::move(sources);
    plan_.target_only = std::move(targets);
    SortPairs();
  }

  // In the order of the source's columns, mapped ones first.
  void SortPairs() {
    const auto place = [&](const PairedColumn& pair) {
      const auto& columns = source_.table.columns;
      return std::find_if(columns.begin(), columns.end(),
                          [&](const auto& column) {
                            return column.name == pair.source;
                          }) -
             columns.begin();
    };
    std::stable_sort(pairs_.begin() + mapped_pairs_, pairs_.end(),
                     [&](const PairedColumn& a, const PairedColumn& b) {
                       return place(a) < place(b);
                     });
  }

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

  absl::Status ChooseKey() {
    if (comparison_.keyless) return absl::OkStatus();
    if (!comparison_.key.empty()) {
      for (const Word& word : comparison_.key) {
        const std::string name = TextOf(word, parameters_);
        const std::vector<size_t> found = Matches(pairs_, name);
        if (found.empty()) return NotFound(Lacking(name), name, word.range);
        if (found.size() > 1) return Ambiguous(name, word.range);
        key_.push_back(found.front());
      }
      return absl::OkStatus();
    }
    // The first key that both catalogs prove, else one that either does.
    const auto proves = [&](const ComparedSide& side, bool both) {
      for (const auto& unique : side.table.unique_keys) {
        const auto found = PairsOf(unique, side.side);
        if (!found.has_value() || found->empty()) continue;
        key_ = *found;
        if (!both || (Proven(source_) && Proven(target_))) return true;
      }
      key_.clear();
      return false;
    };
    if (proves(source_, true) || proves(source_, false) ||
        proves(target_, false)) {
      return absl::OkStatus();
    }
    return MakeError(
        ErrorReason::kNotComparable,
        absl::StrCat("no key: neither ", source_.label, " nor ", target_.label,
                     " has a unique key without NULL whose columns are on both "
                     "sides; name the columns that tell rows apart with "
                     "`key: [...]`, or say `key: none` to compare the rows as "
                     "a multiset"));
  }

  // Applies `only` and `except`.
  absl::Status Select() {
    const ComparedColumns& columns = comparison_.columns;
    std::vector<bool> keep(pairs_.size(), columns.only.empty());
    for (const Word& word : columns.only) {
      ASSAY_RETURN_IF_ERROR(Mark(word, true, keep));
    }
    for (const Word& word : columns.except) {
      ASSAY_RETURN_IF_ERROR(Mark(word, false, keep));
    }
    for (const size_t i : key_) keep[i] = true;
    if (!columns.only.empty()) {
      plan_.source_only.clear();
      plan_.target_only.clear();
    }
    std::vector<PairedColumn> kept;
    for (const size_t i : key_) kept.push_back(pairs_[i]);
    for (size_t i = 0; i < pairs_.size(); ++i) {
      if (keep[i] && std::find(key_.begin(), key_.end(), i) == key_.end()) {
        kept.push_back(pairs_[i]);
      }
    }
    plan_.proven_source = !key_.empty() && Proven(source_);
    plan_.proven_target = !key_.empty() && Proven(target_);
    plan_.key_columns = key_.size();
    plan_.columns = std::move(kept);
    if (plan_.columns.empty()) {
      return MakeError(ErrorReason::kNotComparable,
                       absl::StrCat(source_.label, " and ", target_.label,
                                    " have no column in common; say which ones "
                                    "meet with columns.map"));
    }
    return absl::OkStatus();
  }

  absl::Status Mark(const Word& word, bool keep, std::vector<bool>& marks) {
    const std::string name = TextOf(word, parameters_);
    bool found = false;
    const auto mark = [&](bool by_side) {
      for (const size_t i : MatchesBy(pairs_, name, by_side)) {
        marks[i] = keep;
        found = true;
      }
    };
    mark(/*by_side=*/false);
    for (auto* list : {&plan_.source_only, &plan_.target_only}) {
      const size_t before = list->size();
      if (!keep) {
        std::erase_if(*list,
                      [&](const auto& only) { return Same(only, name); });
      }
      found |= list->size() != before;
    }
    // Last: a column that one side has alone may be called as the other side's
    // column of a pair that results call otherwise.
    if (!found && keep) mark(/*by_side=*/true);
    if (!found && !keep) {
      const std::vector<size_t> meant = MatchesBy(pairs_, name, true);
      if (!meant.empty()) return NotLeftOut(name, pairs_[meant.front()], word);
    }
    if (found || any_table_) return absl::OkStatus();
    return NotFound(Lacking(name), name, word.range);
  }

  // `except` by a name that only a side has of a pair that `map` made: whether
  // the pair is meant is not to be guessed, since what is excepted is looked at
  // by nobody.
  absl::Status NotLeftOut(const std::string& name, const PairedColumn& pair,
                          const Word& word) {
    return MakeError(
        ErrorReason::kNotComparable,
        absl::StrCat(
            word.range.known() ? absl::StrCat("line ", word.range.line, ": ")
                               : "",
            "'", name, "' is excepted, but is compared as '", pair.name,
            "', since `map` says so; remove one of the two"));
  }

  absl::Status Ambiguous(const std::string& name, const SourceRange& range) {
    return MakeError(
        ErrorReason::kNotComparable,
        absl::StrCat(
            range.known() ? absl::StrCat("line ", range.line, ": ") : "",
            "more than one column is called '", name,
            "' without case; spell it as the database does"));
  }

  const ColumnPolicy* PolicyOf(size_t column) const {
    for (const ColumnPolicy& policy : comparison_.columns.policies) {
      const auto found =
          Matches(plan_.columns, TextOf(policy.column, parameters_));
      if (std::find(found.begin(), found.end(), column) != found.end()) {
        return &policy;
      }
    }
    return nullptr;
  }

  absl::Status ChooseTypes() {
    for (const ColumnPolicy& policy : comparison_.columns.policies) {
      const std::string name = TextOf(policy.column, parameters_);
      if (Matches(plan_.columns, name).empty() && !any_table_) {
        return NotFound(source_, name, policy.column.range);
      }
    }
    for (const AcceptedDifference& accept : comparison_.accept) {
      const bool known = accept.column.empty() || any_table_ ||
                         std::any_of(plan_.columns.begin(), plan_.columns.end(),
                                     [&](const PairedColumn& pair) {
                                       return Same(pair.name, accept.column);
                                     });
      if (!known) return NotFound(source_, accept.column, accept.range);
    }
    std::vector<std::string> refused;
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      PairedColumn& pair = plan_.columns[i];
      if (const ColumnPolicy* policy = PolicyOf(i)) {
        pair.policy = *policy;
        pair.has_policy = true;
      }
      const auto type_of = [&](const ComparedSide& side) {
        return diff::ColumnSide{side.table.FindColumn(pair.on(side.side))->type,
                                &side.session->dialect()};
      };
      auto compared =
          diff::ChooseCompareType(type_of(source_), type_of(target_),
                                  pair.has_policy ? &pair.policy : nullptr);
      if (!compared.ok()) {
        refused.push_back(
            absl::StrCat(pair.name, ": ", compared.status().message()));
        continue;
      }
      pair.compared = *std::move(compared);
      const bool key = i < plan_.key_columns;
      if (key && (pair.compared.has_tolerance ||
                  pair.compared.type == diff::CompareType::kJson)) {
        refused.push_back(
            absl::StrCat(pair.name, ": a key is compared exactly; ",
                         pair.compared.has_tolerance ? "remove its tolerance"
                                                     : "JSON cannot be one"));
      }
      if (plan_.key_columns == 0 && pair.compared.has_tolerance) {
        refused.push_back(absl::StrCat(
            pair.name,
            ": a tolerance needs a key, so that it is known which rows meet"));
      }
      const ColumnPolicy& policy = pair.policy;
      if (key && pair.has_policy &&
          (policy.precision.has_value() || policy.trim != Trim::kNone ||
           policy.ignore_case || policy.empty_is_null)) {
        // Two keys of the database may be one here.
        plan_.proven_source = plan_.proven_target = plan_.key_lookup = false;
      }
    }
    if (refused.empty()) return absl::OkStatus();
    return MakeError(ErrorReason::kNotComparable, absl::StrJoin(refused, "; "));
  }

  // A type with one way to write each value: text '007' compared as a number,
  // a UUID as text, and times in a database without types have more.
  static bool OneSpelling(const PairedColumn& pair, const ComparedSide& side) {
    const sql::ColumnType& type =
        side.table.FindColumn(pair.on(side.side))->type;
    if (pair.policy.as.has_value()) return false;
    const bool untyped = side.session->dialect().tags_values();
    switch (pair.compared.type) {
      case diff::CompareType::kNumber:
        return type.type == TypeClass::kInteger ||
               (!untyped && (type.type == TypeClass::kDecimal ||
                             type.type == TypeClass::kBoolean));
      case diff::CompareType::kText:
        return type.type == TypeClass::kText && type.native_name != "enum";
      case diff::CompareType::kUuid:
        return type.type == TypeClass::kUuid || type.type == TypeClass::kBytes;
      case diff::CompareType::kBytes:
        return type.type == TypeClass::kBytes;
      case diff::CompareType::kDate:
      case diff::CompareType::kTime:
      case diff::CompareType::kTimestamp:
        return !untyped;
      default:
        return false;
    }
  }

  void Arrange() {
    for (size_t i = 0; i < plan_.key_columns; ++i) {
      plan_.trusted_source &= OneSpelling(plan_.columns[i], source_);
      plan_.trusted_target &= OneSpelling(plan_.columns[i], target_);
    }
    // What is unique as it is written need not be as it is compared.
    plan_.proven_source &= plan_.trusted_source;
    plan_.proven_target &= plan_.trusted_target;
    plan_.layout = {};
    std::stable_partition(
        plan_.columns.begin() + static_cast<std::ptrdiff_t>(plan_.key_columns),
        plan_.columns.end(),
        [](const PairedColumn& pair) { return !pair.compared.has_tolerance; });
    for (size_t i = plan_.key_columns; i < plan_.columns.size(); ++i) {
      if (plan_.columns[i].compared.has_tolerance) {
        ++plan_.layout.tolerance_columns;
      } else {
        ++plan_.layout.exact_columns;
      }
    }
  }

  const Comparison& comparison_;
  const BoundParameters& parameters_;
  const ComparedSide& source_;
  const ComparedSide& target_;
  const bool any_table_;
  std::vector<PairedColumn> pairs_;
  std::ptrdiff_t mapped_pairs_ = 0;  // The first of pairs_.
  std::vector<size_t> key_;          // Indexes into pairs_.
  PairPlan plan_;
};

}  // namespace

absl::StatusOr<PairPlan> PlanPair(const Comparison& comparison,
                                  const BoundParameters& parameters,
                                  const ComparedSide& source,
                                  const ComparedSide& target, bool any_table) {
  return Planner(comparison, parameters, source, target, any_table).Run();
}

}  // namespace assay::engine
