// SPDX-License-Identifier: Apache-2.0
// The two RPCs that last: WaitRun and WatchRun.
//
// Neither occupies a thread while nothing happens: a subscription of the run
// manager, an alarm or gRPC kicks them (serial_call.h).
#ifndef ASSAY_VALIDATOR_SERVICE_RUN_REACTORS_H_
#define ASSAY_VALIDATOR_SERVICE_RUN_REACTORS_H_

#include "assay/v1/validation_service.pb.h"
#include "validator/base/cancellation.h"
#include "validator/base/thread_pool.h"
#include "validator/service/calls.h"

namespace grpc {
class ServerUnaryReactor;
template <class Response>
class ServerWriteReactor;
}  // namespace grpc

namespace assay::service {

// What both need. Pointers are borrowed; must outlive the gRPC server.
struct ReactorContext {
  const Rooms* rooms = nullptr;
  Caller caller;
  ThreadPool* pool = nullptr;
  // Cancelled when the server stops: open calls then end with its status.
  CancellationToken shutdown;
};

// Each returns a reactor that owns itself; gRPC ends it through OnDone.
// `request` and `response` are gRPC's and live until then.
grpc::ServerUnaryReactor* StartWait(const ReactorContext& context,
                                    const v1::WaitRunRequest& request,
                                    v1::Run* response);
grpc::ServerWriteReactor<v1::WatchRunResponse>* StartWatch(
    const ReactorContext& context, const v1::WatchRunRequest& request);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_RUN_REACTORS_H_
