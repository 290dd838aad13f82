// SPDX-License-Identifier: Apache-2.0
// Admission: check, find by request_id, attach, or make a new run.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "validator/base/issue.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"
#include "validator/runs/manager_impl.h"

namespace assay::runs {
namespace {

constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxLabels = 32;
constexpr size_t kMaxLabelName = 63;
constexpr size_t kMaxLabelValue = 1024;
constexpr absl::Duration kMinLease = absl::Seconds(10);
constexpr absl::Duration kMaxLease = absl::Hours(24);

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

}  // namespace

absl::StatusOr<Run> RunManagerImpl::Start(const RunRequest& raw_request,
                                          std::vector<Issue>* issues) {
  RunRequest request = WithDefaults(raw_request);
  ASSAY_RETURN_IF_ERROR(CheckRequest(request));
  ASSAY_ASSIGN_OR_RETURN(const std::optional<Run> parent, FindParent(request));
  const std::string digest = RequestDigest(request);
  // A retried call is answered without compiling again, also while draining.
  ASSAY_ASSIGN_OR_RETURN(std::optional<Run> known,
                         FindByRequestId(request, digest));
  if (known.has_value()) return *std::move(known);
  ASSAY_ASSIGN_OR_RETURN(RunPlan plan, Plan(request, digest, issues));
  ASSAY_RETURN_IF_ERROR(CheckConnections(plan));
  if (parent.has_value()) {
    ASSAY_RETURN_IF_ERROR(CheckSameRules(*parent, plan.run));
  }

  absl::MutexLock admission(&start_mu_);
  ASSAY_ASSIGN_OR_RETURN(known, FindByRequestId(request, digest));
  if (known.has_value()) return *std::move(known);
  {
    absl::MutexLock lock(&mu_);
    if (draining_) {
      return MakeError(ErrorReason::kServerDraining,
                       "the server is shutting down and takes no new runs; try "
                       "again with the same request_id");
    }
  }
  for (const RunPtr& run : FindAttachable(request, digest)) {
    ASSAY_ASSIGN_OR_RETURN(const bool attached, AttachTo(run, request, digest));
    if (attached) return run->Snapshot(false);
  }
  return StartNew(std::move(plan));
}

absl::StatusOr<std::optional<Run>> RunManagerImpl::FindByRequestId(
    const RunRequest& request, const std::string& digest) {
  if (request.request_id.empty()) return std::optional<Run>();
  ASSAY_ASSIGN_OR_RETURN(const std::optional<Claim> claim,
                         store_->FindClaim(StoreKey(request.request_id)));
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
  run.state = RunState::kPending;
  return plan;
}

absl::Status RunManagerImpl::CheckConnections(const RunPlan& plan) const {
  std::vector<const Literal*> used;
  for (const TableRules& table : plan.rule_set.tables) {
    used.push_back(&table.connection);
  }
  for (const Comparison& comparison : plan.rule_set.comparisons) {
    used.push_back(&comparison.source.connection);
    used.push_back(&comparison.target.connection);
  }
  for (const Literal* connection : used) {
    std::string name = connection->text;
    if (!connection->parameter.empty()) {
      auto it = plan.parameters.find(connection->parameter);
      if (it != plan.parameters.end()) name = it->second.text;
    }
    if (registry_->Find(name) != nullptr) continue;
    std::vector<std::string> names;
    for (const connections::ConnectionConfig* config : registry_->List()) {
      names.push_back(config->name);
    }
    std::string message =
        absl::StrCat("line ", connection->range.line, ": connection '", name,
                     "' is not configured on this server");
    const std::string nearest = NearestName(name, names);
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
                                              const std::string& digest) {
  absl::MutexLock lock(&run->transition_mu());
  const RunState state = run->state();
  if (IsTerminal(state) || state == RunState::kCancelling) return false;
  Claim claim;
  claim.run_id = run->id();
  claim.request_digest = digest;
  claim.key = request.request_id.empty() ? run->NextAnonymousClaim()
                                         : StoreKey(request.request_id);
  ASSAY_RETURN_IF_ERROR(store_->SaveClaim(claim));
  run->PutClaim(claim);
  run->RenewLease(seams_.clock->Uptime());
  if (run->WantResume()) Resume(run);
  return true;
}

absl::StatusOr<Run> RunManagerImpl::StartNew(RunPlan plan) {
  {
    absl::MutexLock lock(&mu_);
    const size_t room = static_cast<size_t>(options_.max_concurrent_runs) +
                        static_cast<size_t>(options_.max_queued_runs);
    if (static_cast<size_t>(executing_) + queue_.size() >= room) {
      return MakeError(ErrorReason::kRunQueueFull,
                       absl::StrCat(queue_.size(),
                                    " runs are waiting, which is all that this "
                                    "server takes; try again later"));
    }
  }
  const absl::Time now = seams_.clock->Now();
  // Microseconds count: the store, the databases and the clients have no more.
  plan.run.as_of_time = absl::FromUnixMicros(absl::ToUnixMicros(now));
  ASSAY_ASSIGN_OR_RETURN(plan.run.run_id, NewRunId(now));
  Claim claim;
  claim.run_id = plan.run.run_id;
  claim.request_digest = plan.request_digest;
  claim.key = plan.run.request.request_id.empty()
                  ? absl::StrCat("anonymous:", claim.run_id, ":0")
                  : StoreKey(plan.run.request.request_id);
  ASSAY_RETURN_IF_ERROR(
      store_->InsertRun(plan.run, plan.request_digest, claim));
  auto run = std::make_shared<LiveRun>(std::move(plan), 0, &notifier_);
  run->PutClaim(claim);
  run->RenewLease(seams_.clock->Uptime());
  Run snapshot = run->Snapshot(false);
  {
    absl::MutexLock lock(&mu_);
    live_[run->id()] = run;
  }
  Enqueue(run);
  return snapshot;
}

}  // namespace assay::runs
