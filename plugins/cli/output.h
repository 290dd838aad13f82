// SPDX-License-Identifier: Apache-2.0
// `--format` and `--output`: which report goes where.
#ifndef ASSAY_PLUGINS_CLI_OUTPUT_H_
#define ASSAY_PLUGINS_CLI_OUTPUT_H_

#include <array>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assay/v1/run.pb.h"
#include "plugins/cli/commands.h"

namespace assay::cli {

// What --format may say about a run.
inline constexpr std::array<const char*, 5> kReportFormats = {
    "text", "json", "junit", "markdown", "html"};

struct Output {
  std::string format = "text";  // One of kReportFormats.
  std::string file = "-";       // "-": standard output.
};

// Pairs the i-th format with the i-th file. A format without a file goes to
// standard output, where only one may go; no format at all is text.
absl::StatusOr<std::vector<Output>> PairOutputs(
    const std::vector<std::string>& formats,
    const std::vector<std::string>& files);

// Whether one of them is a page.
bool WantHtml(const std::vector<Output>& outputs);

struct RenderOptions {
  std::string color = "auto";
  bool verbose = false;
  bool quiet = false;        // No text on standard output.
  std::string more_command;  // See report::TextOptions.
  bool commands = false;     // Likewise.
  // Of the same rule set, for the chart of a page.
  std::vector<v1::Run> history;
};

// `run` as a page that is a file of its own.
std::string HtmlFile(const v1::Run& run, const RenderOptions& render);

// Renders and writes. Text about a run that never was (no run_id) is left out:
// its error has been said on standard error.
absl::Status WriteOutputs(const std::vector<Output>& outputs,
                          const v1::Run& run, const RenderOptions& options);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_OUTPUT_H_
