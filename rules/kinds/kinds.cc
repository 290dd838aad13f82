// SPDX-License-Identifier: Apache-2.0
#include "rules/kinds/kinds.h"

#include "rules/kinds/comparison_kind.h"

namespace assay {

// An explicit list: a static library's self-registering globals are dropped by
// the linker.
#define RULE_KIND(name) const RuleKind& name##Kind();
#include "rules/kinds/kinds.inc"
#undef RULE_KIND

const std::vector<const RuleKind*>& AllKinds() {
  static const auto* const kKinds = new std::vector<const RuleKind*>{
#define RULE_KIND(name) &name##Kind(),
#include "rules/kinds/kinds.inc"
#undef RULE_KIND
  };
  return *kKinds;
}

const std::vector<const KindSpec*>& AllKindSpecs() {
  static const auto* const kSpecs = [] {
    auto* specs = new std::vector<const KindSpec*>();
    for (const RuleKind* kind : AllKinds()) specs->push_back(&kind->spec);
    for (const KindSpec* spec : AllComparisonKindSpecs()) {
      specs->push_back(spec);
    }
    return specs;
  }();
  return *kSpecs;
}

const RuleKind* FindKind(std::string_view name) {
  for (const RuleKind* kind : AllKinds()) {
    if (kind->spec.name == name) return kind;
  }
  return nullptr;
}

}  // namespace assay
