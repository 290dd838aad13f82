// SPDX-License-Identifier: Apache-2.0
// What the two kinds foreign_key share: of tables and of comparisons. Not a
// kind itself.
#ifndef ASSAY_RULES_KINDS_FOREIGN_KEY_RULE_H_
#define ASSAY_RULES_KINDS_FOREIGN_KEY_RULE_H_

#include <string>
#include <vector>

#include "rules/kinds/rule_kind.h"

namespace assay {

// `columns` refer to `key`, one by one.
struct References {
  std::vector<Column> columns;
  std::vector<Column> key;  // The same names where the rule gives none.
};
References ReferencesOf(const CompileContext& context);

// `columns`, and `key` with these words for the documentation.
ParamSpec ReferringColumnsParam(std::string doc);
ParamSpec ReferredKeyParam(std::string doc);

// An issue where `key` has more or fewer columns than `columns`.
void CheckReferences(const Rule& rule, std::vector<Issue>& issues);

}  // namespace assay

#endif  // ASSAY_RULES_KINDS_FOREIGN_KEY_RULE_H_
