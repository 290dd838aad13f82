// SPDX-License-Identifier: Apache-2.0
// This server among those that share a run store.
#ifndef ASSAY_VALIDATOR_RUNS_MEMBERSHIP_H_
#define ASSAY_VALIDATOR_RUNS_MEMBERSHIP_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/base/clock.h"
#include "validator/runs/store.h"

namespace assay::runs {

enum class Standing {
  kMember,    // Nobody has taken our runs.
  kUnsure,    // The store was not reached for so long that others may have.
  kExpelled,  // We were taken for dead; our runs are anybody's.
};

// Thread-safe; Beat and Join are called by one thread at a time.
class Membership {
 public:
  // All pointers are borrowed. `name` is for people.
  Membership(Store* store, const Clock* clock, std::string name,
             absl::Duration takeover_after);

  // Becomes a member under a new id.
  absl::Status Join();
  // Tells the store that we are alive. A failure is no news yet.
  void Beat();
  // Gives all runs up, so that others take them at once. Nothing is to be
  // written afterwards.
  void Leave();

  Standing standing() const;
  std::string server_id() const;
  // How often Beat is to be called.
  absl::Duration interval() const;

 private:
  Store* const store_;
  const Clock* const clock_;
  const std::string name_;
  const absl::Duration takeover_after_;

  mutable absl::Mutex mu_;
  std::string server_id_ ABSL_GUARDED_BY(mu_);
  bool expelled_ ABSL_GUARDED_BY(mu_) = false;
  bool reachable_ ABSL_GUARDED_BY(mu_) = true;
  bool left_ ABSL_GUARDED_BY(mu_) = false;
  absl::Duration sure_until_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
};

// "host:1234" of this process.
std::string ServerName();

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_MEMBERSHIP_H_
