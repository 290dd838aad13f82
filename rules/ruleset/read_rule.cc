// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/read_rule.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/read_arguments.h"
#include "rules/ruleset/read_scalar.h"

namespace assay {
namespace {

constexpr size_t kMaxIdBytes = 128;

bool IsId(const std::string& text) {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == ':' ||
                  c == '-';
         });
}

bool IsUniform(const std::string& key) {
  const std::vector<std::string>& keys = AllUniformKeys();
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// Reports the word `node` that should be a kind.
void ReportUnknownKind(const YamlNode& node, ParseContext& context) {
  const std::vector<std::string> names = context.KindNames();
  std::string hint = DidYouMean(
      node.text, names, absl::StrCat("the kinds are ", ListNames(names)));
  for (const KindSpec* kind : context.kinds) {
    if (kind->name != node.text) continue;
    hint = kind->scope == KindScope::kTable
               ? "it judges one table: it goes below 'tables'"
               : "it judges a source and a target: it goes below 'comparisons'";
  }
  context.Error("unknown_kind",
                absl::StrCat("unknown rule kind '",
                             node.text.substr(0, node.text.find('\n')), "'"),
                node.range, std::move(hint));
}

// Reads the choice `key` into `field` by the position of its name.
template <typename Enum>
void ReadEnum(const YamlNode& node, const std::string& key,
              const std::vector<std::pair<std::string, Enum>>& names,
              ParseContext& context, Enum& field) {
  std::vector<std::string> choices;
  choices.reserve(names.size());
  for (const auto& [name, value] : names) choices.push_back(name);
  const std::optional<Word> word =
      ReadChoice(node, choices, absl::StrCat("'", key, "'"), context);
  if (!word.has_value()) return;
  for (const auto& [name, value] : names) {
    if (name == word->text) field = value;
  }
}

void ReadId(const YamlNode& node, ParseContext& context, Rule& rule) {
  const std::optional<Word> word = ReadPlainText(node, "'id'", context);
  if (!word.has_value()) return;
  if (!IsId(word->text)) {
    context.Error("bad_id", "this is no id for a rule", node.range,
                  "1 to 128 letters, digits and any of . _ : -");
    return;
  }
  rule.id = word->text;
}

void ReadBehaviour(const std::string& key, const YamlNode& node,
                   ParseContext& context, Rule& rule) {
  if (key == "severity") {
    ReadEnum<RuleSeverity>(
        node, key,
        {{"fail", RuleSeverity::kFail}, {"warn", RuleSeverity::kWarn}}, context,
        rule.severity);
  } else if (key == "on_fail") {
    ReadEnum<OnFail>(node, key,
                     {{"hold", OnFail::kHold}, {"rollback", OnFail::kRollback}},
                     context, rule.on_fail);
  } else if (key == "on_error") {
    ReadEnum<OnError>(node, key,
                      {{"error", OnError::kError},
                       {"fail", OnError::kFail},
                       {"warn", OnError::kWarn}},
                      context, rule.on_error);
  } else if (key == "on_empty") {
    OnEmpty on_empty = OnEmpty::kFail;
    const size_t before = context.issues.size();
    ReadEnum<OnEmpty>(node, key,
                      {{"fail", OnEmpty::kFail},
                       {"warn", OnEmpty::kWarn},
                       {"pass", OnEmpty::kPass}},
                      context, on_empty);
    if (context.issues.size() == before) rule.on_empty = on_empty;
  }
}

void ReadUniformKey(const std::string& key, const YamlNode& node,
                    ParseContext& context, Rule& rule) {
  const std::string what = absl::StrCat("'", key, "'");
  if (key == "id") {
    ReadId(node, context, rule);
  } else if (key == "description" || key == "owner") {
    if (std::optional<Word> word = ReadPlainText(node, what, context)) {
      (key == "owner" ? rule.owner : rule.description) = word->text;
    }
  } else if (key == "where") {
    rule.where = ReadSql(node, what, context);
  } else if (key == "warn_above") {
    rule.warn_above = ReadThreshold(node, what, context);
  } else if (key == "fail_above") {
    rule.fail_above = ReadThreshold(node, what, context);
  } else if (key == "samples") {
    rule.samples = ReadInteger(node, kMaxSamples, what, context);
  } else if (key == "timeout") {
    rule.timeout_micros = ReadDuration(node, /*zero=*/false, what, context);
  } else if (key == "tags") {
    rule.tags = ReadTags(node, context);
  } else {
    ReadBehaviour(key, node, context, rule);
  }
}

// Combinations that cannot do what their author meant.
void CheckCombinations(const YamlNode& node, const Rule& rule,
                       ParseContext& context) {
  if (rule.warn_above.has_value() && rule.fail_above.has_value() &&
      rule.warn_above->percent == rule.fail_above->percent &&
      CompareDecimals(rule.warn_above->value, rule.fail_above->value) >= 0) {
    context.Error("warn_not_below_fail",
                  absl::StrCat("'warn_above' can never act: what passes it "
                               "passes 'fail_above' (line ",
                               rule.fail_above->range.line, ") too"),
                  rule.warn_above->range, "make it less than 'fail_above'");
  }
  if (rule.severity == RuleSeverity::kWarn &&
      rule.on_fail == OnFail::kRollback) {
    context.Error("rollback_never_acts",
                  "'on_fail: rollback' can never act: with 'severity: warn' "
                  "the rule does not fail",
                  FindKey(node, "on_fail")->range,
                  "remove one of the two keys");
  }
}

// A key of a rule that is neither a kind nor a uniform key.
void ReportRuleKey(const YamlNode& key, const KindSpec* kind,
                   ParseContext& context) {
  if (kind == nullptr) return;
  for (const ParamSpec& spec : kind->params) {
    if (spec.name != key.text) continue;
    context.Error(
        "misplaced_key",
        absl::StrCat("'", key.text, "' does not belong beside '", kind->name,
                     "'"),
        key.range,
        absl::StrCat("it belongs inside: indent it below '", kind->name, ":'"));
    return;
  }
  const std::vector<std::string> known = UniformKeyNames(*kind);
  context.Error(
      "unknown_key", absl::StrCat("unknown key '", key.text, "' in a rule"),
      key.range,
      DidYouMean(
          key.text, known,
          absl::StrCat("beside '", kind->name, "' go ", ListNames(known))));
}

// Reports that a rule's map has no known kind. The key that is none of the
// uniform ones was probably meant.
void ReportNoKind(const YamlNode& node, ParseContext& context) {
  bool reported = false;
  for (const YamlEntry& entry : node.entries) {
    if (IsUniform(entry.key.text)) continue;
    if (context.crowded()) break;
    reported = true;
    ReportUnknownKind(entry.key, context);
  }
  if (reported) return;
  context.Error("missing_kind", "the rule has no kind", node.range,
                absl::StrCat("add one of ", ListNames(context.KindNames())));
}

// A rule that is a single word: a kind without arguments.
std::optional<Rule> ReadBareRule(const YamlNode& node, ParseContext& context) {
  const KindSpec* kind = context.FindKind(node.text);
  if (kind == nullptr) {
    ReportUnknownKind(node, context);
    return std::nullopt;
  }
  Rule rule;
  rule.kind = kind->name;
  rule.range = node.range;
  const bool complete = ReadArguments(*kind, {node, YamlNode()}, YamlNode(),
                                      context, rule.arguments);
  if (complete && kind->check != nullptr) kind->check(rule, context.issues);
  return rule;
}

const YamlEntry* FindKindEntry(const YamlNode& node, ParseContext& context) {
  const YamlEntry* found = nullptr;
  for (const YamlEntry& entry : node.entries) {
    if (context.FindKind(entry.key.text) == nullptr) continue;
    if (found == nullptr) {
      found = &entry;
      continue;
    }
    context.Error(
        "two_kinds",
        absl::StrCat("a rule has one kind, and this one has '", found->key.text,
                     "' already"),
        entry.key.range,
        absl::StrCat("begin a rule of its own: '- ", entry.key.text, ":'"));
  }
  return found;
}

}  // namespace

std::vector<std::string> ReadTags(const YamlNode& node, ParseContext& context) {
  std::vector<std::string> tags;
  if (const auto words = ReadWords(node, "'tags'", context)) {
    for (const Word& word : *words) tags.push_back(word.text);
  }
  return tags;
}

std::vector<Rule> ReadRules(const YamlNode& node, const std::string& hint,
                            ParseContext& context) {
  std::vector<Rule> rules;
  if (!ExpectItems(node, "'rules'", hint, context)) return rules;
  for (const YamlNode& item : node.items) {
    if (context.crowded()) break;
    if (std::optional<Rule> rule = ReadRule(item, context)) {
      rules.push_back(*std::move(rule));
    }
  }
  return rules;
}

std::optional<Rule> ReadRule(const YamlNode& node, ParseContext& context) {
  if (node.alias) return std::nullopt;
  if (node.IsScalar()) return ReadBareRule(node, context);
  if (!ExpectMap(node, "a rule", "for example - not_null: [id]", context)) {
    return std::nullopt;
  }
  const YamlEntry* kind_entry = FindKindEntry(node, context);
  const KindSpec* kind =
      kind_entry == nullptr ? nullptr : context.FindKind(kind_entry->key.text);
  if (kind == nullptr) ReportNoKind(node, context);
  Rule rule;
  const std::vector<std::string> allowed =
      kind == nullptr ? AllUniformKeys() : UniformKeyNames(*kind);
  for (const YamlEntry& entry : node.entries) {
    const std::string& key = entry.key.text;
    if (context.crowded()) break;
    if (!IsUniform(key)) {
      if (context.FindKind(key) == nullptr) {
        ReportRuleKey(entry.key, kind, context);
      }
    } else if (std::find(allowed.begin(), allowed.end(), key) ==
               allowed.end()) {
      context.Error(
          "key_not_taken",
          absl::StrCat("'", key, "' does not go with ", kind->name),
          entry.key.range,
          absl::StrCat("beside '", kind->name, "' go ", ListNames(allowed)));
    } else {
      ReadUniformKey(key, entry.value, context, rule);
    }
  }
  CheckCombinations(node, rule, context);
  if (kind == nullptr) return std::nullopt;
  rule.kind = kind->name;
  rule.range = kind_entry->key.range;
  const bool complete =
      ReadArguments(*kind, *kind_entry, node, context, rule.arguments);
  if (complete && kind->check != nullptr) kind->check(rule, context.issues);
  return rule;
}

}  // namespace assay
