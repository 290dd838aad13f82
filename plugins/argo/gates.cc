// SPDX-License-Identifier: Apache-2.0
#include "plugins/argo/gates.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "plugins/argo/reply.h"
#include "plugins/cli/failed_run.h"
#include "plugins/cli/option_values.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/report/hold_text.h"
#include "validator/report/outcome.h"

namespace assay::argo {
namespace {

using nlohmann::json;

// The agent waits 30 s for a reply, and one of its 16 workers with it.
constexpr absl::Duration kCall = absl::Seconds(5);
// A small gate is judged within the first call.
constexpr absl::Duration kLinger = absl::Milliseconds(500);
constexpr absl::Duration kSoon = absl::Seconds(2);
constexpr absl::Duration kLater = absl::Seconds(10);

// Argo shows it within ten seconds, so a young gate is looked at more often.
absl::Duration RequeueAfter(absl::Duration age) {
  return std::clamp(age / 5, kSoon, kLater);
}

}  // namespace

struct Gates::Gate {
  std::mutex mutex;    // Of all below; a call that waits for it is answered.
  std::string run_id;  // Empty: not started.
  std::string request_id;
  absl::Time first = absl::Now();
  absl::Time held = absl::InfiniteFuture();  // Since when.
  absl::Time lost = absl::InfiniteFuture();  // Since when there is no answer.
  absl::Time unknown = absl::InfiniteFuture();  // Since when in such a state.
  std::string said;  // The last message, which need not be said again.
};

Gates::Gates(cli::Client& client, GatesOptions options)
    : client_(client), options_(std::move(options)) {}

Gates::~Gates() = default;

json Gates::Execute(const json& args) {
  if (!IsOurs(args)) return json::object();
  std::map<std::string, std::string> declared = DeclaredOutputs(args);
  const absl::StatusOr<Task> task = ReadTask(args, options_.origin);
  if (!task.ok()) {
    LogWarning(absl::StrCat("a gate that cannot be read: ",
                            std::string(task.status().message())));
    v1::Run run =
        cli::FailedRun("ARGUMENT_INVALID", std::string(task.status().message()),
                       /*retryable=*/false);
    return TerminalReply(run, report::kExitUsage, "", std::move(declared));
  }
  const std::string& key = task->request.request_id();
  std::shared_ptr<Gate> gate;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::shared_ptr<Gate>& at = gates_[key];
    if (at == nullptr) at = std::make_shared<Gate>();
    gate = at;
  }
  // The agent sends again what it thinks lost.
  const std::unique_lock<std::mutex> lock(gate->mutex, std::try_to_lock);
  if (!lock.owns_lock()) return PendingReply("", absl::Seconds(1));
  json reply = Look(*task, *gate, std::move(declared));
  if (!reply.contains("requeue")) {
    LogInfo(absl::StrCat("gate ", key, ": ",
                         reply["node"]["phase"].get<std::string>(), ": ",
                         reply["node"]["message"].get<std::string>()),
            {.run_id = gate->run_id});
    const std::lock_guard<std::mutex> all(mutex_);
    gates_.erase(key);
  }
  return reply;
}

json Gates::Look(const Task& task, Gate& gate,
                 std::map<std::string, std::string> declared) {
  if (gate.run_id.empty()) {
    gate.request_id = task.request.request_id();
    const absl::StatusOr<v1::Run> run = client_.StartRun(task.request, kCall);
    if (!run.ok()) return Trouble(run.status(), task, gate, declared);
    if (run->run_id().empty()) {
      return Lost(absl::InternalError("the server started a run without an id"),
                  task, gate, std::move(declared));
    }
    gate.run_id = run->run_id();
  }
  v1::WaitRunRequest wait;
  wait.set_run_id(gate.run_id);
  cli::SetDuration(kLinger, wait.mutable_timeout());
  wait.set_view(v1::RUN_VIEW_BASIC);
  absl::StatusOr<v1::Run> run = client_.WaitRun(wait, kCall);
  if (run.ok() &&
      (report::IsTerminal(run->state()) || run->state() == v1::Run::HELD)) {
    // Only now are its results worth their way.
    cli::SetDuration(absl::Milliseconds(1), wait.mutable_timeout());
    wait.set_view(v1::RUN_VIEW_FULL);
    run = client_.WaitRun(wait, kCall);
  }
  if (!run.ok()) return Trouble(run.status(), task, gate, declared);
  if (run->run_id() != gate.run_id) {
    return Lost(absl::InternalError(absl::StrCat("asked for run ", gate.run_id,
                                                 ", the server sent run ",
                                                 run->run_id())),
                task, gate, std::move(declared));
  }
  gate.lost = absl::InfiniteFuture();
  const absl::Time now = absl::Now();
  if (report::IsTerminal(run->state())) {
    const report::Outcome outcome = report::Judge(*run, task.fail_on_warn);
    run->set_decision(outcome.decision);
    const bool judged = outcome.verdict != v1::VERDICT_ERROR &&
                        outcome.verdict != v1::VERDICT_UNSPECIFIED;
    const int exit_code = task.verdict_as_data && judged ? report::kExitProceed
                                                         : outcome.exit_code;
    return TerminalReply(
        *run, exit_code,
        cli::ReportUrl(options_.report_base_url, run->run_id()),
        std::move(declared));
  }
  if (!cli::IsKnownState(run->state())) {
    // A state of a newer server. One that has ended says a verdict; one that
    // goes on will be something else soon.
    gate.unknown = std::min(gate.unknown, now);
    if (run->verdict() != v1::VERDICT_UNSPECIFIED ||
        now - gate.unknown >= task.grace) {
      return Lost(absl::InternalError(absl::StrCat(
                      "the state of the run is not known to this plugin: ",
                      static_cast<int>(run->state()))),
                  task, gate, std::move(declared));
    }
  } else {
    gate.unknown = absl::InfiniteFuture();
  }
  const bool held = run->state() == v1::Run::HELD;
  if (held) gate.held = std::min(gate.held, now);
  // The server ends runs and holds in time. If it does not, we do: Argo would
  // wait for ever.
  const bool late = held ? now - gate.held > task.hold_timeout + task.grace
                         : task.timeout.has_value() &&
                               now - gate.first > *task.timeout + task.grace;
  if (late) {
    Cancel(gate.run_id, gate.request_id, kCall).IgnoreError();
    return Lost(MakeError(ErrorReason::kRunTimeout,
                          "the time of the gate is over, and the server has "
                          "not ended its run"),
                task, gate, std::move(declared));
  }
  return Say(*run, gate);
}

json Gates::Say(const v1::Run& run, Gate& gate) {
  const std::string url =
      cli::ReportUrl(options_.report_base_url, run.run_id());
  std::string message;
  if (run.state() == v1::Run::HELD) {
    message = absl::StrCat("HELD: ", MessageOf(run, url),
                           "; to go on: ", report::ReleaseCommand(run));
  } else {
    const v1::Progress& progress = run.progress();
    message = absl::StrCat("run ", run.run_id(), " is ",
                           std::string(report::StateWord(run.state())));
    // In tenths, since each new message makes Argo write the workflow.
    if (progress.steps_total_count() > 0) {
      absl::StrAppend(
          &message, ", ",
          progress.steps_done_count() * 10 / progress.steps_total_count() * 10,
          "%");
    }
    absl::StrAppend(&message, url.empty() ? "" : "; ", url);
  }
  const absl::Duration requeue = RequeueAfter(absl::Now() - gate.first);
  if (message == gate.said) return PendingReply("", requeue);
  gate.said = message;
  return PendingReply(message, requeue);
}

json Gates::Trouble(const absl::Status& status, const Task& task, Gate& gate,
                    std::map<std::string, std::string> declared) {
  const absl::Time now = absl::Now();
  gate.lost = std::min(gate.lost, now);
  const absl::Duration left = gate.lost + task.grace - now;
  if (!cli::MayRetry(status) || left <= absl::ZeroDuration()) {
    return Lost(status, task, gate, std::move(declared));
  }
  const absl::Duration requeue =
      std::min(std::max(kSoon, cli::RetryAfter(status)),
               std::max(left, absl::Milliseconds(100)));
  std::string message(status.message());
  message = absl::StrCat(message.substr(0, message.find('\n')), "; trying for ",
                         absl::FormatDuration(task.grace));
  if (message == gate.said) return PendingReply("", requeue);
  LogWarning(absl::StrCat("gate ", gate.request_id, ": ", message),
             {.run_id = gate.run_id});
  gate.said = message;
  return PendingReply(message, requeue);
}

json Gates::Lost(const absl::Status& status, const Task& task, const Gate& gate,
                 std::map<std::string, std::string> declared) {
  v1::Run run;
  run.set_run_id(gate.run_id);
  run.set_request_id(task.request.request_id());
  cli::SetLost(status, run);
  // Whatever went wrong, nothing was judged: never FAIL.
  return TerminalReply(run, cli::ExitCodeOf(status),
                       cli::ReportUrl(options_.report_base_url, gate.run_id),
                       std::move(declared));
}

absl::Status Gates::Cancel(const std::string& run_id,
                           const std::string& request_id,
                           absl::Duration deadline) {
  v1::CancelRunRequest cancel;
  cancel.set_run_id(run_id);
  cancel.set_request_id(request_id);
  return client_.CancelRun(cancel, deadline).status();
}

void Gates::CancelAll(absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  std::vector<std::shared_ptr<Gate>> all;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [key, gate] : gates_) all.push_back(gate);
  }
  for (const std::shared_ptr<Gate>& gate : all) {
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return;
    const std::lock_guard<std::mutex> lock(gate->mutex);
    if (gate->run_id.empty()) continue;
    const absl::Status status =
        Cancel(gate->run_id, gate->request_id, std::min(left, kCall));
    LogInfo(
        absl::StrCat("the pod ends; run ", gate->run_id,
                     status.ok() ? " is cancelled" : " ends with its lease: ",
                     status.ok() ? "" : std::string(status.message())),
        {.run_id = gate->run_id});
  }
}

}  // namespace assay::argo
