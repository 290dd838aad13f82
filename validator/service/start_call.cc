// SPDX-License-Identifier: Apache-2.0
// Starting and ending runs, and releasing holds: what is audited.
#include <string>
#include <utility>

#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/service/calls.h"
#include "validator/service/request_check.h"
#include "validator/service/run_proto.h"
#include "validator/service/status_proto.h"

namespace assay::service {
namespace {

void AddRequest(const runs::RunRequest& request, AuditEvent& event) {
  event.request_id = request.request_id;
  event.correlation_id = request.correlation_id;
  event.recheck_of = request.recheck_of;
  event.labels = request.labels;
}

void AddRun(const runs::Run& run, AuditEvent& event) {
  AddRequest(run.request, event);
  event.run_id = run.run_id;
  event.rule_set = run.rule_set_name;
  event.rule_set_digest = run.rule_set_digest;
  event.migration = run.migration;
  event.connections = run.connections;
}

// As the run manager knows principals: nobody where nobody is authenticated.
std::string OwnerOf(const Rooms& rooms, const Caller& caller) {
  return rooms.access->enabled() ? caller.principal->name : "";
}

const char* OutcomeOf(runs::Accepted accepted) {
  switch (accepted) {
    case runs::Accepted::kNew:
      return "accepted";
    case runs::Accepted::kAttached:
      return "attached";
    case runs::Accepted::kKnown:
      return "repeated";
  }
  return "";
}

// Writes what was done already: it is kept where it cannot be written now.
void WriteDone(const Rooms& rooms, const AuditEvent& event) {
  AuditLog* audit = rooms.access->audit();
  if (audit != nullptr && !audit->Write(event).ok()) audit->Note(event);
}

// Writes what is about to be done: where that cannot be, it is not done.
absl::Status WriteFirst(const Rooms& rooms, const AuditEvent& event) {
  AuditLog* audit = rooms.access->audit();
  if (audit == nullptr) return absl::OkStatus();
  absl::Status status = audit->Write(event);
  if (status.ok()) return status;
  // Paths are the administrator's alone.
  LogError(std::string(status.message()));
  return MakeError(ErrorReason::kAuditFailed,
                   "the server's audit log cannot be written, so that it "
                   "accepts no run and releases no hold; its own log says why");
}

}  // namespace

grpc::Status StartRun(const Rooms& rooms, const Caller& caller,
                      const v1::StartRunRequest& request, v1::Run* out) {
  absl::StatusOr<runs::RunRequest> checked = CheckStartRun(request);
  if (!checked.ok()) return ToGrpcStatus(checked.status());
  checked->principal = OwnerOf(rooms, caller);
  checked->traceparent = caller.traceparent;
  AuditEvent event = Access::EventOf(caller, "start");
  std::string hidden;
  runs::Admission admission;
  admission.max_active_runs = caller.principal->max_active_runs;
  admission.sees = [&](const runs::Run& run) {
    const bool sees = Sees(caller, run);
    if (!sees) hidden = run.run_id;
    return sees;
  };
  admission.admit = [&](const RuleSet& rule_set, const runs::Run& run) {
    const absl::Status status = CheckRuleSet(caller, rule_set, run.connections);
    AuditEvent refused;
    if (!status.ok()) AddRun(run, refused);
    return rooms.access->Refuse(caller, status, std::move(refused));
  };
  admission.record = [&](const runs::Run& run, runs::Accepted accepted) {
    AddRun(run, event);
    event.outcome = OutcomeOf(accepted);
    if (accepted != runs::Accepted::kKnown) return WriteFirst(rooms, event);
    WriteDone(rooms, event);
    return absl::OkStatus();
  };
  std::vector<Issue> issues;
  const auto run = rooms.runs->Start(*checked, admission, &issues);
  if (run.ok()) {
    *out = ToProto(*run, v1::RUN_VIEW_BASIC);
    return grpc::Status::OK;
  }
  const ErrorReason reason = GetReason(run.status());
  if (reason == ErrorReason::kTooManyActiveRuns) {
    AuditEvent refused;
    AddRequest(*checked, refused);
    rooms.access->Refuse(caller, run.status(), std::move(refused))
        .IgnoreError();
  } else if (reason == ErrorReason::kRunNotFound && !hidden.empty()) {
    rooms.access->HidRun(caller, hidden);
  } else if (!event.run_id.empty() && reason != ErrorReason::kAuditFailed) {
    // The log says "accepted", and then the store did not take it.
    event.outcome = "failed";
    event.reason = GetErrorReasonInfo(reason).name;
    WriteDone(rooms, event);
  }
  return ToGrpcStatus(run.status(), issues);
}

absl::Status CancelRun(const Rooms& rooms, const Caller& caller,
                       const v1::CancelRunRequest& request, v1::Run* out) {
  ASSAY_RETURN_IF_ERROR(CheckCancelRun(request));
  ASSAY_ASSIGN_OR_RETURN(const runs::Run found,
                         FindRun(rooms, caller, request.run_id(), false));
  const auto run = rooms.runs->Cancel(found.run_id, request.request_id(),
                                      OwnerOf(rooms, caller));
  if (!run.ok()) return run.status();
  AuditEvent event = Access::EventOf(caller, "cancel");
  AddRun(*run, event);
  // Whose claim is withdrawn, which need not be the first one's.
  event.request_id = request.request_id();
  event.outcome = request.request_id().empty() ? "ended" : "withdrawn";
  WriteDone(rooms, event);
  *out = ToProto(*run, v1::RUN_VIEW_BASIC);
  return absl::OkStatus();
}

absl::Status ReleaseHold(const Rooms& rooms, const Caller& caller,
                         const v1::ReleaseHoldRequest& request, v1::Run* out) {
  ASSAY_ASSIGN_OR_RETURN(runs::Release release, CheckReleaseHold(request));
  release.principal = caller.principal->name;
  ASSAY_ASSIGN_OR_RETURN(const runs::Run found,
                         FindRun(rooms, caller, request.run_id(), false));
  AuditEvent event = Access::EventOf(caller, "release");
  const auto describe = [&](const runs::Run& run) {
    AddRun(run, event);
    event.request_id = release.request_id;
    event.user = release.user;
    event.rule_ids = release.rule_ids;
    event.message = release.reason;
  };
  bool recorded = false;
  const auto run = rooms.runs->ReleaseHold(found.run_id, release,
                                           [&](const runs::Run& held) {
                                             describe(held);
                                             event.outcome = "released";
                                             recorded = true;
                                             return WriteFirst(rooms, event);
                                           });
  if (!run.ok()) {
    const ErrorReason reason = GetReason(run.status());
    if (reason == ErrorReason::kAuditFailed) return run.status();
    // Who tried is of interest, too; and where the log says "released", and
    // then somebody else was faster, or the store did not take it.
    if (!recorded) describe(found);
    event.outcome = recorded ? "failed" : "not released";
    event.reason = GetErrorReasonInfo(reason).name;
    WriteDone(rooms, event);
    return run.status();
  }
  if (!recorded) {
    describe(*run);
    event.outcome = "repeated";
    WriteDone(rooms, event);
  }
  *out = ToProto(*run, v1::RUN_VIEW_BASIC);
  return absl::OkStatus();
}

}  // namespace assay::service
