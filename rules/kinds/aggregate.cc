// SPDX-License-Identifier: Apache-2.0
// aggregate: a number computed from a column is as demanded.
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "rules/kinds/bounds.h"
#include "rules/kinds/rule_kind.h"

namespace assay {
namespace {

struct Function {
  const char* name;
  AggregateFunction function;
};

// median and quantile are steps of their own.
constexpr Function kFunctions[] = {
    {"count", AggregateFunction::kCountNonNull},
    {"distinct", AggregateFunction::kCountDistinct},
    {"min", AggregateFunction::kMin},
    {"max", AggregateFunction::kMax},
    {"sum", AggregateFunction::kSum},
    {"avg", AggregateFunction::kSum},
    {"stddev", AggregateFunction::kVariance},
};

// Of a quantile's fraction: it is multiplied with the number of rows, in 64
// bits.
constexpr size_t kMostFractionDigits = 9;

const std::string& FunctionOf(const Rule& rule) {
  return rule.arguments.Get<Word>("function").text;
}

bool IsQuantile(const std::string& function) {
  return function == "median" || function == "quantile";
}

std::string Label(const CompileContext& context) {
  const std::string& function = FunctionOf(context.rule());
  if (function == "quantile") {
    return absl::StrCat("quantile ", context.args().Get<Decimal>("q").digits,
                        " of ", context.ColumnArg("column").name);
  }
  return absl::StrCat(function, "(", context.ColumnArg("column").name, ")");
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const Column column = context.ColumnArg("column");
  const ExprPtr filter = context.filter();
  const std::string& function = FunctionOf(context.rule());
  plan.measures.push_back({AggregateFunction::kCountRows, nullptr, filter});
  plan.measures.push_back(
      {AggregateFunction::kCountNonNull, MakeExpr(column), filter});
  if (IsQuantile(function)) {
    plan.step =
        Quantile{column,
                 function == "median" ? Decimal{"0.5"}
                                      : context.args().Get<Decimal>("q"),
                 filter};
  }
  for (const Function& row : kFunctions) {
    if (function == row.name) {
      plan.measures.push_back({row.function, MakeExpr(column), filter});
    }
  }
  if (function != "count" && function != "distinct") {
    plan.measures.push_back(
        {AggregateFunction::kCountRows, nullptr,
         Conjunction(filter, MakeExpr(Or{{MakeExpr(WrongType{column}),
                                          MakeExpr(NotANumber{column})}}))});
  }
  plan.subject = column.name;
  plan.expected =
      absl::StrCat(Label(context), " ", DemandText(NumberDemandOf(context)));
  return absl::OkStatus();
}

// sum / count. Databases round their AVG each in its own way (MariaDB to four
// more digits), so the server divides: exact sums to 20 digits behind the
// point, cut.
Value Mean(const Value& sum, int64_t count) {
  if (count == 0) return Null{};
  if (const auto* number = std::get_if<double>(&sum)) {
    return Value(*number / static_cast<double>(count));
  }
  const auto exact = ToDecimal(sum);
  if (!exact.has_value()) return sum;
  return Value(Divide(*exact, count, 20));
}

// The measured number; a text that some driver sent for it is parsed.
Value NumberIn(const Observation& observation, const std::string& function) {
  Value value = IsQuantile(function)
                    ? observation.scalar.value_or(Value(Null{}))
                    : observation.measures[2];
  if (const auto* text = std::get_if<std::string>(&value)) {
    // Drivers send exact numbers as text. NaN and infinity stay text, which
    // satisfies no demand.
    if (const auto number = ParseDecimal(*text)) value = *number;
  }
  if (function == "avg") return Mean(value, CountOf(observation.measures[1]));
  if (function == "stddev") {
    const auto variance = ToDecimal(value);
    // Not stod, which throws for what is next to nothing.
    if (variance.has_value()) {
      return Value(std::sqrt(std::strtod(variance->digits.c_str(), nullptr)));
    }
  }
  return value;
}

Judgement Judge(const CompileContext& context, const Observation& observation) {
  const std::string& function = FunctionOf(context.rule());
  const int64_t rows = CountOf(observation.measures[0]);
  const int64_t values = CountOf(observation.measures[1]);
  Judgement out;
  out.counters = {.rows_total = rows, .rows_null = rows - values};
  // A count of nothing is a number; a maximum of nothing is not.
  if (function != "count") out.counters.rows_considered = values;
  const Value number = NumberIn(observation, function);
  const std::string label = Label(context);
  const int64_t wrong = function == "count" || function == "distinct"
                            ? 0
                            : CountOf(observation.measures.back());
  if (IsNull(number) && wrong == 0 && values < (function == "stddev" ? 2 : 1)) {
    out.nothing = true;
    out.broken = true;
    out.found = absl::StrCat(label, " is NULL");
    return out;
  }
  // Of values that are there a NULL is no number either: SQLite's NaN.
  out.broken = !Satisfies(number, NumberDemandOf(context));
  out.counters.rows_failing = wrong;
  out.measures.push_back({label, ToText(number)});
  out.found = absl::StrCat(label, " = ", ToText(number));
  if (wrong > 0) {
    // SQLite takes text for 0 in a sum: the number would be about other data.
    out.broken = true;
    absl::StrAppend(&out.found, "; ", RowsText(wrong, values, "not a number"));
  }
  return out;
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  CheckNumberDemand(rule, issues);
  const Decimal* q = rule.arguments.Find<Decimal>("q");
  const bool quantile = FunctionOf(rule) == "quantile";
  if (quantile != (q != nullptr)) {
    issues.push_back({Severity::kError, "quantile_fraction",
                      quantile ? "'q' is missing in aggregate"
                               : "'q' goes with function: quantile only",
                      quantile ? rule.range : rule.arguments.RangeOf("q"),
                      "q: 0.95 is the 95th percentile"});
  }
  if (q == nullptr) return;
  if (CompareDecimals(*q, Decimal{"0"}) < 0 ||
      CompareDecimals(*q, Decimal{"1"}) > 0) {
    issues.push_back({Severity::kError, "quantile_fraction",
                      "'q' is not between 0 and 1 in aggregate",
                      rule.arguments.RangeOf("q"),
                      "q: 0.95 is the 95th percentile"});
  } else if (q->digits.size() > sizeof("0.") - 1 + kMostFractionDigits) {
    issues.push_back({Severity::kError, "quantile_fraction",
                      absl::StrCat("'q' has more than ", kMostFractionDigits,
                                   " digits behind the point in aggregate"),
                      rule.arguments.RangeOf("q"), "round it"});
  }
}

}  // namespace

const RuleKind& AggregateKind() {
  static const auto* const kKind = [] {
    std::vector<ParamSpec> params = {
        {.name = "function",
         .type = ParamType::kChoice,
         .required = true,
         .doc = "What is computed over the non-NULL values.",
         .choices = {"count", "distinct", "min", "max", "sum", "avg", "median",
                     "quantile", "stddev"}},
        {.name = "column",
         .type = ParamType::kColumn,
         .required = true,
         .doc = "The column."},
        {.name = "q",
         .type = ParamType::kNumber,
         .doc = "For quantile: the fraction, 0 to 1."}};
    for (ParamSpec& param : NumberDemandParams()) {
      params.push_back(std::move(param));
    }
    return new RuleKind{
        .spec =
            {.name = "aggregate",
             .summary = "A number computed from a column is as demanded.",
             .semantics =
                 "`count` counts non-NULL values, `distinct` their distinct "
                 "values (text byte by byte), `stddev` is the sample standard "
                 "deviation (n - 1), `median` and `quantile` interpolate "
                 "linearly between neighbours, as PERCENTILE_CONT does. "
                 "Counts are exact, and sums of integers and decimals; of "
                 "floating point numbers they are the database's own (SQLite "
                 "shows 15 digits). `equals` takes a `tolerance`, "
                 "absolute or in per cent of `equals`. `count` and `distinct` "
                 "take any column, the others numbers: for times use `range` "
                 "and `freshness`. No rows at "
                 "all, or no value to compute from, is `on_empty`; a `count` "
                 "of rows that are all NULL is 0.",
             .params = std::move(params),
             .keys = {.thresholds = false, .samples = false},
             .finds_values = true,
             .example = "- aggregate: {function: sum, column: amount, equals: "
                        "67416.51, tolerance: 0.01%}\n",
             .id_params = {"function", "column"},
             .check = &Check},
        .compile = &Compile,
        .judge = &Judge};
  }();
  return *kKind;
}

}  // namespace assay
