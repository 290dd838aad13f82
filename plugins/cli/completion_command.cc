// SPDX-License-Identifier: Apache-2.0
// Shell completion. The scripts only ask the program itself, so that they know
// every command and option that it has, and never drift from it.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "plugins/cli/client.h"
#include "plugins/cli/command_line.h"
#include "plugins/cli/io.h"
#include "plugins/cli/output.h"
#include "rules/kinds/kinds.h"
#include "validator/report/display.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

constexpr char kFiles[] = ":files\n";
// Who presses Tab does not wait for a server that is not there.
constexpr absl::Duration kRunsDeadline = absl::Milliseconds(500);

constexpr char kBash[] = R"(# bash completion for assay:
#   source <(assay completion bash)
_assay() {
  local IFS=$'\n' cur="${COMP_WORDS[COMP_CWORD]}" line
  COMPREPLY=()
  for line in $("${COMP_WORDS[0]}" __complete -- \
      "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY+=($(compgen -f -- "$cur"))
    else
      line="${line%%$'\t'*}"
      [[ $line == "$cur"* ]] && COMPREPLY+=("$line")
    fi
  done
}
complete -F _assay assay
)";

constexpr char kZsh[] = R"(#compdef assay
# zsh completion for assay: put this into a folder of $fpath as _assay, or
#   source <(assay completion zsh)
_assay() {
  local line
  local -a described
  for line in "${(@f)$("${words[1]}" __complete -- \
      "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == ':files' ]]; then
      _files
    elif [[ $line == *$'\t'* ]]; then
      described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    elif [[ -n $line ]]; then
      described+=("${line//:/\\:}")
    fi
  done
  (( $#described )) && _describe assay described
}
if [[ $funcstack[1] == _assay ]]; then
  _assay "$@"
else
  compdef _assay assay
fi
)";

constexpr char kFish[] = R"(# fish completion for assay:
#   assay completion fish | source
function __assay_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c assay -f -a '(__assay_complete)'
)";

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

bool TakesValue(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

// The option of `command`, or of the program, that `word` names.
const CLI::Option* FindOption(const CLI::App& app, const CLI::App* command,
                              const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return nullptr;
  const CLI::Option* option =
      command == nullptr ? nullptr : command->get_option_no_throw(word);
  return option != nullptr ? option : app.get_option_no_throw(word);
}

const CLI::App* FindCommand(const CLI::App& app, const std::string& word) {
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() == word) return command;
  }
  return nullptr;
}

std::string OptionNames(const CLI::App& app, const CLI::App* command) {
  std::string out;
  const auto add = [&out](const CLI::App& owner) {
    for (const CLI::Option* option : owner.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        absl::StrAppend(&out, "--", name, "\t",
                        OneLine(option->get_description()), "\n");
      }
    }
  };
  if (command != nullptr) add(*command);
  add(app);
  return out;
}

absl::StatusOr<ClientOptions> OptionsFor(const std::string& server) {
  GlobalOptions options = EnvironmentOptions();
  options.server = server;
  return ReadClientOptions(options);
}

std::string Runs(const std::string& server) {
  absl::StatusOr<ClientOptions> options = OptionsFor(server);
  if (!options.ok()) return "";
  Client client(*std::move(options));
  v1::ListRunsRequest request;
  request.set_page_size(50);
  absl::StatusOr<v1::ListRunsResponse> response =
      client.ListRuns(request, kRunsDeadline);
  if (!response.ok()) return "";
  std::string out;
  for (const v1::Run& run : response->runs()) {
    absl::StrAppend(&out, report::Escape(run.run_id()), "\t",
                    report::Escape(run.rule_set_name()), " ",
                    std::string(report::StateWord(run.state())), "\n");
  }
  return out;
}

std::string Kinds() {
  std::string out;
  for (const KindSpec* spec : AllKindSpecs()) {
    absl::StrAppend(&out, spec->name, "\t", OneLine(spec->summary), "\n");
  }
  return out;
}

std::string Connections(const std::string& server) {
  absl::StatusOr<ClientOptions> options = OptionsFor(server);
  if (!options.ok()) return "";
  Client client(*std::move(options));
  absl::StatusOr<v1::ListConnectionsResponse> response =
      client.ListConnections(kRunsDeadline);
  if (!response.ok()) return "";
  std::string out;
  for (const v1::Connection& connection : response->connections()) {
    absl::StrAppend(&out, report::Escape(connection.name()), "\t",
                    report::Escape(connection.dialect()), "\n");
  }
  return out;
}

std::string OptionValues(const std::string& command, const std::string& option,
                         const std::string& server) {
  if (command == "init" && (option == "--source" || option == "--target")) {
    return Connections(server);
  }
  if (option == "--format") {
    if (command == "run" || command == "recheck" || command == "show" ||
        command == "watch") {
      std::string out;
      for (const char* format : kReportFormats) {
        absl::StrAppend(&out, format, "\n");
      }
      return out;
    }
    return command == "runs" ? "text\njson\nhtml\n" : "text\njson\n";
  }
  if (option == "--color") return "auto\nalways\nnever\n";
  if (option == "--fail-on") return "fail\nwarn\n";
  if (option == "--on-hold") return "fail\nwait\n";
  if (option == "--attach") return "orphaned\nalways\nnever\n";
  if (option == "--verdict") return "pass\nwarn\nfail\nerror\n";
  if (option == "--config" || option == "--params-file" ||
      option == "--output" || option == "--out-dir" || option == "--out") {
    return kFiles;
  }
  return "";
}

// The rules of a run that have differing keys.
std::string RulesThatDiffer(const std::string& server, const std::string& run) {
  absl::StatusOr<ClientOptions> options = OptionsFor(server);
  if (!options.ok()) return "";
  Client client(*std::move(options));
  v1::GetRunRequest request;
  request.set_run_id(run);
  request.set_view(v1::RUN_VIEW_FULL);
  absl::StatusOr<v1::Run> response = client.GetRun(request, kRunsDeadline);
  if (!response.ok()) return "";
  std::string out;
  for (const v1::RuleResult& result : response->results()) {
    if (result.differences_count() == 0) continue;
    absl::StrAppend(&out, report::Escape(result.rule_id()), "\t",
                    report::Count(result.differences_count()), " keys\n");
  }
  return out;
}

// `before` are the arguments that stand already.
std::string Arguments(const std::string& command, const std::string& server,
                      const std::vector<std::string>& before) {
  if (command == "kinds") return Kinds();
  if (command == "differences" && before.size() == 1) {
    return RulesThatDiffer(server, before[0]);
  }
  if (command == "show" || command == "watch" || command == "cancel" ||
      command == "release" || command == "recheck" ||
      (command == "differences" && before.empty())) {
    return Runs(server);
  }
  if (command == "run" || command == "lint" || command == "explain") {
    return kFiles;
  }
  if (command == "completion") return "bash\nzsh\nfish\n";
  if (command == "connections") return "test\tConnect and report\n";
  return "";
}

}  // namespace

std::string CompleteRuns() {
  CommandLine line;
  MakeParser(line);
  const std::string server = Environment("ASSAY_SERVER");
  return Runs(server.empty() ? line.global.server : server);
}

std::string Complete(const std::vector<std::string>& words) {
  CommandLine line;
  const std::unique_ptr<CLI::App> app = MakeParser(line);
  std::string server = Environment("ASSAY_SERVER");
  if (server.empty()) server = line.global.server;
  const CLI::App* command = nullptr;
  const CLI::Option* awaits = nullptr;
  std::vector<std::string> before;
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (awaits != nullptr) {
      if (awaits->get_name() == "--server") server = words[i];
      awaits = nullptr;
      continue;
    }
    const CLI::Option* option = FindOption(*app, command, words[i]);
    if (option != nullptr && TakesValue(*option)) {
      awaits = option;
    } else if (!words[i].empty() && words[i][0] != '-') {
      if (command == nullptr) {
        command = FindCommand(*app, words[i]);
      } else {
        before.push_back(words[i]);
      }
    }
  }
  const std::string name = command == nullptr ? "" : command->get_name();
  if (awaits != nullptr) {
    std::string option;
    if (!awaits->get_lnames().empty()) {
      option = absl::StrCat("--", awaits->get_lnames().front());
    }
    return OptionValues(name, option, server);
  }
  const std::string partial = words.empty() ? "" : words.back();
  if (!partial.empty() && partial[0] == '-') {
    return OptionNames(*app, command);
  }
  if (command != nullptr) return Arguments(name, server, before);
  std::string out;
  for (const CLI::App* sub : app->get_subcommands({})) {
    absl::StrAppend(&out, sub->get_name(), "\t",
                    OneLine(sub->get_description()), "\n");
  }
  return out;
}

int CompletionCommand(const std::string& shell) {
  const absl::Status status = Print(shell == "bash"  ? kBash
                                    : shell == "zsh" ? kZsh
                                                     : kFish);
  return status.ok() ? report::kExitProceed : report::kExitUsage;
}

}  // namespace assay::cli
