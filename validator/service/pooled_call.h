// SPDX-License-Identifier: Apache-2.0
// A unary RPC whose work runs on a thread pool.
//
// When the client goes away or its deadline passes, the RPC ends at once and
// the work is told through its token; what it still does is thrown away.
#ifndef ASSAY_VALIDATOR_SERVICE_POOLED_CALL_H_
#define ASSAY_VALIDATOR_SERVICE_POOLED_CALL_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/support/server_callback.h"
#include "validator/base/cancellation.h"
#include "validator/base/thread_pool.h"

namespace assay::service {

// What a call is told that finds no place (kRunQueueFull, with RetryInfo).
absl::Status QueueFullError();

// Computes an answer; must not touch the RPC. The request is gone when the RPC
// has ended early, so work holds a copy.
template <typename Response>
using CallWork =
    std::function<grpc::Status(const CancellationToken&, Response*)>;

namespace internal {
// Work on some message, and its way into gRPC's.
struct ErasedWork {
  std::function<grpc::Status(const CancellationToken&)> run;
  std::function<void()> publish;  // Called at most once, before Finish(OK).
};
grpc::ServerUnaryReactor* StartErased(ThreadPool* pool, ThreadPool* cancellers,
                                      absl::Time deadline, ErasedWork work);
}  // namespace internal

// Returns a reactor that owns itself. RESOURCE_EXHAUSTED where the queue of
// `pool` is full. The token is cancelled at `deadline`, or earlier when gRPC
// says that the client has gone. `cancellers` runs the callbacks of the token,
// which may speak to a database. Both pools are borrowed and must outlive the
// gRPC server.
template <typename Response>
grpc::ServerUnaryReactor* StartPooled(ThreadPool* pool, ThreadPool* cancellers,
                                      absl::Time deadline, Response* response,
                                      CallWork<Response> work) {
  auto answer = std::make_shared<Response>();
  return internal::StartErased(
      pool, cancellers, deadline,
      {.run =
           [answer, work = std::move(work)](const CancellationToken& cancel) {
             return work(cancel, answer.get());
           },
       .publish = [answer, response] { response->Swap(answer.get()); }});
}

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_POOLED_CALL_H_
