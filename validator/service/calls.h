// SPDX-License-Identifier: Apache-2.0
// What each unary RPC does for a caller that has entered (access.h). Here it is
// asked what the caller may see and use; the service only carries.
//
// Thread-safe. Those under "databases" may take long and heed their token.
#ifndef ASSAY_VALIDATOR_SERVICE_CALLS_H_
#define ASSAY_VALIDATOR_SERVICE_CALLS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assay/v1/validation_service.pb.h"
#include "grpcpp/support/status.h"
#include "rules/ruleset/kind_spec.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/runs/run_manager.h"
#include "validator/service/access.h"
#include "validator/service/run_proto.h"
#include "validator/service/withhold.h"

namespace assay::service {

// What calls work on; all borrowed.
struct Rooms {
  runs::RunManager* runs = nullptr;
  connections::Registry* registry = nullptr;
  Access* access = nullptr;
  std::vector<const KindSpec*> kinds;
};

Values ValuesFor(const Caller& caller);

// Whether a run may be seen by `caller`.
bool Sees(const Caller& caller, const runs::Run& run);

// The run of this id, or of this prefix, among those that the caller may see;
// else RUN_NOT_FOUND. That a run was hidden is told to log and audit.
absl::StatusOr<runs::Run> FindRun(const Rooms& rooms, const Caller& caller,
                                  const std::string& run_id, bool with_results);

// `run` in view `view`; in view FULL, `run` has its results, and what has
// changed since the last run of its rule set is added where it is judged.
v1::Run DescribeRun(const Rooms& rooms, const Caller& caller,
                    const runs::Run& run, v1::RunView view, RuleSetText text);

// Whether the caller of a call that goes on may still see a run of these
// connections.
absl::Status SeesStill(const Rooms& rooms, Caller& caller,
                       const std::vector<std::string>& connections);

grpc::Status StartRun(const Rooms& rooms, const Caller& caller,
                      const v1::StartRunRequest& request, v1::Run* out);
absl::Status GetRun(const Rooms& rooms, const Caller& caller,
                    const v1::GetRunRequest& request, v1::Run* out);
absl::Status CancelRun(const Rooms& rooms, const Caller& caller,
                       const v1::CancelRunRequest& request, v1::Run* out);
absl::Status ReleaseHold(const Rooms& rooms, const Caller& caller,
                         const v1::ReleaseHoldRequest& request, v1::Run* out);
absl::Status ListRuns(const Rooms& rooms, const Caller& caller,
                      const v1::ListRunsRequest& request,
                      v1::ListRunsResponse* out);
absl::Status ListResults(const Rooms& rooms, const Caller& caller,
                         const v1::ListResultsRequest& request,
                         v1::ListResultsResponse* out);
absl::Status ListDifferences(const Rooms& rooms, const Caller& caller,
                             const v1::ListDifferencesRequest& request,
                             v1::ListDifferencesResponse* out);
absl::Status LintRuleSet(const Rooms& rooms,
                         const v1::LintRuleSetRequest& request,
                         v1::LintRuleSetResponse* out);
void ListConnections(const Rooms& rooms, const Caller& caller,
                     v1::ListConnectionsResponse* out);

// --- databases
absl::Status ExplainRuleSet(const Rooms& rooms, const Caller& caller,
                            const v1::ExplainRuleSetRequest& request,
                            const CancellationToken& cancel,
                            v1::ExplainRuleSetResponse* out);
absl::Status DraftRuleSet(const Rooms& rooms, const Caller& caller,
                          const v1::DraftRuleSetRequest& request,
                          const CancellationToken& cancel,
                          v1::DraftRuleSetResponse* out);
absl::Status TestConnection(const Rooms& rooms, const Caller& caller,
                            const v1::TestConnectionRequest& request,
                            const CancellationToken& cancel,
                            v1::TestConnectionResponse* out);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_CALLS_H_
