// SPDX-License-Identifier: Apache-2.0
// foreign_key of comparisons: every row has its partner on the other side.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/kinds/comparison_rule.h"
#include "rules/kinds/foreign_key_rule.h"

namespace assay {
namespace {

using Child = CompareForeignKey::Child;

const char* SideName(Child child) {
  return child == Child::kSource ? "source" : "target";
}

absl::Status Compile(const CompileContext& context, ComparisonPlan& plan) {
  CompareForeignKey step;
  const Word* child = context.args().Find<Word>("child");
  step.child = child != nullptr && child->text == "target" ? Child::kTarget
                                                           : Child::kSource;
  References references = ReferencesOf(context);
  step.columns = std::move(references.columns);
  step.key = std::move(references.key);
  plan.subject = ColumnNames(step.columns);
  plan.expected = absl::StrCat(
      "(", plan.subject, ") of the ", SideName(step.child), " found in (",
      ColumnNames(step.key), ") of the ",
      SideName(step.child == Child::kSource ? Child::kTarget : Child::kSource));
  plan.step = std::move(step);
  return absl::OkStatus();
}

Judgement Judge(const CompileContext&, const ComparisonPlan& plan,
                const ComparisonObservation& observation) {
  const auto& step = std::get<CompareForeignKey>(plan.step);
  const int64_t considered = observation.rows_considered.value_or(0);
  const int64_t nulls = observation.rows_null.value_or(0);
  const int64_t orphans = observation.rows_failing.value_or(0);
  Judgement out;
  out.counters = {.rows_total = considered + nulls,
                  .rows_considered = considered,
                  .rows_null = nulls,
                  .rows_failing = orphans,
                  .groups_failing = observation.groups_failing};
  if (considered == 0) {
    out.nothing = true;
    out.found = nulls == 0 ? absl::StrCat("the ", SideName(step.child),
                                          " is empty: nothing refers")
                           : "every key is NULL: nothing to judge";
    return out;
  }
  out.found = RowsText(orphans, considered, "without parent");
  const int64_t keys = observation.groups_failing.value_or(0);
  if (keys > 0) {
    absl::StrAppend(&out.found, " (", keys, keys == 1 ? " key)" : " keys)");
  }
  return out;
}

}  // namespace

const ComparisonKind& CompareForeignKeyKind() {
  static const auto* const kKind = new ComparisonKind{
      .spec = {.scope = KindScope::kComparison,
               .name = "foreign_key",
               .summary = "Every row has its partner on the other side.",
               .semantics =
                   "The rows of the `child` side refer to rows of the other, "
                   "whatever the databases. Without `key` its columns have the "
                   "same names. A row with a NULL in `columns` is not judged "
                   "(SQL's MATCH SIMPLE). Text compares byte by byte. An empty "
                   "child side is `on_empty`, by default FAIL; an empty parent "
                   "side leaves every row without parent.",
               .counter = "rows without parent",
               .denominator = "rows without NULL in the key",
               .params = {ReferringColumnsParam(
                              "The referring columns of the child side."),
                          ReferredKeyParam(
                              "The columns of the parent side, in the "
                              "order of `columns`."),
                          {.name = "child",
                           .type = ParamType::kChoice,
                           .doc = "The side whose rows refer to the other's.",
                           .choices = {"source", "target"},
                           .default_text = "source"}},
               .example = "- foreign_key: {columns: [customer_id], key: [id], "
                          "child: target}\n",
               .id_params = {"columns"},
               .check = &CheckReferences},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
