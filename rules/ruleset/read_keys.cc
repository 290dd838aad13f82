// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/read_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/ruleset/read_scalar.h"

namespace assay {
namespace {

std::string Values(size_t count) {
  return absl::StrCat(count, count == 1 ? " value" : " values");
}

}  // namespace

std::optional<std::vector<std::vector<Literal>>> ReadKeys(
    const YamlNode& node, const std::string& what, ParseContext& context) {
  if (!ExpectItems(node, what, "for example [1, 2], or [[1, a], [2, b]]",
                   context)) {
    return std::nullopt;
  }
  std::vector<std::vector<Literal>> keys;
  for (const YamlNode& item : node.items) {
    if (context.crowded()) return std::nullopt;
    if (item.type == YamlNode::Type::kSequence) {
      if (auto key = ReadLiterals(item, what, context)) {
        keys.push_back(*std::move(key));
      }
    } else if (std::optional<Literal> value =
                   ReadLiteral(item, what, context)) {
      keys.push_back({*std::move(value)});
    }
  }
  if (keys.size() != node.items.size()) return std::nullopt;
  const size_t before = context.issues.size();
  CheckKeySize(keys, keys[0].size(), what, context);
  if (context.issues.size() > before) return std::nullopt;
  return keys;
}

void CheckKeySize(const std::vector<std::vector<Literal>>& keys, size_t columns,
                  const std::string& what, ParseContext& context) {
  for (const std::vector<Literal>& key : keys) {
    if (key.size() == columns) continue;
    context.Error(
        "key_size",
        absl::StrCat(what, " has a key of ", Values(key.size()), " where ",
                     columns, columns == 1 ? " is wanted" : " are wanted"),
        key[0].range, "one value for each column of the key");
    return;
  }
}

}  // namespace assay
