// SPDX-License-Identifier: Apache-2.0
// Parts of the JSON Schema of rule sets; used by json_schema.cc only.
#ifndef ASSAY_RULES_RULESET_SCHEMA_PARTS_H_
#define ASSAY_RULES_RULESET_SCHEMA_PARTS_H_

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace assay::schema {

using Json = nlohmann::ordered_json;

// A reference to the definition `name`.
Json Ref(const std::string& name);

Json Choice(const std::vector<std::string>& choices);

// One `item`, or a list of at least one.
Json OneOrMore(const Json& item);

// `schema` with a description.
Json Described(Json schema, const std::string& description);

// Keys of one column, or lists of as many values as the key has columns.
Json Keys();

// An entry of `comparisons`.
Json ComparisonEntry();

}  // namespace assay::schema

#endif  // ASSAY_RULES_RULESET_SCHEMA_PARTS_H_
