// SPDX-License-Identifier: Apache-2.0
// Starts a run and stays with it to its end, over restarts of the server.
#ifndef ASSAY_PLUGINS_CLI_FOLLOW_H_
#define ASSAY_PLUGINS_CLI_FOLLOW_H_

#include <functional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assay/v1/validation_service.pb.h"
#include "plugins/cli/interrupt.h"
#include "plugins/cli/session.h"

namespace assay::cli {

struct FollowOptions {
  // How long the server may be out of reach, each time.
  absl::Duration wait_server = absl::Seconds(30);
  // Where one of the first three is set, the run is streamed. All are called on
  // the caller's thread.
  std::function<void(v1::Run::State, const v1::Progress&)> on_progress;
  std::function<void(const v1::RuleResult&)> on_result;
  // Called once when the run waits for somebody to release it.
  std::function<void(const std::string& run_id)> on_held;
  // Called once when the server cannot be reached, and once when it is back.
  std::function<void(const absl::Status&)> on_lost;
  std::function<void()> on_back;
};

// Confined to one thread. Calls end with kCancelled after a signal.
class Follower {
 public:
  // Both must outlive the follower. Sets the interrupt's callback.
  Follower(Session& session, Interrupt& interrupt, FollowOptions options);
  ~Follower();

  // StartRun until the server has taken it; harmless to repeat, for the
  // request_id is the same. REQUIRES: request.request_id() is set.
  absl::StatusOr<v1::Run> Start(const v1::StartRunRequest& request);

  // The terminal run in view FULL with all its results; or one whose state is
  // not known to this client and does not change any more.
  absl::StatusOr<v1::Run> AwaitEnd(const std::string& run_id);

  // The last that was seen of the run.
  const v1::Run& last() const { return last_; }

  // After a signal: withdraws the claim of `request` and waits a few seconds
  // for the run to end. Returns whether the server has answered.
  bool CancelAfterSignal(const v1::StartRunRequest& request);

 private:
  // What a failed attempt means: OK: try again, the pause is over.
  absl::Status Recover(const absl::Status& status);
  // Until `duration` is over, a signal comes, or the server is back.
  void Pause(absl::Duration duration);
  void Reached();
  absl::StatusOr<v1::Run> WaitOnce(const std::string& run_id);
  absl::StatusOr<v1::Run> WatchOnce(const std::string& run_id);
  absl::StatusOr<v1::Run> WithAllResults(v1::Run run);
  void Look(const std::string& run_id, v1::Run::State state);

  Session& session_;
  Client& client_;
  Interrupt& interrupt_;
  const FollowOptions options_;
  v1::Run last_;
  bool maybe_started_ = false;
  bool watch_ = false;
  bool held_ = false;  // on_held was called.
  int64_t sequence_ = 0;
  std::set<std::string> reported_;  // Rule ids that on_result has had.
  absl::Time give_up_ = absl::InfiniteFuture();
  absl::Duration pause_;
};

// Fills in the results that did not fit into `run`.
absl::Status FetchAllResults(Client& client, v1::Run& run);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_FOLLOW_H_
