// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/parser.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/ruleset/key_docs.h"
#include "rules/ruleset/parameter_values.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/read_comparison.h"
#include "rules/ruleset/read_rule.h"
#include "rules/ruleset/read_scalar.h"
#include "rules/ruleset/rule_ids.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {
namespace {

const std::vector<std::string>& TopLevelKeys() {
  static const auto* const kKeys =
      new std::vector<std::string>(KeyNames(TopLevelKeyDocs()));
  return *kKeys;
}

void ReadParameter(const YamlEntry& entry, ParseContext& context) {
  Parameter parameter;
  parameter.name = entry.key.text;
  parameter.range = entry.key.range;
  if (!IsIdentifier(parameter.name)) {
    context.Error(
        "bad_parameter_name",
        absl::StrCat("'", parameter.name, "' cannot name a parameter"),
        entry.key.range, "use letters, digits and '_', not a digit first");
    return;
  }
  if (ExpectMap(entry.value, absl::StrCat("parameter '", parameter.name, "'"),
                "for example {type: date, default: 2026-01-31}", context)) {
    ReportUnknownKeys(entry.value, KeyNames(ParameterKeyDocs()),
                      absl::StrCat("parameter '", parameter.name, "'"),
                      context);
    const std::string of = absl::StrCat(" of parameter '", parameter.name, "'");
    bool typed = false;
    if (const YamlNode* type = FindKey(entry.value, "type")) {
      if (const auto word = ReadChoice(*type, ParamKindNames(),
                                       absl::StrCat("'type'", of), context)) {
        parameter.kind = *ParseParamKind(word->text);
        typed = true;
      }
    } else {
      context.Error(
          "missing_key",
          absl::StrCat("parameter '", parameter.name, "' needs 'type'"),
          entry.key.range,
          absl::StrCat("one of ", ListNames(ParamKindNames())));
    }
    if (const YamlNode* text = FindKey(entry.value, "description")) {
      if (const auto word = ReadPlainText(
              *text, absl::StrCat("'description'", of), context)) {
        parameter.description = word->text;
      }
    }
    if (const YamlNode* node = FindKey(entry.value, "default")) {
      const std::string what = absl::StrCat("'default'", of);
      // Quoted empty text is a value of its own; a reference is none.
      const bool empty_text = node->IsScalar() && node->quoted();
      const auto word = empty_text ? ReadText(*node, what, context)
                                   : ReadPlainText(*node, what, context);
      if (word.has_value()) {
        parameter.default_value =
            Literal{word->text, node->quoted(), word->range, ""};
        if (typed) {
          TypeParameterText(parameter, word->text, what, word->range,
                            context.issues);
        }
      }
    }
  }
  context.parameters.push_back(std::move(parameter));
}

void ReadParameters(const YamlNode& node, ParseContext& context) {
  if (!ExpectMap(node, "'params'", "for example cutoff: {type: date}",
                 context)) {
    return;
  }
  if (node.entries.size() > kMaxParameters) {
    context.Error("too_large",
                  absl::StrCat("more than ", kMaxParameters, " parameters"),
                  node.range);
    return;
  }
  for (const YamlEntry& entry : node.entries) ReadParameter(entry, context);
}

void ReadTable(const YamlNode& node, ParseContext& context, RuleSet& rule_set) {
  if (node.alias) return;
  if (!ExpectMap(node, "an entry of 'tables'",
                 "for example - {connection: …, table: …, rules: […]}",
                 context)) {
    return;
  }
  TableRules table;
  table.range = node.entries.empty() ? node.range : node.entries[0].key.range;
  const std::vector<std::string> keys = KeyNames(TableKeyDocs());
  ReportUnknownKeys(node, keys, "an entry of 'tables'", context);
  for (const char* key : {"connection", "table", "rules"}) {
    if (IsMissing(node, key, keys)) {
      context.Error("missing_key",
                    absl::StrCat("an entry of 'tables' needs '", key, "'"),
                    table.range);
    }
  }
  if (const YamlNode* value = FindKey(node, "connection")) {
    if (auto literal = ReadNameLiteral(*value, ParamKind::kConnection,
                                       "'connection'", context)) {
      table.connection = *std::move(literal);
    }
  }
  if (const YamlNode* value = FindKey(node, "table")) {
    if (auto literal =
            ReadNameLiteral(*value, ParamKind::kTable, "'table'", context)) {
      table.table = *std::move(literal);
    }
  }
  if (const YamlNode* value = FindKey(node, "where")) {
    table.where = ReadSql(*value, "'where'", context);
  }
  if (const YamlNode* rules = FindKey(node, "rules")) {
    table.rules = ReadRules(*rules, "for example - not_null: [id]", context);
  }
  rule_set.tables.push_back(std::move(table));
}

void CheckVersion(const YamlNode& root, ParseContext& context) {
  const YamlNode* version = FindKey(root, "version");
  if (version == nullptr) {
    if (!IsMissing(root, "version", TopLevelKeys())) return;
    context.Error("missing_key", "the rule set needs 'version'", root.range,
                  "begin the file with 'version: 1'");
    return;
  }
  const auto word = ReadPlainText(*version, "'version'", context);
  if (!word.has_value() || word->text == "1") return;
  context.Error("bad_version",
                absl::StrCat("this version of assay reads rule sets of version "
                             "1, not '",
                             word->text.substr(0, 20), "'"),
                version->range, "write 'version: 1'");
}

// Reads the top-level keys that are plain text.
void ReadHead(const YamlNode& root, ParseContext& context, RuleSet& rule_set) {
  const std::pair<const char*, std::string*> fields[] = {
      {"name", &rule_set.name},
      {"description", &rule_set.description},
      {"migration", &rule_set.migration},
      {"phase", &rule_set.phase},
      {"owner", &rule_set.owner}};
  for (const auto& [key, field] : fields) {
    const YamlNode* node = FindKey(root, key);
    if (node == nullptr) continue;
    if (const auto word =
            ReadPlainText(*node, absl::StrCat("'", key, "'"), context)) {
      *field = word->text;
    }
  }
  if (IsMissing(root, "name", TopLevelKeys())) {
    context.Error("missing_key", "the rule set needs 'name'", root.range,
                  "reports and runs show it, e.g. 'name: sakila/payment'");
  }
  if (const YamlNode* tags = FindKey(root, "tags")) {
    rule_set.tags = ReadTags(*tags, context);
  }
}

void ReadTables(const YamlNode& root, ParseContext& context,
                RuleSet& rule_set) {
  const YamlNode* tables = FindKey(root, "tables");
  const YamlNode* comparisons = FindKey(root, "comparisons");
  if (tables == nullptr && comparisons == nullptr &&
      IsMissing(root, "tables", TopLevelKeys()) &&
      IsMissing(root, "comparisons", TopLevelKeys())) {
    context.Error("missing_key", "the rule set needs 'tables' or 'comparisons'",
                  root.range, "without rules there is nothing to judge");
  }
  if (tables != nullptr &&
      ExpectItems(*tables, "'tables'",
                  "for example - {connection: …, table: …, rules: […]}",
                  context)) {
    for (const YamlNode& item : tables->items) {
      if (context.crowded()) break;
      ReadTable(item, context, rule_set);
    }
  }
  if (comparisons != nullptr) {
    ReadComparisons(*comparisons, context, rule_set.comparisons);
  }
}

void WarnOfUnusedParameters(ParseContext& context) {
  for (const Parameter& parameter : context.parameters) {
    if (context.used_parameters.count(parameter.name) > 0) continue;
    context.Warn("unused_parameter",
                 absl::StrCat("parameter '", parameter.name, "' is not used"),
                 parameter.range);
  }
}

void ReadRoot(const YamlNode& root, ParseContext& context, RuleSet& rule_set) {
  if (!ExpectMap(root, "a rule set", "begin with 'version: 1'", context)) {
    return;
  }
  ReportUnknownKeys(root, TopLevelKeys(), "the rule set", context);
  CheckVersion(root, context);
  ReadHead(root, context, rule_set);
  if (const YamlNode* params = FindKey(root, "params")) {
    ReadParameters(*params, context);
  }
  ReadTables(root, context, rule_set);
  AssignRuleIds(rule_set, context);
  // With mistakes around, what uses it may not have been read.
  if (!HasErrors(context.issues)) WarnOfUnusedParameters(context);
  rule_set.parameters = std::move(context.parameters);
}

// Puts the issues into the order of the file and ends a long list.
void SortIssues(std::vector<Issue>& issues) {
  std::stable_sort(issues.begin(), issues.end(),
                   [](const Issue& a, const Issue& b) {
                     return std::tie(a.range.line, a.range.column) <
                            std::tie(b.range.line, b.range.column);
                   });
  if (issues.size() < kMaxIssues) return;
  issues.resize(kMaxIssues);
  issues.back() = {Severity::kError, "too_many_issues",
                   absl::StrCat("there are ", kMaxIssues,
                                " mistakes or more; the rest is not shown"),
                   issues.back().range, "mend these first"};
}

}  // namespace

ParseResult ParseRuleSet(std::string_view yaml,
                         const std::vector<const KindSpec*>& kinds) {
  ParseResult result;
  if (yaml.size() > kMaxRuleSetBytes) {
    result.issues.push_back(
        {Severity::kError,
         "too_large",
         absl::StrCat("the rule set has ", yaml.size(), " bytes; at most ",
                      kMaxRuleSetBytes, " are read"),
         {},
         "split it"});
    return result;
  }
  ParseContext context{kinds, result.issues, {}, {}, KindScope::kTable};
  const std::optional<YamlNode> root = ParseYamlTree(yaml, result.issues);
  if (root.has_value()) {
    ReadRoot(*root, context, result.rule_set);
  } else if (result.issues.empty()) {
    context.Error("empty_file", "the rule set is empty", {1, 1, 1, 1},
                  "begin with 'version: 1'");
  }
  SortIssues(result.issues);
  return result;
}

}  // namespace assay
