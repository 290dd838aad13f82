// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/read_comparison.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/ruleset/check_comparison.h"
#include "rules/ruleset/key_docs.h"
#include "rules/ruleset/read_accept.h"
#include "rules/ruleset/read_compared_columns.h"
#include "rules/ruleset/read_rule.h"
#include "rules/ruleset/read_scalar.h"

namespace assay {
namespace {

// An issue unless exactly one of table, tables and query stands in the side.
void CheckForm(const YamlNode& node, const std::string& what,
               const std::vector<std::string>& keys, ParseContext& context) {
  const YamlEntry* found = nullptr;
  bool missing = true;
  for (const char* form : {"table", "tables", "query"}) {
    missing = missing && IsMissing(node, form, keys);
  }
  for (const YamlEntry& entry : node.entries) {
    const std::string& key = entry.key.text;
    if (key != "table" && key != "tables" && key != "query") continue;
    if (found == nullptr) {
      found = &entry;
      continue;
    }
    context.Error("two_forms",
                  absl::StrCat(what, " has '", found->key.text,
                               "' already, and cannot have '", key, "' too"),
                  entry.key.range, "keep one of table, tables, query");
  }
  if (missing) {
    context.Error("missing_key", absl::StrCat(what, " needs 'table'"),
                  node.range,
                  "or 'query' for a SELECT, or 'tables' for many tables");
  }
}

void ReadSide(const YamlNode& node, const std::string& name,
              ParseContext& context, ComparisonSide& side) {
  const std::string what = absl::StrCat("'", name, "'");
  side.range = node.range;
  if (node.alias ||
      !ExpectMap(node, what, "for example {connection: legacy, table: payment}",
                 context)) {
    return;
  }
  const std::vector<std::string> keys = KeyNames(SideKeyDocs());
  ReportUnknownKeys(node, keys, what, context);
  if (IsMissing(node, "connection", keys)) {
    context.Error("missing_key", absl::StrCat(what, " needs 'connection'"),
                  node.range);
  }
  CheckForm(node, what, keys, context);
  const auto of = [&](const char* key) {
    return absl::StrCat("'", key, "' of ", what);
  };
  if (const YamlNode* value = FindKey(node, "connection")) {
    if (auto literal = ReadNameLiteral(*value, ParamKind::kConnection,
                                       of("connection"), context)) {
      side.connection = *std::move(literal);
    }
  }
  if (const YamlNode* value = FindKey(node, "table")) {
    side.table =
        ReadNameLiteral(*value, ParamKind::kTable, of("table"), context);
  }
  if (const YamlNode* value = FindKey(node, "tables")) {
    side.tables = ReadPlainText(*value, of("tables"), context);
  }
  if (const YamlNode* value = FindKey(node, "query")) {
    side.query = ReadSql(*value, of("query"), context);
  }
  if (const YamlNode* value = FindKey(node, "where")) {
    side.where = ReadSql(*value, of("where"), context);
  }
}

void ReadConsistency(const YamlNode& node, ParseContext& context,
                     Comparison& comparison) {
  const std::optional<Word> word = ReadChoice(
      node, {"snapshot", "statement", "strict"}, "'consistency'", context);
  if (!word.has_value()) return;
  comparison.consistency = word->text == "snapshot"    ? Consistency::kSnapshot
                           : word->text == "statement" ? Consistency::kStatement
                                                       : Consistency::kStrict;
}

void ReadKey(const YamlNode& node, ParseContext& context,
             Comparison& comparison) {
  // A column of that name is written [none] or "none".
  if (node.IsScalar() && !node.quoted() && node.text == "none") {
    comparison.keyless = true;
  } else if (auto key = ReadColumns(node, "'key'", context)) {
    comparison.key = *std::move(key);
  }
}

void ReadComparison(const YamlNode& node, ParseContext& context,
                    std::vector<Comparison>& comparisons) {
  if (node.alias) return;
  if (!ExpectMap(node, "an entry of 'comparisons'",
                 "for example - {source: {…}, target: {…}, rules: […]}",
                 context)) {
    return;
  }
  Comparison comparison;
  comparison.range =
      node.entries.empty() ? node.range : node.entries[0].key.range;
  const std::vector<std::string> keys = KeyNames(ComparisonKeyDocs());
  ReportUnknownKeys(node, keys, "an entry of 'comparisons'", context);
  for (const char* key : {"source", "target", "rules"}) {
    if (IsMissing(node, key, keys)) {
      context.Error("missing_key",
                    absl::StrCat("an entry of 'comparisons' needs '", key, "'"),
                    comparison.range);
    }
  }
  const size_t before = context.issues.size();
  if (const YamlNode* value = FindKey(node, "source")) {
    ReadSide(*value, "source", context, comparison.source);
  }
  if (const YamlNode* value = FindKey(node, "target")) {
    ReadSide(*value, "target", context, comparison.target);
  }
  const bool sides_read = context.issues.size() == before;
  if (const YamlNode* value = FindKey(node, "key")) {
    ReadKey(*value, context, comparison);
  }
  if (const YamlNode* value = FindKey(node, "columns")) {
    comparison.columns = ReadComparedColumns(*value, context);
  }
  if (const YamlNode* value = FindKey(node, "except_tables")) {
    if (auto words = ReadWords(*value, "'except_tables'", context)) {
      comparison.except_tables = *std::move(words);
    }
  }
  if (const YamlNode* value = FindKey(node, "consistency")) {
    ReadConsistency(*value, context, comparison);
  }
  if (const YamlNode* value = FindKey(node, "accept")) {
    comparison.accept = ReadAccepted(*value, context);
  }
  if (const YamlNode* rules = FindKey(node, "rules")) {
    comparison.rules =
        ReadRules(*rules, "for example - full_diff: {}", context);
  }
  CheckComparison(node, comparison, sides_read, context);
  comparisons.push_back(std::move(comparison));
}

}  // namespace

void ReadComparisons(const YamlNode& node, ParseContext& context,
                     std::vector<Comparison>& comparisons) {
  if (!ExpectItems(node, "'comparisons'",
                   "for example - {source: {…}, target: {…}, rules: […]}",
                   context)) {
    return;
  }
  context.scope = KindScope::kComparison;
  for (const YamlNode& item : node.items) {
    if (context.crowded()) break;
    ReadComparison(item, context, comparisons);
  }
  context.scope = KindScope::kTable;
}

}  // namespace assay
