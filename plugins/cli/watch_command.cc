// SPDX-License-Identifier: Apache-2.0
// `assay watch` and `assay cancel`.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "plugins/cli/commands.h"
#include "plugins/cli/failed_run.h"
#include "plugins/cli/follow.h"
#include "plugins/cli/history.h"
#include "plugins/cli/interrupt.h"
#include "plugins/cli/io.h"
#include "plugins/cli/live_page.h"
#include "plugins/cli/output.h"
#include "plugins/cli/progress_line.h"
#include "plugins/cli/rule_set_file.h"
#include "plugins/cli/session.h"
#include "validator/base/status.h"
#include "validator/report/outcome.h"
#include "validator/report/text_report.h"

namespace assay::cli {
namespace {

// The run that `prefix` names, in view BASIC.
absl::StatusOr<v1::Run> Resolve(Session& session, const std::string& prefix) {
  v1::GetRunRequest request;
  request.set_run_id(prefix);
  request.set_view(v1::RUN_VIEW_BASIC);
  absl::StatusOr<v1::Run> run = session.client().GetRun(request);
  if (!run.ok()) return session.Explain(run.status());
  if (run->run_id().empty()) {
    return absl::InternalError("the server sent a run without an id");
  }
  return run;
}

// Whether standard output is for people, who want results as they come.
bool IsTextOnStdout(const std::vector<Output>& outputs) {
  return std::all_of(outputs.begin(), outputs.end(), [](const Output& output) {
    return output.file != "-" || output.format == "text";
  });
}

}  // namespace

int WatchCommand(const GlobalOptions& global, const WatchOptions& options) {
  absl::StatusOr<absl::Duration> wait_server =
      ParseDuration(options.wait_server, "--wait-server");
  if (!wait_server.ok()) return Fail(wait_server.status());
  absl::StatusOr<std::vector<Output>> outputs =
      PairOutputs(options.formats, options.outputs);
  if (!outputs.ok()) return Fail(outputs.status());
  Interrupt& interrupt = Interrupt::Install();
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  ProgressLine line(!options.quiet && CanRedraw(STDERR_FILENO));
  const bool color = WantColor(global.color, STDOUT_FILENO);
  FollowOptions follow;
  follow.wait_server = *wait_server;
  LivePage live(*outputs);
  follow.on_progress = [&](v1::Run::State state, const v1::Progress& progress) {
    line.Draw(ProgressText(state, progress));
    live.OnProgress(state, progress);
  };
  const bool say = !options.quiet && IsTextOnStdout(*outputs);
  follow.on_result = [&](const v1::RuleResult& result) {
    live.OnResult(result);
    if (!say) return;
    line.Clear();
    // A closed pipe shows at the end; watching goes on for the exit code.
    Print(absl::StrCat(report::TextResultLine(result, color), "\n"))
        .IgnoreError();
  };
  follow.on_held = [&line](const std::string& run_id) {
    line.Clear();
    Complain(absl::StrCat("run ", run_id,
                          " is HELD; waiting for: assay release ", run_id,
                          " --reason 'WHY'"));
  };
  follow.on_lost = [&line](const absl::Status& status) {
    line.Clear();
    Complain(absl::StrCat(std::string(status.message()), "; trying again"));
  };
  Follower follower(**session, interrupt, follow);
  absl::StatusOr<v1::Run> known = Resolve(**session, options.run);
  if (!known.ok()) return Fail(known.status());
  const std::string run_id = known->run_id();
  RenderOptions render;
  if (WantHtml(*outputs)) {
    render.history = FetchHistory((*session)->client(), *known);
  }
  live.Begin(*known, render.history);
  absl::StatusOr<v1::Run> run = follower.AwaitEnd(run_id);
  line.Clear();
  // Watching is no claim: leaving cancels nothing.
  if (!run.ok()) {
    if (!options.outputs.empty()) {
      // A page that follows the run would follow it for ever.
      v1::Run lost =
          follower.last().run_id().empty() ? *known : follower.last();
      SetLost(run.status(), lost);
      render.quiet = true;
      WriteOutputs(*outputs, lost, render).IgnoreError();
    }
    return Fail(run.status());
  }
  const report::Outcome outcome =
      report::Judge(*run, options.fail_on == "warn");
  run->set_decision(outcome.decision);
  render.color = global.color;
  render.more_command = absl::StrCat("assay show ", run_id, " --all");
  render.commands = true;
  const absl::Status status = WriteOutputs(*outputs, *run, render);
  if (!status.ok() && outcome.exit_code == report::kExitProceed) {
    return Fail(status);
  }
  return outcome.exit_code;
}

int CancelCommand(const GlobalOptions& global, const CancelOptions& options) {
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  absl::StatusOr<v1::Run> known = Resolve(**session, options.run);
  if (!known.ok()) return Fail(known.status());
  const std::string run_id = known->run_id();
  v1::CancelRunRequest request;
  request.set_run_id(run_id);
  request.set_request_id(options.request_id);
  absl::StatusOr<v1::Run> run =
      (*session)->client().CancelRun(request, absl::Seconds(30));
  if (GetReason(run.status()) == ErrorReason::kRunAlreadyFinished) {
    Complain(absl::StrCat("run ", run_id, " has already ended"));
    return report::kExitProceed;
  }
  if (!run.ok()) return Fail((*session)->Explain(run.status()));
  const absl::Status status = Print(absl::StrCat(
      run_id, "  ", std::string(report::StateWord(run->state())), "\n"));
  return status.ok() ? report::kExitProceed : Fail(status);
}

}  // namespace assay::cli
