// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/read_scalar.h"

#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/expect_scalar.h"
#include "rules/ruleset/sql_parameters.h"

namespace assay {
namespace {

bool IsNameKind(ParamKind kind) {
  return kind == ParamKind::kConnection || kind == ParamKind::kTable ||
         kind == ParamKind::kColumn;
}

// Looks a referenced parameter up; false and an issue where it does not fit.
bool CheckReference(const std::string& name, const YamlNode& node,
                    std::optional<ParamKind> kind, const std::string& what,
                    ParseContext& context) {
  const Parameter* parameter = context.UseParameter(name, node.range);
  if (parameter == nullptr) return false;
  const bool fits = kind.has_value() ? parameter->kind == *kind
                                     : !IsNameKind(parameter->kind);
  if (fits) return true;
  const std::string wanted =
      kind.has_value() ? absl::StrCat("a parameter of type ",
                                      std::string(ParamKindName(*kind)))
                       : "a parameter that holds a value";
  context.Error("parameter_type",
                absl::StrCat("parameter ':", name, "' is of type ",
                             std::string(ParamKindName(parameter->kind)), ", ",
                             what, " takes ", wanted),
                node.range);
  return false;
}

// `now()`, `now() - 24h`; nullopt where it is not readable as one.
std::optional<NowOffset> ParseNow(std::string_view text, SourceRange range) {
  NowOffset now{0, range};
  text.remove_prefix(text.find(')') + 1);
  const absl::string_view rest =
      absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size()));
  if (rest.empty()) return now;
  const absl::string_view amount = absl::StripAsciiWhitespace(rest.substr(1));
  const std::optional<int64_t> micros =
      ParseDurationMicros({amount.data(), amount.size()});
  if (!micros.has_value() || (rest[0] != '-' && rest[0] != '+')) {
    return std::nullopt;
  }
  now.offset_micros = rest[0] == '-' ? -*micros : *micros;
  return now;
}

template <typename T, typename ReadOne>
std::optional<std::vector<T>> ReadList(const YamlNode& node,
                                       const std::string& what,
                                       ParseContext& context,
                                       ReadOne read_one) {
  if (node.items.empty()) {
    context.Error("empty_list", absl::StrCat(what, " is an empty list"),
                  node.range, "give at least one");
    return std::nullopt;
  }
  std::vector<T> out;
  for (const YamlNode& item : node.items) {
    if (std::optional<T> one = read_one(item)) out.push_back(*std::move(one));
  }
  if (out.size() != node.items.size()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Word> ReadText(const YamlNode& node, const std::string& what,
                             ParseContext& context) {
  const std::string* text = Scalar(node, "a text", what, context);
  if (text == nullptr) return std::nullopt;
  return Word{*text, node.range, ""};
}

std::optional<Word> ReadPlainText(const YamlNode& node, const std::string& what,
                                  ParseContext& context) {
  std::optional<Word> word = ReadText(node, what, context);
  if (!word.has_value()) return std::nullopt;
  if (absl::StripAsciiWhitespace(word->text).empty()) {
    context.Error("missing_value", absl::StrCat(what, " is empty"), node.range);
    return std::nullopt;
  }
  if (RefuseReference(node, what, context)) return std::nullopt;
  return word;
}

std::optional<Word> ReadName(const YamlNode& node, ParamKind kind,
                             const std::string& what, ParseContext& context) {
  const std::string expected =
      absl::StrCat("the name of a ", std::string(ParamKindName(kind)));
  const std::string* text = Scalar(node, expected, what, context);
  if (text == nullptr) return std::nullopt;
  Word word{*text, node.range, ReferenceName(node)};
  if (!word.parameter.empty()) {
    if (!CheckReference(word.parameter, node, kind, what, context)) {
      return std::nullopt;
    }
    return word;
  }
  if (absl::StripAsciiWhitespace(*text).empty()) {
    context.Error("missing_value", absl::StrCat(what, " is empty"), node.range,
                  absl::StrCat("it takes ", expected));
    return std::nullopt;
  }
  if (!node.quoted() && text->front() == ':') {
    BadValue(node, absl::StrCat(expected, " or a :parameter"), what, context,
             "parameters have letters, digits and '_' in their names");
    return std::nullopt;
  }
  return word;
}

std::optional<Literal> ReadNameLiteral(const YamlNode& node, ParamKind kind,
                                       const std::string& what,
                                       ParseContext& context) {
  std::optional<Word> word = ReadName(node, kind, what, context);
  if (!word.has_value()) return std::nullopt;
  return Literal{word->text, node.quoted(), word->range, word->parameter};
}

std::optional<Literal> ReadLiteral(const YamlNode& node,
                                   const std::string& what,
                                   ParseContext& context) {
  const std::string* text = Scalar(node, "a value", what, context);
  if (text == nullptr) return std::nullopt;
  Literal literal{*text, node.quoted(), node.range, ReferenceName(node)};
  if (!literal.parameter.empty() &&
      !CheckReference(literal.parameter, node, std::nullopt, what, context)) {
    return std::nullopt;
  }
  return literal;
}

std::optional<Bound> ReadBound(const YamlNode& node, const std::string& what,
                               ParseContext& context) {
  if (node.IsScalar() && !node.quoted() &&
      absl::StartsWithIgnoreCase(node.text, "now(")) {
    if (absl::StartsWithIgnoreCase(node.text, "now()")) {
      if (std::optional<NowOffset> now = ParseNow(node.text, node.range)) {
        return Bound(*now);
      }
    }
    BadValue(node, "a value or now() and a duration", what, context,
             "for example now() - 24h");
    return std::nullopt;
  }
  std::optional<Literal> literal = ReadLiteral(node, what, context);
  if (!literal.has_value()) return std::nullopt;
  return Bound(*std::move(literal));
}

std::optional<std::vector<Word>> ReadColumns(const YamlNode& node,
                                             const std::string& what,
                                             ParseContext& context) {
  auto read_one = [&](const YamlNode& item) {
    return ReadName(item, ParamKind::kColumn, what, context);
  };
  if (node.type != YamlNode::Type::kSequence) {
    std::optional<Word> word = read_one(node);
    if (!word.has_value()) return std::nullopt;
    return std::vector<Word>{*std::move(word)};
  }
  auto words = ReadList<Word>(node, what, context, read_one);
  if (!words.has_value()) return std::nullopt;
  // A parameter and a column with a colon in its name are not the same.
  std::set<std::pair<std::string_view, bool>> seen;
  for (const Word& word : *words) {
    if (seen.emplace(word.text, word.parameter.empty()).second) continue;
    context.Error(
        "duplicate_column",
        absl::StrCat(what, " names column ", Quote(word.text), " twice"),
        word.range, "remove one of them");
    return std::nullopt;
  }
  return words;
}

std::optional<std::vector<Word>> ReadWords(const YamlNode& node,
                                           const std::string& what,
                                           ParseContext& context) {
  auto read_one = [&](const YamlNode& item) {
    return ReadPlainText(item, what, context);
  };
  if (node.type == YamlNode::Type::kSequence) {
    return ReadList<Word>(node, what, context, read_one);
  }
  std::optional<Word> word = read_one(node);
  if (!word.has_value()) return std::nullopt;
  return std::vector<Word>{*std::move(word)};
}

std::optional<std::vector<Literal>> ReadLiterals(const YamlNode& node,
                                                 const std::string& what,
                                                 ParseContext& context) {
  if (node.type != YamlNode::Type::kSequence) {
    if (node.IsScalar()) {
      BadValue(node, "a list", what, context,
               absl::StrCat("write [", node.text.substr(0, 40), "]"));
    } else {
      Scalar(node, "a list of values", what, context);
    }
    return std::nullopt;
  }
  return ReadList<Literal>(node, what, context, [&](const YamlNode& item) {
    return ReadLiteral(item, what, context);
  });
}

std::optional<SqlText> ReadSql(const YamlNode& node, const std::string& what,
                               ParseContext& context) {
  const std::string* text = Scalar(node, "SQL", what, context);
  if (text == nullptr) return std::nullopt;
  if (absl::StripAsciiWhitespace(*text).empty()) {
    context.Error("missing_value", absl::StrCat(what, " is empty"), node.range,
                  "it takes SQL");
    return std::nullopt;
  }
  std::set<std::string_view> seen;
  bool known = true;
  for (const SqlParameterUse& use : FindSqlParameters(*text)) {
    if (context.crowded()) break;
    // Each name is reported once: finding its place is linear in the text.
    if (!seen.insert(use.name).second) continue;
    if (context.FindParameter(use.name) != nullptr) {
      context.used_parameters.emplace(use.name);
      continue;
    }
    known = false;
    context.UseParameter(use.name,
                         RangeWithin(node, use.offset, use.name.size() + 1));
  }
  if (!known) return std::nullopt;
  SourceRange range = node.range;
  if (node.verbatim) {
    range.line = node.text_start.line;
    range.column = node.text_start.column;
    if (node.style == YamlNode::Style::kQuoted) --range.end_column;
  }
  return SqlText{*text, range};
}

}  // namespace assay
