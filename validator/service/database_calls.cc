// SPDX-License-Identifier: Apache-2.0
// Explaining rule sets and testing connections; draft_call.cc drafts.
#include <string>
#include <vector>

#include "rules/ruleset/uses.h"
#include "validator/base/status.h"
#include "validator/engine/engine.h"
#include "validator/service/calls.h"
#include "validator/service/request_check.h"
#include "validator/service/run_proto.h"
#include "validator/service/status_proto.h"
#include "validator/service/utf8.h"

namespace assay::service {
namespace {

constexpr int kMaxIssues = 1000;

}  // namespace

absl::Status ExplainRuleSet(const Rooms& rooms, const Caller& caller,
                            const v1::ExplainRuleSetRequest& request,
                            const CancellationToken& cancel,
                            v1::ExplainRuleSetResponse* out) {
  ASSAY_RETURN_IF_ERROR(CheckExplainRuleSet(request));
  ParseResult parsed = ParseRuleSet(request.rule_set(), rooms.kinds);
  BoundParameters bound;
  if (!HasErrors(parsed.issues)) {
    bound = BindParameters(parsed.rule_set,
                           {request.params().begin(), request.params().end()},
                           parsed.issues);
  }
  for (const Issue& issue : parsed.issues) {
    if (out->issues_size() == kMaxIssues) break;
    *out->add_issues() = ToProto(issue);
  }
  if (HasErrors(parsed.issues)) return absl::OkStatus();
  std::vector<std::string> names;
  for (ConnectionUse& use : ConnectionsUsed(parsed.rule_set, bound)) {
    names.push_back(std::move(use.name));
  }
  // Author SQL, too: databases are asked what its columns are.
  ASSAY_RETURN_IF_ERROR(
      rooms.access->Refuse(caller, CheckRuleSet(caller, parsed.rule_set, names),
                           {.rule_set = parsed.rule_set.name}));
  ASSAY_ASSIGN_OR_RETURN(
      const engine::Explanation explanation,
      engine::Explain(parsed.rule_set, bound, *rooms.registry->Pin(), cancel));
  out->set_text(ValidUtf8(explanation.text));
  out->set_without_sql(explanation.without_sql);
  out->set_retryable(explanation.retryable);
  return absl::OkStatus();
}

absl::Status TestConnection(const Rooms& rooms, const Caller& caller,
                            const v1::TestConnectionRequest& request,
                            const CancellationToken& cancel,
                            v1::TestConnectionResponse* out) {
  ASSAY_RETURN_IF_ERROR(CheckTestConnection(request));
  ASSAY_RETURN_IF_ERROR(
      rooms.access->Refuse(caller, CheckConnection(caller, request.name())));
  const absl::StatusOr<connections::ConnectionReport> report =
      rooms.registry->Test(request.name(), cancel);
  if (!report.ok()) {
    const absl::Status& status = report.status();
    if (GetReason(status) == ErrorReason::kConnectionNotFound ||
        cancel.cancelled()) {
      return status;
    }
    *out->mutable_error() = ToErrorProto(status);
    return absl::OkStatus();
  }
  out->set_dbms_name(ValidUtf8(report->dbms_name));
  out->set_dbms_version(ValidUtf8(report->dbms_version));
  out->set_dialect(ValidUtf8(report->dialect));
  *out->mutable_connect_time() = DurationProto(report->connect_time);
  for (const std::string& warning : report->warnings) {
    out->add_warnings(ValidUtf8(warning));
  }
  return absl::OkStatus();
}

}  // namespace assay::service
