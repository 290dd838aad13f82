// SPDX-License-Identifier: Apache-2.0
// Waiting, on this server, for runs that other servers execute.
//
// One thread asks the store for all of them at once: often while something
// happens, else about once a second.
#ifndef ASSAY_VALIDATOR_RUNS_RUN_WATCHES_H_
#define ASSAY_VALIDATOR_RUNS_RUN_WATCHES_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/runs/notifier.h"
#include "validator/runs/run.h"
#include "validator/runs/store.h"

namespace assay::runs {

// Thread-safe.
class RunWatches {
 public:
  struct Seams {
    std::function<absl::StatusOr<std::vector<RunPulse>>(
        const std::vector<std::string>& run_ids)>
        pulses;
    // Tells the owner that somebody waits for the run.
    std::function<absl::Status(const std::string& run_id, absl::Duration lease)>
        touch;
    // Whether the run is this server's, which needs no asking; its lease is
    // renewed then.
    std::function<bool(const std::string& run_id)> tend;
  };

  // `notifier` and `wakers` are borrowed. Nothing of `seams` is called under a
  // lock.
  RunWatches(Seams seams, Notifier* notifier, WakerBook* wakers);
  ~RunWatches();
  RunWatches(const RunWatches&) = delete;
  RunWatches& operator=(const RunWatches&) = delete;

  // Somebody waits for the run while this lives. Must not outlive the watches.
  class Hold {
   public:
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    friend class RunWatches;
    Hold(RunWatches* watches, std::string run_id)
        : watches_(watches), run_id_(std::move(run_id)) {}
    RunWatches* const watches_;
    const std::string run_id_;
  };
  // `run` as the caller knows it: changes since then are told.
  std::unique_ptr<Hold> Watch(const Run& run);

 private:
  struct Entry {
    int holders = 0;
    bool ended = false;
    std::optional<RunPulse> seen;
    absl::Duration lease;
    std::shared_ptr<WakerSet> wakers;
    absl::Time changed;   // When something last happened.
    absl::Time due;       // When it is looked at next.
    absl::Time touch_at;  // When its owner is to be told next.
  };
  struct Round {
    std::vector<std::string> look;
    std::vector<std::pair<std::string, absl::Duration>> touch;
  };

  void Work();
  Round NextRound(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Look(const std::vector<std::string>& run_ids);
  absl::Time NextDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Seams seams_;
  Notifier* const notifier_;
  WakerBook* const wakers_;
  absl::Mutex mu_;
  absl::CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_RUN_WATCHES_H_
