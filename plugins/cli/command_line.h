// SPDX-License-Identifier: Apache-2.0
// What the user typed → one of the commands. The only room that sees CLI11.
#ifndef ASSAY_PLUGINS_CLI_COMMAND_LINE_H_
#define ASSAY_PLUGINS_CLI_COMMAND_LINE_H_

#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "plugins/cli/commands.h"

namespace assay::cli {

// Everything that the command line can say.
struct CommandLine {
  GlobalOptions global;
  RunOptions run;
  RunOptions recheck;
  DifferencesOptions differences;
  LintOptions lint;
  ExplainOptions explain;
  KindsOptions kinds;
  RunsOptions runs;
  ShowOptions show;
  WatchOptions watch;
  CancelOptions cancel;
  ReleaseOptions release;
  InitOptions init;
  ConnectionsOptions connections;
  std::string shell;
};

// Builds the parser; it writes into `line`, which must outlive it.
std::unique_ptr<CLI::App> MakeParser(CommandLine& line);

// The options of `run`, which are many, and those that `recheck` has too.
void AddRunOptions(CLI::App& command, RunOptions& options);
void AddRecheckOptions(CLI::App& command, RunOptions& options);
void AddReleaseCommand(CLI::App& app, ReleaseOptions& options);

// Parses and executes. `arguments` are without the program's name.
int Main(const std::vector<std::string>& arguments);

// The candidates for the last of `words`, one a line ("candidate\tdescription",
// or ":files"); words before it are complete.
std::string Complete(const std::vector<std::string>& words);

// The ids of the newest runs: `assay __complete runs`, for scripts.
std::string CompleteRuns();

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_COMMAND_LINE_H_
