// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/engine.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "validator/base/status.h"
#include "validator/base/trace_context.h"
#include "validator/base/without_throwing.h"
#include "validator/engine/comparison_group.h"
#include "validator/engine/group_run.h"
#include "validator/engine/progress_meter.h"

namespace assay::engine {

std::string RunMarker(const std::string& run_id) {
  return absl::StrCat("assay run=", run_id);
}

std::string StatementMarker(const std::string& run_id,
                            const std::string& traceparent) {
  const std::string trace = ParseTraceparent(traceparent);
  return trace.empty()
             ? RunMarker(run_id)
             : absl::StrCat(RunMarker(run_id), " traceparent=", trace);
}

LogFields LogFieldsOf(const ExecuteRequest& request,
                      const std::string& rule_id) {
  return {.run_id = request.run_id,
          .rule_id = rule_id,
          .principal = request.principal,
          .trace_id = TraceIdOf(request.traceparent)};
}

int CountGroups(const RuleSet& rule_set) {
  return static_cast<int>(rule_set.tables.size() + rule_set.comparisons.size());
}

int CountRules(const RuleSet& rule_set) {
  return FirstRuleOfGroup(rule_set, CountGroups(rule_set));
}

const std::vector<Rule>& RulesOfGroup(const RuleSet& rule_set, int group) {
  const auto index = static_cast<size_t>(group);
  return index < rule_set.tables.size()
             ? rule_set.tables[index].rules
             : rule_set.comparisons[index - rule_set.tables.size()].rules;
}

int FirstRuleOfGroup(const RuleSet& rule_set, int group) {
  int index = 0;
  for (int g = 0; g < group; ++g) {
    index += static_cast<int>(RulesOfGroup(rule_set, g).size());
  }
  return index;
}

Result UnjudgedResult(const RuleSet& rule_set,
                      const BoundParameters& parameters, int index,
                      const absl::Status& why) {
  int group = 0;
  while (group + 1 < CountGroups(rule_set) &&
         FirstRuleOfGroup(rule_set, group + 1) <= index) {
    ++group;
  }
  const int offset = index - FirstRuleOfGroup(rule_set, group);
  const Rule& rule = RulesOfGroup(rule_set, group)[static_cast<size_t>(offset)];
  const size_t tables = rule_set.tables.size();
  Result result =
      static_cast<size_t>(group) < tables
          ? BlankResult(rule_set, parameters, group, rule)
          : BlankComparisonResult(
                rule_set.comparisons[static_cast<size_t>(group) - tables],
                parameters, rule);
  result.verdict = Verdict::kError;
  result.error =
      ResultError{GetReason(why), std::string(why.message()), IsRetryable(why)};
  return result;
}

absl::Status Execute(const ExecuteRequest& request,
                     connections::Registry& registry, Observer& observer,
                     const CancellationToken& cancel) {
  std::vector<int> groups;
  int64_t steps = 0;
  for (int group = 0; group < CountGroups(*request.rule_set); ++group) {
    if (request.done_groups.count(group) > 0) continue;
    groups.push_back(group);
    steps += CountSteps(request, group);
  }
  ProgressMeter meter(&observer, steps);
  std::atomic<size_t> next = 0;
  absl::Mutex mu;
  absl::Status failure;
  const auto work = [&] {
    while (true) {
      const size_t mine = next.fetch_add(1);
      if (mine >= groups.size() || cancel.cancelled()) return;
      const bool table =
          static_cast<size_t>(groups[mine]) < request.rule_set->tables.size();
      const absl::Status status = WithoutThrowing([&] {
        return table ? RunGroup(request, groups[mine], registry, meter, cancel)
                     : RunComparison(request, groups[mine], registry, meter,
                                     cancel);
      });
      if (status.ok()) continue;
      absl::MutexLock lock(&mu);
      failure.Update(status);
      next = groups.size();
      return;
    }
  };
  // One group, the common gate, runs on the caller's thread.
  const size_t extra =
      std::min(groups.size(),
               static_cast<size_t>(std::max(1, request.max_parallel_groups)));
  {
    std::vector<std::jthread> threads;
    threads.reserve(extra);
    for (size_t i = 1; i < extra; ++i) threads.emplace_back(work);
    work();
  }
  if (cancel.cancelled()) return cancel.status();
  if (failure.ok()) meter.Finish();
  return failure;
}

}  // namespace assay::engine
