// SPDX-License-Identifier: Apache-2.0
// What the functions of read_scalar.h share: the issues of a node that is not
// the scalar that it should be. Used by them only.
#ifndef ASSAY_RULES_RULESET_EXPECT_SCALAR_H_
#define ASSAY_RULES_RULESET_EXPECT_SCALAR_H_

#include <string>

#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// `text` in quotes for a message, cut to its first line and 60 bytes.
std::string Quote(const std::string& text);

// The scalar's text, or null and an issue that `expected` should stand there.
const std::string* Scalar(const YamlNode& node, const std::string& expected,
                          const std::string& what, ParseContext& context);

// The issue that the scalar's text is not `expected`.
void BadValue(const YamlNode& node, const std::string& expected,
              const std::string& what, ParseContext& context,
              std::string hint = "");

// The name in `:name`; "" where the node is no reference.
std::string ReferenceName(const YamlNode& node);

// Reports a reference where no parameter can stand; returns whether it is one.
bool RefuseReference(const YamlNode& node, const std::string& what,
                     ParseContext& context);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_EXPECT_SCALAR_H_
