// SPDX-License-Identifier: Apache-2.0
// `--format` and `--output`: which report goes where.
#ifndef ASSAY_PLUGINS_CLI_OUTPUT_H_
#define ASSAY_PLUGINS_CLI_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assay/v1/run.pb.h"
#include "plugins/cli/commands.h"

namespace assay::cli {

struct Output {
  std::string format = "text";  // "text", "json", "junit", "markdown"
  std::string file = "-";       // "-": standard output.
};

// Pairs the i-th format with the i-th file. A format without a file goes to
// standard output, where only one may go; no format at all is text.
absl::StatusOr<std::vector<Output>> PairOutputs(
    const std::vector<std::string>& formats,
    const std::vector<std::string>& files);

struct RenderOptions {
  std::string color = "auto";
  bool verbose = false;
  bool quiet = false;        // No text on standard output.
  std::string more_command;  // See report::TextOptions.
  bool commands = false;     // Likewise.
};

// Renders and writes. Text about a run that never was (no run_id) is left out:
// its error has been said on standard error.
absl::Status WriteOutputs(const std::vector<Output>& outputs,
                          const v1::Run& run, const RenderOptions& options);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_OUTPUT_H_
