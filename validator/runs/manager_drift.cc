// SPDX-License-Identifier: Apache-2.0
// Which run a run is to be compared with.
#include <algorithm>
#include <set>

#include "rules/ruleset/parser.h"
#include "validator/runs/drift.h"
#include "validator/runs/manager_impl.h"

namespace assay::runs {
namespace {

constexpr int kRunsOfAPage = 50;
// Of runs that share the rule set and the labels; beyond them nobody looks.
constexpr int kMaxPages = 4;

// Of what moves from one audit to the next. Other params say what is looked at:
// runs that differ there are not of one series.
std::set<std::string> MovingParams(const RuleSet& rule_set) {
  std::set<std::string> names;
  for (const Parameter& parameter : rule_set.parameters) {
    if (parameter.kind == ParamKind::kDate ||
        parameter.kind == ParamKind::kTimestamp) {
      names.insert(parameter.name);
    }
  }
  return names;
}

std::map<std::string, std::string> SeriesLabels(const Run& run) {
  std::map<std::string, std::string> labels;
  for (const char* const name : kSeriesLabels) {
    const auto it = run.request.labels.find(name);
    if (it != run.request.labels.end()) labels.insert(*it);
  }
  return labels;
}

std::map<std::string, std::string> Without(
    std::map<std::string, std::string> params,
    const std::set<std::string>& names) {
  for (const std::string& name : names) params.erase(name);
  return params;
}

// Whether everything was looked at, and something is known about the data.
bool HasCounts(const Run& run) {
  return (run.state == RunState::kSucceeded || run.state == RunState::kHeld) &&
         run.outcome.verdict != Verdict::kError;
}

}  // namespace

absl::StatusOr<std::optional<Run>> RunManagerImpl::FindPrevious(
    const Run& run) {
  const std::set<std::string> moving =
      MovingParams(ParseRuleSet(run.request.rule_set_text, kinds_).rule_set);
  ListFilter filter;
  filter.rule_set_name = run.rule_set_name;
  filter.labels = SeriesLabels(run);
  std::optional<ListCursor> after = ListCursor{run.as_of_time, run.run_id};
  for (int page = 0; page < kMaxPages && after.has_value(); ++page) {
    ASSAY_ASSIGN_OR_RETURN(const ListPage found,
                           List(filter, after, kRunsOfAPage));
    for (const Run& earlier : found.runs) {
      const bool same = HasCounts(earlier) &&
                        earlier.request.recheck_of.empty() &&
                        earlier.connections == run.connections &&
                        SeriesLabels(earlier) == filter.labels &&
                        Without(earlier.bound_params, moving) ==
                            Without(run.bound_params, moving);
      if (!same) continue;
      ASSAY_ASSIGN_OR_RETURN(Run whole, Get(earlier.run_id, true));
      return std::optional<Run>(std::move(whole));
    }
    after = found.next;
  }
  return std::optional<Run>();
}

}  // namespace assay::runs
