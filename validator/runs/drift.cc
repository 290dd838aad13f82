// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/drift.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace assay::runs {
namespace {

struct CounterName {
  const char* name;
  std::optional<int64_t> Counters::*member;
};
constexpr CounterName kCounters[] = {
    {"rows", &Counters::rows_total},
    {"rows considered", &Counters::rows_considered},
    {"rows failing", &Counters::rows_failing},
    {"groups failing", &Counters::groups_failing},
};

struct DiffName {
  const char* name;
  int64_t DiffCounts::*member;
};
constexpr DiffName kDiffs[] = {
    {"keys", &DiffCounts::keys},
    {"missing", &DiffCounts::missing},
    {"extra", &DiffCounts::extra},
    {"changed", &DiffCounts::changed},
};

void Add(const char* name, int64_t before, int64_t now,
         std::vector<CountDrift>& counts) {
  if (before != now) counts.push_back({name, before, now});
}

RuleDrift CompareResults(const Result& before, const Result& now) {
  RuleDrift out;
  out.rule_id = now.rule_id;
  out.before = before.verdict;
  out.now = now.verdict;
  if (before.diff.has_value() && now.diff.has_value()) {
    // Their counters say the same in other words.
    for (const DiffName& each : kDiffs) {
      Add(each.name, (*before.diff).*each.member, (*now.diff).*each.member,
          out.counts);
    }
    out.incomplete = !before.diff->complete || !now.diff->complete;
    return out;
  }
  // All rows of the table are of interest where no others are counted.
  const bool considered = before.counters.rows_considered.has_value() &&
                          now.counters.rows_considered.has_value();
  for (const CounterName& each : kCounters) {
    if (considered && each.member == &Counters::rows_total) continue;
    const std::optional<int64_t>& was = before.counters.*each.member;
    const std::optional<int64_t>& is = now.counters.*each.member;
    if (was.has_value() && is.has_value())
      Add(each.name, *was, *is, out.counts);
  }
  return out;
}

}  // namespace

Drift CompareRuns(const Run& before, const Run& now) {
  Drift out;
  out.previous_run_id = before.run_id;
  out.previous_as_of = before.as_of_time;
  out.previous_verdict = before.outcome.verdict;
  using Key = std::pair<std::string, std::string>;
  std::map<Key, const Result*> earlier;
  for (const std::shared_ptr<const Result>& result : before.results) {
    if (result == nullptr) continue;
    earlier[{result->rule_id, result->kind}] = result.get();
  }
  for (const std::shared_ptr<const Result>& result : now.results) {
    if (result == nullptr) continue;
    const auto found = earlier.find({result->rule_id, result->kind});
    if (found == earlier.end()) {
      out.new_rules.push_back(result->rule_id);
      continue;
    }
    RuleDrift drift = CompareResults(*found->second, *result);
    earlier.erase(found);
    if (drift.before == drift.now && drift.counts.empty()) {
      ++out.unchanged;
    } else {
      out.rules.push_back(std::move(drift));
    }
  }
  // In the order of their rule set.
  for (const std::shared_ptr<const Result>& result : before.results) {
    if (result == nullptr) continue;
    if (earlier.count({result->rule_id, result->kind}) == 0) continue;
    out.gone_rules.push_back(result->rule_id);
  }
  return out;
}

}  // namespace assay::runs
