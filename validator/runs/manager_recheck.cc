// SPDX-License-Identifier: Apache-2.0
// Runs that look again at what failed in an earlier one.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/runs/manager_impl.h"

namespace assay::runs {
namespace {

// Results that need not be found again. A warning that stands for something
// that could not be judged (`on_error: warn`) is looked at again, and so is one
// that would hold this run.
bool MayCarry(const Result& result, bool fail_on_warn) {
  if (result.error.has_value()) return false;
  return result.verdict == Verdict::kPass ||
         (result.verdict == Verdict::kWarn && !fail_on_warn);
}

}  // namespace

absl::StatusOr<std::optional<Run>> RunManagerImpl::FindParent(
    RunRequest& request, const SeesRun& sees) {
  if (request.recheck_of.empty()) return std::optional<Run>();
  ASSAY_ASSIGN_OR_RETURN(Run parent, Find(request.recheck_of, sees, false));
  request.recheck_of = parent.run_id;
  if (!IsJudged(parent.state)) {
    return MakeError(
        ErrorReason::kArgumentInvalid,
        absl::StrCat("recheck_of_run_id: run ", parent.run_id, " is ",
                     RunStateName(parent.state), "; wait for its end"));
  }
  if (request.rule_set_text.empty()) {
    request.rule_set_text = parent.request.rule_set_text;
    if (request.params.empty()) request.params = parent.request.params;
  }
  return std::optional<Run>(std::move(parent));
}

void RunManagerImpl::TakeOver(const LiveRun& run,
                              engine::ExecuteRequest& request) {
  const RunRequest& asked = run.plan().run.request;
  if (asked.recheck_of.empty()) return;
  // Now and not at StartRun: the same after a restart. Without the parent,
  // which retention may have removed meanwhile, everything is read.
  const absl::StatusOr<Run> parent = Get(asked.recheck_of, true);
  if (!parent.ok()) {
    LogWarning(absl::StrCat(
                   "the run reads everything, for run ", asked.recheck_of,
                   ", which it rechecks, is gone: ", parent.status().message()),
               run.log());
    return;
  }
  request.recheck_of = asked.recheck_of;
  // Without them the tables of a wildcard are compared anew.
  if (auto pairs = store_->LoadPairs(asked.recheck_of); pairs.ok()) {
    request.earlier_pairs = *std::move(pairs);
  }
  const std::string as_of = absl::StrCat(" (as of run ", parent->run_id, ")");
  for (size_t i = 0; i < parent->results.size(); ++i) {
    const int index = static_cast<int>(i);
    if (parent->results[i] == nullptr || index >= run.rules()) continue;
    Result result = *parent->results[i];
    // A newer server may number or name the rules in another way.
    if (engine::UnjudgedResult(*request.rule_set, *request.parameters, index,
                               absl::UnknownError(""))
            .rule_id != result.rule_id) {
      continue;
    }
    if (!MayCarry(result, asked.options.fail_on_warn)) {
      request.earlier.emplace(index, std::move(result));
      continue;
    }
    // Of a chain of rechecks, the run that read it.
    if (!absl::StrContains(result.found, " (as of run ")) {
      result.found += as_of;
    }
    request.carried.emplace(index, std::move(result));
  }
  if (store_->shared()) FetchLists(request, *parent);
}

}  // namespace assay::runs
