// SPDX-License-Identifier: Apache-2.0
// What DraftRuleSet does. Thread-safe.
#ifndef ASSAY_VALIDATOR_SERVICE_DRAFT_CALL_H_
#define ASSAY_VALIDATOR_SERVICE_DRAFT_CALL_H_

#include "absl/status/status.h"
#include "assay/v1/validation_service.pb.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"

namespace assay::service {

// Checks the request and drafts.
absl::Status Draft(const v1::DraftRuleSetRequest& request,
                   connections::Registry& registry,
                   const CancellationToken& cancel,
                   v1::DraftRuleSetResponse* out);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_DRAFT_CALL_H_
