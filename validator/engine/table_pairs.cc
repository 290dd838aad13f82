// SPDX-License-Identifier: Apache-2.0
// Which tables a wildcard comparison stands for.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/engine/comparison_group.h"

namespace assay::engine {
namespace {

std::string TextOf(const Word& word, const BoundParameters& parameters) {
  const auto it = parameters.find(word.parameter);
  return word.parameter.empty() || it == parameters.end() ? word.text
                                                          : it->second.text;
}

std::string Lower(const std::string& text) {
  return absl::AsciiStrToLower(text);
}

// Names by lower-case bare name; each quoted by its parts where that is needed
// is what DescribeTable takes.
absl::StatusOr<std::map<std::string, std::string>> TablesOf(
    const Word& pattern, const Comparison& comparison,
    const BoundParameters& parameters, connections::Session& session,
    const CancellationToken& cancel) {
  const std::string text = TextOf(pattern, parameters);
  const size_t dot = text.rfind('.');
  const std::string schema =
      dot == std::string::npos ? "" : text.substr(0, dot);
  const std::string glob =
      dot == std::string::npos ? text : text.substr(dot + 1);
  ASSAY_ASSIGN_OR_RETURN(const std::vector<db::TableName> tables,
                         session.ListTables(schema, cancel));
  std::map<std::string, std::string> out;
  for (const db::TableName& table : tables) {
    if (!MatchesGlob(table.name, glob)) continue;
    const bool excepted = std::any_of(
        comparison.except_tables.begin(), comparison.except_tables.end(),
        [&](const Word& except) {
          return MatchesGlob(table.name, TextOf(except, parameters));
        });
    if (excepted) continue;
    const sql::Dialect& dialect = session.dialect();
    std::string name = dialect.QuoteIdentifier(table.name);
    if (!table.schema.empty()) {
      name = absl::StrCat(dialect.QuoteIdentifier(table.schema), ".", name);
    }
    if (!out.emplace(Lower(table.name), name).second) {
      return MakeError(
          ErrorReason::kTableNotFound,
          absl::StrCat("'", text, "' stands for more than one table called '",
                       table.name, "'; name one schema"));
    }
  }
  if (out.empty()) {
    return MakeError(
        ErrorReason::kTableNotFound,
        absl::StrCat("no table matches '", text, "' on connection '",
                     session.config().name, "', or the role may not see them"));
  }
  return out;
}

}  // namespace

bool MatchesGlob(std::string_view name, std::string_view pattern) {
  const auto lower = [](char c) {
    return absl::ascii_tolower(static_cast<unsigned char>(c));
  };
  // Greedy with one step back to the last star.
  size_t n = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || lower(pattern[p]) == lower(name[n]))) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

absl::StatusOr<TablePairs> FindTablePairs(const Comparison& comparison,
                                          const BoundParameters& parameters,
                                          connections::Session& source,
                                          connections::Session& target,
                                          const CancellationToken& cancel) {
  TablePairs out;
  if (!comparison.source.tables.has_value()) {
    const auto name = [&](const ComparisonSide& side) {
      return side.table.has_value() ? BoundLiteralText(*side.table, parameters)
                                    : std::string();
    };
    out.pairs.push_back({name(comparison.source), name(comparison.target)});
    return out;
  }
  auto sources = TablesOf(*comparison.source.tables, comparison, parameters,
                          source, cancel);
  if (!sources.ok()) return Annotate(sources.status(), "the source");
  auto targets = TablesOf(*comparison.target.tables, comparison, parameters,
                          target, cancel);
  if (!targets.ok()) return Annotate(targets.status(), "the target");
  for (const auto& [bare, name] : *sources) {
    const auto partner = targets->find(bare);
    if (partner == targets->end()) {
      out.source_only.push_back(bare);
    } else {
      out.pairs.push_back({name, partner->second});
    }
  }
  for (const auto& [bare, name] : *targets) {
    if (sources->count(bare) == 0) out.target_only.push_back(bare);
  }
  return out;
}

}  // namespace assay::engine
