// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/plan/comparison.h"
#include "validator/diff/compare_type.h"
#include "validator/diff/schema_comparison.h"
#include "validator/engine/draft_pair.h"
#include "validator/engine/draft_yaml.h"

namespace assay::engine {
namespace {

using Kind = TypeCapacity::Kind;
using Names = std::vector<std::string>;

// A column of both sides.
struct Common {
  const connections::Column* source = nullptr;
  const connections::Column* target = nullptr;
  std::string policy;   // In braces; empty: none.
  std::string comment;  // Why it has one, or why it is left out.
  bool tolerant = false;
  bool left_out = false;
  std::string map;  // An entry of `map` that would compare it.
};

// What `as:` may name, in the order in which it is tried: the type that says
// most comes first, since text holds them all.
constexpr TypeClass kTypes[] = {
    TypeClass::kDecimal, TypeClass::kTimestamp, TypeClass::kDate,
    TypeClass::kTime,    TypeClass::kUuid,      TypeClass::kJson,
    TypeClass::kBytes,
};

std::string TypeText(const connections::Column& column) {
  return column.type.full_name.empty() ? column.type.native_name
                                       : column.type.full_name;
}

bool IsNumber(TypeClass type) {
  return type == TypeClass::kInteger || type == TypeClass::kDecimal ||
         type == TypeClass::kBoolean || type == TypeClass::kDouble;
}

// Whether a column of `type` may be what `as` names.
bool IsOf(TypeClass type, TypeClass as) {
  if (as == TypeClass::kDecimal) return IsNumber(type);
  if (as == TypeClass::kTimestamp && type == TypeClass::kTimestampTz) {
    return true;
  }
  return type == as;
}

class Comparisons {
 public:
  explicit Comparisons(const DraftPair& pair) : pair_(pair) {}

  std::string Text() {
    for (const connections::Column& column : pair_.source.table.columns) {
      const auto* other = pair_.target.table.FindColumn(column.name);
      if (other != nullptr) {
        columns_.push_back({&column, other});
        Decide(columns_.back());
      } else {
        source_only_.push_back(column.name);
      }
    }
    for (const connections::Column& column : pair_.target.table.columns) {
      if (pair_.source.table.FindColumn(column.name) == nullptr) {
        target_only_.push_back(column.name);
      }
    }
    if (std::all_of(columns_.begin(), columns_.end(),
                    [](const Common& column) { return column.left_out; })) {
      return "";
    }
    std::string out =
        absl::StrCat(Side("  - source: ", ":source", pair_.source),
                     Side("    target: ", ":target", pair_.target));
    out += Key();  // Columns without a key have no partner to be near to.
    out += Columns();
    absl::StrAppend(&out,
                    "    rules:\n      - row_count: {tolerance: 0}\n"
                    "      - schema: {}\n",
                    Found(), "      - full_diff: {}\n");
    return out;
  }

 private:
  static std::string Side(const char* begin, const char* connection,
                          const DraftSide& side) {
    return absl::StrCat(
        begin, "{connection: ", connection, ", table: ",
        YamlName(QualifiedName(side.table.schema, side.table.name)), "}\n");
  }

  absl::Status Try(const Common& column, const ColumnPolicy* policy) const {
    return diff::ChooseCompareType({column.source->type, pair_.source.dialect},
                                   {column.target->type, pair_.target.dialect},
                                   policy)
        .status();
  }

  const TypeCapacity& Capacity(const DraftSide& side,
                               const std::string& name) const {
    static const auto* const kNone = new TypeCapacity();
    const db::ColumnFacts* facts = side.facts.FindColumn(name);
    return facts == nullptr ? *kNone : facts->capacity;
  }

  void Decide(Common& column) const {
    const TypeCapacity& from = Capacity(pair_.source, column.source->name);
    const TypeCapacity& to = Capacity(pair_.target, column.target->name);
    const std::string types =
        absl::StrCat(TypeText(*column.source), " → ", TypeText(*column.target));
    if (from.kind == Kind::kLabelSet && to.kind == Kind::kTextList) {
      column.left_out = true;
      column.comment = absl::StrCat(types, ": a set and an array; map it");
      column.map = absl::StrCat(
          YamlName(column.source->name),
          ": {source: ", YamlName(column.source->name), ", target_sql: ",
          YamlText(absl::StrCat(
              "array_to_string(",
              pair_.target.dialect->QuoteIdentifier(column.target->name),
              ", ',')")),
          "}");
      return;
    }
    if (!Try(column, nullptr).ok()) return Force(types, column);
    const bool times =
        (from.kind == Kind::kTimestamp && to.kind == Kind::kTimestamp) ||
        (from.kind == Kind::kTime && to.kind == Kind::kTime);
    if (times && to.enforced && from.fraction_digits > to.fraction_digits) {
      column.policy = absl::StrCat("{precision: ", to.fraction_digits,
                                   ", rounding: truncate}");
      column.comment = absl::StrCat(types, "; round where the copy rounded");
      return;
    }
    const bool texts = from.kind == Kind::kText && to.kind == Kind::kText;
    if (texts && from.fixed != to.fixed) {
      column.policy = "{trim: trailing}";
      column.comment = types;
      return;
    }
    if (from.kind == Kind::kFloat && to.kind == Kind::kFloat &&
        from.mantissa_bits > to.mantissa_bits) {
      column.policy = "{relative_tolerance: 0.0000001}";
      column.comment = absl::StrCat(types, " keeps about 7 digits");
      column.tolerant = true;
    }
  }

  // Finds a policy for a pair without an exact common type.
  void Force(const std::string& types, Common& column) const {
    for (const TypeClass type : kTypes) {
      if (!IsOf(column.source->type.type, type) &&
          !IsOf(column.target->type.type, type)) {
        continue;
      }
      ColumnPolicy policy;
      policy.as = type;
      if (!Try(column, &policy).ok()) continue;
      column.policy =
          absl::StrCat("{as: ", std::string(TypeClassName(type)), "}");
      column.comment = types;
      return;
    }
    column.left_out = true;
    column.comment = absl::StrCat(types, ": no exact common type; map it");
    column.map = absl::StrCat(
        YamlName(column.source->name), ": {source_sql: ",
        YamlText(pair_.source.dialect->QuoteIdentifier(column.source->name)),
        ", target_sql: ",
        YamlText(pair_.target.dialect->QuoteIdentifier(column.target->name)),
        "}");
  }

  const Common* Find(const std::string& name, bool of_source) const {
    for (const Common& column : columns_) {
      if ((of_source ? column.source : column.target)->name == name) {
        return column.left_out || column.tolerant ? nullptr : &column;
      }
    }
    return nullptr;
  }

  // A unique key of one side as the source's names; nullopt where a column is
  // not on the other side, or cannot be of a key.
  std::optional<Names> KeyOf(const Names& key, bool of_source) const {
    Names out;
    for (const std::string& name : key) {
      const Common* column = Find(name, of_source);
      if (column == nullptr) return std::nullopt;
      out.push_back(column->source->name);
    }
    return out.empty() ? std::nullopt : std::optional(out);
  }

  // Whether a unique key of the target lies inside of `key`.
  bool ProvenOnTarget(const Names& key) const {
    return std::any_of(
        pair_.target.table.unique_keys.begin(),
        pair_.target.table.unique_keys.end(), [&](const Names& unique) {
          const std::optional<Names> names = KeyOf(unique, false);
          return names && std::all_of(names->begin(), names->end(),
                                      [&key](const std::string& name) {
                                        return std::find(key.begin(), key.end(),
                                                         name) != key.end();
                                      });
        });
  }

  std::string Key() {
    const std::string list = "    key: ";
    std::optional<Names> one_side;
    const char* which = "source";
    for (const Names& unique : pair_.source.table.unique_keys) {
      const std::optional<Names> key = KeyOf(unique, true);
      if (!key) continue;
      if (ProvenOnTarget(*key)) {
        const bool first = unique == pair_.source.table.unique_keys.front();
        return first ? YamlComment("    ",
                                   absl::StrCat("Key: ", YamlNames(*key),
                                                ", which both catalogs prove."))
                     : absl::StrCat(list, YamlNames(*key), "\n");
      }
      if (!one_side) one_side = key;
    }
    for (const Names& unique : pair_.target.table.unique_keys) {
      const std::optional<Names> key = KeyOf(unique, false);
      if (one_side || !key) continue;
      one_side = key;
      which = "target";
    }
    if (one_side) {
      return absl::StrCat(list, YamlNames(*one_side), "  # unique on the ",
                          which, " by its catalog\n");
    }
    keyless_ = true;
    return absl::StrCat(
        list,
        "none  # no unique key is known: rows compare as a multiset; name the "
        "columns\n",
        YamlComment("               ",
                    "that tell rows apart, and changes are told from losses"));
  }

  std::string Columns() const {
    std::string except;
    std::string policies;
    std::string map;
    const auto leave_out = [&except](const std::string& name,
                                     const std::string& why) {
      absl::StrAppend(&except, "        - ", YamlName(name), YamlRemark(why),
                      "\n");
    };
    // What the migration may have lost fails until somebody says that it is
    // meant; what the target has in addition is left out.
    std::string lost;
    for (const std::string& name : source_only_) {
      absl::StrAppend(&lost, "        # - ", YamlName(name),
                      YamlRemark("only in the source: lost? map it, or leave "
                                 "it out on purpose"),
                      "\n");
    }
    for (const std::string& name : target_only_) {
      leave_out(name, "only in the target");
    }
    for (const Common& column : columns_) {
      const std::string& name = column.source->name;
      if (column.left_out) {
        leave_out(name, column.comment);
        absl::StrAppend(&map, YamlComment("      ", column.map));
      } else if (column.tolerant && keyless_) {
        // A tolerance needs a partner to be near to.
        leave_out(name, absl::StrCat(column.comment, ", and there is no key"));
      } else if (!column.policy.empty()) {
        absl::StrAppend(&policies, "        ", YamlName(name), ": ",
                        column.policy, YamlRemark(column.comment), "\n");
      }
    }
    if (except.empty() && policies.empty()) {
      return lost.empty()
                 ? ""
                 : absl::StrCat("    # columns:\n      # except:\n", lost);
    }
    std::string out = "    columns:\n";
    if (!except.empty()) {
      absl::StrAppend(&out, "      except:\n", except, lost);
    } else if (!lost.empty()) {
      absl::StrAppend(&out, "      # except:\n", lost);
    }
    if (!map.empty()) {
      absl::StrAppend(&out,
                      YamlComment("      ",
                                  "Out of `except` and into `map:` with what "
                                  "compares:"),
                      map);
    }
    if (!policies.empty()) {
      absl::StrAppend(&out, "      policies:\n", policies);
    }
    return out;
  }

  // What the schema rule will say as the catalogs are now.
  std::string Found() const {
    ComparedColumns columns;
    for (const Names* names : {&source_only_, &target_only_}) {
      for (const std::string& name : *names) {
        columns.except.push_back({name, {}, ""});
      }
    }
    const diff::SchemaComparison found = diff::CompareTableSchemas(
        pair_.source.facts, pair_.target.facts, CompareSchemas{}, columns, {});
    std::string out;
    const auto list = [&out](const char* title, const Names& lines) {
      if (lines.empty()) return;
      absl::StrAppend(&out, YamlComment("        ", title));
      for (const std::string& line : lines) {
        absl::StrAppend(&out,
                        YamlComment("        ", absl::StrCat("  ", line)));
      }
    };
    list("It finds now:", found.mismatches);
    list("It cannot read:", found.unknown);
    list("Worth knowing:", found.notes);
    return out;
  }

  const DraftPair& pair_;
  std::vector<Common> columns_;
  Names source_only_, target_only_;
  bool keyless_ = false;
};

}  // namespace

std::string DraftComparison(const DraftPair& pair) {
  return Comparisons(pair).Text();
}

}  // namespace assay::engine
