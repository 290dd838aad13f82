// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/schema_comparison.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/diff/type_fit.h"

namespace assay::diff {
namespace {

using Names = std::vector<std::string>;

std::string Lower(const std::string& s) { return absl::AsciiStrToLower(s); }

std::string List(const Names& names) {
  return absl::StrCat("(", absl::StrJoin(names, ", "), ")");
}

bool Contains(const std::vector<Word>& words, const std::string& name) {
  return std::any_of(words.begin(), words.end(), [&name](const Word& word) {
    return absl::EqualsIgnoreCase(word.text, name);
  });
}

// A type as both databases' people know it.
std::string TypeText(const db::ColumnFacts& column) {
  if (column.native_type == column.base_type) return column.native_type;
  return absl::StrCat(column.native_type, " (", column.base_type, ")");
}

std::string Typed(const db::ColumnFacts& column) {
  return absl::StrCat(column.name, " (", TypeText(column), ")");
}

const char* NullText(const db::ColumnFacts& column) {
  return column.nullable ? "may be NULL" : "NOT NULL";
}

std::string DefaultText(const db::ColumnFacts& column) {
  if (column.generated) return "computed";
  if (column.numbered) return "numbered by the database";
  return column.default_value.empty() ? "no default"
                                      : absl::StrCat("default ",
                                                     *column.default_text);
}

class Comparer {
 public:
  Comparer(const db::TableFacts& source, const db::TableFacts& target,
           const CompareSchemas& demands, const ComparedColumns& columns)
      : source_(source), target_(target), demands_(demands), spec_(columns) {}

  SchemaComparison Compare(
      const std::map<std::string, int64_t>& greatest_keys) {
    PairColumns();
    for (const auto& [from, to] : pairs_) CompareColumn(*from, *to);
    if ((demands_.nullability || demands_.defaults) &&
        Read("column details", source_.details_unread,
             target_.details_unread)) {
      for (const auto& [from, to] : pairs_) CompareDetails(*from, *to);
    }
    if ((demands_.keys || demands_.indexes) &&
        Read("keys and indexes", source_.indexes_unread,
             target_.indexes_unread)) {
      if (demands_.keys) CompareKeys();
      if (demands_.indexes) CompareIndexes();
    }
    if (demands_.foreign_keys &&
        Read("foreign keys", source_.foreign_keys_unread,
             target_.foreign_keys_unread)) {
      CompareForeignKeys();
    }
    if (demands_.sequences &&
        Read("sequences", "", target_.sequences_unread)) {
      CompareSequences(greatest_keys);
    }
    return std::move(out_);
  }

 private:
  // Whether both sides could be read; else says which could not.
  bool Read(const char* what, const std::string& source,
            const std::string& target) {
    const auto tell = [&](const char* side, const std::string& why) {
      if (why.empty()) return;
      out_.unknown.push_back(absl::StrCat(what, " of the ", side, ": ", why));
    };
    tell("source", source);
    tell("target", target);
    return source.empty() && target.empty();
  }

  // `except` names the column, or `only` does not. A mapped one is excepted by
  // the mapping's name alone: a column of the other side may be called as this
  // side's, and be what is meant.
  bool LeftOut(const std::string& name, const std::string& mapped) const {
    if (Contains(spec_.except, mapped)) return true;
    return !spec_.only.empty() && !Contains(spec_.only, name) &&
           !Contains(spec_.only, mapped);
  }

  void PairColumns() {
    std::set<const db::ColumnFacts*> used_source;
    std::set<const db::ColumnFacts*> used_target;
    for (const ColumnMapping& mapping : spec_.map) {
      // A side that is not said is the column of the mapping's own name; one
      // that is an expression takes that column's place.
      const db::ColumnFacts* from = source_.FindColumn(
          mapping.source ? mapping.source->text : mapping.name);
      const db::ColumnFacts* to = target_.FindColumn(
          mapping.target ? mapping.target->text : mapping.name);
      if (mapping.source) Expect(from, mapping.source->text, "source");
      if (mapping.target) Expect(to, mapping.target->text, "target");
      if (from != nullptr) used_source.insert(from);
      if (to != nullptr) used_target.insert(to);
      if (from == nullptr || to == nullptr) continue;
      if (mapping.source_sql || mapping.target_sql) continue;
      if (LeftOut(from->name, mapping.name)) continue;
      Pair(*from, *to);
    }
    for (const db::ColumnFacts& from : source_.columns) {
      if (used_source.count(&from) > 0) continue;
      const db::ColumnFacts* to = target_.FindColumn(from.name);
      if (to != nullptr && used_target.count(to) > 0) to = nullptr;
      if (to != nullptr) used_target.insert(to);
      if (LeftOut(from.name, from.name)) continue;
      if (to != nullptr) {
        Pair(from, *to);
      } else if (demands_.columns) {
        OnSourceOnly(absl::StrCat("column ", Typed(from)));
      }
    }
    for (const db::ColumnFacts& to : target_.columns) {
      if (used_target.count(&to) > 0 || LeftOut(to.name, to.name) ||
          !demands_.columns) {
        continue;
      }
      out_.mismatches.push_back(
          absl::StrCat("column ", Typed(to), " is only in the target"));
    }
  }

  void OnSourceOnly(const std::string& what) {
    out_.mismatches.push_back(absl::StrCat(what, " is only in the source"));
  }

  void Expect(const db::ColumnFacts* column, const std::string& name,
              const char* side) {
    if (column != nullptr) return;
    out_.mismatches.push_back(
        absl::StrCat("column ", name, " is not on the ", side));
  }

  void Pair(const db::ColumnFacts& from, const db::ColumnFacts& to) {
    pairs_.emplace_back(&from, &to);
    target_name_[Lower(from.name)] = Lower(to.name);
  }

  static std::string Subject(const db::ColumnFacts& from,
                             const db::ColumnFacts& to) {
    return absl::EqualsIgnoreCase(from.name, to.name)
               ? absl::StrCat("column ", from.name)
               : absl::StrCat("column ", from.name, " → ", to.name);
  }

  void CompareColumn(const db::ColumnFacts& from, const db::ColumnFacts& to) {
    if (!demands_.types) return;
    const TypeFit fit = FitTypes(from, to);
    if (fit.why.empty()) return;
    (fit.fits ? out_.notes : out_.mismatches)
        .push_back(absl::StrCat(Subject(from, to), ": ", TypeText(from),
                                " on the source, ", TypeText(to),
                                " on the target: ", fit.why));
  }

  void CompareDetails(const db::ColumnFacts& from, const db::ColumnFacts& to) {
    if (demands_.nullability && from.nullable != to.nullable) {
      const db::IndexFacts* primary = target_.primary_key();
      // A primary key implies it; SQLite's does not.
      const bool of_key =
          primary != nullptr &&
          std::find(primary->columns.begin(), primary->columns.end(),
                    to.name) != primary->columns.end();
      if (!from.nullable || !of_key) {
        out_.mismatches.push_back(absl::StrCat(
            Subject(from, to), ": ", NullText(from), " on the source, ",
            NullText(to), " on the target"));
      }
    }
    if (!demands_.defaults) return;
    const bool same = from.numbered == to.numbered &&
                      from.generated == to.generated &&
                      (from.numbered || from.generated ||
                       from.default_value == to.default_value);
    if (!same) {
      out_.mismatches.push_back(absl::StrCat(
          Subject(from, to), ": ", DefaultText(from), " on the source, ",
          DefaultText(to), " on the target"));
    }
    if (from.updated_with_row && !to.updated_with_row) {
      out_.notes.push_back(absl::StrCat(
          Subject(from, to),
          ": set by each UPDATE on the source; on the target only a trigger "
          "could"));
    }
  }

  // The target's names of a source's columns in lower case; nullopt where one
  // of them is not compared.
  std::optional<Names> OnTarget(const Names& columns) const {
    Names out;
    for (const std::string& column : columns) {
      const auto found = target_name_.find(Lower(column));
      if (found == target_name_.end()) return std::nullopt;
      out.push_back(found->second);
    }
    return out;
  }

  static Names LowerAll(const Names& names) {
    Names out;
    for (const std::string& name : names) out.push_back(Lower(name));
    return out;
  }

  static bool SameSet(const Names& a, const Names& b) {
    return std::set(a.begin(), a.end()) == std::set(b.begin(), b.end());
  }

  void CompareKeys() {
    const db::IndexFacts* from = source_.primary_key();
    const db::IndexFacts* to = target_.primary_key();
    if (from != nullptr) {
      const std::optional<Names> wanted = OnTarget(from->columns);
      const std::string text =
          absl::StrCat("primary key ", List(from->columns));
      if (wanted && to == nullptr) {
        OnSourceOnly(text);
      } else if (wanted && !SameSet(*wanted, LowerAll(to->columns))) {
        out_.mismatches.push_back(absl::StrCat(
            text, " on the source, ", List(to->columns), " on the target"));
      }
    }
    std::set<std::set<std::string>> told;
    for (const db::IndexFacts& key : source_.indexes) {
      if (!key.unique || key.primary || !key.whole) continue;
      const std::optional<Names> wanted = OnTarget(key.columns);
      if (!wanted || IsUnique(*wanted) ||
          !told.emplace(wanted->begin(), wanted->end()).second) {
        continue;
      }
      OnSourceOnly(absl::StrCat("unique key ", List(key.columns)));
    }
  }

  // Whether some key of the target makes `columns` unique.
  bool IsUnique(const Names& columns) const {
    return std::any_of(
        target_.indexes.begin(), target_.indexes.end(),
        [&columns](const db::IndexFacts& key) {
          return key.unique && key.whole &&
                 std::all_of(key.columns.begin(), key.columns.end(),
                             [&columns](const std::string& part) {
                               return std::find(columns.begin(), columns.end(),
                                                Lower(part)) != columns.end();
                             });
        });
  }

  void CompareIndexes() {
    std::set<Names> told;
    for (const db::IndexFacts& index : source_.indexes) {
      if (!index.whole) {
        out_.notes.push_back(absl::StrCat(
            "index ", index.name, " ", List(index.columns),
            " of the source is partial, or not over whole columns: not "
            "compared"));
        continue;
      }
      // Without the key itself there is no index: said already.
      if ((index.primary || index.unique) && demands_.keys) continue;
      const std::optional<Names> wanted = OnTarget(index.columns);
      if (!wanted || IsIndexed(*wanted, index.unique) ||
          !told.insert(*wanted).second) {
        continue;
      }
      OnSourceOnly(absl::StrCat("index ", List(index.columns)));
    }
  }

  // Whether an index of the target begins with `columns`; for a unique one also
  // in another order.
  bool IsIndexed(const Names& columns, bool any_order) const {
    return std::any_of(
        target_.indexes.begin(), target_.indexes.end(),
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
  static std::set<std::pair<std::string, std::string>> Pairs(
      const Names& columns, const Names& key) {
    std::set<std::pair<std::string, std::string>> out;
    for (size_t i = 0; i < std::min(columns.size(), key.size()); ++i) {
      out.emplace(Lower(columns[i]), Lower(key[i]));
    }
    return out;
  }

  void CompareForeignKeys() {
    for (const db::ForeignKeyFacts& key : source_.foreign_keys) {
      const std::optional<Names> wanted = OnTarget(key.columns);
      if (!wanted) continue;
      const auto pairs = Pairs(*wanted, key.key);
      const auto found = std::find_if(
          target_.foreign_keys.begin(), target_.foreign_keys.end(),
          [&](const db::ForeignKeyFacts& other) {
            return absl::EqualsIgnoreCase(other.table, key.table) &&
                   Pairs(other.columns, other.key) == pairs;
          });
      const std::string text =
          absl::StrCat("foreign key ", List(key.columns), " → ", key.table, " ",
                       List(key.key));
      if (found == target_.foreign_keys.end()) {
        OnSourceOnly(text);
      } else if (key.validated && !found->validated) {
        out_.mismatches.push_back(
            absl::StrCat(text, " is NOT VALID on the target"));
      }
    }
  }

  void CompareSequences(const std::map<std::string, int64_t>& greatest_keys) {
    for (const db::SequenceFacts& sequence : target_.sequences) {
      if (sequence.follows_keys || !IsCompared(sequence.column)) continue;
      const std::string name =
          sequence.name.empty() ? "" : absl::StrCat(" ", sequence.name);
      if (!sequence.next_value.has_value()) {
        out_.unknown.push_back(absl::StrCat(
            "next value of the target's sequence", name, " for ",
            sequence.column, ": ", sequence.unknown));
        continue;
      }
      const auto greatest = greatest_keys.find(sequence.column);
      if (greatest == greatest_keys.end() ||
          *sequence.next_value > greatest->second) {
        continue;
      }
      out_.mismatches.push_back(absl::StrCat(
          "next value of the target's sequence", name, " for ",
          sequence.column, " (", *sequence.next_value,
          ") is not above the greatest key (", greatest->second, ")"));
    }
  }

  bool IsCompared(const std::string& name) const {  // Of the target.
    return std::any_of(pairs_.begin(), pairs_.end(),
                       [&](const auto& p) { return p.second->name == name; });
  }

  const db::TableFacts& source_;
  const db::TableFacts& target_;
  const CompareSchemas& demands_;
  const ComparedColumns& spec_;
  std::vector<std::pair<const db::ColumnFacts*, const db::ColumnFacts*>> pairs_;
  std::map<std::string, std::string> target_name_;  // Both in lower case.
  SchemaComparison out_;
};

}  // namespace

std::vector<std::string> SequenceColumns(const db::TableFacts& target) {
  std::vector<std::string> out;
  for (const db::SequenceFacts& sequence : target.sequences) {
    if (sequence.next_value.has_value() && !sequence.follows_keys) {
      out.push_back(sequence.column);
    }
  }
  return out;
}

SchemaComparison CompareTableSchemas(
    const db::TableFacts& source, const db::TableFacts& target,
    const CompareSchemas& demands, const ComparedColumns& columns,
    const std::map<std::string, int64_t>& greatest_keys) {
  return Comparer(source, target, demands, columns).Compare(greatest_keys);
}

}  // namespace assay::diff
