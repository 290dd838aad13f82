// SPDX-License-Identifier: Apache-2.0
// The seam to gRPC: one attempt of one RPC, its error as absl::Status.
//
// Thread-safe. Errors carry the ErrorReason of the server's ErrorInfo where the
// client knows it (GetReason); one that no server answered is
// kServerUnreachable, or kTlsFailed where the two do not agree on encryption.
// Messages are for people and name the address.
#ifndef ASSAY_PLUGINS_CLI_CLIENT_H_
#define ASSAY_PLUGINS_CLI_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assay/v1/validation_service.pb.h"
#include "plugins/cli/client_options.h"

namespace assay::cli {

// Whether the same request may succeed when it is sent again.
bool MayRetry(const absl::Status& status);

// How long the server asked to wait before that; zero: it did not say.
absl::Duration RetryAfter(const absl::Status& status);

class Client {
 public:
  // Connects with the first call.
  explicit Client(ClientOptions options);
  ~Client();

  const std::string& address() const;

  absl::StatusOr<v1::Run> StartRun(const v1::StartRunRequest& request,
                                   absl::Duration deadline);
  absl::StatusOr<v1::Run> WaitRun(const v1::WaitRunRequest& request,
                                  absl::Duration deadline);
  // Calls `on_message` for each message, on the caller's thread.
  absl::Status WatchRun(
      const v1::WatchRunRequest& request, absl::Duration deadline,
      const std::function<void(const v1::WatchRunResponse&)>& on_message);
  absl::StatusOr<v1::Run> GetRun(const v1::GetRunRequest& request,
                                 absl::Duration deadline = absl::Seconds(60));
  absl::StatusOr<v1::ListRunsResponse> ListRuns(
      const v1::ListRunsRequest& request, absl::Duration deadline);
  absl::StatusOr<v1::ListResultsResponse> ListResults(
      const v1::ListResultsRequest& request);
  absl::StatusOr<v1::ListDifferencesResponse> ListDifferences(
      const v1::ListDifferencesRequest& request);
  absl::StatusOr<v1::Run> CancelRun(const v1::CancelRunRequest& request,
                                    absl::Duration deadline);
  absl::StatusOr<v1::Run> ReleaseHold(const v1::ReleaseHoldRequest& request,
                                      absl::Duration deadline);
  absl::StatusOr<v1::ExplainRuleSetResponse> ExplainRuleSet(
      const v1::ExplainRuleSetRequest& request);
  absl::StatusOr<v1::DraftRuleSetResponse> DraftRuleSet(
      const v1::DraftRuleSetRequest& request);
  absl::StatusOr<v1::ListConnectionsResponse> ListConnections(
      absl::Duration deadline = absl::Seconds(60));
  absl::StatusOr<v1::TestConnectionResponse> TestConnection(
      const std::string& name);

  // Whether there is a connection to the server now.
  bool IsConnected() const;

  // Tries to connect until `limit` is over; whether it succeeded. Without it,
  // or a call that waits, gRPC looks at its sockets only every five seconds.
  bool AwaitConnection(absl::Duration limit);

  // Ends the calls in flight, and each later one, with kCancelled until
  // AllowCalls.
  void CancelCalls();
  void AllowCalls();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_CLIENT_H_
