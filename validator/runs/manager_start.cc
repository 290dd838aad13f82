// SPDX-License-Identifier: Apache-2.0
// Admission: check, find by request_id, attach, or make a new run.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/ruleset/uses.h"
#include "validator/base/issue.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"
#include "validator/runs/manager_impl.h"
#include "validator/runs/run_metrics.h"

namespace assay::runs {
namespace {

constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxLabels = 32;
constexpr size_t kMaxLabelName = 63;
constexpr size_t kMaxLabelValue = 1024;
constexpr absl::Duration kMinLease = absl::Seconds(10);
constexpr absl::Duration kMaxLease = absl::Hours(24);
constexpr absl::Duration kMinHold = absl::Seconds(1);
constexpr absl::Duration kMaxHold = absl::Hours(24 * 30);
// How often a run to attach to may end before we get to it.
constexpr int kStartAttempts = 5;

absl::Status Invalid(const std::string& message) {
  return MakeError(ErrorReason::kArgumentInvalid, message);
}

absl::Status CheckRequest(const RunRequest& request) {
  if (request.request_id.size() > kMaxIdBytes) {
    return Invalid(absl::StrCat("request_id has ", request.request_id.size(),
                                " bytes; at most ", kMaxIdBytes,
                                " are allowed"));
  }
  if (request.correlation_id.size() > kMaxIdBytes) {
    return Invalid(
        absl::StrCat("correlation_id has ", request.correlation_id.size(),
                     " bytes; at most ", kMaxIdBytes, " are allowed"));
  }
  if (request.labels.size() > kMaxLabels) {
    return Invalid(absl::StrCat("a run takes at most ", kMaxLabels, " labels"));
  }
  for (const auto& [name, value] : request.labels) {
    if (name.empty() || name.size() > kMaxLabelName ||
        value.size() > kMaxLabelValue) {
      return Invalid(absl::StrCat("label '", name, "': a name has 1 to ",
                                  kMaxLabelName, " bytes, a value at most ",
                                  kMaxLabelValue));
    }
  }
  const RunOptions& options = request.options;
  if (!options.detached &&
      (options.lease < kMinLease || options.lease > kMaxLease)) {
    return Invalid(
        absl::StrCat("options.lease is ", absl::FormatDuration(options.lease),
                     "; it must be between ", absl::FormatDuration(kMinLease),
                     " and ", absl::FormatDuration(kMaxLease)));
  }
  if (options.on_hold == OnHold::kWait &&
      (options.hold_timeout < kMinHold || options.hold_timeout > kMaxHold)) {
    return Invalid(absl::StrCat(
        "options.hold_timeout is ", absl::FormatDuration(options.hold_timeout),
        "; it must be between ", absl::FormatDuration(kMinHold), " and ",
        absl::FormatDuration(kMaxHold)));
  }
  if (options.timeout <= absl::ZeroDuration()) {
    return Invalid("options.timeout must be above 0");
  }
  return absl::OkStatus();
}

absl::Status CheckSameRules(const Run& parent, const Run& run) {
  const bool same_rules = parent.rule_set_digest == run.rule_set_digest;
  if (same_rules && parent.bound_params == run.bound_params) {
    return absl::OkStatus();
  }
  return Invalid(absl::StrCat(
      "recheck_of_run_id: run ", parent.run_id, " had ",
      same_rules ? "other params" : "another rule set",
      "; what it found says nothing about this one: start a run of its own"));
}

// Fields that a client left at zero.
RunRequest WithDefaults(const RunRequest& request) {
  RunRequest out = request;
  if (out.options.lease == absl::ZeroDuration()) {
    out.options.lease = RunOptions().lease;
  }
  return out;
}

bool Sees(const Admission& admission, const Run& run) {
  return !admission.sees || admission.sees(run);
}

absl::Status Record(const Admission& admission, const Run& run,
                    Accepted accepted) {
  return admission.record ? admission.record(run, accepted) : absl::OkStatus();
}

Run Known(Run run, const Admission& admission) {
  NoteAccepted(run, Accepted::kKnown);
  Record(admission, run, Accepted::kKnown).IgnoreError();
  return run;
}

}  // namespace

absl::StatusOr<Run> RunManagerImpl::Start(const RunRequest& raw_request,
                                          const Admission& admission,
                                          std::vector<Issue>* issues) {
  RunRequest request = WithDefaults(raw_request);
  ASSAY_RETURN_IF_ERROR(CheckRequest(request));
  ASSAY_ASSIGN_OR_RETURN(const std::optional<Run> parent,
                         FindParent(request, admission.sees));
  const std::string digest = RequestDigest(request);
  // A retried call is answered without compiling again, also while draining.
  ASSAY_ASSIGN_OR_RETURN(std::optional<Run> known,
                         FindByRequestId(request, digest));
  // Where the principal has lost a permission since, it is refused below.
  if (known.has_value() && Sees(admission, *known)) {
    return Known(*std::move(known), admission);
  }
  ASSAY_ASSIGN_OR_RETURN(RunPlan plan, Plan(request, digest, issues));
  ASSAY_RETURN_IF_ERROR(Admit(plan, admission));
  if (parent.has_value()) {
    ASSAY_RETURN_IF_ERROR(CheckSameRules(*parent, plan.run));
  }

  absl::MutexLock one_at_a_time(&start_mu_);
  ASSAY_ASSIGN_OR_RETURN(known, FindByRequestId(request, digest));
  if (known.has_value()) return Known(*std::move(known), admission);
  {
    absl::MutexLock lock(&mu_);
    if (draining_) {
      return MakeError(ErrorReason::kServerDraining,
                       "the server is shutting down and takes no new runs; try "
                       "again with the same request_id");
    }
  }
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    ASSAY_ASSIGN_OR_RETURN(std::optional<Run> run,
                           store_->shared()
                               ? AttachAnywhere(request, digest, admission)
                               : AttachHere(request, digest, admission));
    if (run.has_value()) return *std::move(run);
    ASSAY_ASSIGN_OR_RETURN(run, StartNew(plan, admission));
    if (run.has_value()) return *std::move(run);
    // Another server was faster.
    ASSAY_ASSIGN_OR_RETURN(known, FindByRequestId(request, digest));
    if (known.has_value()) return Known(*std::move(known), admission);
  }
  return MakeError(ErrorReason::kStoreFailed,
                   "runs with this correlation_id come and go too quickly; try "
                   "again");
}

absl::StatusOr<std::optional<Run>> RunManagerImpl::FindByRequestId(
    const RunRequest& request, const std::string& digest) {
  if (request.request_id.empty()) return std::optional<Run>();
  ASSAY_ASSIGN_OR_RETURN(
      const std::optional<Claim> claim,
      store_->FindClaim(ClaimKey(request.principal, request.request_id)));
  if (!claim.has_value()) return std::optional<Run>();
  if (claim->request_digest != digest) {
    return MakeError(
        ErrorReason::kRequestIdReused,
        absl::StrCat("request_id was used for run ", claim->run_id,
                     " with another rule set, params or options; send a new "
                     "request_id"));
  }
  if (RunPtr run = FindInMemory(claim->run_id)) {
    // The claimant is alive.
    run->RenewLease(seams_.clock->Uptime());
    if (!claim->withdrawn && run->WantResume()) {
      absl::MutexLock lock(&run->transition_mu());
      Resume(run);
    }
    return std::optional<Run>(run->Snapshot(false));
  }
  ASSAY_ASSIGN_OR_RETURN(Run run, LoadStored(claim->run_id, false));
  return std::optional<Run>(std::move(run));
}

absl::StatusOr<RunPlan> RunManagerImpl::Plan(const RunRequest& request,
                                             const std::string& digest,
                                             std::vector<Issue>* issues) {
  ParseResult parsed = ParseRuleSet(request.rule_set_text, kinds_);
  RunPlan plan;
  if (!HasErrors(parsed.issues)) {
    plan.parameters =
        BindParameters(parsed.rule_set, request.params, parsed.issues);
  }
  const bool invalid = HasErrors(parsed.issues);
  const size_t count = static_cast<size_t>(std::count_if(
      parsed.issues.begin(), parsed.issues.end(),
      [](const Issue& issue) { return issue.severity == Severity::kError; }));
  std::string first;
  for (const Issue& issue : parsed.issues) {
    if (issue.severity != Severity::kError) continue;
    first = issue.message;
    break;
  }
  if (issues != nullptr) *issues = std::move(parsed.issues);
  if (invalid) {
    return MakeError(ErrorReason::kRuleSetInvalid,
                     absl::StrCat("the rule set has ", count,
                                  count == 1 ? " mistake: " : " mistakes: ",
                                  first, count == 1 ? "" : ", …"));
  }
  plan.rule_set = std::move(parsed.rule_set);
  plan.request_digest = digest;
  Run& run = plan.run;
  run.request = request;
  run.rule_set_name = plan.rule_set.name;
  run.rule_set_digest = Sha256Hex(request.rule_set_text);
  run.migration = plan.rule_set.migration;
  run.phase = plan.rule_set.phase;
  for (const auto& [name, bound] : plan.parameters) {
    run.bound_params[name] = bound.text;
  }
  for (ConnectionUse& used : ConnectionsUsed(plan.rule_set, plan.parameters)) {
    run.connections.push_back(std::move(used.name));
  }
  std::sort(run.connections.begin(), run.connections.end());
  run.connections.erase(
      std::unique(run.connections.begin(), run.connections.end()),
      run.connections.end());
  run.state = RunState::kPending;
  return plan;
}

absl::Status RunManagerImpl::Admit(const RunPlan& plan,
                                   const Admission& admission) const {
  // First, for what follows tells which connections there are.
  if (admission.admit) {
    ASSAY_RETURN_IF_ERROR(admission.admit(plan.rule_set, plan.run));
  }
  const std::shared_ptr<connections::Registry> registry = registry_->Pin();
  for (const ConnectionUse& used :
       ConnectionsUsed(plan.rule_set, plan.parameters)) {
    if (registry->Find(used.name) != nullptr) continue;
    std::vector<std::string> names;
    for (const connections::ConnectionConfig* config : registry->List()) {
      names.push_back(config->name);
    }
    std::string message =
        absl::StrCat("line ", used.range.line, ": connection '", used.name,
                     "' is not configured on this server");
    const std::string nearest = NearestName(used.name, names);
    if (!nearest.empty()) {
      absl::StrAppend(&message, "; did you mean '", nearest, "'?");
    }
    return MakeError(ErrorReason::kConnectionNotFound, message);
  }
  return absl::OkStatus();
}

std::vector<RunManagerImpl::RunPtr> RunManagerImpl::FindAttachable(
    const RunRequest& request, const std::string& digest) {
  std::vector<RunPtr> found;
  if (request.correlation_id.empty() || request.attach == Attach::kNever) {
    return found;
  }
  const absl::Duration now = seams_.clock->Uptime();
  absl::MutexLock lock(&mu_);
  for (auto it = live_.rbegin(); it != live_.rend(); ++it) {
    const RunPtr& run = it->second;
    if (run->plan().run.request.correlation_id != request.correlation_id ||
        run->plan().request_digest != digest) {
      continue;
    }
    if (request.attach == Attach::kAlways || !run->Leased(now)) {
      found.push_back(run);
    }
  }
  return found;
}

absl::StatusOr<bool> RunManagerImpl::AttachTo(const RunPtr& run,
                                              const RunRequest& request,
                                              const std::string& digest,
                                              const Admission& admission) {
  absl::MutexLock lock(&run->transition_mu());
  const RunState state = run->state();
  if (IsJudged(state) || state == RunState::kCancelling) return false;
  Claim claim;
  claim.run_id = run->id();
  claim.request_digest = digest;
  claim.key = request.request_id.empty()
                  ? run->NextAnonymousClaim()
                  : ClaimKey(request.principal, request.request_id);
  ASSAY_RETURN_IF_ERROR(
      Record(admission, run->Snapshot(false), Accepted::kAttached));
  ASSAY_RETURN_IF_ERROR(store_->SaveClaim(claim));
  run->PutClaim(claim);
  run->RenewLease(seams_.clock->Uptime());
  NoteAccepted(run->Snapshot(false), Accepted::kAttached);
  if (run->WantResume()) Resume(run);
  return true;
}

absl::StatusOr<std::optional<Run>> RunManagerImpl::AttachHere(
    const RunRequest& request, const std::string& digest,
    const Admission& admission) {
  for (const RunPtr& run : FindAttachable(request, digest)) {
    ASSAY_ASSIGN_OR_RETURN(const bool attached,
                           AttachTo(run, request, digest, admission));
    if (attached) return std::optional<Run>(run->Snapshot(false));
  }
  return std::optional<Run>();
}

absl::Status RunManagerImpl::CheckRoom(const std::string& principal,
                                       const Admission& admission) const {
  absl::MutexLock lock(&mu_);
  const int64_t active =
      std::count_if(live_.begin(), live_.end(), [&](const auto& entry) {
        return entry.second->plan().run.request.principal == principal;
      });
  if (admission.max_active_runs > 0 && active >= admission.max_active_runs) {
    return MakeError(
        ErrorReason::kTooManyActiveRuns,
        absl::StrCat("principal '", principal, "' has ", active,
                     " active runs, which is all that it may have "
                     "(max_active_runs); wait for them, or cancel some"));
  }
  const size_t room = static_cast<size_t>(limits_.max_concurrent_runs) +
                      static_cast<size_t>(limits_.max_queued_runs);
  if (static_cast<size_t>(executing_) + queue_.size() >= room) {
    return MakeError(ErrorReason::kRunQueueFull,
                     absl::StrCat(queue_.size(),
                                  " runs are waiting, which is all that this "
                                  "server takes; try again later"));
  }
  return absl::OkStatus();
}

RunManagerImpl::RunPtr RunManagerImpl::NewLiveRun(RunPlan plan, int64_t epoch) {
  std::shared_ptr<WakerSet> wakers = wakers_.Of(plan.run.run_id);
  return std::make_shared<LiveRun>(std::move(plan), epoch, &notifier_,
                                   std::move(wakers));
}

absl::StatusOr<std::optional<Run>> RunManagerImpl::StartNew(
    RunPlan& plan, const Admission& admission) {
  const RunRequest& request = plan.run.request;
  ASSAY_RETURN_IF_ERROR(CheckRoom(request.principal, admission));
  if (store_->shared() && membership_->standing() != Standing::kMember) {
    return MakeError(ErrorReason::kStoreUnreachable,
                     "this server has lost touch with the run store, and takes "
                     "no run that it may not own; try again");
  }
  const absl::Time now = seams_.clock->Now();
  // Microseconds count: the store, the databases and the clients have no more.
  plan.run.as_of_time = absl::FromUnixMicros(absl::ToUnixMicros(now));
  ASSAY_ASSIGN_OR_RETURN(plan.run.run_id, NewRunId(now));
  Claim claim;
  claim.run_id = plan.run.run_id;
  claim.request_digest = plan.request_digest;
  claim.key = request.request_id.empty()
                  ? absl::StrCat("anonymous:", claim.run_id, ":0")
                  : ClaimKey(request.principal, request.request_id);
  ASSAY_RETURN_IF_ERROR(Record(admission, plan.run, Accepted::kNew));
  std::function<bool(const Attachable&)> attach;
  if (store_->shared() && request.attach != Attach::kNever) {
    attach = [&](const Attachable& run) { return MayAttach(request, run); };
  }
  ASSAY_ASSIGN_OR_RETURN(const Insertion inserted,
                         store_->InsertRun(plan.run, plan.request_digest, claim,
                                           server_id(), attach));
  if (inserted != Insertion::kInserted) return std::optional<Run>();
  const RunPtr run = NewLiveRun(std::move(plan), 0);
  run->PutClaim(claim);
  run->RenewLease(seams_.clock->Uptime());
  {
    absl::MutexLock lock(&run->transition_mu());
    const RunOptions& options = run->plan().run.request.options;
    if (!options.detached) {
      run->shared().lease_stored = seams_.clock->Uptime() + options.lease;
    }
  }
  Run snapshot = run->Snapshot(false);
  NoteAccepted(snapshot, Accepted::kNew);
  {
    absl::MutexLock lock(&mu_);
    live_[run->id()] = run;
  }
  Enqueue(run);
  return std::optional<Run>(std::move(snapshot));
}

}  // namespace assay::runs
