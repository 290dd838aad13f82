// SPDX-License-Identifier: Apache-2.0
// YAML as a person would write it, from names and texts that may hold anything.
// Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_DRAFT_YAML_H_
#define ASSAY_VALIDATOR_ENGINE_DRAFT_YAML_H_

#include <string>
#include <string_view>
#include <vector>

namespace assay::engine {

// A name: plain where YAML and the rule set language take it for itself.
std::string YamlName(std::string_view name);

// A text, always quoted.
std::string YamlText(std::string_view text);

// "[a, b]"
std::string YamlNames(const std::vector<std::string>& names);

// "schema.table", parts in double quotes where they are no plain words; still
// to be passed through YamlName.
std::string QualifiedName(const std::string& schema, const std::string& table);

// Lines that begin with `indent` and "# ", one for each line of `text`.
std::string YamlComment(std::string_view indent, std::string_view text);

// "  # text" for the end of a line.
std::string YamlRemark(std::string_view text);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DRAFT_YAML_H_
