// SPDX-License-Identifier: Apache-2.0
// The state directory beside the run store: what runs leave in files
// (base/state_paths.h has their places), read, and removed in time.
#ifndef ASSAY_VALIDATOR_RUNS_SCRATCH_H_
#define ASSAY_VALIDATOR_RUNS_SCRATCH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/base/state_paths.h"

namespace assay::runs {

// The directory, locked while it lives: against all other servers, whose files
// the removals below would take for leavings; or, where it belongs to a store
// that servers share, against those of other stores. Immutable; thread-safe for
// different runs. Trouble with removing is logged: a file too many harms
// nobody.
//
// Where the store is shared, an execution has a folder of its own,
//
//   <path>/runs/<run id>.<epoch>/    with scratch/ and differences/ in it,
//
// so that a server that was paused, and lost the run, writes into no file that
// its successor reads; and lists of differences stay in the store.
class StateDirectory {
 public:
  // Makes `path`, readable by its owner alone. kStoreFailed where it cannot be
  // made or another process holds it. An empty path: there is none, and nothing
  // is ever removed.
  static absl::StatusOr<std::unique_ptr<StateDirectory>> Open(
      const std::string& path);
  // The same for servers that share the store of this id.
  static absl::StatusOr<std::unique_ptr<StateDirectory>> OpenShared(
      const std::string& path, const std::string& store_id);
  ~StateDirectory();
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  // Empty: none.
  const std::string& path() const { return path_; }

  // What the engine is given for an execution; empty: none.
  std::string OfExecution(const std::string& run_id, int64_t epoch) const;
  // Where the run's checkpoints are that an execution in `epoch` would go on
  // from; empty: there are none here.
  std::string Checkpoints(const std::string& run_id, int64_t epoch) const;
  // Copies these checkpoints to where that execution looks for them, if they
  // are not there already; whoever wrote them may still be writing.
  void Adopt(const std::string& run_id, int64_t epoch) const;

  // All of the run's scratch; of a shared store's, that up to `epoch`.
  void RemoveScratch(const std::string& run_id, int64_t epoch) const;
  void RemoveDifferences(const std::string& run_id) const;

  // What a killed server left: scratch of all runs but those for which
  // `is_active` is true, differences of runs for which `is_known` is not.
  void RemoveLeavings(
      const std::function<bool(const std::string&)>& is_active,
      const std::function<bool(const std::string&)>& is_known) const;

 private:
  enum class Use { kAlone, kShared };
  StateDirectory(std::string path, int lock_fd, Use use)
      : path_(std::move(path)), lock_fd_(lock_fd), use_(use) {}
  static absl::StatusOr<std::unique_ptr<StateDirectory>> OpenFor(
      const std::string& path, Use use);

  const std::string path_;
  const int lock_fd_;  // -1: none.
  const Use use_;
};

// Some lines of a differences file.
struct LinePage {
  std::vector<std::string> lines;  // Without their line breaks.
  int64_t next = -1;               // Offset of the next line; -1: the end.
};

// Lines of `path` from byte `offset`, which must be the begin of a line: at
// most `limit`, and no more after `max_bytes` of them (but always one).
// kDifferencesNotFound where there is no such file, kPageTokenInvalid where
// `offset` is no begin of a line, kStoreFailed where it cannot be read. A last
// line without line break was never finished, and is left out.
absl::StatusOr<LinePage> ReadLines(const std::string& path, int64_t offset,
                                   int limit, size_t max_bytes);

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_SCRATCH_H_
