// SPDX-License-Identifier: Apache-2.0
// schema of comparisons: the catalogs of both sides agree.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/comparison_rule.h"

namespace assay {
namespace {

struct Fact {
  const char* name;
  bool CompareSchemas::*field;
};

constexpr Fact kFacts[] = {
    {"types", &CompareSchemas::types},
    {"nullability", &CompareSchemas::nullability},
    {"defaults", &CompareSchemas::defaults},
    {"keys", &CompareSchemas::keys},
    {"indexes", &CompareSchemas::indexes},
    {"foreign_keys", &CompareSchemas::foreign_keys},
    {"sequences", &CompareSchemas::sequences},
};

std::vector<std::string> FactNames() {
  std::vector<std::string> names;
  for (const Fact& fact : kFacts) names.emplace_back(fact.name);
  return names;
}

absl::Status Compile(const CompileContext& context, ComparisonPlan& plan) {
  CompareSchemas step;
  if (const auto* words = context.args().Find<std::vector<Word>>("ignore")) {
    for (const Word& word : *words) {
      for (const Fact& fact : kFacts) {
        if (word.text == fact.name) step.*fact.field = false;
      }
    }
  }
  std::vector<std::string> compared = {"columns"};
  for (const Fact& fact : kFacts) {
    if (step.*fact.field) {
      compared.push_back(fact.name == std::string("foreign_keys")
                             ? "foreign keys"
                             : fact.name);
    }
  }
  plan.expected = absl::StrCat("the same ", absl::StrJoin(compared, ", "),
                               " on both sides");
  plan.step = step;
  return absl::OkStatus();
}

Judgement Judge(const CompileContext&, const ComparisonPlan&,
                const ComparisonObservation& observation) {
  Judgement out;
  out.broken = !observation.mismatches.empty();
  out.counters.groups_failing =
      static_cast<int64_t>(observation.mismatches.size());
  out.found = observation.mismatches.empty()
                  ? "the same on both sides"
                  : absl::StrJoin(observation.mismatches, "; ");
  // Reports give each a line.
  for (const std::string& mismatch : observation.mismatches) {
    out.measures.push_back({"mismatch", mismatch});
  }
  return out;
}

}  // namespace

const ComparisonKind& CompareSchemaKind() {
  static const auto* const kKind = new ComparisonKind{
      .spec =
          {.scope = KindScope::kComparison,
           .name = "schema",
           .summary = "The catalogs of source and target agree.",
           .semantics =
               "Reads the catalogs only: the columns, their types as the "
               "comparison sees them, whether they are nullable, their "
               "defaults, primary and unique keys, indexes, foreign keys, and "
               "whether the next value of the target's sequence or "
               "AUTO_INCREMENT is above its greatest key. `columns.except` and "
               "`columns.map` of the comparison hold here too. What is not "
               "wanted is named in `ignore`; that every column of one side is "
               "on the other is always demanded.",
           .params = {{.name = "ignore",
                       .type = ParamType::kWords,
                       .doc = "What need not agree.",
                       .choices = FactNames()}},
           .keys = {.where = false,
                    .thresholds = false,
                    .on_empty = false,
                    .samples = false},
           .example = "- schema: {ignore: [defaults, indexes]}\n"},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
