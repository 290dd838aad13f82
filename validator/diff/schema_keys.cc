// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/schema_keys.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace assay::diff {
namespace {

using Names = std::vector<std::string>;

std::string Lower(const std::string& s) { return absl::AsciiStrToLower(s); }

std::string List(const Names& names) {
  return absl::StrCat("(", absl::StrJoin(names, ", "), ")");
}

Names LowerAll(const Names& names) {
  Names out;
  for (const std::string& name : names) out.push_back(Lower(name));
  return out;
}

bool SameSet(const Names& a, const Names& b) {
  return std::set(a.begin(), a.end()) == std::set(b.begin(), b.end());
}

// Whether some key of the target makes `columns` unique.
bool IsUnique(const db::TableFacts& target, const Names& columns) {
  return std::any_of(
      target.indexes.begin(), target.indexes.end(),
      [&columns](const db::IndexFacts& key) {
        return key.unique && key.whole &&
               std::all_of(key.columns.begin(), key.columns.end(),
                           [&columns](const std::string& part) {
                             return std::find(columns.begin(), columns.end(),
                                              Lower(part)) != columns.end();
                           });
      });
}

// Whether an index of the target begins with `columns`; for a unique one also
// in another order.
bool IsIndexed(const db::TableFacts& target, const Names& columns,
               bool any_order) {
  return std::any_of(
      target.indexes.begin(), target.indexes.end(),
      [&](const db::IndexFacts& index) {
        if (!index.whole || index.columns.size() < columns.size()) {
          return false;
        }
        Names begin = LowerAll(index.columns);
        begin.resize(columns.size());
        return begin == columns || (any_order && SameSet(begin, columns));
      });
}

// The pairs of a foreign key, in one order.
std::set<std::pair<std::string, std::string>> Pairs(const Names& columns,
                                                    const Names& key) {
  std::set<std::pair<std::string, std::string>> out;
  for (size_t i = 0; i < std::min(columns.size(), key.size()); ++i) {
    out.emplace(Lower(columns[i]), Lower(key[i]));
  }
  return out;
}

}  // namespace

std::optional<Names> PairedTables::OnTarget(const Names& columns) const {
  Names out;
  for (const std::string& column : columns) {
    const auto found = target_name.find(Lower(column));
    if (found == target_name.end()) return std::nullopt;
    out.push_back(found->second);
  }
  return out;
}

void OnSourceOnly(const std::string& what, SchemaComparison& out) {
  out.mismatches.push_back(absl::StrCat(what, " is only in the source"));
}

void CompareKeys(const PairedTables& tables, SchemaComparison& out) {
  const db::IndexFacts* from = tables.source.primary_key();
  const db::IndexFacts* to = tables.target.primary_key();
  if (from != nullptr) {
    const std::optional<Names> wanted = tables.OnTarget(from->columns);
    const std::string text = absl::StrCat("primary key ", List(from->columns));
    if (wanted && to == nullptr) {
      OnSourceOnly(text, out);
    } else if (wanted && !SameSet(*wanted, LowerAll(to->columns))) {
      out.mismatches.push_back(absl::StrCat(
          text, " on the source, ", List(to->columns), " on the target"));
    }
  }
  std::set<std::set<std::string>> told;
  for (const db::IndexFacts& key : tables.source.indexes) {
    if (!key.unique || key.primary || !key.whole) continue;
    const std::optional<Names> wanted = tables.OnTarget(key.columns);
    if (!wanted || IsUnique(tables.target, *wanted) ||
        !told.emplace(wanted->begin(), wanted->end()).second) {
      continue;
    }
    OnSourceOnly(absl::StrCat("unique key ", List(key.columns)), out);
  }
}

void CompareIndexes(const PairedTables& tables, UniqueIndexes unique,
                    SchemaComparison& out) {
  std::set<Names> told;
  for (const db::IndexFacts& index : tables.source.indexes) {
    if (!index.whole) {
      out.notes.push_back(absl::StrCat(
          "index ", index.name, " ", List(index.columns),
          " of the source is partial, or not over whole columns: not "
          "compared"));
      continue;
    }
    // Without the key itself there is no index: said already.
    if ((index.primary || index.unique) &&
        unique == UniqueIndexes::kToldAsKeys) {
      continue;
    }
    const std::optional<Names> wanted = tables.OnTarget(index.columns);
    if (!wanted || IsIndexed(tables.target, *wanted, index.unique) ||
        !told.insert(*wanted).second) {
      continue;
    }
    OnSourceOnly(absl::StrCat("index ", List(index.columns)), out);
  }
}

void CompareForeignKeys(const PairedTables& tables, SchemaComparison& out) {
  for (const db::ForeignKeyFacts& key : tables.source.foreign_keys) {
    const std::optional<Names> wanted = tables.OnTarget(key.columns);
    if (!wanted) continue;
    const auto pairs = Pairs(*wanted, key.key);
    const auto found = std::find_if(
        tables.target.foreign_keys.begin(), tables.target.foreign_keys.end(),
        [&](const db::ForeignKeyFacts& other) {
          return absl::EqualsIgnoreCase(other.table, key.table) &&
                 Pairs(other.columns, other.key) == pairs;
        });
    const std::string text = absl::StrCat("foreign key ", List(key.columns),
                                          " → ", key.table, " ", List(key.key));
    if (found == tables.target.foreign_keys.end()) {
      OnSourceOnly(text, out);
    } else if (key.validated && !found->validated) {
      out.mismatches.push_back(
          absl::StrCat(text, " is NOT VALID on the target"));
    }
  }
}

}  // namespace assay::diff
