// SPDX-License-Identifier: Apache-2.0
// The list of comparison kinds, and Rule → ComparisonPlan.
#include "absl/strings/str_cat.h"
#include "rules/kinds/comparison_kind.h"

namespace assay {

#define COMPARISON_KIND(name) const ComparisonKind& name##Kind();
#include "rules/kinds/comparison_kinds.inc"
#undef COMPARISON_KIND

const std::vector<const ComparisonKind*>& AllComparisonKinds() {
  static const auto* const kKinds = new std::vector<const ComparisonKind*>{
#define COMPARISON_KIND(name) &name##Kind(),
#include "rules/kinds/comparison_kinds.inc"
#undef COMPARISON_KIND
  };
  return *kKinds;
}

const std::vector<const KindSpec*>& AllComparisonKindSpecs() {
  static const auto* const kSpecs = [] {
    auto* specs = new std::vector<const KindSpec*>();
    for (const ComparisonKind* kind : AllComparisonKinds()) {
      specs->push_back(&kind->spec);
    }
    return specs;
  }();
  return *kSpecs;
}

const ComparisonKind* FindComparisonKind(std::string_view name) {
  for (const ComparisonKind* kind : AllComparisonKinds()) {
    if (kind->spec.name == name) return kind;
  }
  return nullptr;
}

absl::StatusOr<ComparisonPlan> CompileComparison(
    const Rule& rule, const BoundParameters& parameters, absl::Time as_of) {
  const ComparisonKind* kind = FindComparisonKind(rule.kind);
  if (kind == nullptr) {
    return MakeError(
        ErrorReason::kInternal,
        absl::StrCat("comparison kind '", rule.kind, "' is unknown"));
  }
  const CompileContext context(rule, parameters, as_of);
  ComparisonPlan plan;
  plan.filter = context.filter();
  ASSAY_RETURN_IF_ERROR(kind->compile(context, plan));
  return plan;
}

}  // namespace assay
