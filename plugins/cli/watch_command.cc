// SPDX-License-Identifier: Apache-2.0
// `assay watch` and `assay cancel`.
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "plugins/cli/commands.h"
#include "plugins/cli/follow.h"
#include "plugins/cli/interrupt.h"
#include "plugins/cli/io.h"
#include "plugins/cli/output.h"
#include "plugins/cli/progress_line.h"
#include "plugins/cli/rule_set_file.h"
#include "plugins/cli/session.h"
#include "validator/base/status.h"
#include "validator/report/outcome.h"
#include "validator/report/text_report.h"

namespace assay::cli {
namespace {

// The whole id of the run that `prefix` names.
absl::StatusOr<std::string> Resolve(Session& session,
                                    const std::string& prefix) {
  v1::GetRunRequest request;
  request.set_run_id(prefix);
  request.set_view(v1::RUN_VIEW_BASIC);
  absl::StatusOr<v1::Run> run = session.client().GetRun(request);
  if (!run.ok()) return session.Explain(run.status());
  if (run->run_id().empty()) {
    return absl::InternalError("the server sent a run without an id");
  }
  return run->run_id();
}

}  // namespace

int WatchCommand(const GlobalOptions& global, const WatchOptions& options) {
  absl::StatusOr<absl::Duration> wait_server =
      ParseDuration(options.wait_server, "--wait-server");
  if (!wait_server.ok()) return Fail(wait_server.status());
  Interrupt& interrupt = Interrupt::Install();
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  ProgressLine line(!options.quiet && IsTerminal(STDERR_FILENO));
  const bool color = WantColor(global.color, STDOUT_FILENO);
  FollowOptions follow;
  follow.wait_server = *wait_server;
  follow.on_progress = [&line](v1::Run::State state,
                               const v1::Progress& progress) {
    line.Draw(ProgressText(state, progress));
  };
  if (!options.quiet) {
    follow.on_result = [&line, color](const v1::RuleResult& result) {
      line.Clear();
      // A closed pipe shows at the end; watching goes on for the exit code.
      Print(absl::StrCat(report::TextResultLine(result, color), "\n"))
          .IgnoreError();
    };
  }
  follow.on_lost = [&line](const absl::Status& status) {
    line.Clear();
    Complain(absl::StrCat(std::string(status.message()), "; trying again"));
  };
  Follower follower(**session, interrupt, follow);
  absl::StatusOr<std::string> run_id = Resolve(**session, options.run);
  if (!run_id.ok()) return Fail(run_id.status());
  absl::StatusOr<v1::Run> run = follower.AwaitEnd(*run_id);
  line.Clear();
  // Watching is no claim: leaving cancels nothing.
  if (!run.ok()) return Fail(run.status());
  const report::Outcome outcome =
      report::Judge(*run, options.fail_on == "warn");
  run->set_decision(outcome.decision);
  RenderOptions render;
  render.color = global.color;
  render.more_command = absl::StrCat("assay show ", *run_id, " --all");
  render.commands = true;
  const absl::Status status = WriteOutputs({Output{}}, *run, render);
  if (!status.ok() && outcome.exit_code == report::kExitProceed) {
    return Fail(status);
  }
  return outcome.exit_code;
}

int CancelCommand(const GlobalOptions& global, const CancelOptions& options) {
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  absl::StatusOr<std::string> run_id = Resolve(**session, options.run);
  if (!run_id.ok()) return Fail(run_id.status());
  v1::CancelRunRequest request;
  request.set_run_id(*run_id);
  request.set_request_id(options.request_id);
  absl::StatusOr<v1::Run> run =
      (*session)->client().CancelRun(request, absl::Seconds(30));
  if (GetReason(run.status()) == ErrorReason::kRunAlreadyFinished) {
    Complain(absl::StrCat("run ", *run_id, " has already ended"));
    return report::kExitProceed;
  }
  if (!run.ok()) return Fail((*session)->Explain(run.status()));
  const absl::Status status = Print(absl::StrCat(
      *run_id, "  ", std::string(report::StateWord(run->state())), "\n"));
  return status.ok() ? report::kExitProceed : Fail(status);
}

}  // namespace assay::cli
