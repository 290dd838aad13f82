// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/check_comparison.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/expect_scalar.h"
#include "rules/ruleset/key_docs.h"
#include "rules/ruleset/read_keys.h"

namespace assay {
namespace {

// Names meet without case: two columns that differ in nothing else are rarer
// than a name that is written in both ways.
bool SameName(const Word& a, const Word& b) {
  return a.parameter == b.parameter && absl::EqualsIgnoreCase(a.text, b.text);
}

bool Contains(const std::vector<Word>& words, const Word& word) {
  return std::any_of(words.begin(), words.end(),
                     [&](const Word& one) { return SameName(one, word); });
}

SourceRange RangeOfKey(const YamlNode& node, std::string_view key) {
  const YamlNode* value = FindKey(node, key);
  return value == nullptr ? node.range : value->range;
}

// Columns that something is said about must be compared.
void CheckColumn(const Word& column, const std::string& what, bool is_key,
                 const ComparedColumns& columns, ParseContext& context) {
  if (Contains(columns.except, column)) {
    context.Error("column_not_compared",
                  absl::StrCat(what, " never acts: column ", Quote(column.text),
                               " is excepted"),
                  column.range, "remove it here, or from 'except'");
  } else if (!columns.only.empty() && !is_key &&
             !Contains(columns.only, column)) {
    context.Error("column_not_compared",
                  absl::StrCat(what, " never acts: column ", Quote(column.text),
                               " is not among 'only'"),
                  column.range, "add it to 'only', or remove it here");
  }
}

void CheckColumns(const Comparison& comparison, ParseContext& context) {
  const ComparedColumns& columns = comparison.columns;
  for (const ColumnMapping& mapping : columns.map) {
    const Word name{mapping.name, mapping.range, ""};
    CheckColumn(name, "the mapping", Contains(comparison.key, name), columns,
                context);
  }
  for (const ColumnPolicy& policy : columns.policies) {
    const bool is_key = Contains(comparison.key, policy.column);
    CheckColumn(policy.column, "the policy", is_key, columns, context);
    if (!policy.tolerance.has_value() &&
        !policy.relative_tolerance.has_value()) {
      continue;
    }
    if (is_key) {
      context.Error("tolerance_on_key",
                    absl::StrCat("a tolerance on ", Quote(policy.column.text),
                                 ", which is a column of the key"),
                    policy.range, "rows meet by keys that are exactly equal");
    } else if (comparison.keyless) {
      context.Error("tolerance_without_key",
                    absl::StrCat("a tolerance on ", Quote(policy.column.text),
                                 ", and rows without a key have no partner to "
                                 "be near to"),
                    policy.range, "name the key, or remove the tolerance");
    }
  }
  for (const Word& key : comparison.key) {
    if (!Contains(columns.except, key)) continue;
    context.Error(
        "key_excepted",
        absl::StrCat("column ", Quote(key.text), " is of the key and excepted"),
        key.range, "the key is always compared");
  }
}

bool Same(const Literal& a, const Literal& b) {
  return a.parameter == b.parameter && a.text == b.text;
}

bool Same(const Word& a, const Word& b) {
  return a.parameter == b.parameter && a.text == b.text;
}

bool Same(const SqlText& a, const SqlText& b) { return a.text == b.text; }

template <typename T>
bool Same(const std::optional<T>& a, const std::optional<T>& b) {
  return a.has_value() ? b.has_value() && Same(*a, *b) : !b.has_value();
}

// A `where` that one side alone has leaves the other's rows without partner.
void CheckOneSidedWhere(const Comparison& comparison, ParseContext& context) {
  const bool at_source = comparison.source.where.has_value();
  if (at_source == comparison.target.where.has_value()) return;
  const ComparisonSide& other =
      at_source ? comparison.target : comparison.source;
  // A query has chosen its rows itself.
  if (other.query.has_value()) return;
  const bool same_rows = std::any_of(
      comparison.rules.begin(), comparison.rules.end(), [&](const Rule& rule) {
        const KindSpec* kind = context.FindKind(rule.kind);
        return kind != nullptr && kind->same_rows;
      });
  if (!same_rows) return;
  context.Warn(
      "where_on_one_side",
      absl::StrCat("'", at_source ? "source" : "target", "' has a 'where', '",
                   at_source ? "target" : "source", "' has none"),
      (at_source ? comparison.source : comparison.target).where->range,
      "rows that it leaves out have no partner then; say 'where: true' on the "
      "other side if that is meant");
}

void CheckSides(const YamlNode& node, const Comparison& comparison,
                ParseContext& context) {
  const ComparisonSide& source = comparison.source;
  const ComparisonSide& target = comparison.target;
  if (source.tables.has_value() != target.tables.has_value()) {
    const bool at_source = source.tables.has_value();
    context.Error("one_side_tables",
                  absl::StrCat("'", at_source ? "source" : "target",
                               "' has 'tables' and '",
                               at_source ? "target" : "source", "' has not"),
                  (at_source ? source : target).tables->range,
                  "many tables are compared with many: 'tables' on both sides");
    return;
  }
  if (Same(source.connection, target.connection) &&
      Same(source.table, target.table) && Same(source.tables, target.tables) &&
      Same(source.query, target.query) && Same(source.where, target.where)) {
    context.Warn("compares_itself", "source and target are the same",
                 target.range, "such a comparison finds nothing");
  }
  CheckOneSidedWhere(comparison, context);
  const bool tables = source.tables.has_value();
  if (!tables) {
    if (FindKey(node, "except_tables") != nullptr) {
      context.Error("needs_tables", "'except_tables' without 'tables'",
                    RangeOfKey(node, "except_tables"),
                    "one table is compared: there is nothing to except");
    }
    return;
  }
  const YamlNode* columns = FindKey(node, "columns");
  for (const char* key : {"only", "map"}) {
    const YamlNode* value =
        columns == nullptr ? nullptr : FindKey(*columns, key);
    if (value == nullptr) continue;
    context.Error("needs_one_table",
                  absl::StrCat("'", key, "' does not go with 'tables'"),
                  value->range,
                  "give that table a comparison of its own, and name it in "
                  "'except_tables'");
  }
  for (const AcceptedDifference& accepted : comparison.accept) {
    if (accepted.keys.empty()) continue;
    context.Error("needs_one_table",
                  "'keys' of 'accept' do not go with 'tables'",
                  accepted.keys[0][0].range,
                  "a key of which table? give it a comparison of its own");
  }
}

// Keys in `accept` and in rules have as many values as the key has columns.
void CheckKeys(const Comparison& comparison, ParseContext& context) {
  const size_t columns = comparison.key.size();
  for (const AcceptedDifference& accepted : comparison.accept) {
    if (accepted.keys.empty()) continue;
    if (comparison.keyless) {
      context.Error("needs_key", "'keys' of 'accept' without a key",
                    accepted.keys[0][0].range,
                    "'key: none' says that there is none");
    } else if (columns > 0) {
      CheckKeySize(accepted.keys, columns, "'keys' of 'accept'", context);
    }
  }
  for (const Rule& rule : comparison.rules) {
    for (const auto& [name, argument] : rule.arguments.by_name) {
      const auto* keys =
          std::get_if<std::vector<std::vector<Literal>>>(&argument.value);
      if (keys == nullptr || columns == 0) continue;
      CheckKeySize(*keys, columns, absl::StrCat("'", name, "' of ", rule.kind),
                   context);
    }
  }
}

// What a rule looks rows up for: itself, or one of its parameters.
struct Lookup {
  KeyUse use = KeyUse::kNone;
  std::string who;  // "sample_diff", "'recheck' of full_diff".
  SourceRange range;
};

Lookup LookupOf(const Rule& rule, const KindSpec& kind) {
  Lookup out;
  if (kind.key_use >= KeyUse::kRequired) {
    out = {kind.key_use, kind.name, rule.range};
  }
  for (const ParamSpec& param : kind.params) {
    if (param.key_use <= out.use) continue;
    for (const ParamSpec& field : param.fields) {
      const std::string name = absl::StrCat(param.name, ".", field.name);
      if (!rule.arguments.Has(name)) continue;
      out = {param.key_use, absl::StrCat("'", param.name, "' of ", kind.name),
             rule.arguments.RangeOf(name)};
      break;
    }
  }
  return out;
}

// The policy on a column of the key that makes look-ups by it prove too little;
// null: none.
const ColumnPolicy* PolicyAgainst(KeyUse use, const Comparison& comparison) {
  for (const ColumnPolicy& policy : comparison.columns.policies) {
    if (!Contains(comparison.key, policy.column)) continue;
    const bool merges = policy.precision.has_value() ||
                        policy.trim != Trim::kNone || policy.ignore_case ||
                        policy.empty_is_null;
    if (merges || (use == KeyUse::kTrusted && policy.as.has_value())) {
      return &policy;
    }
  }
  return nullptr;
}

void CheckLookup(const Lookup& lookup, const Comparison& comparison,
                 ParseContext& context) {
  if (lookup.use == KeyUse::kNone) return;
  if (comparison.keyless) {
    context.Error("needs_key", absl::StrCat(lookup.who, " needs a key"),
                  lookup.range, "'key: none' says that there is none");
    return;
  }
  if (const auto* policy = PolicyAgainst(lookup.use, comparison)) {
    context.Error(
        "key_with_policy",
        absl::StrCat(
            lookup.who, " looks rows up by the key, and the policy of ",
            Quote(policy->column.text), " in line ", policy->range.line,
            " lets one value of it be written in several ways"),
        lookup.range, "name another 'key', or remove one of the two");
  }
}

void CheckKeyUse(const Comparison& comparison, bool key_given,
                 ParseContext& context) {
  const bool query = comparison.source.query.has_value() ||
                     comparison.target.query.has_value();
  for (const Rule& rule : comparison.rules) {
    const KindSpec* kind = context.FindKind(rule.kind);
    if (kind == nullptr || kind->key_use == KeyUse::kNone) continue;
    CheckLookup(LookupOf(rule, *kind), comparison, context);
    if (query && !key_given) {
      context.Error("query_without_key",
                    absl::StrCat(rule.kind,
                                 " needs a key, and a query has none that a "
                                 "catalog proves"),
                    rule.range,
                    "name its columns in 'key', or write 'key: none' to "
                    "compare the rows as a multiset");
      return;
    }
  }
}

}  // namespace

void CheckComparison(const YamlNode& node, const Comparison& comparison,
                     bool sides_read, ParseContext& context) {
  CheckColumns(comparison, context);
  CheckKeys(comparison, context);
  CheckKeyUse(comparison,
              !IsMissing(node, "key", KeyNames(ComparisonKeyDocs())), context);
  if (sides_read && FindKey(node, "source") != nullptr &&
      FindKey(node, "target") != nullptr) {
    CheckSides(node, comparison, context);
  }
}

}  // namespace assay
