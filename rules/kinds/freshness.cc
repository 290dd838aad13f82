// SPDX-License-Identifier: Apache-2.0
// freshness: the newest value is not older than demanded, and none lies in the
// future.
#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"

namespace assay {
namespace {

int64_t MaxAge(const CompileContext& context) {
  return context.args().Get<int64_t>("max_age");
}

int64_t FutureSlack(const CompileContext& context) {
  const int64_t* slack = context.args().Find<int64_t>("future_slack");
  return slack == nullptr ? 0 : *slack;
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const Column column = context.ColumnArg("column");
  const ExprPtr filter = context.filter();
  // absl::Time saturates: an age may be longer than 64 bits of microseconds.
  const auto after = [&context](int64_t micros) {
    return absl::ToUnixMicros(context.as_of() + absl::Microseconds(micros));
  };
  const ExprPtr value = MakeExpr(column);
  const ExprPtr fresh = MakeExpr(BinaryCompare{
      CompareOp::kGreaterEqual, value,
      MakeExpr(Instant{after(-MaxAge(context)), column.name, column.range})});
  const ExprPtr future =
      MakeExpr(BinaryCompare{CompareOp::kGreater, value,
                             MakeExpr(Instant{after(FutureSlack(context)),
                                              column.name, column.range})});
  plan.failing =
      MakeExpr(Or{{future, MakeExpr(WrongType{column, /*of_moments=*/true})}});
  plan.measures = {
      {AggregateFunction::kCountRows, nullptr, filter},
      {AggregateFunction::kCountNonNull, value, filter},
      {AggregateFunction::kLatest, value, filter},
      {AggregateFunction::kCountRows, nullptr, Conjunction(filter, fresh)},
      {AggregateFunction::kCountRows, nullptr, Conjunction(filter, future)},
      {AggregateFunction::kCountRows, nullptr,
       Conjunction(filter, plan.failing)},
  };
  plan.shown = {column};
  plan.subject = column.name;
  plan.expected = absl::StrCat("newest ", column.name, " at most ",
                               FormatDurationMicros(MaxAge(context)),
                               " old, none in the future");
  return absl::OkStatus();
}

Judgement Judge(const CompileContext& context, const Observation& observation) {
  const int64_t rows = CountOf(observation.measures[0]);
  const int64_t values = CountOf(observation.measures[1]);
  const int64_t fresh = CountOf(observation.measures[3]);
  const int64_t future = CountOf(observation.measures[4]);
  const int64_t failing = CountOf(observation.measures[5]);
  const int64_t wrong = failing - future;
  Judgement out;
  out.counters = {.rows_total = rows,
                  .rows_considered = values,
                  .rows_null = rows - values,
                  .rows_failing = failing};
  const std::string newest = ToText(observation.measures[2]);
  out.measures.push_back({"newest", newest});
  out.measures.push_back(
      {"as of", ToText(Timestamp{absl::ToUnixMicros(context.as_of()), true})});
  out.broken = fresh == 0 || future > 0 || wrong > 0;
  out.found = absl::StrCat("newest is ", newest);
  if (future > 0) {
    absl::StrAppend(&out.found, "; ",
                    RowsText(future, values, "in the future"));
  }
  if (wrong > 0) {
    absl::StrAppend(&out.found, "; ", RowsText(wrong, values, "not a time"));
  }
  return out;
}

}  // namespace

const RuleKind& FreshnessKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "freshness",
           .summary = "The newest value is not too old, and none lies in the "
                      "future.",
           .semantics =
               "Ages are measured from the run's start, the same for all its "
               "statements. Timestamps without zone are in the connection's "
               "`time_zone`; a date counts as its midnight. A value in the "
               "future fails the rule (clocks that differ: `future_slack`), "
               "because it would hide that nothing new arrives.",
           .params = {{.name = "column",
                       .type = ParamType::kColumn,
                       .required = true,
                       .doc = "A date or timestamp."},
                      {.name = "max_age",
                       .type = ParamType::kDuration,
                       .required = true,
                       .doc = "E.g. 24h, 15m, 7d."},
                      {.name = "future_slack",
                       .type = ParamType::kDuration,
                       .doc = "How far in the future a value may lie.",
                       .default_text = "0s",
                       .zero = true}},
           .keys = {.thresholds = false},
           .finds_values = true,
           .example = "- freshness: {column: updated_at, max_age: 24h}\n",
           .id_params = {"column"}},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
