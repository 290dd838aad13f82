// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/engine/check_text.h"
#include "validator/engine/draft_pair.h"
#include "validator/engine/draft_yaml.h"

namespace assay::engine {
namespace {

using Kind = TypeCapacity::Kind;
using Names = std::vector<std::string>;

bool IsNumber(TypeClass type) {
  return type == TypeClass::kInteger || type == TypeClass::kDecimal ||
         type == TypeClass::kBoolean || type == TypeClass::kDouble;
}

bool IsTime(TypeClass type) {
  return type == TypeClass::kDate || type == TypeClass::kTimestamp ||
         type == TypeClass::kTimestampTz;
}

std::string Indented(const std::string& rule) {
  return absl::StrCat("      - ", rule, "\n");
}

class Rules {
 public:
  Rules(const DraftPair& pair, const std::vector<DraftPair>& pairs)
      : pair_(pair), pairs_(pairs), target_(pair.target.table) {}

  std::string Text() {
    std::string rules = absl::StrCat(NotNull(), Unique());
    rules += Labels();
    rules += Checks();
    rules += ForeignKeys();
    const std::string name = QualifiedName(target_.schema, target_.name);
    if (!rules.empty()) {
      return absl::StrCat("  - connection: :target\n    table: ",
                          YamlName(name), "\n    rules:\n", rules, comments_);
    }
    if (comments_.empty()) return "";
    return absl::StrCat(YamlComment("  ", absl::StrCat(name, ":")), comments_);
  }

 private:
  // The target's name of a column of either side; null where it has none.
  const connections::Column* OnTarget(const std::string& name) const {
    return target_.FindColumn(name);
  }

  std::optional<Names> AllOnTarget(const Names& names) const {
    Names out;
    for (const std::string& name : names) {
      const connections::Column* column = OnTarget(name);
      if (column == nullptr) return std::nullopt;
      out.push_back(column->name);
    }
    return out;
  }

  std::string NotNull() const {
    std::set<std::string> demanded;
    for (const DraftSide* side : {&pair_.source, &pair_.target}) {
      for (const db::ColumnFacts& column : side->facts.columns) {
        if (column.nullable) continue;
        if (const auto* found = OnTarget(column.name)) {
          demanded.insert(found->name);
        }
      }
    }
    Names names;
    for (const connections::Column& column : target_.columns) {
      if (demanded.count(column.name) > 0) names.push_back(column.name);
    }
    if (names.empty()) return "";
    return Indented(absl::StrCat("not_null: ", YamlNames(names)));
  }

  std::string Unique() const {
    std::string out;
    std::set<std::set<std::string>> told;
    for (const DraftSide* side : {&pair_.target, &pair_.source}) {
      for (const db::IndexFacts& index : side->facts.indexes) {
        if (!index.unique || !index.whole) continue;
        const std::optional<Names> names = AllOnTarget(index.columns);
        if (!names || !told.emplace(names->begin(), names->end()).second) {
          continue;
        }
        absl::StrAppend(&out,
                        Indented(absl::StrCat("unique: ", YamlNames(*names))));
      }
    }
    return out;
  }

  std::string Labels() {
    std::string out;
    for (const DraftSide* side : {&pair_.source, &pair_.target}) {
      for (const db::ColumnFacts& column : side->facts.columns) {
        const connections::Column* found = OnTarget(column.name);
        if (column.capacity.kind != Kind::kLabels || found == nullptr ||
            found->type.type != TypeClass::kText ||
            !listed_.insert(found->name).second) {
          continue;
        }
        std::vector<CheckLiteral> values;
        for (const std::string& label : column.capacity.labels) {
          values.push_back({label, true});
        }
        out += Enum("values", values, *found).value_or("");
      }
    }
    return out;
  }

  // A value as the column's type takes it; nullopt where it is none of it.
  static std::optional<std::string> Scalar(const CheckLiteral& literal,
                                           const connections::Column& column) {
    const TypeClass type = column.type.type;
    if (type == TypeClass::kText) return YamlText(literal.text);
    if (literal.text.empty()) return std::nullopt;
    const TypeClass read = IsNumber(type) && type != TypeClass::kBoolean
                               ? TypeClass::kDecimal
                               : type;
    if (!IsNumber(type) && !IsTime(type)) return std::nullopt;
    if (!ParseValue(read, literal.text).ok()) return std::nullopt;
    return literal.text;
  }

  // nullopt where a value is none of the column's type; "" where the same is
  // demanded already, in whatever order.
  std::optional<std::string> Enum(const char* parameter,
                                  const std::vector<CheckLiteral>& literals,
                                  const connections::Column& column) {
    Names values;
    for (const CheckLiteral& literal : literals) {
      const std::optional<std::string> value = Scalar(literal, column);
      if (!value) return std::nullopt;
      values.push_back(*value);
    }
    const std::set<std::string> any_order(values.begin(), values.end());
    if (!told_
             .insert(absl::StrCat(column.name, "\n", parameter, "\n",
                                  absl::StrJoin(any_order, "\n")))
             .second) {
      return "";
    }
    return Indented(absl::StrCat("enum: {column: ", YamlName(column.name), ", ",
                                 parameter, ": [", absl::StrJoin(values, ", "),
                                 "]}"));
  }

  // As Enum.
  std::optional<std::string> Range(const CheckDemand& demand,
                                   const connections::Column& column) {
    std::string out = absl::StrCat("range: {column: ", YamlName(column.name));
    const std::pair<const char*, const std::optional<CheckLiteral>*> bounds[] =
        {{"min", &demand.min},
         {"above", &demand.above},
         {"max", &demand.max},
         {"below", &demand.below}};
    for (const auto& [name, literal] : bounds) {
      if (!literal->has_value()) continue;
      const std::optional<std::string> value = Scalar(**literal, column);
      if (!value) return std::nullopt;
      absl::StrAppend(&out, ", ", name, ": ", *value);
    }
    if (!told_.insert(out).second) return "";
    return Indented(absl::StrCat(out, "}"));
  }

  std::string Checks() {
    std::string out;
    for (const DraftSide* side : {&pair_.source, &pair_.target}) {
      for (const db::CheckFacts& check : side->facts.checks) {
        const std::set<std::string> told = told_;
        const std::optional<std::string> rules = ReadRules(check);
        if (!rules) {
          told_ = told;  // A part of a check is not said.
          comments_ += YamlComment(
              "      ",
              absl::StrCat("No rule kind says this CHECK of the ",
                           side == &pair_.source ? "source" : "target",
                           "; `expression` may: ", check.text));
          continue;
        }
        out += *rules;
      }
    }
    return out;
  }

  // The rules that say what `check` says; nullopt where no kind does.
  std::optional<std::string> ReadRules(const db::CheckFacts& check) {
    // MariaDB's JSON columns are text with this check, and compare as JSON.
    if (absl::StartsWithIgnoreCase(check.text, "json_valid(")) return "";
    const auto demands = ReadCheck(check.text);
    if (!demands) return std::nullopt;
    std::string out;
    for (const CheckDemand& demand : *demands) {
      const bool of_domain = !check.column.empty() && demand.column == "value";
      const connections::Column* column =
          OnTarget(of_domain ? check.column : demand.column);
      if (column == nullptr) return std::nullopt;
      const std::optional<std::string> rule =
          !demand.values.empty()   ? Enum("values", demand.values, *column)
          : !demand.forbid.empty() ? Enum("forbid", demand.forbid, *column)
                                   : Range(demand, *column);
      if (!rule) return std::nullopt;
      out += *rule;
    }
    return out;
  }

  std::string ForeignKeys() {
    std::string out;
    for (const db::ForeignKeyFacts& key : pair_.target.facts.foreign_keys) {
      out += ForeignKey(key, QualifiedName(key.schema, key.table), key.key);
    }
    for (const db::ForeignKeyFacts& key : pair_.source.facts.foreign_keys) {
      const connections::Table* parent = TargetOf(key.table);
      std::optional<Names> columns;
      if (parent != nullptr) {
        columns.emplace();
        for (const std::string& name : key.key) {
          const connections::Column* column = parent->FindColumn(name);
          if (column == nullptr) {
            columns.reset();
            break;
          }
          columns->push_back(column->name);
        }
      }
      if (!columns) {
        comments_ += YamlComment(
            "      ",
            absl::StrCat("The source has a foreign key to ", key.table,
                         ", which this draft does not "
                         "have."));
        continue;
      }
      out += ForeignKey(key, QualifiedName(parent->schema, parent->name),
                        *columns);
    }
    return out;
  }

  const connections::Table* TargetOf(const std::string& source_table) const {
    for (const DraftPair& pair : pairs_) {
      if (absl::EqualsIgnoreCase(pair.source.table.name, source_table)) {
        return &pair.target.table;
      }
    }
    return nullptr;
  }

  std::string ForeignKey(const db::ForeignKeyFacts& key,
                         const std::string& parent, const Names& parent_key) {
    const std::optional<Names> columns = AllOnTarget(key.columns);
    if (!columns || columns->size() != parent_key.size()) return "";
    std::set<std::string> identity;
    for (size_t i = 0; i < columns->size(); ++i) {
      identity.insert(absl::AsciiStrToLower(
          absl::StrCat((*columns)[i], "\n", parent_key[i])));
    }
    // Without the schema: SQLite's and MariaDB's facts may leave it out.
    const std::string bare = absl::AsciiStrToLower(key.table);
    if (!references_[bare].insert(identity).second) return "";
    return Indented(absl::StrCat("foreign_key: {columns: ", YamlNames(*columns),
                                 ", table: ", YamlName(parent),
                                 ", key: ", YamlNames(parent_key), "}"));
  }

  const DraftPair& pair_;
  const std::vector<DraftPair>& pairs_;
  const connections::Table& target_;
  std::set<std::string> listed_;  // Columns with a list of labels.
  std::set<std::string> told_;    // What rules demand of columns.
  std::map<std::string, std::set<std::set<std::string>>> references_;
  std::string comments_;
};

}  // namespace

std::string DraftTableRules(const DraftPair& pair,
                            const std::vector<DraftPair>& pairs) {
  return Rules(pair, pairs).Text();
}

}  // namespace assay::engine
