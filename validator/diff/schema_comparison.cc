// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/schema_comparison.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/diff/schema_keys.h"
#include "validator/diff/type_fit.h"

namespace assay::diff {
namespace {

std::string Lower(const std::string& s) { return absl::AsciiStrToLower(s); }

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
  return column.default_value.empty()
             ? "no default"
             : absl::StrCat("default ", *column.default_text);
}

class Comparer {
 public:
  Comparer(const db::TableFacts& source, const db::TableFacts& target,
           const CompareSchemas& demands, const ComparedColumns& columns)
      : source_(source),
        target_(target),
        demands_(demands),
        spec_(columns),
        tables_{source, target, {}} {}

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
      if (demands_.keys) CompareKeys(tables_, out_);
      if (demands_.indexes) {
        CompareIndexes(tables_,
                       demands_.keys ? UniqueIndexes::kToldAsKeys
                                     : UniqueIndexes::kCompared,
                       out_);
      }
    }
    if (demands_.foreign_keys &&
        Read("foreign keys", source_.foreign_keys_unread,
             target_.foreign_keys_unread)) {
      CompareForeignKeys(tables_, out_);
    }
    if (demands_.sequences && Read("sequences", "", target_.sequences_unread)) {
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
        OnSourceOnly(absl::StrCat("column ", Typed(from)), out_);
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

  void Expect(const db::ColumnFacts* column, const std::string& name,
              const char* side) {
    if (column != nullptr) return;
    out_.mismatches.push_back(
        absl::StrCat("column ", name, " is not on the ", side));
  }

  void Pair(const db::ColumnFacts& from, const db::ColumnFacts& to) {
    pairs_.emplace_back(&from, &to);
    tables_.target_name[Lower(from.name)] = Lower(to.name);
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
        out_.mismatches.push_back(
            absl::StrCat(Subject(from, to), ": ", NullText(from),
                         " on the source, ", NullText(to), " on the target"));
      }
    }
    if (!demands_.defaults) return;
    const bool same = from.numbered == to.numbered &&
                      from.generated == to.generated &&
                      (from.numbered || from.generated ||
                       from.default_value == to.default_value);
    if (!same) {
      out_.mismatches.push_back(
          absl::StrCat(Subject(from, to), ": ", DefaultText(from),
                       " on the source, ", DefaultText(to), " on the target"));
    }
    if (from.updated_with_row && !to.updated_with_row) {
      out_.notes.push_back(absl::StrCat(
          Subject(from, to),
          ": set by each UPDATE on the source; on the target only a trigger "
          "could"));
    }
  }

  void CompareSequences(const std::map<std::string, int64_t>& greatest_keys) {
    for (const db::SequenceFacts& sequence : target_.sequences) {
      if (sequence.follows_keys || !IsCompared(sequence.column)) continue;
      const std::string name =
          sequence.name.empty() ? "" : absl::StrCat(" ", sequence.name);
      if (!sequence.next_value.has_value()) {
        out_.unknown.push_back(
            absl::StrCat("next value of the target's sequence", name, " for ",
                         sequence.column, ": ", sequence.unknown));
        continue;
      }
      const auto greatest = greatest_keys.find(sequence.column);
      if (greatest == greatest_keys.end() ||
          *sequence.next_value > greatest->second) {
        continue;
      }
      out_.mismatches.push_back(absl::StrCat(
          "next value of the target's sequence", name, " for ", sequence.column,
          " (", *sequence.next_value, ") is not above the greatest key (",
          greatest->second, ")"));
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
  PairedTables tables_;
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
