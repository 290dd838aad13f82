// SPDX-License-Identifier: Apache-2.0
// type: text holds values of a type.
#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "rules/kinds/scan_rule.h"

namespace assay {
namespace {

TypeClass TypeOf(const CompileContext& context) {
  return ParseTypeClass(context.args().Get<Word>("is").text)
      .value_or(TypeClass::kOther);
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const Column column = context.ColumnArg("column");
  plan.step = ValueScan{column, TypeTest{TypeOf(context)}, context.filter()};
  plan.shown = {column};
  plan.subject = column.name;
  plan.expected =
      absl::StrCat(column.name, " holds ", context.args().Get<Word>("is").text);
  return absl::OkStatus();
}

Judgement Judge(const CompileContext& context, const Observation& observation) {
  return JudgeScanRule(
      observation, absl::StrCat("not ", context.args().Get<Word>("is").text));
}

}  // namespace

const RuleKind& TypeKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "type",
           .summary = "Text holds values of a type.",
           .semantics =
               "Proves, before a conversion, that each text is one: "
               "`integer` (optional sign and digits, any size), `decimal` "
               "(`-12.50`, `1e3`; no NaN, no thousands separators), `date` "
               "(`2026-11-23`, a real day), `timestamp` (ISO 8601 with `T` or "
               "blank, optional fraction and zone; a date alone is its "
               "midnight), `uuid` (8-4-4-4-12 "
               "hexadecimal digits), `boolean` (`true false t f 1 0`, in any "
               "case), `json` "
               "(RFC 8259; no number beyond a double). Blanks around a value "
               "fail it, but for JSON. The server "
               "evaluates it, alike on every database. NULL is not judged.",
           .counter = "values of another type",
           .denominator = "rows with a value",
           .params = {{.name = "column",
                       .type = ParamType::kColumn,
                       .required = true,
                       .doc = "The column."},
                      {.name = "is",
                       .type = ParamType::kChoice,
                       .required = true,
                       .doc = "The type.",
                       .choices = {"integer", "decimal", "date", "timestamp",
                                   "uuid", "boolean", "json"}}},
           .example = "- type: {column: legacy_amount, is: decimal}\n",
           .id_params = {"column"}},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
