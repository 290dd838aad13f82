// SPDX-License-Identifier: Apache-2.0
// Where a run leaves files: the state directory beside the run store.
//
//   <state directory>/differences/<run id>/<rule id>.jsonl   kept with the run
//   <state directory>/scratch/<run id>/                      while it executes
//
// Path functions are pure; the others touch only these two folders. Thread-safe
// for different runs. An empty state directory: there is none, nothing is
// written or removed.
#ifndef ASSAY_VALIDATOR_RUNS_SCRATCH_H_
#define ASSAY_VALIDATOR_RUNS_SCRATCH_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace assay::runs {

// `name` with every byte outside [A-Za-z0-9._-] as %XX; "." and ".." likewise,
// so that no name leaves its folder.
std::string FileName(const std::string& name);

// The file with every difference of a rule, one JSON object a line.
std::string DifferencesPath(const std::string& directory,
                            const std::string& run_id,
                            const std::string& rule_id);

// The folder for whatever a run needs on disk until it is terminal.
std::string ScratchDirectory(const std::string& directory,
                             const std::string& run_id);

// Makes the state directory, readable by its owner alone. kStoreFailed.
absl::Status MakeStateDirectory(const std::string& directory);

// Removes a run's scratch; its differences as well. Trouble is logged: a file
// too many harms nobody.
void RemoveScratch(const std::string& directory, const std::string& run_id);
void RemoveDifferences(const std::string& directory, const std::string& run_id);

// Removes scratch of all runs but `active`: what a killed server left.
void RemoveStaleScratch(const std::string& directory,
                        const std::set<std::string>& active);

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
