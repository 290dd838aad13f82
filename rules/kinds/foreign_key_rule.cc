// SPDX-License-Identifier: Apache-2.0
#include "rules/kinds/foreign_key_rule.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {

References ReferencesOf(const CompileContext& context) {
  References out;
  out.columns = context.ColumnsArg("columns");
  out.key = context.ColumnsArg("key");
  if (out.key.empty()) out.key = out.columns;
  return out;
}

ParamSpec ReferringColumnsParam(std::string doc) {
  return {.name = "columns",
          .type = ParamType::kColumns,
          .required = true,
          .doc = std::move(doc)};
}

ParamSpec ReferredKeyParam(std::string doc) {
  return {.name = "key",
          .type = ParamType::kColumns,
          .doc = std::move(doc),
          .default_text = "the same names"};
}

void CheckReferences(const Rule& rule, std::vector<Issue>& issues) {
  const auto* columns = rule.arguments.Find<std::vector<Word>>("columns");
  const auto* key = rule.arguments.Find<std::vector<Word>>("key");
  if (columns == nullptr || key == nullptr || columns->size() == key->size()) {
    return;
  }
  issues.push_back({Severity::kError, "key_size",
                    absl::StrCat(columns->size(), " columns but ", key->size(),
                                 " key columns in foreign_key"),
                    rule.arguments.RangeOf("key"),
                    "name the key's columns in the order of 'columns'"});
}

}  // namespace assay
