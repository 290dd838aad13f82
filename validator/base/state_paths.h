// SPDX-License-Identifier: Apache-2.0
// Where a run leaves files, under the server's state directory:
//
//   <state directory>/differences/<run id>/<rule id>.jsonl   kept with the run
//   <state directory>/scratch/<run id>/                      while it executes
//
// Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_BASE_STATE_PATHS_H_
#define ASSAY_VALIDATOR_BASE_STATE_PATHS_H_

#include <string>

namespace assay {

// `name` with every byte outside [A-Za-z0-9._-] as %XX; "." and ".." likewise,
// so that no name leaves its folder. A long name is cut, and a hash of it
// added.
std::string FileName(const std::string& name);

// The file with every difference of a rule, one JSON object a line.
std::string DifferencesPath(const std::string& directory,
                            const std::string& run_id,
                            const std::string& rule_id);

// The folder for whatever a run needs on disk until it is terminal.
std::string ScratchDirectory(const std::string& directory,
                             const std::string& run_id);

// The folders of one run: kind is "differences" or "scratch".
std::string RunFolder(const std::string& directory, const char* kind,
                      const std::string& run_id);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_STATE_PATHS_H_
