// SPDX-License-Identifier: Apache-2.0
// Requests → plain data, with every limit of the contract held.
//
// Stateless; thread-safe. All errors are kArgumentInvalid and begin with the
// name of the field.
#ifndef ASSAY_VALIDATOR_SERVICE_REQUEST_CHECK_H_
#define ASSAY_VALIDATOR_SERVICE_REQUEST_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assay/v1/validation_service.pb.h"
#include "validator/runs/run_manager.h"

namespace assay::service {

inline constexpr absl::Duration kMaxWait = absl::Seconds(25);

absl::StatusOr<runs::RunRequest> CheckStartRun(const v1::StartRunRequest& from);

// Returns how long to wait, at most kMaxWait.
absl::StatusOr<absl::Duration> CheckWaitRun(const v1::WaitRunRequest& from);
absl::Status CheckWatchRun(const v1::WatchRunRequest& from);
absl::Status CheckGetRun(const v1::GetRunRequest& from);
absl::StatusOr<runs::ListFilter> CheckListRuns(const v1::ListRunsRequest& from);
absl::StatusOr<Verdict> CheckListResults(const v1::ListResultsRequest& from);
absl::Status CheckListDifferences(const v1::ListDifferencesRequest& from);
absl::Status CheckCancelRun(const v1::CancelRunRequest& from);
// Returns the release but for its principal and its time.
absl::StatusOr<runs::Release> CheckReleaseHold(
    const v1::ReleaseHoldRequest& from);
absl::Status CheckLintRuleSet(const v1::LintRuleSetRequest& from);
absl::Status CheckExplainRuleSet(const v1::ExplainRuleSetRequest& from);
absl::Status CheckDraftRuleSet(const v1::DraftRuleSetRequest& from);
absl::Status CheckTestConnection(const v1::TestConnectionRequest& from);

// Returns the size to use: default 50, at most 1000. REQUIRES: checked.
int PageSize(int32_t asked);

// The same of ListDifferences: default 1000, at most 10000.
int DifferencesPageSize(int32_t asked);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_REQUEST_CHECK_H_
