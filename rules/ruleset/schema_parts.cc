// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/schema_parts.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/ruleset/key_docs.h"

namespace assay::schema {
namespace {

Json Closed(Json properties, const std::vector<std::string>& required) {
  Json map = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) map["required"] = required;
  map["additionalProperties"] = false;
  return map;
}

// A map with the keys of `docs`; a text where `schemas` has nothing for a key.
Json MapOf(const std::vector<KeyDoc>& docs,
           const std::map<std::string, Json>& schemas,
           const std::vector<std::string>& required) {
  Json properties = Json::object();
  for (const KeyDoc& doc : docs) {
    const auto it = schemas.find(doc.name);
    properties[doc.name] =
        Described(it == schemas.end() ? Ref("word") : it->second, doc.doc);
  }
  return Closed(std::move(properties), required);
}

Json EachValue(Json value) {
  return {{"type", "object"}, {"additionalProperties", std::move(value)}};
}

Json ListOf(Json item) {
  return {{"type", "array"}, {"items", std::move(item)}, {"minItems", 1}};
}

Json Side() {
  Json side =
      MapOf(SideKeyDocs(), {{"query", Ref("sql")}, {"where", Ref("sql")}},
            {"connection"});
  side["oneOf"] = Json::array({{{"required", {"table"}}},
                               {{"required", {"tables"}}},
                               {{"required", {"query"}}}});
  return side;
}

Json Columns() {
  const Json mapping =
      MapOf(MappingKeyDocs(),
            {{"source_sql", Ref("sql")}, {"target_sql", Ref("sql")}}, {});
  const Json flag = {{"type", "boolean"}};
  const Json policy = MapOf(
      PolicyKeyDocs(),
      {{"tolerance", Ref("number")},
       {"relative_tolerance", Ref("number")},
       {"precision", {{"type", "integer"}, {"minimum", 0}, {"maximum", 6}}},
       {"rounding", Choice({"truncate", "round"})},
       {"trim", Choice({"trailing", "both"})},
       {"ignore_case", flag},
       {"empty_is_null", flag}},
      {});
  return MapOf(ComparedColumnsKeyDocs(),
               {{"only", OneOrMore(Ref("word"))},
                {"except", OneOrMore(Ref("word"))},
                {"map", EachValue({{"anyOf", {Ref("word"), mapping}}})},
                {"policies", EachValue(policy)}},
               {});
}

}  // namespace

Json Ref(const std::string& name) {
  return {{"$ref", absl::StrCat("#/definitions/", name)}};
}

Json Choice(const std::vector<std::string>& choices) {
  return {{"enum", choices}};
}

Json OneOrMore(const Json& item) {
  return {
      {"anyOf", {item, {{"type", "array"}, {"items", item}, {"minItems", 1}}}}};
}

Json Described(Json schema, const std::string& description) {
  // Draft 7 ignores what stands beside a $ref.
  if (schema.contains("$ref")) schema = {{"allOf", Json::array({schema})}};
  schema["description"] = description;
  return schema;
}

Json Keys() {
  const Json values = {
      {"type", "array"}, {"items", Ref("value")}, {"minItems", 1}};
  return {{"type", "array"},
          {"items", {{"anyOf", {Ref("value"), values}}}},
          {"minItems", 1}};
}

Json ComparisonEntry() {
  const Json accept = MapOf(
      AcceptKeyDocs(),
      {{"keys", Keys()}, {"kind", Choice({"missing", "extra", "changed"})}},
      {"reason", "owner"});
  return MapOf(ComparisonKeyDocs(),
               {{"source", Side()},
                {"target", Side()},
                {"key", OneOrMore(Ref("word"))},
                {"columns", Columns()},
                {"except_tables", OneOrMore(Ref("word"))},
                {"consistency", Choice({"snapshot", "statement", "strict"})},
                {"accept", ListOf(accept)},
                {"rules", ListOf(Ref("comparison_rule"))}},
               {"source", "target", "rules"});
}

}  // namespace assay::schema
