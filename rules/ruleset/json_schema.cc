// SPDX-License-Identifier: Apache-2.0
// The JSON Schema of rule sets. Editors type scalars as YAML does, so that the
// schema is wider than the parser where YAML would see a number or a boolean in
// what is a text to us.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "rules/ruleset/key_docs.h"
#include "rules/ruleset/parameter_values.h"
#include "rules/ruleset/parser.h"
#include "rules/ruleset/read_arguments.h"
#include "rules/ruleset/schema_parts.h"

namespace assay {
namespace {

using schema::Choice;
using schema::Described;
using schema::Json;
using schema::OneOrMore;
using schema::Ref;

// The shapes of scalars that several keys share.
Json SharedDefinitions() {
  const Json any_scalar = {"string", "number", "boolean", "null"};
  return {
      {"word", {{"type", any_scalar}}},
      {"value", {{"type", any_scalar}}},
      {"sql", {{"type", {"string", "number", "boolean"}}, {"minLength", 1}}},
      {"duration",
       {{"type", "string"},
        {"pattern",
         "^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?"
         "([0-9]+us)?$"},
        {"minLength", 2},
        {"examples", {"30s", "15m", "24h", "7d"}}}},
      {"number",
       {{"anyOf",
         {{{"type", "number"}},
          {{"type", "string"},
           {"pattern",
            "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?"
            "$"}}}}}},
      {"threshold",
       {{"anyOf",
         {{{"type", "integer"}, {"minimum", 0}},
          {{"type", "string"}, {"pattern", "^([0-9]+|[0-9]*\\.?[0-9]+ *%)$"}}}},
        {"examples", {0, 10, "0.1%"}}}},
      {"tolerance",
       {{"anyOf",
         {{{"type", "number"}, {"minimum", 0}},
          {{"type", "string"}, {"pattern", "^[0-9]*\\.?[0-9]+ *%?$"}}}},
        {"examples", {0, 0.01, "0.1%"}}}},
  };
}

Json ParamSchema(const ParamSpec& spec) {
  switch (spec.type) {
    case ParamType::kColumn:
    case ParamType::kTable:
    case ParamType::kText:
      return Ref("word");
    case ParamType::kColumns:
      return OneOrMore(Ref("word"));
    case ParamType::kWords:
      return OneOrMore(spec.choices.empty() ? Ref("word")
                                            : Choice(spec.choices));
    case ParamType::kValue:
    case ParamType::kBound:
      return Ref("value");
    case ParamType::kValues:
      return {{"type", "array"}, {"items", Ref("value")}, {"minItems", 1}};
    case ParamType::kNumber:
      return Ref("number");
    case ParamType::kInteger:
      return {{"type", "integer"}, {"minimum", 0}};
    case ParamType::kDuration:
      return Ref("duration");
    case ParamType::kFlag:
      return {{"type", "boolean"}};
    case ParamType::kChoice:
      return Choice(spec.choices);
    case ParamType::kSql:
      return Ref("sql");
    case ParamType::kTolerance:
      return Ref("tolerance");
    case ParamType::kColumnTypes: {
      Json attributes = Json::object();
      for (const std::string& name : spec.choices) {
        attributes[name] = Ref("word");
      }
      return {{"type", "object"},
              {"minProperties", 1},
              {"additionalProperties",
               {{"anyOf",
                 {Ref("word"),
                  {{"type", "object"},
                   {"properties", attributes},
                   {"additionalProperties", false}}}}}}};
    }
    case ParamType::kKeys:
      return schema::Keys();
    case ParamType::kMap: {
      Json properties = Json::object();
      Json required = Json::array();
      for (const ParamSpec& field : spec.fields) {
        properties[field.name] = Described(ParamSchema(field), field.doc);
        if (field.required) required.push_back(field.name);
      }
      Json map = {{"type", "object"},
                  {"properties", properties},
                  {"additionalProperties", false}};
      if (!required.empty()) map["required"] = required;
      return map;
    }
  }
  return Json::object();
}

// What stands behind the kind key: a map, or the shorthand.
Json KindSchema(const KindSpec& kind) {
  Json properties = Json::object();
  Json required = Json::array();
  Json forms = Json::array();
  for (const ParamSpec& spec : kind.params) {
    Json param = Described(ParamSchema(spec), spec.doc);
    if (!spec.default_text.empty()) param["default"] = spec.default_text;
    properties[spec.name] = std::move(param);
    if (spec.required) required.push_back(spec.name);
  }
  Json map = {{"type", "object"},
              {"properties", properties},
              {"additionalProperties", false}};
  if (!required.empty()) map["required"] = required;
  forms.push_back(map);
  for (const ParamSpec& spec : kind.params) {
    if (spec.name != kind.shorthand) continue;
    if (required.empty() ||
        (required.size() == 1 && required[0] == spec.name)) {
      forms.push_back(ParamSchema(spec));
    }
  }
  if (required.empty()) forms.push_back({{"type", "null"}});
  const std::string text = absl::StrCat(kind.summary, "\n\n", kind.semantics);
  if (forms.size() == 1) return Described(forms[0], text);
  return {{"description", text}, {"anyOf", forms}};
}

Json UniformSchema(const std::string& key) {
  if (key == "severity") return Choice({"fail", "warn"});
  if (key == "on_fail") return Choice({"hold", "rollback"});
  if (key == "on_error") return Choice({"error", "fail", "warn"});
  if (key == "on_empty") return Choice({"fail", "warn", "pass"});
  if (key == "where") return Ref("sql");
  if (key == "timeout") return Ref("duration");
  if (key == "tags") return OneOrMore(Ref("word"));
  if (key == "warn_above" || key == "fail_above") return Ref("threshold");
  if (key == "samples") {
    return {{"type", "integer"}, {"minimum", 0}, {"maximum", kMaxSamples}};
  }
  if (key == "id") {
    return {{"type", {"string", "integer"}},
            {"pattern", "^[A-Za-z0-9_.:-]{1,128}$"}};
  }
  return Ref("word");
}

// Kinds of different scopes may have the same name.
std::string KindName(const KindSpec& kind) {
  return absl::StrCat(
      kind.scope == KindScope::kTable ? "kind." : "comparison_kind.",
      kind.name);
}

// A rule of one kind: the kind key and the uniform keys that go with it.
Json RuleSchema(const KindSpec& kind) {
  Json properties = {{kind.name, Ref(KindName(kind))}};
  for (const std::string& key : UniformKeyNames(kind)) {
    properties[key] = Ref(absl::StrCat("key.", key));
  }
  return {{"type", "object"},
          {"title", kind.name},
          {"properties", properties},
          {"required", {kind.name}},
          {"additionalProperties", false}};
}

bool NeedsNothing(const KindSpec& kind) {
  for (const ParamSpec& spec : kind.params) {
    if (spec.required) return false;
  }
  return true;
}

Json Definitions(const std::vector<const KindSpec*>& kinds) {
  Json definitions = SharedDefinitions();
  for (const KeyDoc& doc : UniformKeyDocs()) {
    definitions[absl::StrCat("key.", doc.name)] =
        Described(UniformSchema(doc.name), doc.doc);
  }
  for (const KindScope scope : {KindScope::kTable, KindScope::kComparison}) {
    Json rules = Json::array();
    std::vector<std::string> bare;
    for (const KindSpec* kind : kinds) {
      if (kind->scope != scope) continue;
      definitions[KindName(*kind)] = KindSchema(*kind);
      rules.push_back(RuleSchema(*kind));
      if (NeedsNothing(*kind)) bare.push_back(kind->name);
    }
    if (rules.empty()) continue;
    if (!bare.empty()) rules.push_back(Choice(bare));
    definitions[scope == KindScope::kTable ? "rule" : "comparison_rule"] = {
        {"description", "One kind key, and uniform keys."}, {"anyOf", rules}};
  }
  return definitions;
}

Json ParameterSchema() {
  Json properties = Json::object();
  for (const KeyDoc& doc : ParameterKeyDocs()) {
    properties[doc.name] = Described(Ref("value"), doc.doc);
  }
  properties["type"] =
      Described(Choice(ParamKindNames()), ParameterKeyDocs()[0].doc);
  return {{"type", "object"},
          {"properties", properties},
          {"required", {"type"}},
          {"additionalProperties", false}};
}

Json TableSchema() {
  Json properties = Json::object();
  for (const KeyDoc& doc : TableKeyDocs()) {
    properties[doc.name] = Described(Ref("word"), doc.doc);
  }
  properties["where"] = Described(Ref("sql"), TableKeyDocs()[2].doc);
  properties["rules"] =
      Described({{"type", "array"}, {"items", Ref("rule")}, {"minItems", 1}},
                TableKeyDocs()[3].doc);
  return {{"type", "object"},
          {"properties", properties},
          {"required", {"connection", "table", "rules"}},
          {"additionalProperties", false}};
}

bool HasScope(const std::vector<const KindSpec*>& kinds, KindScope scope) {
  return std::any_of(kinds.begin(), kinds.end(), [&](const KindSpec* kind) {
    return kind->scope == scope;
  });
}

}  // namespace

std::string RuleSetJsonSchema(const std::vector<const KindSpec*>& kinds) {
  Json properties = Json::object();
  for (const KeyDoc& doc : TopLevelKeyDocs()) {
    const std::string name = doc.name;
    Json value = Ref("word");
    if (name == "version") value = {{"enum", {1, "1"}}};
    if (name == "tags") value = OneOrMore(Ref("word"));
    if (name == "params") {
      value = {{"type", "object"},
               {"propertyNames", {{"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}}},
               {"additionalProperties", ParameterSchema()}};
    }
    if (name == "tables") {
      if (!HasScope(kinds, KindScope::kTable)) continue;
      value = {{"type", "array"}, {"items", TableSchema()}, {"minItems", 1}};
    }
    if (name == "comparisons") {
      // `assay kinds KIND --schema` knows one kind only.
      if (!HasScope(kinds, KindScope::kComparison)) continue;
      value = {{"type", "array"},
               {"items", schema::ComparisonEntry()},
               {"minItems", 1}};
    }
    properties[name] = Described(std::move(value), doc.doc);
  }
  const Json root = {
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"title", "Assay rule set"},
      {"description",
       "Rules about tables, and about a source and a target. Generated by "
       "`assay kinds --schema`; do not edit."},
      {"type", "object"},
      {"properties", properties},
      {"required", {"version", "name"}},
      {"anyOf", {{{"required", {"tables"}}}, {{"required", {"comparisons"}}}}},
      {"additionalProperties", false},
      {"definitions", Definitions(kinds)}};
  // The kinds' texts are ours, but a broken byte must not throw.
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay
