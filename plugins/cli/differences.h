// SPDX-License-Identifier: Apache-2.0
// All differing keys of comparisons, as JSONL files.
//
// Stateless. Files are replaced as a whole; nothing is held in memory but a
// page of about 2 MiB.
#ifndef ASSAY_PLUGINS_CLI_DIFFERENCES_H_
#define ASSAY_PLUGINS_CLI_DIFFERENCES_H_

#include <string>

#include "absl/status/status.h"
#include "assay/v1/run.pb.h"
#include "plugins/cli/client.h"

namespace assay::cli {

// Writes the keys of one rule to `path`; "-": standard output, until its reader
// has gone.
absl::Status WriteDifferences(Client& client, const std::string& run_id,
                              const std::string& rule_id,
                              const std::string& path);

// Writes the keys of every rule of `run` that has some, to
// `folder`/<rule id>.jsonl with the id as in base/state_paths.h. Goes on after
// an error; returns the first.
absl::Status WriteAllDifferences(Client& client, const v1::Run& run,
                                 const std::string& folder);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_DIFFERENCES_H_
