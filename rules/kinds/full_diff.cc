// SPDX-License-Identifier: Apache-2.0
// full_diff: every row is the same on both sides.
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "rules/kinds/comparison_rule.h"

namespace assay {
namespace {

constexpr int64_t kMostReaders = 16;
constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

std::optional<int64_t> CountArg(const Arguments& args, const char* name) {
  const auto* count = args.Find<int64_t>(name);
  return count == nullptr ? std::nullopt : std::make_optional(*count);
}

absl::Status Compile(const CompileContext& context, ComparisonPlan& plan) {
  const Arguments& args = context.args();
  FullDiff step;
  step.stop_after = CountArg(args, "stop_after");
  step.max_rows = CountArg(args, "max_rows");
  step.rows_per_second = CountArg(args, "rows_per_second");
  std::string rows = "every row";
  if (args.Has("older_than.column")) {
    step.older_than_column = context.ColumnArg("older_than.column");
    step.older_than_micros = args.Get<int64_t>("older_than.age");
    rows = absl::StrCat("every row with ", step.older_than_column->name,
                        " older than ",
                        FormatDurationMicros(step.older_than_micros));
  }
  const Word* hashing = args.Find<Word>("hashing");
  if (hashing != nullptr && hashing->text == "never") {
    step.hashing = FullDiff::Hashing::kNever;
  }
  step.readers = CountArg(args, "readers").value_or(1);
  step.recheck = RecheckOf(context);
  plan.expected =
      absl::StrCat(rows, " equal on both sides", RecheckText(step.recheck));
  plan.step = std::move(step);
  return absl::OkStatus();
}

Judgement Judge(const CompileContext&, const ComparisonPlan&,
                const ComparisonObservation& observation) {
  return JudgeDiff(observation);
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  for (const char* param : {"stop_after", "max_rows", "rows_per_second"}) {
    CheckCount(rule, param, kNoLimit, issues);
  }
  CheckCount(rule, "readers", kMostReaders, issues);
  CheckRecheck(rule, issues);
  if (rule.arguments.Has("stop_after") && rule.fail_above.has_value() &&
      rule.fail_above->percent) {
    issues.push_back(
        {Severity::kWarning, "share_unknown",
         "where 'stop_after' stops, the keys are not all counted, and "
         "'fail_above' is a percentage of them: the verdict is ERROR then",
         rule.fail_above->range, "give it as a count"});
  }
}

}  // namespace

const ComparisonKind& FullDiffKind() {
  static const auto* const kKind = new ComparisonKind{
      .spec =
          {.scope = KindScope::kComparison,
           .name = "full_diff",
           .summary = "Every row is the same on both sides.",
           .semantics =
               "Rows meet by the key, whatever the order in which the "
               "databases keep it, and every column that is not excepted is "
               "compared exactly or as its policy says. A row that is "
               "missing, extra or changed, a key that has more than one row "
               "and a NULL in the key fail, each counted and explained by "
               "column and cause. NULL equals NULL. With `key: none` equal "
               "rows meet in equal numbers.\n\n"
               "A column on one side only is FAIL whatever the thresholds. "
               "With `recheck` only those differences count that are still "
               "there when read again; rows that go on changing are ERROR. A "
               "limit that is reached (`stop_after`, `max_rows`) is FAIL where "
               "the differences found exceed `fail_above`, else ERROR, never "
               "PASS; of a percentage it cannot be told, and is ERROR. Both "
               "sides empty is `on_empty`, by default FAIL.",
           .counter = "differing rows",
           .denominator = "distinct keys of both sides",
           .params =
               {{.name = "stop_after",
                 .type = ParamType::kInteger,
                 .doc = "Ends the comparison at so many differing rows.",
                 .default_text = "no limit"},
                {.name = "max_rows",
                 .type = ParamType::kInteger,
                 .doc = "Ends the comparison when so many rows were read of "
                        "both sides together.",
                 .default_text = "no limit"},
                {.name = "rows_per_second",
                 .type = ParamType::kInteger,
                 .doc = "Reads no more than this of each side.",
                 .default_text = "no limit"},
                {.name = "older_than",
                 .type = ParamType::kMap,
                 .doc = "Leaves the newest rows of both sides out.",
                 .fields = {{.name = "column",
                             .type = ParamType::kColumn,
                             .required = true,
                             .doc = "A date or timestamp."},
                            {.name = "age",
                             .type = ParamType::kDuration,
                             .required = true,
                             .doc =
                                 "The least age of a row that is compared."}}},
                {.name = "hashing",
                 .type = ParamType::kChoice,
                 .doc = "Whether the databases may prove equality by hashing, "
                        "where that is sound.",
                 .choices = {"auto", "never"},
                 .default_text = "auto"},
                {.name = "readers",
                 .type = ParamType::kInteger,
                 .doc = "Reads ranges of a whole-number key over so many "
                        "connections a side, at most max_connections. Needs a "
                        "database that shares a snapshot between connections "
                        "(PostgreSQL), or `consistency: statement`.",
                 .default_text = "1"},
                RecheckParam(KeyUse::kTrusted)},
           .key_use = KeyUse::kOptional,
           .same_rows = true,
           .example = "- full_diff: {stop_after: 10000, recheck: {times: 3, "
                      "after: 5s}}\n",
           .check = &Check},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
