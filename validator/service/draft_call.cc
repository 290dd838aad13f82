// SPDX-License-Identifier: Apache-2.0
// Drafting a rule set from two catalogs.
#include <string>

#include "validator/base/status.h"
#include "validator/engine/draft_rule_set.h"
#include "validator/service/calls.h"
#include "validator/service/request_check.h"
#include "validator/service/utf8.h"

namespace assay::service {

absl::Status DraftRuleSet(const Rooms& rooms, const Caller& caller,
                          const v1::DraftRuleSetRequest& request,
                          const CancellationToken& cancel,
                          v1::DraftRuleSetResponse* out) {
  ASSAY_RETURN_IF_ERROR(CheckDraftRuleSet(request));
  for (const std::string& name : {request.source(), request.target()}) {
    ASSAY_RETURN_IF_ERROR(
        rooms.access->Refuse(caller, CheckConnection(caller, name)));
  }
  engine::DraftRequest asked;
  asked.source = request.source();
  asked.target = request.target();
  asked.source_schema = request.source_schema();
  asked.target_schema = request.target_schema();
  asked.tables.assign(request.tables().begin(), request.tables().end());
  ASSAY_ASSIGN_OR_RETURN(
      const engine::Draft draft,
      engine::DraftRuleSet(asked, *rooms.registry->Pin(), cancel));
  out->set_rule_set(ValidUtf8(draft.yaml));
  for (const std::string& warning : draft.warnings) {
    out->add_warnings(ValidUtf8(warning));
  }
  return absl::OkStatus();
}

}  // namespace assay::service
