// SPDX-License-Identifier: Apache-2.0
#include "validator/service/pooled_call.h"

#include <atomic>

#include "absl/time/time.h"
#include "grpcpp/alarm.h"
#include "validator/base/status.h"
#include "validator/service/status_proto.h"

namespace assay::service {

absl::Status QueueFullError() {
  return MakeError(ErrorReason::kRunQueueFull,
                   "the server has too many requests waiting; try again");
}

namespace internal {
namespace {

class PooledCall final : public grpc::ServerUnaryReactor,
                         public std::enable_shared_from_this<PooledCall> {
 public:
  PooledCall(ThreadPool* cancellers, absl::Time deadline, ErasedWork work)
      : cancellers_(cancellers), deadline_(deadline), work_(std::move(work)) {}

  void Begin(ThreadPool* pool) {
    self_ = shared_from_this();
    if (deadline_ != absl::InfiniteFuture()) {
      alarm_.Set(absl::ToChronoTime(deadline_),
                 [weak = weak_from_this()](bool fired) {
                   const auto call = fired ? weak.lock() : nullptr;
                   if (call != nullptr) {
                     call->CancelWork("the request's time is over");
                   }
                 });
    }
    if (pool->TrySchedule([call = self_] { call->Run(); })) return;
    EndOnce(ToGrpcStatus(QueueFullError()));
  }

  void OnCancel() override {
    CancelWork("the client has gone away");
    EndOnce(grpc::Status::CANCELLED);
  }

  void OnDone() override { self_.reset(); }

 private:
  void Run() {
    if (ended_) return;
    EndOnce(work_.run(source_.token()));
  }

  // Cancelling may speak to a database, and the calling thread is gRPC's.
  void CancelWork(const char* why) {
    auto cancel = [source = source_,
                   status = MakeError(ErrorReason::kCancelled, why)]() mutable {
      source.Cancel(status);
    };
    if (!cancellers_->TrySchedule(cancel)) cancel();
  }

  void EndOnce(grpc::Status status) {
    if (ended_.exchange(true)) return;
    if (status.ok()) work_.publish();
    Finish(std::move(status));
  }

  ThreadPool* const cancellers_;
  const absl::Time deadline_;
  const ErasedWork work_;
  CancellationSource source_;
  grpc::Alarm alarm_;
  std::atomic<bool> ended_ = false;
  std::shared_ptr<PooledCall> self_;
};

}  // namespace

grpc::ServerUnaryReactor* StartErased(ThreadPool* pool, ThreadPool* cancellers,
                                      absl::Time deadline, ErasedWork work) {
  auto call =
      std::make_shared<PooledCall>(cancellers, deadline, std::move(work));
  grpc::ServerUnaryReactor* reactor = call.get();
  call->Begin(pool);
  return reactor;
}

}  // namespace internal
}  // namespace assay::service
