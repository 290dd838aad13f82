// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/read_arguments.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/ruleset/expect_scalar.h"
#include "rules/ruleset/key_docs.h"
#include "rules/ruleset/read_keys.h"
#include "rules/ruleset/read_scalar.h"

namespace assay {
namespace {

using ColumnTypes = std::vector<std::pair<Word, std::map<std::string, Word>>>;

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The attributes of one column: a type name, or a map.
std::optional<std::map<std::string, Word>> ReadAttributes(
    const YamlNode& node, const ParamSpec& spec, const std::string& what,
    ParseContext& context) {
  std::map<std::string, Word> attributes;
  if (node.type != YamlNode::Type::kMap) {
    std::optional<Word> type = ReadPlainText(node, what, context);
    if (!type.has_value()) return std::nullopt;
    attributes.emplace("type", *std::move(type));
    return attributes;
  }
  const size_t before = context.issues.size();
  ReportUnknownKeys(node, spec.choices, what, context);
  for (const YamlEntry& entry : node.entries) {
    if (!Contains(spec.choices, entry.key.text)) continue;
    std::optional<Word> value = ReadPlainText(
        entry.value, absl::StrCat("'", entry.key.text, "' of ", what), context);
    if (value.has_value()) {
      attributes.emplace(entry.key.text, *std::move(value));
    }
  }
  if (context.issues.size() > before) return std::nullopt;
  return attributes;
}

std::optional<ColumnTypes> ReadColumnTypes(const YamlNode& node,
                                           const ParamSpec& spec,
                                           const std::string& what,
                                           ParseContext& context) {
  if (!ExpectMap(node, what, "for example {id: integer, name: text}",
                 context)) {
    return std::nullopt;
  }
  if (node.entries.empty()) {
    context.Error("empty_list", absl::StrCat(what, " is an empty map"),
                  node.range, "give at least one column");
    return std::nullopt;
  }
  ColumnTypes out;
  for (const YamlEntry& entry : node.entries) {
    std::optional<Word> column =
        ReadName(entry.key, ParamKind::kColumn, what, context);
    auto attributes =
        ReadAttributes(entry.value, spec,
                       absl::StrCat("column '", entry.key.text, "'"), context);
    if (column.has_value() && attributes.has_value()) {
      out.emplace_back(*std::move(column), *std::move(attributes));
    }
  }
  if (out.size() != node.entries.size()) return std::nullopt;
  return out;
}

std::optional<Word> ReadAnyText(const YamlNode& node, const std::string& what,
                                ParseContext& context) {
  // An empty pattern or unit is a text too, but only where it is meant.
  if (node.IsScalar() && node.quoted()) return ReadText(node, what, context);
  return ReadPlainText(node, what, context);
}

// Words that are among `choices`; any where there are none.
std::optional<std::vector<Word>> ReadSomeWords(
    const YamlNode& node, const std::vector<std::string>& choices,
    const std::string& what, ParseContext& context) {
  auto words = ReadWords(node, what, context);
  if (!words.has_value() || choices.empty()) return words;
  bool known = true;
  for (const Word& word : *words) {
    if (Contains(choices, word.text)) continue;
    known = false;
    context.Error("bad_value",
                  absl::StrCat(what, " takes ", ListNames(choices), ", not ",
                               Quote(word.text)),
                  word.range, DidYouMean(word.text, choices));
  }
  if (!known) return std::nullopt;
  return words;
}

template <typename T>
std::optional<ArgValue> Wrap(std::optional<T> value) {
  if (!value.has_value()) return std::nullopt;
  // Literal, Bound and Decimal are near enough to each other that the
  // alternative is named.
  return ArgValue(std::in_place_type<T>, *std::move(value));
}

std::optional<ArgValue> ReadValue(const ParamSpec& spec, const YamlNode& node,
                                  const std::string& what,
                                  ParseContext& context) {
  switch (spec.type) {
    case ParamType::kColumn:
      return Wrap(ReadName(node, ParamKind::kColumn, what, context));
    case ParamType::kColumns:
      return Wrap(ReadColumns(node, what, context));
    case ParamType::kTable:
      return Wrap(ReadName(node, ParamKind::kTable, what, context));
    case ParamType::kValue:
      return Wrap(ReadLiteral(node, what, context));
    case ParamType::kValues:
      return Wrap(ReadLiterals(node, what, context));
    case ParamType::kBound:
      return Wrap(ReadBound(node, what, context));
    case ParamType::kNumber:
      return Wrap(ReadNumber(node, what, context));
    case ParamType::kInteger:
      return Wrap(ReadInteger(node, std::numeric_limits<int64_t>::max(), what,
                              context));
    case ParamType::kDuration:
      return Wrap(ReadDuration(node, spec.zero, what, context));
    case ParamType::kFlag:
      return Wrap(ReadFlag(node, what, context));
    case ParamType::kChoice:
      return Wrap(ReadChoice(node, spec.choices, what, context));
    case ParamType::kText:
      return Wrap(ReadAnyText(node, what, context));
    case ParamType::kWords:
      return Wrap(ReadSomeWords(node, spec.choices, what, context));
    case ParamType::kSql:
      return Wrap(ReadSql(node, what, context));
    case ParamType::kTolerance:
      return Wrap(ReadTolerance(node, what, context));
    case ParamType::kColumnTypes:
      return Wrap(ReadColumnTypes(node, spec, what, context));
    case ParamType::kKeys:
      return Wrap(ReadKeys(node, what, context));
    case ParamType::kMap:
      break;  // Its fields are read one by one.
  }
  return std::nullopt;
}

const ParamSpec* FindSpec(const std::vector<ParamSpec>& specs,
                          const std::string& name) {
  for (const ParamSpec& spec : specs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

std::vector<std::string> SpecNames(const std::vector<ParamSpec>& specs) {
  std::vector<std::string> names;
  names.reserve(specs.size());
  for (const ParamSpec& spec : specs) names.push_back(spec.name);
  return names;
}

// Reads the fields of a kMap into "map.field".
void ReadMap(const KindSpec& kind, const ParamSpec& spec, const YamlNode& node,
             ParseContext& context, Arguments& arguments) {
  const std::string what = absl::StrCat("'", spec.name, "' of ", kind.name);
  const std::vector<std::string> names = SpecNames(spec.fields);
  if (node.alias ||
      !ExpectMap(node, what, absl::StrCat("it takes ", ListNames(names)),
                 context)) {
    return;
  }
  ReportUnknownKeys(node, names, what, context);
  for (const YamlEntry& entry : node.entries) {
    const ParamSpec* field = FindSpec(spec.fields, entry.key.text);
    if (field == nullptr) continue;
    std::optional<ArgValue> value = ReadValue(
        *field, entry.value,
        absl::StrCat("'", spec.name, ".", field->name, "' of ", kind.name),
        context);
    if (value.has_value()) {
      arguments.by_name[absl::StrCat(spec.name, ".", field->name)] = {
          *std::move(value), entry.value.range};
    }
  }
  std::vector<std::string> missing;
  for (const ParamSpec& field : spec.fields) {
    if (field.required && IsMissing(node, field.name, names)) {
      missing.push_back(field.name);
    }
  }
  if (missing.empty()) return;
  context.Error("missing_key",
                absl::StrCat(what, " needs ", ListNames(missing, "'")),
                node.range);
}

void ReadArgument(const KindSpec& kind, const ParamSpec& spec,
                  const YamlNode& node, ParseContext& context,
                  Arguments& arguments) {
  if (spec.type == ParamType::kMap) {
    ReadMap(kind, spec, node, context, arguments);
    return;
  }
  std::optional<ArgValue> value = ReadValue(
      spec, node, absl::StrCat("'", spec.name, "' of ", kind.name), context);
  if (value.has_value()) {
    arguments.by_name[spec.name] = {*std::move(value), node.range};
  }
}

// A hint that shows how the kind is written.
std::string ExampleHint(const KindSpec& kind) {
  const std::string first = kind.example.substr(0, kind.example.find('\n'));
  if (first.empty()) {
    return absl::StrCat("it takes ", ListNames(SpecNames(kind.params)));
  }
  return absl::StrCat("for example ", first);
}

void ReportUnknownArgument(const KindSpec& kind, const YamlNode& key,
                           ParseContext& context) {
  const std::vector<std::string> params = SpecNames(kind.params);
  if (Contains(AllUniformKeys(), key.text)) {
    context.Error(
        "misplaced_key",
        absl::StrCat("'", key.text, "' does not belong inside ", kind.name),
        key.range,
        absl::StrCat("it belongs beside '", kind.name, "', one level up"));
    return;
  }
  std::vector<std::string> candidates = params;
  for (const std::string& name : UniformKeyNames(kind)) {
    candidates.push_back(name);
  }
  const std::string otherwise =
      params.empty() ? absl::StrCat(kind.name, " takes no arguments")
                     : absl::StrCat("known here: ", ListNames(params));
  context.Error("unknown_key",
                absl::StrCat("unknown key '", key.text, "' in ", kind.name),
                key.range, DidYouMean(key.text, candidates, otherwise));
}

}  // namespace

const std::vector<std::string>& AllUniformKeys() {
  static const auto* const kKeys =
      new std::vector<std::string>(KeyNames(UniformKeyDocs()));
  return *kKeys;
}

std::vector<std::string> UniformKeyNames(const KindSpec& kind) {
  std::vector<std::string> names;
  for (const std::string& name : AllUniformKeys()) {
    const bool taken = name == "where"      ? kind.keys.where
                       : name == "on_empty" ? kind.keys.on_empty
                       : name == "samples"  ? kind.keys.samples
                       : name == "warn_above" || name == "fail_above"
                           ? kind.keys.thresholds
                           : true;
    if (taken) names.push_back(name);
  }
  return names;
}

bool ReadArguments(const KindSpec& kind, const YamlEntry& entry,
                   const YamlNode& rule, ParseContext& context,
                   Arguments& arguments) {
  const YamlNode& node = entry.value;
  if (node.alias) return false;
  const size_t before = context.issues.size();
  const ParamSpec* shorthand = FindSpec(kind.params, kind.shorthand);
  const bool shortened = node.type == YamlNode::Type::kScalar ||
                         node.type == YamlNode::Type::kSequence;
  if (shortened && shorthand == nullptr) {
    context.Error("wrong_type",
                  absl::StrCat(kind.name, " takes a map, not ",
                               std::string(Describe(node))),
                  node.range, ExampleHint(kind));
    return false;
  }
  if (shortened) ReadArgument(kind, *shorthand, node, context, arguments);
  for (const YamlEntry& argument : node.entries) {
    if (context.crowded()) break;
    if (const ParamSpec* spec = FindSpec(kind.params, argument.key.text)) {
      ReadArgument(kind, *spec, argument.value, context, arguments);
    } else {
      ReportUnknownArgument(kind, argument.key, context);
    }
  }
  const std::vector<std::string> params = SpecNames(kind.params);
  std::vector<std::string> missing;
  bool complete = true;
  for (const ParamSpec& spec : kind.params) {
    if (!spec.required || FindKey(node, spec.name) != nullptr ||
        (shortened && &spec == shorthand)) {
      continue;
    }
    complete = false;
    // Written beside the kind or misspelled it is reported already.
    if (FindKey(rule, spec.name) == nullptr &&
        IsMissing(node, spec.name, params)) {
      missing.push_back(spec.name);
    }
  }
  if (!missing.empty()) {
    context.Error("missing_key",
                  absl::StrCat(kind.name, " needs ", ListNames(missing, "'")),
                  entry.key.range, ExampleHint(kind));
  }
  return complete && context.issues.size() == before;
}

}  // namespace assay
