// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/parameter_values.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/parser.h"

namespace assay {
namespace {

constexpr ParamKind kKinds[] = {
    ParamKind::kText,       ParamKind::kInteger, ParamKind::kDecimal,
    ParamKind::kBoolean,    ParamKind::kDate,    ParamKind::kTimestamp,
    ParamKind::kConnection, ParamKind::kTable,   ParamKind::kColumn};

absl::StatusOr<Value> TypeText(ParamKind kind, const std::string& text) {
  switch (kind) {
    case ParamKind::kInteger:
      return ParseValue(TypeClass::kInteger, text);
    case ParamKind::kDecimal:
      return ParseValue(TypeClass::kDecimal, text);
    case ParamKind::kBoolean:
      return ParseValue(TypeClass::kBoolean, text);
    case ParamKind::kDate:
      return ParseValue(TypeClass::kDate, text);
    case ParamKind::kTimestamp: {
      // With a zone it is an instant, without one a time on the wall.
      absl::StatusOr<Value> wall = ParseValue(TypeClass::kTimestamp, text);
      if (wall.ok()) return wall;
      return ParseValue(TypeClass::kTimestampTz, text);
    }
    case ParamKind::kText:
    case ParamKind::kConnection:
    case ParamKind::kTable:
    case ParamKind::kColumn:
      return Value(text);
  }
  return Value(text);
}

}  // namespace

const std::vector<std::string>& ParamKindNames() {
  static const auto* const kNames = [] {
    auto* names = new std::vector<std::string>();
    for (const ParamKind kind : kKinds) {
      names->emplace_back(ParamKindName(kind));
    }
    return names;
  }();
  return *kNames;
}

std::optional<Value> TypeParameterText(const Parameter& parameter,
                                       const std::string& text,
                                       const std::string& what,
                                       SourceRange range,
                                       std::vector<Issue>& issues) {
  const bool named = parameter.kind == ParamKind::kConnection ||
                     parameter.kind == ParamKind::kTable ||
                     parameter.kind == ParamKind::kColumn;
  if (named && absl::StripAsciiWhitespace(text).empty()) {
    issues.push_back(
        {Severity::kError, "missing_value", absl::StrCat(what, " is empty"),
         range,
         absl::StrCat("it takes the name of a ",
                      std::string(ParamKindName(parameter.kind)))});
    return std::nullopt;
  }
  absl::StatusOr<Value> value = TypeText(parameter.kind, text);
  if (value.ok()) return *std::move(value);
  issues.push_back({Severity::kError, "bad_value",
                    absl::StrCat(what, ": ", value.status().message()), range,
                    ""});
  return std::nullopt;
}

BoundParameters BindParameters(const RuleSet& rule_set,
                               const ParameterValues& values,
                               std::vector<Issue>& issues) {
  BoundParameters bound;
  std::vector<std::string> names;
  for (const Parameter& parameter : rule_set.parameters) {
    names.push_back(parameter.name);
  }
  for (const auto& [name, text] : values) {
    if (rule_set.FindParameter(name) != nullptr) continue;
    issues.push_back(
        {Severity::kError,
         "unknown_parameter",
         absl::StrCat("the rule set has no parameter '", name, "'"),
         {},
         DidYouMean(name, names,
                    names.empty()
                        ? "it has no parameters"
                        : absl::StrCat("it has ", ListNames(names)))});
  }
  for (const Parameter& parameter : rule_set.parameters) {
    const auto given = values.find(parameter.name);
    if (given == values.end() && !parameter.default_value.has_value()) {
      issues.push_back(
          {Severity::kError, "missing_parameter",
           absl::StrCat("parameter '", parameter.name, "' has no value"),
           parameter.range, "it has no default, so the run must give one"});
      continue;
    }
    const bool is_given = given != values.end();
    const std::string& text =
        is_given ? given->second : parameter.default_value->text;
    const SourceRange range =
        is_given ? parameter.range : parameter.default_value->range;
    const std::string what =
        absl::StrCat(is_given ? "the value" : "'default'", " of parameter '",
                     parameter.name, "'");
    if (std::optional<Value> value =
            TypeParameterText(parameter, text, what, range, issues)) {
      bound[parameter.name] = {parameter.kind, text, *std::move(value)};
    }
  }
  return bound;
}

}  // namespace assay
