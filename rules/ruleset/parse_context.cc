// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/parse_context.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace assay {
namespace {

// The edit distance is quadratic in the word; nobody mistypes a novel.
constexpr size_t kLongestWord = 100;

}  // namespace

void ParseContext::Error(std::string code, std::string message,
                         SourceRange range, std::string hint) {
  issues.push_back({Severity::kError, std::move(code), std::move(message),
                    range, std::move(hint)});
}

void ParseContext::Warn(std::string code, std::string message,
                        SourceRange range, std::string hint) {
  issues.push_back({Severity::kWarning, std::move(code), std::move(message),
                    range, std::move(hint)});
}

const KindSpec* ParseContext::FindKind(std::string_view name) const {
  for (const KindSpec* kind : kinds) {
    if (kind->scope == scope && kind->name == name) return kind;
  }
  return nullptr;
}

std::vector<std::string> ParseContext::KindNames() const {
  std::vector<std::string> names;
  for (const KindSpec* kind : kinds) {
    if (kind->scope == scope) names.push_back(kind->name);
  }
  return names;
}

const Parameter* ParseContext::FindParameter(std::string_view name) const {
  for (const Parameter& parameter : parameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

const Parameter* ParseContext::UseParameter(std::string_view name,
                                            SourceRange range) {
  used_parameters.emplace(name);
  if (const Parameter* parameter = FindParameter(name)) return parameter;
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters) {
    names.push_back(parameter.name);
  }
  Error("unknown_parameter",
        absl::StrCat("parameter ':", std::string(name), "' is not declared"),
        range, DidYouMean(name, names, "declare it under 'params'"));
  return nullptr;
}

std::string DidYouMean(std::string_view word,
                       const std::vector<std::string>& candidates,
                       std::string otherwise) {
  if (word.size() > kLongestWord) return otherwise;
  const std::string nearest = NearestName(word, candidates);
  if (nearest.empty()) return otherwise;
  return absl::StrCat("did you mean '", nearest, "'?");
}

std::string_view Describe(const YamlNode& node) {
  switch (node.type) {
    case YamlNode::Type::kEmpty:
      return "nothing";
    case YamlNode::Type::kScalar:
      return "a text";
    case YamlNode::Type::kSequence:
      return "a list";
    case YamlNode::Type::kMap:
      return "a map";
  }
  return "nothing";
}

std::string ListNames(const std::vector<std::string>& names,
                      std::string_view quote) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ", ";
    out += quote;
    out += name;
    out += quote;
  }
  return out;
}

const YamlNode* FindKey(const YamlNode& node, std::string_view key) {
  for (const YamlEntry& entry : node.entries) {
    if (entry.key.text == key) return &entry.value;
  }
  return nullptr;
}

bool ExpectMap(const YamlNode& node, std::string_view what, std::string hint,
               ParseContext& context) {
  if (node.type == YamlNode::Type::kMap) return true;
  context.Error("wrong_type",
                absl::StrCat(std::string(what), " must be a map, not ",
                             std::string(Describe(node))),
                node.range, std::move(hint));
  return false;
}

bool ExpectItems(const YamlNode& node, const std::string& what,
                 const std::string& hint, ParseContext& context) {
  if (node.type == YamlNode::Type::kSequence && !node.items.empty()) {
    return true;
  }
  if (node.alias) return false;
  const bool empty = node.type == YamlNode::Type::kSequence ||
                     node.type == YamlNode::Type::kEmpty;
  context.Error(empty ? "empty_list" : "wrong_type",
                empty ? absl::StrCat(what, " is empty")
                      : absl::StrCat(what, " must be a list, not ",
                                     std::string(Describe(node))),
                node.range, hint);
  return false;
}

void ReportUnknownKeys(const YamlNode& node,
                       const std::vector<std::string>& known,
                       std::string_view place, ParseContext& context) {
  for (const YamlEntry& entry : node.entries) {
    if (context.crowded()) return;
    if (std::find(known.begin(), known.end(), entry.key.text) != known.end()) {
      continue;
    }
    context.Error("unknown_key",
                  absl::StrCat("unknown key '", entry.key.text, "' in ",
                               std::string(place)),
                  entry.key.range,
                  DidYouMean(entry.key.text, known,
                             absl::StrCat("known here: ", ListNames(known))));
  }
}

bool IsMissing(const YamlNode& node, const std::string& key,
               const std::vector<std::string>& known) {
  for (const YamlEntry& entry : node.entries) {
    const std::string& given = entry.key.text;
    if (given == key) return false;
    if (given.size() < kLongestWord &&
        std::find(known.begin(), known.end(), given) == known.end() &&
        NearestName(given, known) == key) {
      return false;
    }
  }
  return true;
}

bool IsIdentifier(std::string_view text) {
  if (text.empty() || absl::ascii_isdigit(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_';
  });
}

}  // namespace assay
