// SPDX-License-Identifier: Apache-2.0
// aggregate of comparisons: a number or a bound is the same on both sides.
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/comparison_rule.h"
#include "rules/kinds/thresholds.h"

namespace assay {
namespace {

using Function = CompareAggregate::Function;

// Differing groups that `found` shows.
constexpr size_t kShownGroups = 5;

struct FunctionName {
  const char* name;
  Function function;
};

constexpr FunctionName kFunctions[] = {
    {"count", Function::kCount}, {"distinct", Function::kDistinct},
    {"min", Function::kMin},     {"max", Function::kMax},
    {"sum", Function::kSum},     {"avg", Function::kAverage},
};

std::string Label(const CompareAggregate& step) {
  std::string name;
  for (const FunctionName& row : kFunctions) {
    if (row.function == step.function) name = row.name;
  }
  return absl::StrCat(
      name, "(", step.column.has_value() ? step.column->name : "rows", ")");
}

absl::Status Compile(const CompileContext& context, ComparisonPlan& plan) {
  CompareAggregate step;
  const std::string& function = context.args().Get<Word>("function").text;
  for (const FunctionName& row : kFunctions) {
    if (function == row.name) step.function = row.function;
  }
  if (context.args().Has("column")) step.column = context.ColumnArg("column");
  step.group_by = context.ColumnsArg("group_by");
  step.tolerance = ToleranceOf(context);
  plan.subject = step.column.has_value() ? step.column->name : "";
  plan.expected = absl::StrCat(
      Label(step), " of the target = of the source",
      ToleranceText(step.tolerance),
      step.group_by.empty()
          ? ""
          : absl::StrCat(", for each ", ColumnNames(step.group_by)));
  plan.step = std::move(step);
  return absl::OkStatus();
}

bool IsNan(const Value& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && std::isnan(*number);
}

// Drivers send exact numbers as text, which meets a number by its value.
Value NumberIn(const Value& value, const Value& other) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr || std::holds_alternative<std::string>(other)) {
    return value;
  }
  const auto number = ParseDecimal(*text);
  return number.has_value() ? Value(*number) : value;
}

bool Equal(const Value& a, const Value& b, const Tolerance& tolerance) {
  if (IsNull(a) || IsNull(b)) return IsNull(a) && IsNull(b);
  if (IsNan(a) || IsNan(b)) return IsNan(a) && IsNan(b);
  const Value source = NumberIn(a, b);
  const Value target = NumberIn(b, a);
  const auto source_number = ToDecimal(source);
  const auto target_number = ToDecimal(target);
  if (source_number.has_value() && target_number.has_value()) {
    return WithinTolerance(*target_number, *source_number, tolerance.value,
                           tolerance.percent);
  }
  return Compare(source, target) == 0;
}

std::string TextOf(const std::optional<Value>& value) {
  return value.has_value() ? ToText(*value) : "no such group";
}

bool IsNumber(const std::optional<Value>& value, const char* digits) {
  if (!value.has_value()) return false;
  const auto number = ToDecimal(*value);
  return number.has_value() && number->digits == digits;
}

// Whether the pair says nothing about any data.
bool SaysNothing(const AggregatePair& pair, bool rows_known) {
  const auto empty = [&](const std::optional<Value>& value) {
    if (!value.has_value()) return false;
    // A count of 0 is a number, unless it may come from no rows at all.
    return IsNull(*value) || (!rows_known && IsNumber(value, "0"));
  };
  return empty(pair.source) && empty(pair.target);
}

std::string GroupText(const CompareAggregate& step, const AggregatePair& pair) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < pair.group.size(); ++i) {
    parts.push_back(
        i < step.group_by.size()
            ? absl::StrCat(step.group_by[i].name, " = ", pair.group[i])
            : pair.group[i]);
  }
  return absl::StrCat("(", absl::StrJoin(parts, ", "),
                      "): ", TextOf(pair.source), " → ", TextOf(pair.target));
}

Judgement Judge(const CompileContext&, const ComparisonPlan& plan,
                const ComparisonObservation& observation) {
  const auto& step = std::get<CompareAggregate>(plan.step);
  const std::vector<AggregatePair>& pairs = observation.aggregates;
  const bool rows_known = observation.rows_source.has_value() &&
                          observation.rows_target.has_value();
  Judgement out;
  if (rows_known) out.counters.rows_total = *observation.rows_source;
  std::vector<std::string> shown;
  int64_t differing = 0;
  out.nothing = true;
  for (const AggregatePair& pair : pairs) {
    if (!SaysNothing(pair, rows_known)) out.nothing = false;
    if (pair.source.has_value() && pair.target.has_value() &&
        Equal(*pair.source, *pair.target, step.tolerance)) {
      continue;
    }
    ++differing;
    if (shown.size() < kShownGroups) shown.push_back(GroupText(step, pair));
  }
  out.broken = differing > 0;
  // What differs was looked at.
  out.certain = differing > 0;
  const std::string label = Label(step);
  if (!step.group_by.empty()) {
    const auto groups = static_cast<int64_t>(pairs.size());
    out.counters.rows_considered = groups;
    out.counters.groups_failing = differing;
    out.found = absl::StrCat(label, " differs in ", differing, " of ", groups,
                             groups == 1 ? " group" : " groups");
    if (!shown.empty()) {
      absl::StrAppend(
          &out.found, ": ", absl::StrJoin(shown, "; "),
          differing > static_cast<int64_t>(shown.size()) ? "; …" : "");
    }
    return out;
  }
  if (pairs.empty()) {
    out.found = "nothing was measured";
    return out;
  }
  out.measures = {
      {absl::StrCat(label, " of the source"), TextOf(pairs[0].source)},
      {absl::StrCat(label, " of the target"), TextOf(pairs[0].target)}};
  out.found =
      absl::StrCat(label, " = ", TextOf(pairs[0].source), " in the source, ",
                   TextOf(pairs[0].target), " in the target");
  return out;
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  if (rule.arguments.Has("column")) return;
  const Word& function = rule.arguments.Get<Word>("function");
  if (function.text == "count") return;
  issues.push_back(
      {Severity::kError, "missing_key",
       absl::StrCat("aggregate needs 'column' for ", function.text),
       function.range, "only count can do without: it counts rows then"});
}

}  // namespace

const ComparisonKind& CompareAggregateKind() {
  static const auto* const kKind = new ComparisonKind{
      .spec =
          {.scope = KindScope::kComparison,
           .name = "aggregate",
           .summary = "A column adds up to the same on both sides.",
           .semantics =
               "`count` counts non-NULL values (rows, without `column`), "
               "`distinct` their distinct values, text byte by byte. Sums, "
               "counts and averages are exact, `min` and `max` go by the "
               "column's type. With `group_by` each group is compared with the "
               "other side's; a group on one side only differs. NULL equals "
               "NULL. A percentage of `tolerance` is of the source's number; "
               "where that is 0, the tolerance is absolute. What is no number "
               "compares exactly. Both sides empty, or no value on either, is "
               "`on_empty`.",
           .params = {{.name = "function",
                       .type = ParamType::kChoice,
                       .required = true,
                       .doc = "What is computed.",
                       .choices = {"count", "distinct", "min", "max", "sum",
                                   "avg"}},
                      {.name = "column",
                       .type = ParamType::kColumn,
                       .doc = "The column, by its name in the source or in "
                              "`map`."},
                      {.name = "group_by",
                       .type = ParamType::kColumns,
                       .doc = "Columns whose values make the groups."},
                      ToleranceParam()},
           .keys = {.thresholds = false, .samples = false},
           .same_rows = true,
           .finds_values = true,
           .example = "- aggregate: {function: sum, column: amount, group_by: "
                      "[store_id]}\n",
           .id_params = {"function", "column", "group_by"},
           .check = &Check},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
