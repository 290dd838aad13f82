// SPDX-License-Identifier: Apache-2.0
#include "validator/service/validation_service.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "assay/v1/validation_service.grpc.pb.h"
#include "validator/base/cancellation.h"
#include "validator/base/clock.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/base/thread_pool.h"
#include "validator/service/call_credentials.h"
#include "validator/service/calls.h"
#include "validator/service/pooled_call.h"
#include "validator/service/run_proto.h"
#include "validator/service/run_reactors.h"
#include "validator/service/status_proto.h"
#include "validator/service/utf8.h"

namespace assay::service {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

// What each method needs; ListDifferences also needs `samples`, and what a
// rule set needs is asked when it is known.
constexpr Rpc kStartRun = {"StartRun", Operation::kRun};
constexpr Rpc kWaitRun = {"WaitRun", Operation::kRead};
constexpr Rpc kWatchRun = {"WatchRun", Operation::kRead};
constexpr Rpc kGetRun = {"GetRun", Operation::kRead};
constexpr Rpc kListRuns = {"ListRuns", Operation::kRead};
constexpr Rpc kListResults = {"ListResults", Operation::kRead};
constexpr Rpc kListDifferences = {"ListDifferences", Operation::kRead};
constexpr Rpc kCancelRun = {"CancelRun", Operation::kCancel};
constexpr Rpc kReleaseHold = {"ReleaseHold", Operation::kRelease};
constexpr Rpc kLintRuleSet = {"LintRuleSet", Operation::kLint};
constexpr Rpc kExplainRuleSet = {"ExplainRuleSet", Operation::kExplain};
constexpr Rpc kDraftRuleSet = {"DraftRuleSet", Operation::kExplain};
constexpr Rpc kListRuleKinds = {"ListRuleKinds", std::nullopt};
constexpr Rpc kListConnections = {"ListConnections", std::nullopt};
constexpr Rpc kTestConnection = {"TestConnection", Operation::kExplain};
constexpr Rpc kGetServerInfo = {"GetServerInfo", std::nullopt};

// The queue of the store's pool also takes the steps of open calls (see
// serial_call.h), at most one each: no bound that a server reaches.
constexpr size_t kMaxStoreQueue = 1 << 20;
constexpr int kMaxStoreCalls = 1000;
constexpr size_t kMaxDatabaseQueue = 64;
// Of calls that touch databases, for clients that set no deadline.
constexpr absl::Duration kLongestCall = absl::Minutes(5);

absl::Time DeadlineOf(const Context& context) {
  return std::min(absl::FromChrono(context.deadline()),
                  absl::Now() + kLongestCall);
}

// An answer to who may not enter.
template <typename Response>
class RefusedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedStream(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

class Impl final : public ValidationService,
                   public v1::ValidationService::CallbackService {
 public:
  explicit Impl(ServiceOptions options)
      : options_(std::move(options)),
        everybody_(std::nullopt, nullptr, RealClock()),
        rooms_{.runs = options_.runs,
               .registry = options_.registry,
               .access =
                   options_.access == nullptr ? &everybody_ : options_.access,
               .kinds = options_.kinds},
        store_pool_(options_.store_threads, kMaxStoreQueue),
        database_pool_(options_.database_threads, kMaxDatabaseQueue) {}

  grpc::Service* grpc_service() override { return this; }

  void EndOpenCalls() override {
    shutdown_.Cancel(MakeError(ErrorReason::kServerDraining,
                               "the server is shutting down; ask again"));
  }

  Reactor* StartRun(Context* context, const v1::StartRunRequest* request,
                    v1::Run* response) override {
    return OnStore<v1::Run>(
        context, kStartRun, response,
        [this, request = *request](const Caller& caller, v1::Run* out) {
          return service::StartRun(rooms_, caller, request, out);
        });
  }

  Reactor* WaitRun(Context* context, const v1::WaitRunRequest* request,
                   v1::Run* response) override {
    const absl::StatusOr<Caller> caller = Enter(*context, kWaitRun);
    if (!caller.ok()) return Done(context, caller.status());
    return StartWait(Open(*caller), *request, response);
  }

  grpc::ServerWriteReactor<v1::WatchRunResponse>* WatchRun(
      Context* context, const v1::WatchRunRequest* request) override {
    const absl::StatusOr<Caller> caller = Enter(*context, kWatchRun);
    if (!caller.ok()) {
      return new RefusedStream<v1::WatchRunResponse>(
          ToGrpcStatus(caller.status()));
    }
    return StartWatch(Open(*caller), *request);
  }

  Reactor* GetRun(Context* context, const v1::GetRunRequest* request,
                  v1::Run* response) override {
    return OnStore<v1::Run>(
        context, kGetRun, response,
        [this, request = *request](const Caller& caller, v1::Run* out) {
          return ToGrpcStatus(service::GetRun(rooms_, caller, request, out));
        });
  }

  Reactor* ListRuns(Context* context, const v1::ListRunsRequest* request,
                    v1::ListRunsResponse* response) override {
    return OnStore<v1::ListRunsResponse>(
        context, kListRuns, response,
        [this, request = *request](const Caller& caller,
                                   v1::ListRunsResponse* out) {
          return ToGrpcStatus(service::ListRuns(rooms_, caller, request, out));
        });
  }

  Reactor* ListResults(Context* context, const v1::ListResultsRequest* request,
                       v1::ListResultsResponse* response) override {
    return OnStore<v1::ListResultsResponse>(
        context, kListResults, response,
        [this, request = *request](const Caller& caller,
                                   v1::ListResultsResponse* out) {
          return ToGrpcStatus(
              service::ListResults(rooms_, caller, request, out));
        });
  }

  Reactor* ListDifferences(Context* context,
                           const v1::ListDifferencesRequest* request,
                           v1::ListDifferencesResponse* response) override {
    return OnStore<v1::ListDifferencesResponse>(
        context, kListDifferences, response,
        [this, request = *request](const Caller& caller,
                                   v1::ListDifferencesResponse* out) {
          return ToGrpcStatus(
              service::ListDifferences(rooms_, caller, request, out));
        });
  }

  Reactor* CancelRun(Context* context, const v1::CancelRunRequest* request,
                     v1::Run* response) override {
    return OnStore<v1::Run>(
        context, kCancelRun, response,
        [this, request = *request](const Caller& caller, v1::Run* out) {
          return ToGrpcStatus(service::CancelRun(rooms_, caller, request, out));
        });
  }

  Reactor* ReleaseHold(Context* context, const v1::ReleaseHoldRequest* request,
                       v1::Run* response) override {
    return OnStore<v1::Run>(
        context, kReleaseHold, response,
        [this, request = *request](const Caller& caller, v1::Run* out) {
          return ToGrpcStatus(
              service::ReleaseHold(rooms_, caller, request, out));
        });
  }

  Reactor* LintRuleSet(Context* context, const v1::LintRuleSetRequest* request,
                       v1::LintRuleSetResponse* response) override {
    return OnStore<v1::LintRuleSetResponse>(
        context, kLintRuleSet, response,
        [this, request = *request](const Caller&,
                                   v1::LintRuleSetResponse* out) {
          return ToGrpcStatus(service::LintRuleSet(rooms_, request, out));
        });
  }

  Reactor* ExplainRuleSet(Context* context,
                          const v1::ExplainRuleSetRequest* request,
                          v1::ExplainRuleSetResponse* response) override {
    return OnDatabase<v1::ExplainRuleSetResponse>(
        context, kExplainRuleSet, response,
        [this, request = *request](const Caller& caller,
                                   const CancellationToken& cancel,
                                   v1::ExplainRuleSetResponse* out) {
          return service::ExplainRuleSet(rooms_, caller, request, cancel, out);
        });
  }

  Reactor* DraftRuleSet(Context* context,
                        const v1::DraftRuleSetRequest* request,
                        v1::DraftRuleSetResponse* response) override {
    return OnDatabase<v1::DraftRuleSetResponse>(
        context, kDraftRuleSet, response,
        [this, request = *request](const Caller& caller,
                                   const CancellationToken& cancel,
                                   v1::DraftRuleSetResponse* out) {
          return service::DraftRuleSet(rooms_, caller, request, cancel, out);
        });
  }

  Reactor* TestConnection(Context* context,
                          const v1::TestConnectionRequest* request,
                          v1::TestConnectionResponse* response) override {
    return OnDatabase<v1::TestConnectionResponse>(
        context, kTestConnection, response,
        [this, request = *request](const Caller& caller,
                                   const CancellationToken& cancel,
                                   v1::TestConnectionResponse* out) {
          return service::TestConnection(rooms_, caller, request, cancel, out);
        });
  }

  Reactor* ListRuleKinds(Context* context, const v1::ListRuleKindsRequest*,
                         v1::ListRuleKindsResponse* response) override {
    const absl::StatusOr<Caller> caller = Enter(*context, kListRuleKinds);
    if (!caller.ok()) return Done(context, caller.status());
    for (const KindSpec* spec : rooms_.kinds) {
      *response->add_kinds() = ToProto(*spec);
    }
    return Done(context, absl::OkStatus());
  }

  Reactor* ListConnections(Context* context, const v1::ListConnectionsRequest*,
                           v1::ListConnectionsResponse* response) override {
    const absl::StatusOr<Caller> caller = Enter(*context, kListConnections);
    if (!caller.ok()) return Done(context, caller.status());
    service::ListConnections(rooms_, *caller, response);
    return Done(context, absl::OkStatus());
  }

  Reactor* GetServerInfo(Context* context, const v1::GetServerInfoRequest*,
                         v1::GetServerInfoResponse* response) override {
    const absl::StatusOr<Caller> caller = Enter(*context, kGetServerInfo);
    if (!caller.ok()) return Done(context, caller.status());
    response->set_version(options_.version);
    response->mutable_start_time()->set_seconds(absl::ToUnixSeconds(started_));
    response->set_active_runs_count(options_.runs->active_runs());
    response->set_principal(ValidUtf8(caller->principal->name));
    for (const OperationInfo& info : Operations()) {
      if (caller->May(info.operation)) response->add_operations(info.name);
    }
    return Done(context, absl::OkStatus());
  }

 private:
  // Every method begins here: without a caller nothing is done.
  absl::StatusOr<Caller> Enter(const Context& context, const Rpc& rpc) {
    return rooms_.access->Enter(CallCredentials(context, options_.http_secret),
                                rpc);
  }

  static Reactor* Done(Context* context, const absl::Status& status) {
    Reactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }

  ReactorContext Open(const Caller& caller) {
    return {.rooms = &rooms_,
            .caller = caller,
            .pool = &store_pool_,
            .shutdown = shutdown_.token()};
  }

  template <typename Response>
  Reactor* OnStore(Context* context, const Rpc& rpc, Response* response,
                   std::function<grpc::Status(const Caller&, Response*)> work) {
    absl::StatusOr<Caller> caller = Enter(*context, rpc);
    if (!caller.ok()) return Done(context, caller.status());
    // Given back when the call is gone, whether or not its work was done.
    std::shared_ptr<void> place(nullptr, [this](void*) { --store_calls_; });
    const bool full = ++store_calls_ > kMaxStoreCalls;
    return StartPooled<Response>(
        &store_pool_, &store_pool_, absl::InfiniteFuture(), response,
        [work = std::move(work), place = std::move(place), full,
         begin = absl::Now(),
         caller = *std::move(caller)](const CancellationToken&, Response* out) {
          grpc::Status status =
              full ? ToGrpcStatus(QueueFullError()) : work(caller, out);
          Observe(Metric::kRequestDuration, {caller.rpc}, absl::Now() - begin);
          return status;
        });
  }

  template <typename Response>
  Reactor* OnDatabase(Context* context, const Rpc& rpc, Response* response,
                      std::function<absl::Status(
                          const Caller&, const CancellationToken&, Response*)>
                          work) {
    absl::StatusOr<Caller> caller = Enter(*context, rpc);
    if (!caller.ok()) return Done(context, caller.status());
    return StartPooled<Response>(
        &database_pool_, &store_pool_, DeadlineOf(*context), response,
        [work = std::move(work), begin = absl::Now(),
         caller = *std::move(caller)](const CancellationToken& cancel,
                                      Response* out) {
          const absl::Status status = work(caller, cancel, out);
          Observe(Metric::kRequestDuration, {caller.rpc}, absl::Now() - begin);
          return ToGrpcStatus(status);
        });
  }

  const ServiceOptions options_;
  Access everybody_;  // Where the options have none.
  const Rooms rooms_;
  const absl::Time started_ = absl::Now();
  CancellationSource shutdown_;
  std::atomic<int> store_calls_ = 0;  // In store_pool_, with their requests.
  ThreadPool store_pool_;
  ThreadPool database_pool_;  // Destroyed first: its calls use store_pool_.
};

}  // namespace

std::unique_ptr<ValidationService> ValidationService::Create(
    ServiceOptions options) {
  return std::make_unique<Impl>(std::move(options));
}

}  // namespace assay::service
