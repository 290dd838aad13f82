// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

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

class WaitReactor final : public grpc::ServerUnaryReactor, public SerialCall {
 public:
  WaitReactor(const ReactorContext& context, const v1::WaitRunRequest& request,
              v1::Run* response)
      : SerialCall(context.pool),
        context_(context),
        request_(request),
        response_(response) {}

  void Begin() {
    Keep();
    Kick();
  }

  void OnCancel() override {
    cancelled_ = true;
    Kick();
  }

  void OnDone() override { Release(); }

 private:
  void Step() override {
    if (finished_) return;
    if (cancelled_) return End(grpc::Status::CANCELLED);
    if (!deadline_) {
      const absl::StatusOr<absl::Duration> timeout = CheckWaitRun(request_);
      if (!timeout.ok()) return End(ToGrpcStatus(timeout.status()));
      deadline_ = absl::Now() + *timeout;
      run_id_ = request_.run_id();
    }
    absl::StatusOr<runs::Run> run =
        subscription_ == nullptr
            ? FindRun(*context_.rooms, context_.caller, run_id_, false)
            : context_.rooms->runs->Get(run_id_, false);
    if (!run.ok()) return End(ToGrpcStatus(run.status()));
    if (runs::IsTerminal(run->state)) return Answer(*std::move(run));
    if (context_.shutdown.cancelled()) {
      return End(ToGrpcStatus(context_.shutdown.status()));
    }
    if (subscription_ == nullptr) {
      run_id_ = run->run_id;  // The request may have a prefix only.
      if (const absl::Status status = Subscribe(); !status.ok()) {
        return End(ToGrpcStatus(status));
      }
      // What happened before the subscription must be looked at once more.
      if (absl::Now() < *deadline_) return Kick();
    }
    if (absl::Now() >= *deadline_) return Answer(*std::move(run));
  }

  absl::Status Subscribe() {
    const auto kick = [weak = weak_from_this()] {
      if (const auto call = weak.lock()) call->Kick();
    };
    ASSAY_ASSIGN_OR_RETURN(subscription_,
                           context_.rooms->runs->Subscribe(run_id_, kick));
    on_shutdown_ = std::make_unique<CancelCallback>(context_.shutdown, kick);
    alarm_.Set(absl::ToChronoTime(*deadline_), [kick](bool) { kick(); });
    return absl::OkStatus();
  }

  void Answer(runs::Run run) {
    // It has waited; a token may have been revoked meanwhile.
    if (const absl::Status status =
            SeesStill(*context_.rooms, context_.caller, run.connections);
        !status.ok()) {
      return End(ToGrpcStatus(status));
    }
    if (request_.view() == v1::RUN_VIEW_FULL) {
      absl::StatusOr<runs::Run> full =
          context_.rooms->runs->Get(run.run_id, true);
      if (!full.ok()) return End(ToGrpcStatus(full.status()));
      run = *std::move(full);
    }
    // What has changed since the last run is worth its queries once, not with
    // every call that waits for a run that is held.
    *response_ = runs::IsTerminal(run.state)
                     ? DescribeRun(*context_.rooms, context_.caller, run,
                                   request_.view(), RuleSetText::kOmit)
                     : ToProto(run, request_.view(), RuleSetText::kOmit,
                               ValuesFor(context_.caller));
    End(grpc::Status::OK);
  }

  void End(grpc::Status status) {
    finished_ = true;
    subscription_.reset();
    on_shutdown_.reset();
    alarm_.Cancel();
    Finish(std::move(status));
  }

  const Present present_{Metric::kWaitingClients, {"WaitRun"}};
  ReactorContext context_;
  const v1::WaitRunRequest& request_;  // Not touched once finished.
  v1::Run* const response_;
  std::atomic<bool> cancelled_ = false;
  // Of Step() only.
  bool finished_ = false;
  std::optional<absl::Time> deadline_;
  std::string run_id_;
  std::unique_ptr<runs::Subscription> subscription_;
  std::unique_ptr<CancelCallback> on_shutdown_;
  grpc::Alarm alarm_;
};

}  // namespace

grpc::ServerUnaryReactor* StartWait(const ReactorContext& context,
                                    const v1::WaitRunRequest& request,
                                    v1::Run* response) {
  auto reactor = std::make_shared<WaitReactor>(context, request, response);
  reactor->Begin();
  return reactor.get();
}

}  // namespace assay::service
