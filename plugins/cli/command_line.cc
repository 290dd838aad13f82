// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/command_line.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "plugins/cli/failed_run.h"
#include "plugins/cli/io.h"
#include "plugins/cli/out_dir.h"
#include "plugins/cli/output.h"
#include "validator/base/issue.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

constexpr char kExitCodes[] =
    "Exit codes: 0 proceed, 1 FAIL (hold), 2 usage or a rule set that does not "
    "compile, 3 ERROR that may pass when tried again (also: server out of "
    "reach), 4 FAIL (roll back), 5 ERROR that will not pass, 130/143 "
    "interrupted after the run was cancelled.";

void AddServerOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("-s,--server", options.server,
                 "Address of assayd: HOST:PORT, https://HOST:PORT or "
                 "unix:/PATH")
      ->envname("ASSAY_SERVER")
      ->type_name("ADDRESS");
  app.add_option("--token-file", options.token_file,
                 "File with our token; else the variable ASSAY_TOKEN has it")
      ->envname("ASSAY_TOKEN_FILE")
      ->type_name("FILE");
  app.add_flag("--tls", options.tls,
               "Speak TLS, as with https:// before the address")
      ->envname("ASSAY_TLS");
  app.add_option("--tls-ca", options.tls_ca,
                 "CA of the server's certificate; default: the system's")
      ->envname("ASSAY_TLS_CA")
      ->type_name("FILE");
  app.add_option("--tls-cert", options.tls_cert, "Certificate of ours")
      ->envname("ASSAY_TLS_CERT")
      ->type_name("FILE");
  app.add_option("--tls-key", options.tls_key, "Key of our certificate")
      ->envname("ASSAY_TLS_KEY")
      ->type_name("FILE");
  app.add_flag("--insecure", options.insecure,
               "Send the token without encryption");
  app.add_option("--color", options.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WORD");
}

void AddEmbeddedOptions(CLI::App& command, GlobalOptions& options) {
  command.add_flag("--embedded", options.embedded,
                   "Start an assayd of our own for this command");
  command
      .add_option("--connection", options.connections,
                  "Connection of the embedded server (repeatable)")
      ->allow_extra_args(false)
      ->type_name("NAME=ODBC-STRING");
  command
      .add_option("--config", options.config,
                  "Configuration of the embedded server")
      ->type_name("FILE");
}

void AddFileCommands(CLI::App& app, CommandLine& line) {
  CLI::App* lint =
      app.add_subcommand("lint", "Find all mistakes of rule sets, offline");
  lint->add_option("files", line.lint.files, "Rule sets; - is standard input")
      ->required()
      ->type_name("FILE…");
  lint->add_option("-f,--format", line.lint.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("WORD");
  lint->add_flag("--strict", line.lint.strict, "Warnings are errors");

  CLI::App* explain = app.add_subcommand(
      "explain", "Show the plan and the SQL of a rule set; reads no data");
  explain->add_option("file", line.explain.file, "Rule set")
      ->required()
      ->type_name("FILE");
  explain->add_option("-p,--param", line.explain.params, "As in run")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  explain->add_option("--params-file", line.explain.params_file, "As in run")
      ->type_name("FILE");
  AddEmbeddedOptions(*explain, line.global);

  CLI::App* kinds =
      app.add_subcommand("kinds", "Show the rule kinds, or one of them");
  kinds->add_option("kind", line.kinds.kind, "Rule kind")->type_name("KIND");
  CLI::Option* markdown = kinds->add_flag("--markdown", line.kinds.markdown,
                                          "Documentation as Markdown");
  kinds
      ->add_flag("--schema", line.kinds.schema,
                 "JSON Schema of rule sets, for editors")
      ->excludes(markdown);
}

void AddRunListCommands(CLI::App& app, CommandLine& line) {
  CLI::App* runs = app.add_subcommand("runs", "List runs, newest first");
  runs->add_flag("--active", line.runs.active, "Only runs that go on");
  runs->add_option("--verdict", line.runs.verdict, "Only with this verdict")
      ->transform(
          CLI::IsMember({"pass", "warn", "fail", "error"}, CLI::ignore_case))
      ->type_name("WORD");
  runs->add_option("--rule-set", line.runs.rule_set, "Only of this rule set")
      ->type_name("NAME");
  runs->add_option("--migration", line.runs.migration, "Only of this migration")
      ->type_name("NAME");
  runs->add_option("-l,--label", line.runs.labels,
                   "Only with this label (repeatable)")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  runs->add_option("-n,--limit", line.runs.limit, "At most so many (20)")
      ->check(CLI::Range(1, 100000))
      ->type_name("N");
  runs->add_flag("-w,--wide", line.runs.wide,
                 "With scheduler, workflow, task and the other labels");
  runs->add_option("-f,--format", line.runs.format, "text, json or html")
      ->check(CLI::IsMember({"text", "json", "html"}))
      ->type_name("WORD");

  CLI::App* show = app.add_subcommand("show", "Show a run");
  show->add_option("run", line.show.run, "Run, or the beginning of its id")
      ->required()
      ->type_name("RUN");
  show->add_flag("-a,--all", line.show.all, "All results with samples and SQL");
  show->add_flag("--rule-set", line.show.rule_set,
                 "The text of the rule set that was run");
  show->add_option("-f,--format", line.show.format,
                   "text, json, junit, markdown or html")
      ->check(CLI::IsMember(
          std::set<std::string>(kReportFormats.begin(), kReportFormats.end())))
      ->type_name("WORD");
  show->add_option("-o,--output", line.show.output, "File for the report")
      ->type_name("FILE");
  show->add_option("--out-dir", line.show.out_dir, "As in run")
      ->type_name("DIR");

  CLI::App* differences = app.add_subcommand(
      "differences", "Print all differing keys of a rule as JSON lines");
  differences
      ->add_option("run", line.differences.run,
                   "Run, or the beginning of its id")
      ->required()
      ->type_name("RUN");
  differences->add_option("rule", line.differences.rule, "Id of the rule")
      ->required()
      ->type_name("RULE");
  differences
      ->add_option("-o,--out", line.differences.output,
                   "File for the keys; - is standard output")
      ->type_name("FILE");

  CLI::App* watch =
      app.add_subcommand("watch", "Follow a run to its end; exits as run does");
  watch->add_option("run", line.watch.run, "Run, or the beginning of its id")
      ->required()
      ->type_name("RUN");
  watch->add_option("--fail-on", line.watch.fail_on, "As in run")
      ->check(CLI::IsMember({"warn", "fail"}))
      ->type_name("WORD");
  watch->add_option("--wait-server", line.watch.wait_server, "As in run")
      ->type_name("TIME");
  watch
      ->add_option("-f,--format", line.watch.formats,
                   "As in run; html into a file is a page that follows the run")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(
          std::set<std::string>(kReportFormats.begin(), kReportFormats.end())))
      ->type_name("WORD");
  watch->add_option("-o,--output", line.watch.outputs, "As in run")
      ->allow_extra_args(false)
      ->type_name("FILE");
  watch->add_flag("-q,--quiet", line.watch.quiet, "No results as they come");

  CLI::App* cancel = app.add_subcommand("cancel", "Cancel a run");
  cancel->add_option("run", line.cancel.run, "Run, or the beginning of its id")
      ->required()
      ->type_name("RUN");
  cancel
      ->add_option("--request-id", line.cancel.request_id,
                   "Withdraw only the claim of this request")
      ->type_name("ID");
}

void AddInitCommand(CLI::App& app, CommandLine& line) {
  CLI::App* init = app.add_subcommand(
      "init", "Draft a rule set from the catalogs of two connections");
  init->add_option("--source", line.init.source,
                   "Connection that the data came from")
      ->required()
      ->type_name("NAME");
  init->add_option("--target", line.init.target, "Connection that it went to")
      ->required()
      ->type_name("NAME");
  init->add_option("--source-schema", line.init.source_schema,
                   "Only of this schema; * and ? match")
      ->type_name("NAME");
  init->add_option("--target-schema", line.init.target_schema,
                   "The same of the target")
      ->type_name("NAME");
  init->add_option("-t,--table", line.init.tables,
                   "Only this table, without schema; * and ? match "
                   "(repeatable)")
      ->allow_extra_args(false)
      ->type_name("NAME");
  init->add_option("-o,--out", line.init.output,
                   "File for the rule set; - is standard output")
      ->type_name("FILE");
  init->add_flag("--force", line.init.force, "Replace a file that exists");
  AddEmbeddedOptions(*init, line.global);
}

void AddOtherCommands(CLI::App& app, CommandLine& line) {
  CLI::App* connections = app.add_subcommand(
      "connections", "List the server's connections, or test them");
  connections->add_option("words", line.connections.words, "test NAME…")
      ->type_name("");
  CLI::Option* test =
      connections->add_option("--test", line.connections.test, "Test this one")
          ->type_name("NAME");
  connections
      ->add_flag("--test-all", line.connections.test_all, "Test all of them")
      ->excludes(test);
  connections
      ->add_option("-f,--format", line.connections.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("WORD");
  AddEmbeddedOptions(*connections, line.global);

  CLI::App* completion = app.add_subcommand(
      "completion", "Print the completion script of a shell");
  completion->add_option("shell", line.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("WORD");
}

int Dispatch(const CLI::App& app, const CommandLine& line) {
  const std::string name = app.get_subcommands().front()->get_name();
  if (name == "run") return RunCommand(line.global, line.run);
  if (name == "recheck") return RunCommand(line.global, line.recheck);
  if (name == "differences") {
    return DifferencesCommand(line.global, line.differences);
  }
  if (name == "lint") return LintCommand(line.global, line.lint);
  if (name == "explain") return ExplainCommand(line.global, line.explain);
  if (name == "kinds") return KindsCommand(line.kinds);
  if (name == "runs") return RunsCommand(line.global, line.runs);
  if (name == "show") return ShowCommand(line.global, line.show);
  if (name == "watch") return WatchCommand(line.global, line.watch);
  if (name == "cancel") return CancelCommand(line.global, line.cancel);
  if (name == "release") return ReleaseCommand(line.global, line.release);
  if (name == "init") return InitCommand(line.global, line.init);
  if (name == "connections") {
    return ConnectionsCommand(line.global, line.connections);
  }
  return CompletionCommand(line.shell);
}

// Options before the command that have a value.
constexpr const char* kWithValue[] = {"-s",           "--server", "--color",
                                      "--token-file", "--tls-ca", "--tls-cert",
                                      "--tls-key"};

// The first word that is no option, or "".
std::string FirstWord(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (std::find(std::begin(kWithValue), std::end(kWithValue), word) !=
        std::end(kWithValue)) {
      ++i;
    } else if (word.empty() || word[0] != '-' || word == "-") {
      return word;
    }
  }
  return "";
}

// What a beginner meant by a word that is no command; "" nothing special.
std::string UnknownCommand(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  if (word.empty() ||
      std::find(names.begin(), names.end(), word) != names.end()) {
    return "";
  }
  struct stat info {};
  if (stat(word.c_str(), &info) == 0 || word.find(".y") != std::string::npos) {
    return absl::StrCat("'", word,
                        "' is a file, not a command; run it with: "
                        "assay run ",
                        word);
  }
  const std::string near = NearestName(word, names);
  return absl::StrCat("there is no command '", word, "'",
                      near.empty()
                          ? "; assay --help lists them"
                          : absl::StrCat("; did you mean '", near, "'?"));
}

// The value of --out-dir in a line that does not parse.
std::string OutDirOf(const std::vector<std::string>& arguments) {
  constexpr char kOption[] = "--out-dir";
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == kOption && i + 1 < arguments.size()) {
      return arguments[i + 1];
    }
    if (arguments[i].rfind(absl::StrCat(kOption, "="), 0) == 0) {
      return arguments[i].substr(sizeof(kOption));
    }
  }
  return "";
}

// A gate whose command line is wrong holds, also for those who read files.
int UsageError(const std::vector<std::string>& arguments,
               const std::string& message) {
  Complain(message);
  const std::string command = FirstWord(arguments);
  OutDir out_dir(command == "run" || command == "recheck" ? OutDirOf(arguments)
                                                          : "");
  absl::Status status = out_dir.Prepare("");
  if (status.ok()) {
    status = out_dir.Finish(
        FailedRun("ARGUMENT_INVALID", message, /*retryable=*/false),
        report::kExitUsage);
  }
  if (!status.ok()) {
    Complain(absl::StrCat("--out-dir: ", std::string(status.message())));
  }
  return report::kExitUsage;
}

}  // namespace

std::unique_ptr<CLI::App> MakeParser(CommandLine& line) {
  line.global.server = "127.0.0.1:7433";
  auto app = std::make_unique<CLI::App>(
      "Assay: holds each step of a data migration until the data is right.",
      "assay");
  app->footer(kExitCodes);
  app->set_version_flag("--version", "assay " ASSAY_VERSION);
  app->require_subcommand(1);
  app->fallthrough();
  AddServerOptions(*app, line.global);
  CLI::App* run = app->add_subcommand(
      "run", "Run a rule set and wait for the verdict: the gate");
  AddRunOptions(*run, line.run);
  AddEmbeddedOptions(*run, line.global);
  run->footer(kExitCodes);
  CLI::App* recheck = app->add_subcommand(
      "recheck",
      "Look again at what failed in a run, after a repair; exits as run does");
  AddRecheckOptions(*recheck, line.recheck);
  recheck->footer(kExitCodes);
  AddInitCommand(*app, line);
  AddFileCommands(*app, line);
  AddRunListCommands(*app, line);
  AddReleaseCommand(*app, line.release);
  AddOtherCommands(*app, line);
  return app;
}

int Main(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == "__complete") {
    // The shells' scripts put "--" before what was typed.
    const bool typed = arguments.size() > 1 && arguments[1] == "--";
    Print(typed ? Complete({arguments.begin() + 2, arguments.end()})
                : CompleteRuns())
        .IgnoreError();
    return report::kExitProceed;
  }
  CommandLine line;
  const std::unique_ptr<CLI::App> app = MakeParser(line);
  const std::string unknown = UnknownCommand(*app, FirstWord(arguments));
  if (!unknown.empty()) return UsageError(arguments, unknown);
  if (arguments.empty()) {
    PrintError(app->help());
    return report::kExitUsage;
  }
  // CLI11 wants them reversed.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app->parse(reversed);
  } catch (const CLI::CallForHelp&) {
    Print(app->help()).IgnoreError();
    return report::kExitProceed;
  } catch (const CLI::CallForVersion& version) {
    Print(absl::StrCat(std::string(version.what()), "\n")).IgnoreError();
    return report::kExitProceed;
  } catch (const CLI::ParseError& error) {
    const std::string command = FirstWord(arguments);
    return UsageError(arguments,
                      absl::StrCat(std::string(error.what()), "\n  assay ",
                                   command, command.empty() ? "" : " ",
                                   "--help shows what is possible."));
  }
  return Dispatch(*app, line);
}

}  // namespace assay::cli
