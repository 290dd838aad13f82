// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/follow.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "plugins/cli/failed_run.h"
#include "validator/base/status.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kMaxPause = absl::Seconds(2);
constexpr absl::Duration kSlice = absl::Milliseconds(100);
// The server's long poll, and what a slow network may add to it.
constexpr absl::Duration kWaitCall = absl::Seconds(25);
constexpr absl::Duration kWaitDeadline = absl::Seconds(40);
// A stream is opened anew after this time, so that one whose other end is gone
// without a word does not hold the gate for ever.
constexpr absl::Duration kWatchDeadline = absl::Seconds(60);
// A server that answers a long poll at once is not asked in a tight loop.
constexpr absl::Duration kLeastWait = absl::Milliseconds(200);
constexpr absl::Duration kCancelTime = absl::Seconds(5);

}  // namespace

absl::Status FetchAllResults(Client& client, v1::Run& run) {
  if (!run.results_truncated()) return absl::OkStatus();
  google::protobuf::RepeatedPtrField<v1::RuleResult> all;
  v1::ListResultsRequest request;
  request.set_run_id(run.run_id());
  request.set_page_size(1000);
  request.set_view(v1::RUN_VIEW_FULL);
  do {
    ASSAY_ASSIGN_OR_RETURN(v1::ListResultsResponse page,
                           client.ListResults(request));
    if (page.results().empty() && !page.next_page_token().empty() &&
        page.next_page_token() == request.page_token()) {
      return absl::InternalError("the server sends the same page for ever");
    }
    for (v1::RuleResult& result : *page.mutable_results()) {
      *all.Add() = std::move(result);
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  run.mutable_results()->Swap(&all);
  run.set_results_truncated(false);
  return absl::OkStatus();
}

Follower::Follower(Session& session, Interrupt& interrupt,
                   FollowOptions options)
    : session_(session),
      client_(session.client()),
      interrupt_(interrupt),
      options_(std::move(options)),
      watch_(options_.on_progress != nullptr || options_.on_result != nullptr ||
             options_.on_held != nullptr),
      pause_(kFirstPause) {
  interrupt_.SetOnFirst([this] { client_.CancelCalls(); });
}

Follower::~Follower() { interrupt_.SetOnFirst(nullptr); }

void Follower::Reached() {
  if (give_up_ != absl::InfiniteFuture() && options_.on_back) {
    options_.on_back();
  }
  give_up_ = absl::InfiniteFuture();
  pause_ = kFirstPause;
}

absl::Status Follower::Recover(const absl::Status& status) {
  if (interrupt_.signal() != 0) return absl::CancelledError("interrupted");
  if (!MayRetry(status) || session_.ServerDied()) {
    return session_.Explain(status);
  }
  if (give_up_ == absl::InfiniteFuture()) {
    give_up_ = absl::Now() + options_.wait_server;
    if (options_.on_lost && options_.wait_server > absl::ZeroDuration()) {
      options_.on_lost(session_.Explain(status));
    }
  }
  const absl::Duration left = give_up_ - absl::Now();
  if (left <= absl::ZeroDuration()) return session_.Explain(status);
  Pause(std::min(std::max(pause_, RetryAfter(status)), left));
  if (interrupt_.signal() != 0) return absl::CancelledError("interrupted");
  pause_ = std::min(pause_ * 2, kMaxPause);
  return absl::OkStatus();
}

void Follower::Pause(absl::Duration duration) {
  const absl::Time end = absl::Now() + duration;
  // Where the server answers, but not well, only time helps.
  if (client_.IsConnected()) {
    interrupt_.WaitFor(duration);
    return;
  }
  interrupt_.WaitFor(std::min(duration, kFirstPause));
  while (interrupt_.signal() == 0) {
    const absl::Duration left = end - absl::Now();
    // In slices, so that a signal is seen.
    if (left <= absl::ZeroDuration() ||
        client_.AwaitConnection(std::min(left, kSlice))) {
      return;
    }
  }
}

absl::StatusOr<v1::Run> Follower::Start(const v1::StartRunRequest& request) {
  for (;;) {
    const absl::Duration deadline =
        std::clamp(options_.wait_server, absl::Seconds(1), absl::Seconds(20));
    absl::StatusOr<v1::Run> run = client_.StartRun(request, deadline);
    // Unless the connection was refused, the server may have it.
    maybe_started_ = true;
    if (run.ok()) {
      if (run->run_id().empty()) {
        return absl::InternalError("the server started a run without an id");
      }
      Reached();
      last_ = *run;
      return run;
    }
    ASSAY_RETURN_IF_ERROR(Recover(run.status()));
  }
}

void Follower::Look(const std::string& run_id, v1::Run::State state) {
  if (state != v1::Run::HELD || held_ || !options_.on_held) return;
  held_ = true;
  options_.on_held(run_id);
}

absl::StatusOr<v1::Run> Follower::WaitOnce(const std::string& run_id) {
  v1::WaitRunRequest request;
  request.set_run_id(run_id);
  request.mutable_timeout()->set_seconds(absl::ToInt64Seconds(kWaitCall));
  request.set_view(v1::RUN_VIEW_FULL);
  return client_.WaitRun(request, kWaitDeadline);
}

absl::StatusOr<v1::Run> Follower::WatchOnce(const std::string& run_id) {
  v1::WatchRunRequest request;
  request.set_run_id(run_id);
  request.set_after_sequence(sequence_);
  request.set_view(v1::RUN_VIEW_FULL);
  bool any = false;
  const auto report = [this](const v1::RuleResult& result) {
    if (options_.on_result && reported_.insert(result.rule_id()).second) {
      options_.on_result(result);
    }
  };
  v1::Run seen = last_;
  const absl::Status status = client_.WatchRun(
      request, kWatchDeadline, [&](const v1::WatchRunResponse& message) {
        any = true;
        sequence_ = std::max(sequence_, message.sequence());
        if (message.has_run()) {
          seen = message.run();
          for (const v1::RuleResult& result : seen.results()) report(result);
        } else if (message.has_result()) {
          report(message.result());
        } else if (message.has_progress()) {
          *seen.mutable_progress() = message.progress();
        } else if (message.event_case() == v1::WatchRunResponse::kState) {
          seen.set_state(message.state());
        }
        Look(run_id, seen.state());
        if (options_.on_progress && !report::IsTerminal(seen.state())) {
          options_.on_progress(seen.state(), seen.progress());
        }
      });
  if (any) Reached();
  // A stream that ended early, or was cut by our own deadline while it was
  // alive, is taken up again by the caller.
  if (status.ok() || (any && !report::IsTerminal(seen.state()) &&
                      GetReason(status) == ErrorReason::kServerUnreachable)) {
    return seen;
  }
  if (report::IsTerminal(seen.state()) && any) return seen;
  return status;
}

absl::StatusOr<v1::Run> Follower::AwaitEnd(const std::string& run_id) {
  absl::Time unknown_since = absl::InfiniteFuture();
  for (;;) {
    const absl::Time begin = absl::Now();
    absl::StatusOr<v1::Run> run = watch_ ? WatchOnce(run_id) : WaitOnce(run_id);
    if (absl::IsUnimplemented(run.status()) && watch_) {
      watch_ = false;
      continue;
    }
    if (interrupt_.signal() != 0) return absl::CancelledError("interrupted");
    if (!run.ok()) {
      ASSAY_RETURN_IF_ERROR(Recover(run.status()));
      continue;
    }
    if (run->run_id() != run_id) {
      return absl::InternalError(absl::StrCat(
          "asked for run ", run_id, ", the server sent run ", run->run_id()));
    }
    if (!watch_) Reached();
    last_ = *run;
    Look(run_id, run->state());
    if (report::IsTerminal(run->state())) {
      return WithAllResults(*std::move(run));
    }
    if (!IsKnownState(run->state())) {
      // A state of a newer server. One that has ended says a verdict; one that
      // goes on will be something else soon.
      unknown_since = std::min(unknown_since, begin);
      if (run->verdict() != v1::VERDICT_UNSPECIFIED ||
          absl::Now() - unknown_since >= options_.wait_server) {
        return run;
      }
    } else {
      unknown_since = absl::InfiniteFuture();
    }
    if (absl::Now() - begin < kLeastWait && interrupt_.WaitFor(kLeastWait)) {
      return absl::CancelledError("interrupted");
    }
  }
}

absl::StatusOr<v1::Run> Follower::WithAllResults(v1::Run run) {
  for (;;) {
    const absl::Status status = FetchAllResults(client_, run);
    if (status.ok()) break;
    ASSAY_RETURN_IF_ERROR(Recover(status));
  }
  Reached();
  last_ = run;
  return run;
}

bool Follower::CancelAfterSignal(const v1::StartRunRequest& request) {
  interrupt_.SetOnFirst(nullptr);
  client_.AllowCalls();
  const absl::Time end = absl::Now() + kCancelTime;
  const auto left = [end] {
    return std::max(end - absl::Now(), absl::Milliseconds(100));
  };
  if (last_.run_id().empty()) {
    if (!maybe_started_) return false;
    // The answer with the run's id was lost; the same request gives it again.
    absl::StatusOr<v1::Run> run = client_.StartRun(request, left());
    if (!run.ok()) return false;
    last_ = *std::move(run);
  }
  if (report::IsTerminal(last_.state())) return true;
  v1::CancelRunRequest cancel;
  cancel.set_run_id(last_.run_id());
  cancel.set_request_id(request.request_id());
  absl::StatusOr<v1::Run> run = client_.CancelRun(cancel, left());
  if (!run.ok()) {
    return GetReason(run.status()) == ErrorReason::kRunAlreadyFinished;
  }
  last_ = *std::move(run);
  while (last_.state() == v1::Run::CANCELLING && absl::Now() < end) {
    v1::WaitRunRequest wait;
    wait.set_run_id(last_.run_id());
    wait.mutable_timeout()->set_seconds(
        std::max<int64_t>(1, absl::ToInt64Seconds(left())));
    wait.set_view(v1::RUN_VIEW_FULL);
    const absl::Time begin = absl::Now();
    run = client_.WaitRun(wait, left());
    if (!run.ok()) break;
    last_ = *std::move(run);
    if (absl::Now() - begin < kLeastWait) absl::SleepFor(kLeastWait / 4);
  }
  return true;
}

}  // namespace assay::cli
