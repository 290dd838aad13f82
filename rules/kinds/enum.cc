// SPDX-License-Identifier: Apache-2.0
// enum: every value is one of a list, or none of another.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/row_rule.h"

namespace assay {
namespace {

Equality EqualityOf(const CompileContext& context) {
  const Word* word = context.args().Find<Word>("equality");
  return word != nullptr && word->text == "database" ? Equality::kDatabase
                                                     : Equality::kBytes;
}

InSet SetOf(const CompileContext& context, const Column& column,
            const std::string& param) {
  InSet set{column, {}, EqualityOf(context)};
  if (const auto* list = context.args().Find<std::vector<Literal>>(param)) {
    for (const Literal& literal : *list) {
      set.values.push_back(context.ToConstant(literal, column));
    }
  }
  return set;
}

bool Complete(const CompileContext& context) {
  const bool* complete = context.args().Find<bool>("complete");
  return complete != nullptr && *complete;
}

std::string ListText(const InSet& set) {
  return absl::StrJoin(
      set.values, ", ", [](std::string* out, const Constant& c) {
        const bool plain =
            !c.text.empty() && absl::StripAsciiWhitespace(c.text) == c.text;
        const char* quote = plain ? "" : "'";
        absl::StrAppend(out, quote, c.text, quote);
      });
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const Column column = context.ColumnArg("column");
  const InSet allowed = SetOf(context, column, "values");
  const InSet forbidden = SetOf(context, column, "forbid");
  std::vector<ExprPtr> failing;
  std::vector<std::string> expected;
  if (!allowed.values.empty()) {
    failing.push_back(MakeExpr(Not{MakeExpr(allowed)}));
    // "2026-01-01 12:00" in a column of dates is none of the dates.
    failing.push_back(MakeExpr(WrongType{column}));
    expected.push_back(
        absl::StrCat("one of ", ListText(allowed),
                     Complete(context) ? ", each of them present" : ""));
  }
  if (!forbidden.values.empty()) {
    failing.push_back(MakeExpr(forbidden));
    expected.push_back(absl::StrCat("none of ", ListText(forbidden)));
  }
  CompileRowRule(context, column, MakeExpr(Or{failing}), plan);
  if (Complete(context)) {
    for (const Constant& value : allowed.values) {
      InSet one{column, {value}, allowed.equality};
      const ExprPtr present = MakeExpr(
          And{{MakeExpr(one), MakeExpr(Not{MakeExpr(WrongType{column})})}});
      plan.measures.push_back({AggregateFunction::kCountRows, nullptr,
                               Conjunction(context.filter(), present)});
    }
  }
  plan.expected =
      absl::StrCat(column.name, " is ", absl::StrJoin(expected, " and "));
  return absl::OkStatus();
}

Judgement Judge(const CompileContext& context, const Observation& observation) {
  Judgement out = JudgeRowRule(observation, "with another value");
  if (!Complete(context)) return out;
  const InSet allowed = SetOf(context, context.ColumnArg("column"), "values");
  std::vector<std::string> absent;
  for (size_t i = 0; i < allowed.values.size(); ++i) {
    const int64_t count = CountOf(observation.measures[3 + i]);
    out.measures.push_back({absl::StrCat("rows with ", allowed.values[i].text),
                            std::to_string(count)});
    if (count == 0) absent.push_back(allowed.values[i].text);
  }
  out.counters.groups_failing = static_cast<int64_t>(absent.size());
  if (!absent.empty()) {
    // A value that never occurs is no row, so no threshold excuses it.
    out.broken = true;
    out.certain = out.counters.rows_total > 0;
    absl::StrAppend(&out.found, "; never found: ", absl::StrJoin(absent, ", "));
  }
  return out;
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  const Arguments& args = rule.arguments;
  if (!args.Has("values") && !args.Has("forbid")) {
    issues.push_back({Severity::kError, "no_values",
                      "neither 'values' nor 'forbid' in enum", rule.range,
                      "list the allowed values: values: [a, b]"});
  }
  const bool* complete = args.Find<bool>("complete");
  if (complete != nullptr && *complete && !args.Has("values")) {
    issues.push_back({Severity::kError, "complete_without_values",
                      "'complete' without 'values' in enum",
                      args.RangeOf("complete"), ""});
  }
}

}  // namespace

const RuleKind& EnumKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "enum",
           .summary = "Every value is one of a list, or none of another.",
           .semantics =
               "`values` are the allowed values, `forbid` those that must not "
               "occur; both may be given. With `complete: true` each of "
               "`values` must occur at least once, whatever the thresholds. "
               "Text compares byte by byte (`equality: bytes`), so that 'be' "
               "and 'BE ' are not 'BE' even where the database thinks so; "
               "`equality: database` takes the column's collation. NULL is "
               "not judged.",
           .counter = "values outside",
           .denominator = "rows with a value",
           .params = {{.name = "column",
                       .type = ParamType::kColumn,
                       .required = true,
                       .doc = "The column."},
                      {.name = "values",
                       .type = ParamType::kValues,
                       .doc = "The allowed values, typed by the column."},
                      {.name = "forbid",
                       .type = ParamType::kValues,
                       .doc = "Values that must not occur."},
                      {.name = "complete",
                       .type = ParamType::kFlag,
                       .doc = "Each of `values` must occur.",
                       .default_text = "false"},
                      {.name = "equality",
                       .type = ParamType::kChoice,
                       .doc = "How text is compared.",
                       .choices = {"bytes", "database"},
                       .default_text = "bytes"}},
           .example = "- enum: {column: status, values: [new, paid, sent]}\n",
           .id_params = {"column"},
           .check = &Check},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
