// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/alarm.h"
#include "grpcpp/support/server_callback.h"
#include "validator/base/metrics.h"
#include "validator/service/request_check.h"
#include "validator/service/run_proto.h"
#include "validator/service/run_reactors.h"
#include "validator/service/serial_call.h"
#include "validator/service/status_proto.h"

namespace assay::service {
namespace {

// Events stay in this form until they are written: results are shared, so a
// slow reader costs pointers and not copies of samples.
constexpr int kBatch = 256;
// How often a stream without messages asks whether its caller still may.
constexpr absl::Duration kRecheckEvery = absl::Seconds(5);

class WatchReactor final
    : public grpc::ServerWriteReactor<v1::WatchRunResponse>,
      public SerialCall {
 public:
  WatchReactor(const ReactorContext& context,
               const v1::WatchRunRequest& request)
      : SerialCall(context.pool), context_(context), request_(request) {}

  void Begin() {
    Keep();
    Kick();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) cancelled_ = true;
    writing_ = false;
    Kick();
  }

  void OnCancel() override {
    cancelled_ = true;
    Kick();
  }

  void OnDone() override { Release(); }

 private:
  // Does the next thing that is due: at most one write is in flight, and
  // nothing is decided until it is done.
  void Step() override {
    if (finished_ || writing_) return;
    if (cancelled_) return End(grpc::Status::CANCELLED);
    if (!begun_) return BeginStream();
    // The stream may outlive its credentials; it then ends with what would be
    // its next message, or soon.
    if (const absl::Status status =
            SeesStill(*context_.rooms, context_.caller, connections_);
        !status.ok()) {
      return End(ToGrpcStatus(status));
    }
    ArmAlarm();
    if (!events_.empty()) return WriteEvent();
    if (context_.shutdown.cancelled()) {
      return End(ToGrpcStatus(context_.shutdown.status()));
    }
    // First the run, then its events: a terminal run has no event to come, so
    // none behind what is read now.
    const absl::StatusOr<runs::Run> run =
        context_.rooms->runs->Get(run_id_, false);
    if (!run.ok()) return End(ToGrpcStatus(run.status()));
    if (const absl::Status status = ReadEvents(); !status.ok()) {
      return End(ToGrpcStatus(status));
    }
    if (!events_.empty()) return WriteEvent();
    if (runs::IsTerminal(run->state)) return WriteTerminal(*run);
  }

  void BeginStream() {
    if (const absl::Status status = CheckWatchRun(request_); !status.ok()) {
      return End(ToGrpcStatus(status));
    }
    const absl::StatusOr<runs::Run> run =
        FindRun(*context_.rooms, context_.caller, request_.run_id(), false);
    if (!run.ok()) return End(ToGrpcStatus(run.status()));
    run_id_ = run->run_id;
    connections_ = run->connections;
    after_ = request_.after_sequence();
    if (after_ > run->sequence) after_ = 0;
    if (!runs::IsTerminal(run->state)) {
      if (const absl::Status status = Subscribe(); !status.ok()) {
        return End(ToGrpcStatus(status));
      }
    }
    begun_ = true;
    // Its number is where the events begin and not where the run is: who
    // reconnects after this message alone has seen none of them.
    message_.Clear();
    message_.set_sequence(after_);
    *message_.mutable_run() = ToProto(*run, v1::RUN_VIEW_BASIC);
    Write();
  }

  absl::Status Subscribe() {
    const auto kick = [weak = weak_from_this()] {
      if (const auto call = weak.lock()) call->Kick();
    };
    ASSAY_ASSIGN_OR_RETURN(subscription_,
                           context_.rooms->runs->Subscribe(run_id_, kick));
    on_shutdown_ = std::make_unique<CancelCallback>(context_.shutdown, kick);
    return absl::OkStatus();
  }

  void ArmAlarm() {
    if (armed_.exchange(true)) return;
    alarm_.Set(absl::ToChronoTime(absl::Now() + kRecheckEvery),
               [weak = weak_from_this()](bool fired) {
                 const auto call = fired ? weak.lock() : nullptr;
                 if (call == nullptr) return;
                 static_cast<WatchReactor*>(call.get())->armed_ = false;
                 call->Kick();
               });
  }

  // Fills events_ with what is to be sent of the next batch: all results, and
  // of progress only the last. Empty: there are no events behind after_.
  absl::Status ReadEvents() {
    while (events_.empty()) {
      ASSAY_ASSIGN_OR_RETURN(
          std::vector<runs::Event> batch,
          context_.rooms->runs->ReadEvents(run_id_, after_, kBatch));
      if (batch.empty()) return absl::OkStatus();
      after_ = batch.back().sequence;
      bool have_progress = false;
      for (auto event = batch.rbegin(); event != batch.rend(); ++event) {
        if (std::holds_alternative<runs::ProgressEvent>(event->what)) {
          if (have_progress) continue;
          have_progress = true;
        }
        const auto* state = std::get_if<runs::StateEvent>(&event->what);
        // The terminal run itself says it, as the last message.
        if (state != nullptr && runs::IsTerminal(state->state)) continue;
        events_.push_front(std::move(*event));
      }
    }
    return absl::OkStatus();
  }

  void WriteEvent() {
    const runs::Event event = std::move(events_.front());
    events_.pop_front();
    message_.Clear();
    message_.set_sequence(event.sequence);
    if (const auto* result = std::get_if<runs::ResultEvent>(&event.what)) {
      *message_.mutable_result() =
          ToProto(*result->result, request_.view(), ValuesFor(context_.caller));
    } else if (const auto* progress =
                   std::get_if<runs::ProgressEvent>(&event.what)) {
      *message_.mutable_progress() = ToProto(progress->progress);
    } else {
      message_.set_state(ToProto(std::get<runs::StateEvent>(event.what).state));
    }
    Write();
  }

  void WriteTerminal(const runs::Run& run) {
    message_.Clear();
    message_.set_sequence(std::max(after_, run.sequence));
    if (request_.view() == v1::RUN_VIEW_FULL) {
      const absl::StatusOr<runs::Run> full =
          context_.rooms->runs->Get(run_id_, true);
      if (!full.ok()) return End(ToGrpcStatus(full.status()));
      *message_.mutable_run() =
          DescribeRun(*context_.rooms, context_.caller, *full,
                      v1::RUN_VIEW_FULL, RuleSetText::kOmit);
    } else {
      *message_.mutable_run() = ToProto(run, v1::RUN_VIEW_BASIC);
    }
    Close();
    StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK);
  }

  void Write() {
    writing_ = true;
    StartWrite(&message_);
  }

  void Close() {
    finished_ = true;
    alarm_.Cancel();
    subscription_.reset();
    on_shutdown_.reset();
  }

  void End(grpc::Status status) {
    Close();
    Finish(std::move(status));
  }

  const Present present_{Metric::kWaitingClients, {"WatchRun"}};
  ReactorContext context_;
  const v1::WatchRunRequest& request_;  // Not touched once finished.
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> writing_ = false;
  // Of Step() only.
  bool begun_ = false;
  bool finished_ = false;
  std::string run_id_;
  std::vector<std::string> connections_;
  int64_t after_ = 0;
  std::deque<runs::Event> events_;
  v1::WatchRunResponse message_;  // gRPC reads it while writing_.
  std::unique_ptr<runs::Subscription> subscription_;
  std::unique_ptr<CancelCallback> on_shutdown_;
  std::atomic<bool> armed_ = false;  // Until the alarm has fired.
  grpc::Alarm alarm_;
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchRunResponse>* StartWatch(
    const ReactorContext& context, const v1::WatchRunRequest& request) {
  auto reactor = std::make_shared<WatchReactor>(context, request);
  reactor->Begin();
  return reactor.get();
}

}  // namespace assay::service
