// SPDX-License-Identifier: Apache-2.0
// sample_diff: some keys' rows are the same on both sides.
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/comparison_rule.h"

namespace assay {
namespace {

using Keys = std::vector<std::vector<Literal>>;

constexpr int64_t kDefaultRandom = 1000;
// Chosen keys are held in memory; who wants more wants full_diff.
constexpr int64_t kMaxRandom = 1000000;
constexpr int64_t kMaxRecent = 1000000;
constexpr double kRisk = 0.05;

bool SaysWhatToSample(const Arguments& args) {
  return args.Has("random") || args.Has("edges") || args.Has("keys") ||
         args.Has("recent.column");
}

std::string Expected(const SampleDiff& step) {
  std::vector<std::string> parts;
  if (step.random > 0) {
    parts.push_back(
        absl::StrCat(step.random, " random keys (seed ", step.seed, ")"));
  }
  if (step.edges) parts.push_back("the least and greatest keys");
  if (!step.keys.empty()) {
    parts.push_back(absl::StrCat(step.keys.size(), " given ",
                                 step.keys.size() == 1 ? "key" : "keys"));
  }
  if (step.recent_column.has_value()) {
    parts.push_back(absl::StrCat("up to ", step.recent_limit, " rows with ",
                                 step.recent_column->name, " within ",
                                 FormatDurationMicros(step.recent_micros)));
  }
  return absl::StrCat("equal on both sides: ", absl::StrJoin(parts, ", "),
                      RecheckText(step.recheck));
}

absl::Status Compile(const CompileContext& context, ComparisonPlan& plan) {
  const Arguments& args = context.args();
  SampleDiff step;
  if (!SaysWhatToSample(args)) {
    step.random = kDefaultRandom;
    step.edges = true;
  }
  if (const auto* random = args.Find<int64_t>("random")) step.random = *random;
  if (const auto* edges = args.Find<bool>("edges")) step.edges = *edges;
  if (const auto* seed = args.Find<int64_t>("seed")) {
    step.seed = static_cast<uint64_t>(*seed);
  }
  if (const auto* keys = args.Find<Keys>("keys")) {
    for (const std::vector<Literal>& key : *keys) {
      std::vector<Constant> values;
      values.reserve(key.size());
      for (const Literal& literal : key) {
        // The key's columns, which the comparison knows, give the types.
        values.push_back(context.ToConstant(literal, Column{}));
      }
      step.keys.push_back(std::move(values));
    }
  }
  if (args.Has("recent.column")) {
    step.recent_column = context.ColumnArg("recent.column");
    step.recent_micros = args.Get<int64_t>("recent.within");
    if (const auto* limit = args.Find<int64_t>("recent.limit")) {
      step.recent_limit = *limit;
    }
  }
  step.recheck = RecheckOf(context);
  plan.expected = Expected(step);
  plan.step = std::move(step);
  return absl::OkStatus();
}

// Rounded up to two digits, so that the statement stays true.
std::string PercentUp(double share) {
  const double percent = share * 100;
  const double unit = std::pow(10, std::floor(std::log10(percent)) - 1);
  return absl::StrFormat("%.10g", std::ceil(percent / unit - 1e-9) * unit);
}

Judgement Judge(const CompileContext&, const ComparisonPlan&,
                const ComparisonObservation& observation) {
  Judgement out = JudgeDiff(observation);
  const int64_t drawn = observation.drawn.value_or(0);
  if (drawn == 0) return out;
  const int64_t differing = observation.drawn_differing.value_or(drawn);
  out.measures.push_back({"keys drawn", std::to_string(drawn)});
  out.measures.push_back({"of these differing", std::to_string(differing)});
  const DiffCounts* diff =
      observation.diff.has_value() ? &*observation.diff : nullptr;
  // Of a draw that is not whole nothing can be said.
  if (diff == nullptr || !diff->complete || diff->unstable > 0 ||
      diff->lost > 0 || differing > 0 || out.certain) {
    return out;
  }
  // Were a share p of the keys different, n draws would miss all of them with
  // a probability of (1 - p)^n at most.
  const double bound = 1 - std::pow(kRisk, 1.0 / static_cast<double>(drawn));
  out.measures.push_back(
      {"confidence",
       absl::StrCat("with 95 % confidence fewer than ", PercentUp(bound),
                    " % of the keys differ",
                    diff->accepted > 0 ? " beyond what is accepted" : "")});
  return out;
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  const Arguments& args = rule.arguments;
  const auto* random = args.Find<int64_t>("random");
  const auto* edges = args.Find<bool>("edges");
  if (random != nullptr && *random > 0) {
    CheckCount(rule, "random", kMaxRandom, issues);
  }
  CheckCount(rule, "recent.limit", kMaxRecent, issues);
  CheckRecheck(rule, issues);
  const bool sampled = (random != nullptr && *random > 0) ||
                       (edges != nullptr && *edges) || args.Has("keys") ||
                       args.Has("recent.column");
  if (!sampled && SaysWhatToSample(args)) {
    issues.push_back({Severity::kError, "nothing_sampled",
                      "sample_diff looks at no key", rule.range,
                      "give random, edges: true, keys or recent; without any "
                      "of them it is random: 1000 and edges: true"});
  }
}

}  // namespace

const ComparisonKind& SampleDiffKind() {
  static const auto* const kKind = new ComparisonKind{
      .spec =
          {.scope = KindScope::kComparison,
           .name = "sample_diff",
           .summary = "The rows of some keys are the same on both sides.",
           .semantics =
               "Chooses keys of both sides and compares their rows field by "
               "field: `random` keys drawn uniformly, the least and greatest "
               "keys (`edges`), given `keys`, and `recent` rows. With none of "
               "these it is `random: 1000` and `edges: true`. The same `seed` "
               "chooses the same keys from the same data. A row that is "
               "missing, extra or changed, a key that has more than one row "
               "and a NULL in the key fail, each counted. NULL equals NULL. "
               "Where nothing in a uniform draw differs, the result says how "
               "many keys may differ at most, with 95 % confidence. Both "
               "sides empty is `on_empty`, by default FAIL; a sample without "
               "a key is WARN.",
           .counter = "differing rows",
           .denominator = "distinct keys of both sides",
           .params =
               {{.name = "random",
                 .type = ParamType::kInteger,
                 .doc = "How many keys are drawn, each with the same chance.",
                 .default_text = "1000 where nothing else is given"},
                {.name = "seed",
                 .type = ParamType::kInteger,
                 .doc = "Chooses another draw.",
                 .default_text = "0"},
                {.name = "edges",
                 .type = ParamType::kFlag,
                 .doc = "The least and the greatest key of each side.",
                 .default_text = "true where nothing else is given"},
                {.name = "keys",
                 .type = ParamType::kKeys,
                 .doc = "These keys: [1, 2], or [[1, a], [2, b]] where the key "
                        "has more columns."},
                {.name = "recent",
                 .type = ParamType::kMap,
                 .doc = "The newest rows of both sides.",
                 .fields = {{.name = "column",
                             .type = ParamType::kColumn,
                             .required = true,
                             .doc = "A date or timestamp."},
                            {.name = "within",
                             .type = ParamType::kDuration,
                             .required = true,
                             .doc = "Their greatest age."},
                            {.name = "limit",
                             .type = ParamType::kInteger,
                             .doc = "At most so many rows.",
                             .default_text = "1000"}}},
                RecheckParam(KeyUse::kRequired)},
           .shorthand = "random",
           .key_use = KeyUse::kRequired,
           .same_rows = true,
           .example = "- sample_diff: {random: 1000, edges: true, recent: "
                      "{column: payment_date, within: 24h}, seed: 7}\n",
           .check = &Check},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
