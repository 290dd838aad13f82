// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/pair_match.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/issue.h"
#include "validator/base/status.h"
#include "validator/engine/pair_names.h"

namespace assay::engine {
namespace {

using connections::Table;

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

absl::Status NotFoundOn(const ComparedSide& side, const std::string& name,
                        const SourceRange& range) {
  std::vector<std::string> names;
  for (const auto& column : side.table.columns) {
    if (!side.IsMapped(column.name)) names.push_back(column.name);
  }
  const std::string nearest = NearestName(name, names);
  return MakeError(
      ErrorReason::kColumnNotFound,
      absl::StrCat(LineText(range), SideName(side.side), ", ", side.label,
                   ", has no column '", name, "'",
                   nearest.empty()
                       ? ""
                       : absl::StrCat("; did you mean '", nearest, "'?")));
}

class Matcher {
 public:
  explicit Matcher(const PairInput& input) : input_(input) {}

  absl::StatusOr<MatchedColumns> Run() {
    ASSAY_RETURN_IF_ERROR(PairMapped());
    PairByName();
    return std::move(out_);
  }

 private:
  absl::StatusOr<std::string> ColumnOf(const ComparedSide& side,
                                       const std::optional<Word>& word,
                                       const std::optional<SqlText>& sql,
                                       size_t index, const std::string& name) {
    if (sql.has_value()) return side.mapped[index];
    const std::string wanted = word.has_value() ? input_.TextOf(*word) : name;
    if (const auto* column = side.table.FindColumn(wanted)) return column->name;
    return NotFoundOn(side, wanted,
                      word.has_value() ? word->range : SourceRange{});
  }

  absl::Status PairMapped() {
    NameIssues issues;
    const auto& map = input_.comparison.columns.map;
    for (size_t i = 0; i < map.size(); ++i) {
      const ColumnMapping& mapping = map[i];
      PairedColumn pair;
      pair.name = mapping.name;
      auto source = ColumnOf(input_.source, mapping.source, mapping.source_sql,
                             i, mapping.name);
      auto target = ColumnOf(input_.target, mapping.target, mapping.target_sql,
                             i, mapping.name);
      if (!source.ok() || !target.ok()) {
        if (!input_.any_table) {
          issues.Add(source.status());
          issues.Add(target.status());
        }
        continue;
      }
      pair.source = *std::move(source);
      pair.target = *std::move(target);
      pair.mapped = mapping.source_sql || mapping.target_sql;
      out_.pairs.push_back(std::move(pair));
    }
    return issues.status();
  }

  bool Taken(diff::Side side, const std::string& name) const {
    return std::any_of(out_.pairs.begin(), out_.pairs.end(),
                       [&](const auto& pair) { return pair.on(side) == name; });
  }

  // Whether a mapping's expression stands in the place of a column.
  bool Replaced(const ComparedSide& side, const std::string& name) const {
    const auto& map = input_.comparison.columns.map;
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
    const auto mapped = static_cast<std::ptrdiff_t>(out_.pairs.size());
    std::vector<std::string> sources = FreeColumns(input_.source);
    std::vector<std::string> targets = FreeColumns(input_.target);
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
        out_.pairs.push_back({source, source, found.front()});
        std::erase(targets, found.front());
      }
      sources = std::move(left);
    };
    pair([](const std::string& a, const std::string& b) { return a == b; });
    pair([](const std::string& a, const std::string& b) { return Same(a, b); });
    out_.source_only = std::move(sources);
    out_.target_only = std::move(targets);
    const auto place = [&](const PairedColumn& paired) {
      const auto& columns = input_.source.table.columns;
      return std::find_if(columns.begin(), columns.end(),
                          [&](const auto& column) {
                            return column.name == paired.source;
                          }) -
             columns.begin();
    };
    std::stable_sort(out_.pairs.begin() + mapped, out_.pairs.end(),
                     [&](const PairedColumn& a, const PairedColumn& b) {
                       return place(a) < place(b);
                     });
  }

  const PairInput& input_;
  MatchedColumns out_;
};

}  // namespace

std::string LineText(const SourceRange& range) {
  return range.known() ? absl::StrCat("line ", range.line, ": ") : "";
}

std::string PairInput::TextOf(const Word& word) const {
  const auto it = parameters.find(word.parameter);
  return word.parameter.empty() || it == parameters.end() ? word.text
                                                          : it->second.text;
}

absl::Status PairInput::NotFound(const std::string& name,
                                 const SourceRange& range) const {
  const bool on_source = !ColumnsCalled(source.table, name).empty();
  return NotFoundOn(on_source ? target : source, name, range);
}

void NameIssues::Add(absl::Status status) {
  if (status.ok()) return;
  if (status_.ok()) {
    status_ = std::move(status);
    return;
  }
  status_ = MakeError(GetReason(status_),
                      absl::StrCat(status_.message(), "; ", status.message()));
}

absl::StatusOr<MatchedColumns> MatchColumns(const PairInput& input) {
  return Matcher(input).Run();
}

}  // namespace assay::engine
