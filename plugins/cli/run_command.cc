// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "plugins/cli/commands.h"
#include "plugins/cli/failed_run.h"
#include "plugins/cli/follow.h"
#include "plugins/cli/history.h"
#include "plugins/cli/interrupt.h"
#include "plugins/cli/io.h"
#include "plugins/cli/live_page.h"
#include "plugins/cli/out_dir.h"
#include "plugins/cli/output.h"
#include "plugins/cli/progress_line.h"
#include "plugins/cli/request_id.h"
#include "plugins/cli/rule_set_file.h"
#include "plugins/cli/session.h"
#include "validator/base/status.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

absl::Status ReadDuration(const std::string& text, const std::string& option,
                          google::protobuf::Duration* out) {
  ASSAY_ASSIGN_OR_RETURN(const absl::Duration duration,
                         ParseDuration(text, option));
  SetDuration(duration, out);
  return absl::OkStatus();
}

// The first line of an error, how long we go on, then what to do about it.
std::string LostMessage(const absl::Status& status, absl::Duration wait) {
  const std::string message(status.message());
  const size_t end = std::min(message.find('\n'), message.size());
  return absl::StrCat(message.substr(0, end), "; trying for ",
                      absl::FormatDuration(wait), message.substr(end));
}

// One `assay run` or `assay recheck`: from the options to the exit code, with
// every output written on every way out.
class Gate {
 public:
  Gate(const GlobalOptions& global, const RunOptions& options)
      : global_(global),
        options_(options),
        out_dir_(options.out_dir),
        fail_on_warn_(options.fail_on == "warn") {}

  int Run();

 private:
  absl::Status MakeRequest();
  absl::Status AddHold();
  absl::Status AddRuleSet();
  void SayHeld(const std::string& run_id);
  FollowOptions MakeFollowOptions();
  int Finish(v1::Run run, int exit_code);
  int FinishError(const absl::Status& status, v1::Run run);
  int FinishSignal(Follower& follower);

  const GlobalOptions& global_;
  const RunOptions& options_;
  OutDir out_dir_;
  const bool fail_on_warn_;
  std::vector<Output> outputs_;
  std::unique_ptr<LivePage> live_;  // Where a page is written to a file.
  std::vector<v1::Run> history_;
  v1::StartRunRequest request_;
  absl::Status differences_;  // Whether they could be written.
  absl::Duration wait_server_;
  // Drawn from callbacks while a call waits; null outside of one.
  std::unique_ptr<ProgressLine> progress_;
};

int Gate::Run() {
  request_.set_request_id(options_.request_id.empty() ? NewRequestId()
                                                      : options_.request_id);
  absl::Status status = out_dir_.Prepare(request_.request_id());
  if (!status.ok()) {
    Complain(absl::StrCat("--out-dir: ", std::string(status.message())));
    return report::kExitUsage;
  }
  absl::StatusOr<std::vector<Output>> outputs =
      PairOutputs(options_.formats, options_.outputs);
  if (outputs.ok()) {
    outputs_ = *std::move(outputs);
    status = MakeRequest();
  } else {
    status = outputs.status();
  }
  v1::Run none;
  none.set_request_id(request_.request_id());
  if (!status.ok()) return FinishError(status, none);

  Interrupt& interrupt = Interrupt::Install();
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global_);
  if (!session.ok()) return FinishError(session.status(), none);
  auto live = std::make_unique<LivePage>(outputs_);
  if (live->enabled() && !options_.detach) live_ = std::move(live);
  Follower follower(**session, interrupt, MakeFollowOptions());
  absl::StatusOr<v1::Run> run = follower.Start(request_);
  if (run.ok()) {
    // A full disk is found at the end, where it matters; the run goes on.
    out_dir_.Started(*run).IgnoreError();
    if (options_.detach) {
      status = Print(absl::StrCat(run->run_id(), "\n"));
      status.Update(out_dir_.Finish(*run, report::kExitProceed));
      if (!status.ok()) return FinishError(status, *run);
      return report::kExitProceed;
    }
    if (out_dir_.enabled() || WantHtml(outputs_)) {
      history_ = FetchHistory((*session)->client(), *run);
    }
    if (live_ != nullptr) live_->Begin(*run, history_);
    progress_ = std::make_unique<ProgressLine>(!options_.quiet &&
                                               CanRedraw(STDERR_FILENO));
    run = follower.AwaitEnd(run->run_id());
    progress_.reset();
  }
  if (interrupt.signal() != 0) return FinishSignal(follower);
  if (!run.ok()) {
    none = follower.last();
    none.set_request_id(request_.request_id());
    return FinishError(run.status(), none);
  }
  differences_ = out_dir_.WriteDifferences((*session)->client(), *run);
  const report::Outcome outcome = report::Judge(*run, fail_on_warn_);
  run->set_decision(outcome.decision);
  if (!outcome.contradiction.empty()) {
    Complain(absl::StrCat("the server's answer does not agree with itself: ",
                          outcome.contradiction, " (state ",
                          std::string(report::StateWord(run->state())),
                          ", verdict ", v1::Verdict_Name(run->verdict()),
                          "); held"));
  }
  int exit_code = outcome.exit_code;
  const bool judged = outcome.terminal &&
                      outcome.verdict != v1::VERDICT_ERROR &&
                      outcome.verdict != v1::VERDICT_UNSPECIFIED;
  if (options_.verdict_as_data && judged) exit_code = report::kExitProceed;
  if (!outcome.terminal) {
    v1::Run lost = *run;
    SetLost(absl::InternalError(absl::StrCat(
                "the state of the run is not known to this client: ",
                static_cast<int>(run->state()))),
            lost);
    return Finish(lost, exit_code);
  }
  return Finish(*std::move(run), exit_code);
}

absl::Status Gate::MakeRequest() {
  ASSAY_ASSIGN_OR_RETURN(wait_server_,
                         ParseDuration(options_.wait_server, "--wait-server"));
  ASSAY_ASSIGN_OR_RETURN(const TextMap labels,
                         ParsePairs(options_.labels, "--label"));
  if (options_.detach && global_.embedded) {
    return absl::InvalidArgumentError(
        "--detach and --embedded exclude each other: the server would end with "
        "this command");
  }
  if (!options_.timeout.empty()) {
    ASSAY_RETURN_IF_ERROR(
        ReadDuration(options_.timeout, "--timeout",
                     request_.mutable_options()->mutable_timeout()));
  }
  if (!options_.lease.empty()) {
    ASSAY_RETURN_IF_ERROR(
        ReadDuration(options_.lease, "--lease",
                     request_.mutable_options()->mutable_lease()));
  }
  ASSAY_RETURN_IF_ERROR(AddHold());
  if (options_.recheck.empty()) {
    ASSAY_RETURN_IF_ERROR(AddRuleSet());
  } else {
    request_.set_recheck_of_run_id(options_.recheck);
  }
  request_.mutable_labels()->insert(labels.begin(), labels.end());
  request_.set_correlation_id(options_.correlation_id);
  if (options_.attach == "always") {
    request_.set_attach(v1::StartRunRequest::ALWAYS);
  } else if (options_.attach == "never") {
    request_.set_attach(v1::StartRunRequest::NEVER);
  }
  if (fail_on_warn_) request_.mutable_options()->set_fail_on_warn(true);
  if (options_.detach) request_.mutable_options()->set_detached(true);
  return absl::OkStatus();
}

absl::Status Gate::AddHold() {
  if (options_.on_hold == "wait" && global_.embedded) {
    return absl::InvalidArgumentError(
        "--on-hold wait and --embedded exclude each other: nobody else can "
        "reach this command's server to release the run");
  }
  if (options_.on_hold != "wait") {
    if (options_.hold_timeout.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "--hold-timeout needs --on-hold wait: else nothing waits for a "
        "release");
  }
  request_.mutable_options()->set_on_hold(v1::RunOptions::WAIT);
  if (options_.hold_timeout.empty()) return absl::OkStatus();
  return ReadDuration(options_.hold_timeout, "--hold-timeout",
                      request_.mutable_options()->mutable_hold_timeout());
}

// While a person is waited for, the run's own words are not out yet.
void Gate::SayHeld(const std::string& run_id) {
  v1::Run held;
  held.set_run_id(run_id);
  held.set_state(v1::Run::HELD);
  out_dir_.Started(held).IgnoreError();
  if (progress_ != nullptr) progress_->Clear();
  if (options_.quiet) return;
  Complain(absl::StrCat("run ", run_id,
                        " is HELD: its data breaks rules (assay show ", run_id,
                        "); waiting",
                        options_.hold_timeout.empty()
                            ? ""
                            : absl::StrCat(" at most ", options_.hold_timeout),
                        " for: assay release ", run_id, " --reason 'WHY'"));
}

absl::Status Gate::AddRuleSet() {
  ASSAY_ASSIGN_OR_RETURN(const TextMap params,
                         ReadParams(options_.params_file, options_.params));
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadRuleSet(options_.file));
  if (!options_.no_lint) {
    const std::string name =
        options_.file == "-" ? "standard input" : options_.file;
    const std::vector<Issue> issues =
        LintLocally(text, params, /*with_params=*/true);
    if (!options_.quiet || HasErrors(issues)) {
      PrintError(FormatIssues(issues, name, text));
    }
    if (HasErrors(issues)) {
      return MakeError(ErrorReason::kRuleSetInvalid,
                       absl::StrCat(name,
                                    " does not compile; nothing was "
                                    "run"));
    }
  }
  request_.set_rule_set(text);
  request_.mutable_params()->insert(params.begin(), params.end());
  return absl::OkStatus();
}

FollowOptions Gate::MakeFollowOptions() {
  FollowOptions out;
  out.wait_server = wait_server_;
  out.on_lost = [this](const absl::Status& status) {
    if (progress_ != nullptr) progress_->Clear();
    Complain(LostMessage(status, wait_server_));
  };
  out.on_back = [this] {
    if (progress_ != nullptr) progress_->Clear();
    Complain("assayd answers again");
  };
  if (options_.on_hold == "wait") {
    out.on_held = [this](const std::string& run_id) { SayHeld(run_id); };
  }
  const bool draw = !options_.quiet && CanRedraw(STDERR_FILENO);
  if (live_ != nullptr) {
    out.on_result = [this](const v1::RuleResult& result) {
      live_->OnResult(result);
    };
  }
  if (draw || live_ != nullptr || !Environment("ARGO_PROGRESS_FILE").empty()) {
    out.on_progress = [this](v1::Run::State state,
                             const v1::Progress& progress) {
      if (live_ != nullptr) live_->OnProgress(state, progress);
      if (progress_ != nullptr) progress_->Draw(ProgressText(state, progress));
      WriteArgoProgress(progress);
    };
  }
  return out;
}

int Gate::Finish(v1::Run run, int exit_code) {
  RenderOptions render;
  render.color = global_.color;
  render.verbose = options_.verbose;
  render.quiet = options_.quiet;
  if (!global_.embedded && !run.run_id().empty()) {
    render.more_command = absl::StrCat("assay show ", run.run_id(), " --all");
    render.commands = true;
  } else if (global_.embedded) {
    render.more_command = "the same with --verbose";
  }
  render.history = history_;
  absl::Status status = WriteOutputs(outputs_, run, render);
  status.Update(differences_);
  if (!status.ok() && exit_code == report::kExitProceed) {
    // A missing output means HOLD to whoever reads it; say the same.
    exit_code = report::kExitRetryable;
    run.set_decision(v1::DECISION_HOLD);
  }
  // Decision and exit code must not contradict each other, so what could not be
  // written here holds as well.
  const absl::Status recorded = out_dir_.Finish(run, exit_code, render);
  if (!recorded.ok() && exit_code == report::kExitProceed) {
    exit_code = report::kExitRetryable;
  }
  status.Update(recorded);
  if (!status.ok()) Complain(std::string(status.message()));
  return exit_code;
}

int Gate::FinishError(const absl::Status& status, v1::Run run) {
  const int number = Interrupt::Received();
  const int exit_code = number != 0 && absl::IsCancelled(status)
                            ? 128 + number
                            : ExitCodeOf(status);
  if (number == 0) Complain(std::string(status.message()));
  SetLost(status, run);
  if (!run.run_id().empty() && !report::IsTerminal(run.state())) {
    Complain(absl::StrCat("run ", run.run_id(),
                          " may still be going on: assay watch ",
                          run.run_id()));
  }
  return Finish(std::move(run), exit_code);
}

int Gate::FinishSignal(Follower& follower) {
  if (!options_.quiet) {
    Complain("interrupted; cancelling the run (once more to end at once)");
  }
  const bool answered = follower.CancelAfterSignal(request_);
  v1::Run run = follower.last();
  run.set_request_id(request_.request_id());
  if (!answered && !run.run_id().empty()) {
    Complain(absl::StrCat("the server did not answer; run ", run.run_id(),
                          " ends by itself when its lease is over"));
  }
  // Whatever it was worth at that moment: who interrupts a gate does not go on.
  SetLost(MakeError(ErrorReason::kCancelled, "interrupted"), run);
  run.set_retryable(true);
  return Finish(std::move(run), 128 + Interrupt::Received());
}

}  // namespace

int RunCommand(const GlobalOptions& global, const RunOptions& options) {
  return Gate(global, options).Run();
}

}  // namespace assay::cli
