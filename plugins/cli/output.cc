// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/output.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "plugins/cli/io.h"
#include "validator/report/html_report.h"
#include "validator/report/json_report.h"
#include "validator/report/junit_report.h"
#include "validator/report/markdown_report.h"
#include "validator/report/text_report.h"

namespace assay::cli {

absl::StatusOr<std::vector<Output>> PairOutputs(
    const std::vector<std::string>& formats,
    const std::vector<std::string>& files) {
  std::vector<Output> out(std::max<size_t>(formats.size(), 1));
  if (files.size() > out.size()) {
    return absl::InvalidArgumentError(
        "more --output than --format: give each file its format, e.g. "
        "--format json --output report.json");
  }
  size_t to_stdout = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i < formats.size()) out[i].format = formats[i];
    if (i < files.size()) out[i].file = files[i];
    if (out[i].file == "-") ++to_stdout;
  }
  if (to_stdout > 1) {
    return absl::InvalidArgumentError(
        "only one --format can go to standard output; give the others an "
        "--output FILE, in the same order");
  }
  return out;
}

bool WantHtml(const std::vector<Output>& outputs) {
  return std::any_of(outputs.begin(), outputs.end(), [](const Output& output) {
    return output.format == "html";
  });
}

std::string HtmlFile(const v1::Run& run, const RenderOptions& render) {
  report::HtmlOptions options;
  options.now = absl::Now();
  options.commands = render.commands;
  return report::HtmlRunPage(run, render.history, options);
}

absl::Status WriteOutputs(const std::vector<Output>& outputs,
                          const v1::Run& run, const RenderOptions& options) {
  absl::Status status;
  bool said = false;
  const auto text = [&](bool color) {
    report::TextOptions text_options;
    text_options.color = color;
    text_options.verbose = options.verbose;
    text_options.more_command = options.more_command;
    text_options.commands = options.commands;
    return report::TextReport(run, text_options);
  };
  for (const Output& output : outputs) {
    const bool to_stdout = output.file == "-";
    said = said || to_stdout;
    std::string content;
    if (output.format == "json") {
      content = report::JsonReport(run);
    } else if (output.format == "junit") {
      content = report::JunitReport(run);
    } else if (output.format == "markdown") {
      content = report::MarkdownReport(run);
    } else if (output.format == "html") {
      content = HtmlFile(run, options);
    } else if (!to_stdout) {
      content = text(/*color=*/false);
    } else if (!options.quiet && !run.run_id().empty()) {
      content = text(WantColor(options.color, STDOUT_FILENO));
    }
    const absl::Status written =
        to_stdout ? Print(content) : WriteFileAtomically(output.file, content);
    // The other outputs are written all the same.
    status.Update(written);
  }
  // All reports went to files: people still get their answer.
  if (!said && !options.quiet && !run.run_id().empty()) {
    status.Update(Print(text(WantColor(options.color, STDOUT_FILENO))));
  }
  return status;
}

}  // namespace assay::cli
