// SPDX-License-Identifier: Apache-2.0
// Runs that say HOLD, and who lets them go on.
//
// A hold lives in the store only: it needs no owner, no thread and no memory,
// and any server that shares the store may end it. Nothing else makes a PROCEED
// of a run whose data failed.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/issue.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/runs/manager_impl.h"
#include "validator/runs/run_metrics.h"

namespace assay::runs {
namespace {

constexpr int kHoldsAtOnce = 100;
constexpr size_t kShownRules = 5;

std::string Shown(const std::vector<std::string>& ids) {
  const size_t shown = std::min(ids.size(), kShownRules);
  return absl::StrCat(
      absl::StrJoin(ids.begin(), ids.begin() + static_cast<long>(shown), ", "),
      ids.size() > shown ? absl::StrCat(" and ", ids.size() - shown, " more")
                         : "");
}

absl::Status NotHeld(const Run& run, const std::string& why) {
  return MakeError(ErrorReason::kRunNotHeld,
                   absl::StrCat("run ", run.run_id, " ", why));
}

std::string ReleasedBy(const Release& release) {
  return absl::StrCat(
      release.user.empty()
          ? release.principal
          : absl::StrCat(release.user, " (", release.principal, ")"),
      " on ",
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", release.time,
                       absl::UTCTimeZone()));
}

// Whether `release` has been made: by this very request.
absl::StatusOr<bool> IsMade(const Run& run, const Release& release) {
  if (!run.release.has_value()) return false;
  const Release& made = *run.release;
  if (release.request_id.empty() || made.request_id != release.request_id ||
      made.principal != release.principal) {
    return MakeError(
        ErrorReason::kHoldAlreadyReleased,
        absl::StrCat("run ", run.run_id, " was released before, by ",
                     ReleasedBy(made)));
  }
  if (made.reason != release.reason || made.user != release.user ||
      made.rule_ids != release.rule_ids) {
    return MakeError(
        ErrorReason::kRequestIdReused,
        absl::StrCat("request_id has released run ", run.run_id,
                     " with another reason, user or rules; send a new one"));
  }
  return true;
}

// Whether anybody may release what the run says. Nothing but a proven failure
// of everything that was asked for can be: who releases an ERROR, a run that
// was cut short, or a ROLLBACK, would not know what he lets through.
absl::Status MayRelease(const Run& run) {
  if (!IsJudged(run.state)) {
    return NotHeld(run,
                   absl::StrCat("is ", RunStateName(run.state),
                                "; wait for its verdict, then look at it"));
  }
  if (run.state == RunState::kCancelled) {
    return NotHeld(run,
                   "was cancelled, or out of time, and cannot be released: run "
                   "its rule set again");
  }
  switch (run.outcome.decision) {
    case Decision::kProceed:
      return NotHeld(run, absl::StrCat("has decision PROCEED (",
                                       VerdictName(run.outcome.verdict),
                                       "): there is no hold to release"));
    case Decision::kRollback:
      return NotHeld(
          run,
          "has decision ROLLBACK, which nobody can release: undo the "
          "step, or repair the data and run the rule set again");
    default:
      break;
  }
  if (!IsReleasable(run.outcome)) {
    return NotHeld(run,
                   "could not judge its data (verdict ERROR), so that nobody "
                   "knows what a release would let through: remove the cause "
                   "and run its rule set again");
  }
  return absl::OkStatus();
}

// Whether the rules that are accepted are those that hold the run.
absl::Status CheckRules(const Run& run, const Release& release) {
  if (release.rule_ids.empty()) return absl::OkStatus();
  std::vector<std::string> all;
  std::set<std::string> behind;
  std::set<std::string> same;  // Findings that a report shows elsewhere.
  for (const std::shared_ptr<const Result>& result : run.results) {
    if (result == nullptr) continue;
    all.push_back(result->rule_id);
    const bool passes = result->verdict == Verdict::kPass ||
                        (result->verdict == Verdict::kWarn &&
                         !run.request.options.fail_on_warn);
    if (passes) continue;
    (result->same_as.empty() ? behind : same).insert(result->rule_id);
  }
  for (const std::string& id : release.rule_ids) {
    if (behind.erase(id) > 0 || same.count(id) > 0) continue;
    const bool exists = std::find(all.begin(), all.end(), id) != all.end();
    const std::string nearest = exists ? "" : NearestName(id, all);
    return MakeError(
        ErrorReason::kArgumentInvalid,
        absl::StrCat(
            "rule_ids: rule '", id, "' ",
            exists ? "does not hold" : "is none of", " run ", run.run_id,
            nearest.empty() ? ""
                            : absl::StrCat("; did you mean '", nearest, "'?")));
  }
  if (behind.empty()) return absl::OkStatus();
  return MakeError(
      ErrorReason::kArgumentInvalid,
      absl::StrCat("rule_ids: run ", run.run_id, " is also held by ",
                   Shown({behind.begin(), behind.end()}),
                   "; look at them, and name them too, or name no rule to "
                   "release whatever holds the run"));
}

}  // namespace

void RunManagerImpl::Wake(const std::string& id) {
  notifier_.Notify(wakers_.Of(id));
}

absl::StatusOr<Run> RunManagerImpl::CheckRelease(const std::string& id,
                                                 const Release& release) {
  ASSAY_ASSIGN_OR_RETURN(Run run, Get(id, true));
  ASSAY_ASSIGN_OR_RETURN(const bool made, IsMade(run, release));
  if (made) return run;
  ASSAY_RETURN_IF_ERROR(MayRelease(run));
  ASSAY_RETURN_IF_ERROR(CheckRules(run, release));
  return run;
}

absl::StatusOr<Run> RunManagerImpl::ReleaseHold(
    const std::string& run_id, const Release& asked,
    const std::function<absl::Status(const Run&)>& record) {
  ASSAY_ASSIGN_OR_RETURN(const std::string id, Resolve(run_id));
  Release release = asked;
  std::sort(release.rule_ids.begin(), release.rule_ids.end());
  release.rule_ids.erase(
      std::unique(release.rule_ids.begin(), release.rule_ids.end()),
      release.rule_ids.end());
  // Microseconds count, as everywhere.
  release.time = absl::FromUnixMicros(absl::ToUnixMicros(seams_.clock->Now()));
  ASSAY_ASSIGN_OR_RETURN(Run run, CheckRelease(id, release));
  if (run.release.has_value()) {
    run.results.clear();
    return run;
  }
  run.release = release;
  if (record) ASSAY_RETURN_IF_ERROR(record(run));
  // The results of a judged run do not change; whether it is still held is
  // asked once more, where nobody else can end the hold.
  const absl::StatusOr<std::optional<Run>> released =
      store_->ChangeJudged(id, [&release](Run& now) -> absl::StatusOr<bool> {
        // Also where this very call wrote it, and the store could not say so.
        const bool ours = now.release.has_value() &&
                          now.release->request_id == release.request_id &&
                          now.release->principal == release.principal &&
                          now.release->time == release.time;
        if (ours) return false;
        ASSAY_ASSIGN_OR_RETURN(const bool made, IsMade(now, release));
        if (made) return false;
        ASSAY_RETURN_IF_ERROR(MayRelease(now));
        now.release = release;
        now.outcome.decision = Decision::kProceed;
        if (now.state != RunState::kHeld) return true;
        now.state = RunState::kSucceeded;
        now.end_time = std::max(release.time, now.as_of_time);
        now.hold->end = HoldEnd::kReleased;
        return true;
      });
  ASSAY_RETURN_IF_ERROR(released.status());
  if (!released->has_value()) {
    // Retention was faster.
    return MakeError(ErrorReason::kRunNotFound,
                     absl::StrCat("run ", id, " was removed meanwhile"));
  }
  if ((*released)->release->time == release.time) NoteReleased(**released);
  Wake(id);
  return **released;
}

absl::StatusOr<Run> RunManagerImpl::CancelHeld(const std::string& id) {
  // As the store gives it back.
  const absl::Time now =
      absl::FromUnixMicros(absl::ToUnixMicros(seams_.clock->Now()));
  ASSAY_ASSIGN_OR_RETURN(
      const std::optional<Run> run,
      store_->ChangeJudged(id, [now](Run& held) -> absl::StatusOr<bool> {
        const bool ours = held.hold.has_value() &&
                          held.hold->end == HoldEnd::kCancelled &&
                          held.end_time == std::max(now, held.as_of_time);
        if (ours) return false;
        if (held.state != RunState::kHeld) {
          return MakeError(
              ErrorReason::kRunAlreadyFinished,
              absl::StrCat("run ", held.run_id, " has already ended, ",
                           RunStateName(held.state)));
        }
        held.state = RunState::kCancelled;
        held.end_time = std::max(now, held.as_of_time);
        held.hold->end = HoldEnd::kCancelled;
        held.error =
            ResultError{ErrorReason::kCancelled,
                        "the run was cancelled while it was held", false};
        return true;
      }));
  if (!run.has_value()) return LoadStored(id, false);
  NoteHoldEnded(*run);
  Wake(id);
  return *run;
}

void RunManagerImpl::EndHolds() {
  // The sweep does not wait for a store that is out of reach.
  if (membership_ != nullptr && membership_->standing() != Standing::kMember) {
    return;
  }
  const absl::Time now = seams_.clock->Now();
  const absl::StatusOr<std::vector<std::string>> over =
      store_->HoldsOver(now, kHoldsAtOnce);
  if (!over.ok()) {
    // The store is ill, which others have said.
    return;
  }
  for (const std::string& id : *over) {
    bool changed = false;
    const auto ended = store_->ChangeJudged(
        id, [now, &changed](Run& held) -> absl::StatusOr<bool> {
          changed = false;
          if (held.state != RunState::kHeld || held.hold->until > now) {
            return false;
          }
          held.state = RunState::kSucceeded;
          held.end_time = std::max(now, held.as_of_time);
          held.hold->end = HoldEnd::kTimedOut;
          changed = true;
          return true;
        });
    if (!ended.ok()) {
      LogWarning(absl::StrCat("run ", id,
                              ": its hold is over, and cannot be "
                              "ended yet: ",
                              ended.status().message()));
      return;
    }
    // Of several servers one has ended it.
    if (ended->has_value() && changed) NoteHoldEnded(**ended);
    Wake(id);
  }
}

}  // namespace assay::runs
