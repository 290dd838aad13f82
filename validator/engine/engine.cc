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
#include "validator/engine/group_run.h"
#include "validator/engine/progress_meter.h"

namespace assay::engine {

std::string RunMarker(const std::string& run_id) {
  return absl::StrCat("assay run=", run_id);
}

int CountGroups(const RuleSet& rule_set) {
  return static_cast<int>(rule_set.tables.size());
}

int CountRules(const RuleSet& rule_set) {
  return FirstRuleOfGroup(rule_set, CountGroups(rule_set));
}

int FirstRuleOfGroup(const RuleSet& rule_set, int group) {
  int index = 0;
  for (int g = 0; g < group; ++g) {
    index +=
        static_cast<int>(rule_set.tables[static_cast<size_t>(g)].rules.size());
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
  const Rule& rule = rule_set.tables[static_cast<size_t>(group)]
                         .rules[static_cast<size_t>(offset)];
  Result result = BlankResult(rule_set, parameters, group, rule);
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
      const absl::Status status =
          RunGroup(request, groups[mine], registry, meter, cancel);
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
  std::vector<std::thread> threads;
  for (size_t i = 1; i < extra; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (cancel.cancelled()) return cancel.status();
  return failure;
}

}  // namespace assay::engine
