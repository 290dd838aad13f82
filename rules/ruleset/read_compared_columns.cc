// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/read_compared_columns.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/ruleset/key_docs.h"
#include "rules/ruleset/read_policy.h"
#include "rules/ruleset/read_scalar.h"

namespace assay {
namespace {

// One side of a mapping: `name` for a column, `name`_sql for an expression;
// without both, the column that the mapping is called by.
void ReadMappedSide(const YamlNode& node, const std::string& name,
                    const YamlNode& called, const std::string& place,
                    ParseContext& context, std::optional<Word>& column,
                    std::optional<SqlText>& sql) {
  const std::string sql_name = absl::StrCat(name, "_sql");
  const YamlNode* column_node = FindKey(node, name);
  const YamlNode* sql_node = FindKey(node, sql_name);
  if (column_node != nullptr && sql_node != nullptr) {
    context.Error("two_forms",
                  absl::StrCat("'", name, "' and '", sql_name,
                               "' are both given in ", place),
                  sql_node->range, "keep one: a column, or an expression");
  }
  if (column_node != nullptr) {
    column = ReadName(*column_node, ParamKind::kColumn,
                      absl::StrCat("'", name, "' of ", place), context);
  } else if (sql_node != nullptr) {
    sql = ReadSql(*sql_node, absl::StrCat("'", sql_name, "' of ", place),
                  context);
  } else {
    column = Word{called.text, called.range, ""};
  }
}

void ReadMapping(const YamlEntry& entry, ParseContext& context,
                 std::vector<ColumnMapping>& out) {
  const std::optional<Word> name =
      ReadPlainText(entry.key, "a key of 'map'", context);
  if (!name.has_value() || entry.value.alias) return;
  const std::string place = absl::StrCat("mapping '", name->text, "'");
  ColumnMapping mapping;
  mapping.name = name->text;
  mapping.range = entry.key.range;
  if (entry.value.type != YamlNode::Type::kMap) {
    mapping.source = name;
    mapping.target = ReadName(entry.value, ParamKind::kColumn, place, context);
    out.push_back(std::move(mapping));
    return;
  }
  ReportUnknownKeys(entry.value, KeyNames(MappingKeyDocs()), place, context);
  if (entry.value.entries.empty()) {
    context.Error("missing_key",
                  absl::StrCat(place, " needs a source or a target"),
                  entry.value.range,
                  "for example {source_sql: \"price * qty\", target: total}");
    return;
  }
  ReadMappedSide(entry.value, "source", entry.key, place, context,
                 mapping.source, mapping.source_sql);
  ReadMappedSide(entry.value, "target", entry.key, place, context,
                 mapping.target, mapping.target_sql);
  out.push_back(std::move(mapping));
}

// Calls `read` with each entry of the map that `key` has.
template <typename Read>
void ForEachEntry(const YamlNode& node, const char* key,
                  const std::string& hint, ParseContext& context, Read read) {
  const YamlNode* value = FindKey(node, key);
  if (value == nullptr || value->alias) return;
  if (!ExpectMap(*value, absl::StrCat("'", key, "'"), hint, context)) return;
  for (const YamlEntry& entry : value->entries) {
    if (context.crowded()) return;
    read(entry);
  }
}

}  // namespace

ComparedColumns ReadComparedColumns(const YamlNode& node,
                                    ParseContext& context) {
  ComparedColumns columns;
  if (node.alias ||
      !ExpectMap(node, "'columns' of a comparison",
                 "for example {except: [last_update]}", context)) {
    return columns;
  }
  ReportUnknownKeys(node, KeyNames(ComparedColumnsKeyDocs()),
                    "'columns' of a comparison", context);
  const std::pair<const char*, std::vector<Word>*> lists[] = {
      {"only", &columns.only}, {"except", &columns.except}};
  for (const auto& [key, field] : lists) {
    const YamlNode* value = FindKey(node, key);
    if (value == nullptr) continue;
    if (auto words =
            ReadColumns(*value, absl::StrCat("'", key, "'"), context)) {
      *field = *std::move(words);
    }
  }
  if (const YamlNode* except = FindKey(node, "except")) {
    if (FindKey(node, "only") != nullptr) {
      context.Error("only_and_except", "'only' and 'except' are both given",
                    except->range,
                    "keep one: what 'only' does not name is left out anyway");
    }
  }
  ForEachEntry(node, "map", "for example {full_name: name}", context,
               [&](const YamlEntry& entry) {
                 ReadMapping(entry, context, columns.map);
               });
  ForEachEntry(node, "policies", "for example {amount: {tolerance: 0.01}}",
               context, [&](const YamlEntry& entry) {
                 if (auto policy = ReadPolicy(entry, context)) {
                   columns.policies.push_back(*std::move(policy));
                 }
               });
  return columns;
}

}  // namespace assay
