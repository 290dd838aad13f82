// SPDX-License-Identifier: Apache-2.0
// What the readers of a rule set share: the issues, the declared parameters,
// and how to look into maps. Used within this room only.
//
// One context serves one parse on one thread; it borrows everything.
#ifndef ASSAY_RULES_RULESET_PARSE_CONTEXT_H_
#define ASSAY_RULES_RULESET_PARSE_CONTEXT_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ruleset/kind_spec.h"
#include "rules/ruleset/model.h"
#include "rules/ruleset/yaml_tree.h"
#include "validator/base/issue.h"

namespace assay {

// Nobody reads more, and each suggestion of a name costs time: the readers stop
// at this number.
inline constexpr size_t kMaxIssues = 1000;

inline constexpr size_t kMaxParameters = 1000;

struct ParseContext {
  const std::vector<const KindSpec*>& kinds;  // Of both scopes.
  std::vector<Issue>& issues;
  // Filled before anything that may refer to a parameter is read.
  std::vector<Parameter> parameters;
  std::set<std::string, std::less<>> used_parameters;
  // Of the rules that are being read.
  KindScope scope = KindScope::kTable;

  void Error(std::string code, std::string message, SourceRange range,
             std::string hint = "");
  void Warn(std::string code, std::string message, SourceRange range,
            std::string hint = "");

  // Whether so much is wrong that the rest is not worth reading.
  bool crowded() const { return issues.size() >= kMaxIssues; }

  // The kind of that name in `scope`.
  const KindSpec* FindKind(std::string_view name) const;
  // The names of the kinds in `scope`.
  std::vector<std::string> KindNames() const;
  const Parameter* FindParameter(std::string_view name) const;

  // Notes that `:name` is used; an issue where it is not declared. Returns
  // null then.
  const Parameter* UseParameter(std::string_view name, SourceRange range);
};

// "did you mean 'x'?", or `otherwise` where no candidate is near.
std::string DidYouMean(std::string_view word,
                       const std::vector<std::string>& candidates,
                       std::string otherwise = "");

// "a list", "a map", "nothing", "a text": what stands in the file instead.
std::string_view Describe(const YamlNode& node);

// "a, b, c"; with quotes around each where `quote` is "'".
std::string ListNames(const std::vector<std::string>& names,
                      std::string_view quote = "");

// The value of `key` in a map; null where it is absent or `node` is no map.
const YamlNode* FindKey(const YamlNode& node, std::string_view key);

// An issue unless `node` is a map; `what` is e.g. "a table".
bool ExpectMap(const YamlNode& node, std::string_view what, std::string hint,
               ParseContext& context);

// An issue unless `node` is a list of at least one item.
bool ExpectItems(const YamlNode& node, const std::string& what,
                 const std::string& hint, ParseContext& context);

// An issue for each key of the map `node` that is not among `known`.
void ReportUnknownKeys(const YamlNode& node,
                       const std::vector<std::string>& known,
                       std::string_view place, ParseContext& context);

// Whether `key` is absent from the map `node`, and no unknown key of it looks
// like a misspelled `key`, which is then reported as unknown only.
bool IsMissing(const YamlNode& node, const std::string& key,
               const std::vector<std::string>& known);

// Whether `text` is [A-Za-z_][A-Za-z0-9_]*.
bool IsIdentifier(std::string_view text);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_PARSE_CONTEXT_H_
