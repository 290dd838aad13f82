// SPDX-License-Identifier: Apache-2.0
// Calls about runs that may be any server's, where servers share the store: it
// decides, and the owner hears of it within a second. Held runs are any
// server's, whatever the store.
#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"
#include "validator/runs/manager_impl.h"
#include "validator/runs/run_metrics.h"

namespace assay::runs {

std::unique_ptr<RunWatches> RunManagerImpl::MakeWatches() {
  if (!store_->shared()) return nullptr;
  RunWatches::Seams seams;
  seams.pulses = [this](const std::vector<std::string>& ids) {
    return store_->Pulses(ids);
  };
  seams.touch = [this](const std::string& id, absl::Duration lease) {
    return store_->Touch(id, lease);
  };
  seams.tend = [this](const std::string& id) {
    const RunPtr run = FindInMemory(id);
    if (run != nullptr) run->RenewLease(seams_.clock->Uptime());
    return run != nullptr;
  };
  return std::make_unique<RunWatches>(std::move(seams), &notifier_, &wakers_);
}

bool RunManagerImpl::MayAttach(const RunRequest& request,
                               const Attachable& attachable) const {
  if (request.attach == Attach::kAlways) return true;
  // Of its own runs a server knows more than the store.
  const RunPtr run = FindInMemory(attachable.stored.run.run_id);
  return run == nullptr ? !attachable.leased
                        : !run->Leased(seams_.clock->Uptime());
}

absl::StatusOr<std::optional<Run>> RunManagerImpl::AttachAnywhere(
    const RunRequest& request, const std::string& digest,
    const Admission& admission) {
  if (request.correlation_id.empty() || request.attach == Attach::kNever) {
    return std::optional<Run>();
  }
  ASSAY_ASSIGN_OR_RETURN(
      const std::vector<Attachable> found,
      store_->FindAttachable(request.correlation_id, digest));
  for (const Attachable& attachable : found) {
    if (!MayAttach(request, attachable)) continue;
    const Run& earlier = attachable.stored.run;
    Claim claim;
    claim.run_id = earlier.run_id;
    claim.request_digest = digest;
    if (request.request_id.empty()) {
      ASSAY_ASSIGN_OR_RETURN(const std::string unique,
                             NewRunId(seams_.clock->Now()));
      claim.key = absl::StrCat("anonymous:", claim.run_id, ":", unique);
    } else {
      claim.key = ClaimKey(request.principal, request.request_id);
    }
    if (admission.record) {
      ASSAY_RETURN_IF_ERROR(admission.record(earlier, Accepted::kAttached));
    }
    const RunOptions& options = earlier.request.options;
    ASSAY_ASSIGN_OR_RETURN(
        const bool attached,
        store_->Attach(
            claim, options.detached ? absl::ZeroDuration() : options.lease));
    if (!attached) continue;
    NoteAccepted(earlier, Accepted::kAttached);
    if (const RunPtr run = FindInMemory(claim.run_id)) {
      run->PutClaim(claim);
      run->RenewLease(seams_.clock->Uptime());
      if (run->WantResume()) {
        absl::MutexLock lock(&run->transition_mu());
        Resume(run);
      }
      return std::optional<Run>(run->Snapshot(false));
    }
    ASSAY_ASSIGN_OR_RETURN(Run run, LoadStored(claim.run_id, false));
    return std::optional<Run>(std::move(run));
  }
  return std::optional<Run>();
}

absl::StatusOr<Run> RunManagerImpl::CancelAnywhere(
    const std::string& id, const std::string& claim_key) {
  ASSAY_ASSIGN_OR_RETURN(const CancelOutcome outcome,
                         store_->Cancel(id, claim_key));
  const auto ended = [&id](const Run& run) {
    return MakeError(ErrorReason::kRunAlreadyFinished,
                     absl::StrCat("run ", id, " has already ended, ",
                                  RunStateName(run.state)));
  };
  switch (outcome) {
    case CancelOutcome::kEnded: {
      ASSAY_ASSIGN_OR_RETURN(const Run run, LoadStored(id, false));
      return ended(run);
    }
    case CancelOutcome::kNoClaim:
      return MakeError(
          ErrorReason::kArgumentInvalid,
          absl::StrCat("request_id holds no claim on run ", id,
                       "; send the one of StartRun, or none to end the run "
                       "for everybody"));
    case CancelOutcome::kClaimed:
      return Get(id, false);
    case CancelOutcome::kHeld:
      return CancelHeld(id);
    case CancelOutcome::kWanted:
      break;
  }
  const RunPtr run = FindInMemory(id);
  if (run != nullptr) {
    std::optional<CancellationSource> source;
    {
      absl::MutexLock lock(&run->transition_mu());
      source = StopForGood(run);
    }
    if (source.has_value()) source->Cancel(CancelledError());
  }
  return Get(id, false);
}

}  // namespace assay::runs
