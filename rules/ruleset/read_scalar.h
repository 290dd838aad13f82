// SPDX-License-Identifier: Apache-2.0
// Nodes of the tree → typed words, numbers, SQL. YAML itself gives no types.
//
// Each function appends an issue and returns nullopt where the node does not
// fit. `what` names the value in messages, e.g. "'min' of range".
#ifndef ASSAY_RULES_RULESET_READ_SCALAR_H_
#define ASSAY_RULES_RULESET_READ_SCALAR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ruleset/model.h"
#include "rules/ruleset/parse_context.h"
#include "rules/ruleset/yaml_tree.h"

namespace assay {

// Any text, also an empty one in quotes.
std::optional<Word> ReadText(const YamlNode& node, const std::string& what,
                             ParseContext& context);

// A text that is not empty, and not a reference to a parameter, which could
// not work there.
std::optional<Word> ReadPlainText(const YamlNode& node, const std::string& what,
                                  ParseContext& context);

// The name of a thing of `kind` (kConnection, kTable or kColumn), or a
// reference to a parameter of that kind.
std::optional<Word> ReadName(const YamlNode& node, ParamKind kind,
                             const std::string& what, ParseContext& context);

// As ReadName, for the places that hold a Literal.
std::optional<Literal> ReadNameLiteral(const YamlNode& node, ParamKind kind,
                                       const std::string& what,
                                       ParseContext& context);

// A scalar typed by a column, or a reference to a parameter with a value.
std::optional<Literal> ReadLiteral(const YamlNode& node,
                                   const std::string& what,
                                   ParseContext& context);

// A literal, or `now()` with an offset.
std::optional<Bound> ReadBound(const YamlNode& node, const std::string& what,
                               ParseContext& context);

// One or more columns without repetition; a single word is a list of one.
std::optional<std::vector<Word>> ReadColumns(const YamlNode& node,
                                             const std::string& what,
                                             ParseContext& context);

// One or more texts; a single one is a list of one.
std::optional<std::vector<Word>> ReadWords(const YamlNode& node,
                                           const std::string& what,
                                           ParseContext& context);

// A list of at least one literal.
std::optional<std::vector<Literal>> ReadLiterals(const YamlNode& node,
                                                 const std::string& what,
                                                 ParseContext& context);

std::optional<Decimal> ReadNumber(const YamlNode& node, const std::string& what,
                                  ParseContext& context);

// A whole number from 0 to `most`.
std::optional<int64_t> ReadInteger(const YamlNode& node, int64_t most,
                                   const std::string& what,
                                   ParseContext& context);

// Microseconds; 0 only where `zero` is allowed.
std::optional<int64_t> ReadDuration(const YamlNode& node, bool zero,
                                    const std::string& what,
                                    ParseContext& context);

std::optional<bool> ReadFlag(const YamlNode& node, const std::string& what,
                             ParseContext& context);

std::optional<Word> ReadChoice(const YamlNode& node,
                               const std::vector<std::string>& choices,
                               const std::string& what, ParseContext& context);

// A whole count, or a percentage up to 100%.
std::optional<Threshold> ReadThreshold(const YamlNode& node,
                                       const std::string& what,
                                       ParseContext& context);

// A distance, or a percentage; neither is negative.
std::optional<Threshold> ReadTolerance(const YamlNode& node,
                                       const std::string& what,
                                       ParseContext& context);

// SQL that is not empty. The parameters in it are looked up.
std::optional<SqlText> ReadSql(const YamlNode& node, const std::string& what,
                               ParseContext& context);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_READ_SCALAR_H_
