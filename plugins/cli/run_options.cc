// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>

#include "plugins/cli/command_line.h"
#include "plugins/cli/output.h"

namespace assay::cli {
namespace {

// Else `--param a=1 rules.yaml` would swallow the file.
CLI::Option* EachTakesOne(CLI::Option* option) {
  return option->allow_extra_args(false);
}

// An unset variable of a script must not become a new id at each call.
CLI::Validator NotEmpty() {
  return CLI::Validator(
      [](std::string& text) {
        return std::string(text.empty() ? "the value is empty" : "");
      },
      "");
}

// Waiting, judging and reporting: the same for every run.
void AddGateOptions(CLI::App& command, RunOptions& options) {
  command
      .add_option("--fail-on", options.fail_on,
                  "What holds the migration: fail, or warn as well")
      ->check(CLI::IsMember({"warn", "fail"}))
      ->type_name("WORD");
  EachTakesOne(command.add_option("-f,--format", options.formats,
                                  "text, json, junit, markdown or html; "
                                  "repeat it with --output for several"))
      ->check(CLI::IsMember(
          std::set<std::string>(kReportFormats.begin(), kReportFormats.end())))
      ->type_name("WORD");
  EachTakesOne(command.add_option("-o,--output", options.outputs,
                                  "File of the --format in the same place "
                                  "of the order; - is standard output"))
      ->type_name("FILE");
  command
      .add_option("--out-dir", options.out_dir,
                  "Folder for one file per field (decision, verdict, …); "
                  "decision is HOLD unless the run says better")
      ->type_name("DIR");
  command.add_flag("--verdict-as-data", options.verdict_as_data,
                   "Exit 0 whenever the data was judged");
  command.add_flag("--detach", options.detach,
                   "Start the run, print its id, do not wait");
  command
      .add_option("--request-id", options.request_id,
                  "The same id gives the same run (default: a new one)")
      ->check(NotEmpty())
      ->type_name("ID");
  command
      .add_option("--correlation-id", options.correlation_id,
                  "Names the logical attempt; finds an orphaned run again")
      ->type_name("ID");
  command
      .add_option("--attach", options.attach,
                  "When to attach to a run with this correlation id")
      ->check(CLI::IsMember({"orphaned", "always", "never"}))
      ->type_name("WORD");
  EachTakesOne(command.add_option("-l,--label", options.labels,
                                  "Label of the run (repeatable)"))
      ->type_name("NAME=VALUE");
  command
      .add_option("--timeout", options.timeout,
                  "Time of the whole run, e.g. 2h")
      ->type_name("TIME");
  command
      .add_option("--lease", options.lease,
                  "How long the run goes on when nobody waits for it")
      ->type_name("TIME");
  command
      .add_option("--on-hold", options.on_hold,
                  "What a FAIL does: fail, or wait for `assay release`")
      ->check(CLI::IsMember({"fail", "wait"}))
      ->type_name("WORD");
  command
      .add_option("--hold-timeout", options.hold_timeout,
                  "How long to wait for a release, e.g. 2h (24h)")
      ->type_name("TIME");
  command
      .add_option("--wait-server", options.wait_server,
                  "How long to keep trying to reach the server (30s)")
      ->type_name("TIME");
  command.add_flag("-q,--quiet", options.quiet,
                   "No report, no progress; errors only");
  command.add_flag("-v,--verbose", options.verbose,
                   "All results with samples and SQL");
}

}  // namespace

void AddRunOptions(CLI::App& command, RunOptions& options) {
  command.add_option("file", options.file, "Rule set; - is standard input")
      ->required()
      ->type_name("FILE");
  EachTakesOne(command.add_option("-p,--param", options.params,
                                  "Value of a parameter (repeatable)"))
      ->type_name("NAME=VALUE");
  command
      .add_option("--params-file", options.params_file,
                  "Parameters as JSON object or lines NAME: VALUE")
      ->type_name("FILE");
  AddGateOptions(command, options);
  command.add_flag("--no-lint", options.no_lint,
                   "Leave linting to a server that is newer than this program");
}

void AddRecheckOptions(CLI::App& command, RunOptions& options) {
  command.add_option("run", options.recheck, "Run, or the beginning of its id")
      ->required()
      ->type_name("RUN");
  AddGateOptions(command, options);
}

void AddReleaseCommand(CLI::App& app, ReleaseOptions& options) {
  CLI::App* release = app.add_subcommand(
      "release", "Let a migration go on although a run says HOLD");
  release->add_option("run", options.run, "Run, or the beginning of its id")
      ->required()
      ->type_name("RUN");
  release
      ->add_option("-m,--reason", options.reason,
                   "Why it may go on, for those who ask later")
      ->required()
      ->type_name("TEXT");
  release
      ->add_option("--rule", options.rules,
                   "Accept this rule's failure, and release only if no other "
                   "holds the run (repeatable)")
      ->allow_extra_args(false)
      ->type_name("RULE");
  release
      ->add_option("--user", options.user,
                   "Who decides (default: the user of this process)")
      ->type_name("NAME");
  release
      ->add_option("--request-id", options.request_id,
                   "The same id releases once (default: a new one)")
      ->type_name("ID");
  release->add_option("--wait-server", options.wait_server, "As in run")
      ->type_name("TIME");
}

}  // namespace assay::cli
