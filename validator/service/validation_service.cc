// SPDX-License-Identifier: Apache-2.0
#include "validator/service/validation_service.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "assay/v1/validation_service.grpc.pb.h"
#include "validator/base/cancellation.h"
#include "validator/base/status.h"
#include "validator/base/thread_pool.h"
#include "validator/engine/engine.h"
#include "validator/service/draft_call.h"
#include "validator/service/page_cursor.h"
#include "validator/service/page_token.h"
#include "validator/service/pooled_call.h"
#include "validator/service/request_check.h"
#include "validator/service/run_proto.h"
#include "validator/service/run_reactors.h"
#include "validator/service/status_proto.h"
#include "validator/service/utf8.h"

namespace assay::service {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

// The queue of the store's pool also takes the steps of open calls (see
// serial_call.h), at most one each: no bound that a server reaches.
constexpr size_t kMaxStoreQueue = 1 << 20;
constexpr int kMaxStoreCalls = 1000;
constexpr size_t kMaxDatabaseQueue = 64;
// Of calls that touch databases, for clients that set no deadline.
constexpr absl::Duration kLongestCall = absl::Minutes(5);
constexpr size_t kMaxPageBytes = 2 << 20;
constexpr int kMaxIssues = 1000;

absl::Time DeadlineOf(const Context& context) {
  return std::min(absl::FromChrono(context.deadline()),
                  absl::Now() + kLongestCall);
}

void AddIssues(const std::vector<Issue>& issues,
               google::protobuf::RepeatedPtrField<v1::Issue>* out) {
  for (const Issue& issue : issues) {
    if (out->size() == kMaxIssues) return;
    *out->Add() = ToProto(issue);
  }
}

class Impl final : public ValidationService,
                   public v1::ValidationService::CallbackService {
 public:
  explicit Impl(ServiceOptions options)
      : options_(std::move(options)),
        store_pool_(options_.store_threads, kMaxStoreQueue),
        database_pool_(options_.database_threads, kMaxDatabaseQueue) {}

  grpc::Service* grpc_service() override { return this; }

  void EndOpenCalls() override {
    shutdown_.Cancel(MakeError(ErrorReason::kServerDraining,
                               "the server is shutting down; ask again"));
  }

  Reactor* StartRun(Context*, const v1::StartRunRequest* request,
                    v1::Run* response) override {
    absl::StatusOr<runs::RunRequest> checked = CheckStartRun(*request);
    return OnStore<v1::Run>(
        response,
        [this, checked = std::move(checked)](v1::Run* out) -> grpc::Status {
          if (!checked.ok()) return ToGrpcStatus(checked.status());
          std::vector<Issue> issues;
          const auto run = options_.runs->Start(*checked, &issues);
          if (!run.ok()) return ToGrpcStatus(run.status(), issues);
          *out = ToProto(*run, v1::RUN_VIEW_BASIC);
          return grpc::Status::OK;
        });
  }

  Reactor* WaitRun(Context*, const v1::WaitRunRequest* request,
                   v1::Run* response) override {
    return StartWait(Open(), *request, response);
  }

  grpc::ServerWriteReactor<v1::WatchRunResponse>* WatchRun(
      Context*, const v1::WatchRunRequest* request) override {
    return StartWatch(Open(), *request);
  }

  Reactor* GetRun(Context*, const v1::GetRunRequest* request,
                  v1::Run* response) override {
    return OnStore<v1::Run>(
        response, [this, request = *request](v1::Run* out) -> grpc::Status {
          if (const auto status = CheckGetRun(request); !status.ok()) {
            return ToGrpcStatus(status);
          }
          const bool full = request.view() == v1::RUN_VIEW_FULL;
          const auto run = options_.runs->Get(request.run_id(), full);
          if (!run.ok()) return ToGrpcStatus(run.status());
          *out = ToProto(*run, request.view(), RuleSetText::kInclude);
          return grpc::Status::OK;
        });
  }

  Reactor* ListRuns(Context*, const v1::ListRunsRequest* request,
                    v1::ListRunsResponse* response) override {
    return OnStore<v1::ListRunsResponse>(
        response, [this, request = *request](v1::ListRunsResponse* out) {
          return ToGrpcStatus(List(request, out));
        });
  }

  Reactor* ListResults(Context*, const v1::ListResultsRequest* request,
                       v1::ListResultsResponse* response) override {
    return OnStore<v1::ListResultsResponse>(
        response, [this, request = *request](v1::ListResultsResponse* out) {
          return ToGrpcStatus(List(request, out));
        });
  }

  Reactor* ListDifferences(Context*, const v1::ListDifferencesRequest* request,
                           v1::ListDifferencesResponse* response) override {
    return OnStore<v1::ListDifferencesResponse>(
        response, [this, request = *request](v1::ListDifferencesResponse* out) {
          return ToGrpcStatus(List(request, out));
        });
  }

  Reactor* CancelRun(Context*, const v1::CancelRunRequest* request,
                     v1::Run* response) override {
    return OnStore<v1::Run>(
        response, [this, request = *request](v1::Run* out) -> grpc::Status {
          if (const auto status = CheckCancelRun(request); !status.ok()) {
            return ToGrpcStatus(status);
          }
          const auto run =
              options_.runs->Cancel(request.run_id(), request.request_id());
          if (!run.ok()) return ToGrpcStatus(run.status());
          *out = ToProto(*run, v1::RUN_VIEW_BASIC);
          return grpc::Status::OK;
        });
  }

  Reactor* LintRuleSet(Context*, const v1::LintRuleSetRequest* request,
                       v1::LintRuleSetResponse* response) override {
    return OnStore<v1::LintRuleSetResponse>(
        response,
        [this,
         request = *request](v1::LintRuleSetResponse* out) -> grpc::Status {
          if (const auto status = CheckLintRuleSet(request); !status.ok()) {
            return ToGrpcStatus(status);
          }
          AddIssues(ParseRuleSet(request.rule_set(), options_.kinds).issues,
                    out->mutable_issues());
          return grpc::Status::OK;
        });
  }

  Reactor* ExplainRuleSet(Context* context,
                          const v1::ExplainRuleSetRequest* request,
                          v1::ExplainRuleSetResponse* response) override {
    return StartPooled<v1::ExplainRuleSetResponse>(
        &database_pool_, &store_pool_, DeadlineOf(*context), response,
        [this, request = *request](const CancellationToken& cancel,
                                   v1::ExplainRuleSetResponse* out) {
          return ToGrpcStatus(Explain(request, cancel, out));
        });
  }

  Reactor* DraftRuleSet(Context* context,
                        const v1::DraftRuleSetRequest* request,
                        v1::DraftRuleSetResponse* response) override {
    return StartPooled<v1::DraftRuleSetResponse>(
        &database_pool_, &store_pool_, DeadlineOf(*context), response,
        [this, request = *request](const CancellationToken& cancel,
                                   v1::DraftRuleSetResponse* out) {
          return ToGrpcStatus(
              Draft(request, *options_.registry, cancel, out));
        });
  }

  Reactor* ListRuleKinds(Context* context, const v1::ListRuleKindsRequest*,
                         v1::ListRuleKindsResponse* response) override {
    for (const KindSpec* spec : options_.kinds) {
      *response->add_kinds() = ToProto(*spec);
    }
    return Done(context, absl::OkStatus());
  }

  Reactor* ListConnections(Context* context, const v1::ListConnectionsRequest*,
                           v1::ListConnectionsResponse* response) override {
    for (const connections::ConnectionConfig* config :
         options_.registry->List()) {
      *response->add_connections() = ToProto(*config);
    }
    return Done(context, absl::OkStatus());
  }

  Reactor* TestConnection(Context* context,
                          const v1::TestConnectionRequest* request,
                          v1::TestConnectionResponse* response) override {
    return StartPooled<v1::TestConnectionResponse>(
        &database_pool_, &store_pool_, DeadlineOf(*context), response,
        [this, request = *request](const CancellationToken& cancel,
                                   v1::TestConnectionResponse* out) {
          return ToGrpcStatus(Test(request, cancel, out));
        });
  }

  Reactor* GetServerInfo(Context* context, const v1::GetServerInfoRequest*,
                         v1::GetServerInfoResponse* response) override {
    response->set_version(options_.version);
    response->mutable_start_time()->set_seconds(absl::ToUnixSeconds(started_));
    response->set_active_runs_count(options_.runs->active_runs());
    return Done(context, absl::OkStatus());
  }

 private:
  static Reactor* Done(Context* context, const absl::Status& status) {
    Reactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }

  ReactorContext Open() {
    return {.runs = options_.runs,
            .pool = &store_pool_,
            .shutdown = shutdown_.token()};
  }

  template <typename Response>
  Reactor* OnStore(Response* response,
                   std::function<grpc::Status(Response*)> work) {
    // Given back when the call is gone, whether or not its work was done.
    std::shared_ptr<void> place(nullptr, [this](void*) { --store_calls_; });
    const bool full = ++store_calls_ > kMaxStoreCalls;
    return StartPooled<Response>(
        &store_pool_, &store_pool_, absl::InfiniteFuture(), response,
        [work = std::move(work), place = std::move(place), full](
            const CancellationToken&, Response* out) {
          return full ? ToGrpcStatus(QueueFullError()) : work(out);
        });
  }

  absl::Status List(const v1::ListRunsRequest& request,
                    v1::ListRunsResponse* out) {
    ASSAY_ASSIGN_OR_RETURN(const runs::ListFilter filter,
                           CheckListRuns(request));
    const std::string bound = FilterOf(request);
    ASSAY_ASSIGN_OR_RETURN(const auto cursor,
                           DecodeCursor(bound, request.page_token()));
    ASSAY_ASSIGN_OR_RETURN(
        const runs::ListPage page,
        options_.runs->List(filter, cursor, PageSize(request.page_size())));
    for (const runs::Run& run : page.runs) {
      *out->add_runs() = ToProto(run, v1::RUN_VIEW_BASIC);
    }
    if (page.next) {
      out->set_next_page_token(EncodePageToken(bound, ToText(*page.next)));
    }
    return absl::OkStatus();
  }

  // The cursor is the index of the first rule of the page. A rule that is
  // judged later than its page was read is not shown again: complete listings
  // are those of terminal runs.
  absl::Status List(const v1::ListResultsRequest& request,
                    v1::ListResultsResponse* out) {
    ASSAY_ASSIGN_OR_RETURN(const Verdict verdict, CheckListResults(request));
    const std::string bound = FilterOf(request);
    ASSAY_ASSIGN_OR_RETURN(int64_t index,
                           DecodeNumber(bound, request.page_token()));
    ASSAY_ASSIGN_OR_RETURN(const runs::Run run,
                           options_.runs->Get(request.run_id(), true));
    size_t bytes = 0;
    for (; index < static_cast<int64_t>(run.results.size()); ++index) {
      const auto& result = run.results[static_cast<size_t>(index)];
      if (result == nullptr) continue;
      if (verdict != Verdict::kUnspecified && result->verdict != verdict) {
        continue;
      }
      v1::RuleResult message = ToProto(*result, request.view());
      bytes += message.ByteSizeLong();
      // One result always fits, or the listing would not go on.
      if (out->results_size() == PageSize(request.page_size()) ||
          (bytes > kMaxPageBytes && out->results_size() > 0)) {
        out->set_next_page_token(EncodePageToken(bound, std::to_string(index)));
        break;
      }
      *out->add_results() = std::move(message);
    }
    return absl::OkStatus();
  }

  // The cursor is the offset of the next line in the file.
  absl::Status List(const v1::ListDifferencesRequest& request,
                    v1::ListDifferencesResponse* out) {
    ASSAY_RETURN_IF_ERROR(CheckListDifferences(request));
    const std::string bound = FilterOf(request);
    ASSAY_ASSIGN_OR_RETURN(const int64_t offset,
                           DecodeNumber(bound, request.page_token()));
    ASSAY_ASSIGN_OR_RETURN(
        const runs::LinePage page,
        options_.runs->ListDifferences(
            request.run_id(), request.rule_id(), offset,
            DifferencesPageSize(request.page_size()), kMaxPageBytes));
    for (const std::string& line : page.lines) {
      out->add_lines(ValidUtf8(line));
    }
    if (page.next >= 0) {
      out->set_next_page_token(
          EncodePageToken(bound, std::to_string(page.next)));
    }
    return absl::OkStatus();
  }

  absl::Status Explain(const v1::ExplainRuleSetRequest& request,
                       const CancellationToken& cancel,
                       v1::ExplainRuleSetResponse* out) {
    ASSAY_RETURN_IF_ERROR(CheckExplainRuleSet(request));
    ParseResult parsed = ParseRuleSet(request.rule_set(), options_.kinds);
    BoundParameters bound;
    if (!HasErrors(parsed.issues)) {
      bound = BindParameters(parsed.rule_set,
                             {request.params().begin(), request.params().end()},
                             parsed.issues);
    }
    AddIssues(parsed.issues, out->mutable_issues());
    if (HasErrors(parsed.issues)) return absl::OkStatus();
    ASSAY_ASSIGN_OR_RETURN(
        const std::string text,
        engine::Explain(parsed.rule_set, bound, *options_.registry, cancel));
    out->set_text(ValidUtf8(text));
    return absl::OkStatus();
  }

  absl::Status Test(const v1::TestConnectionRequest& request,
                    const CancellationToken& cancel,
                    v1::TestConnectionResponse* out) {
    ASSAY_RETURN_IF_ERROR(CheckTestConnection(request));
    const absl::StatusOr<connections::ConnectionReport> report =
        options_.registry->Test(request.name(), cancel);
    if (!report.ok()) {
      const absl::Status& status = report.status();
      if (GetReason(status) == ErrorReason::kConnectionNotFound ||
          cancel.cancelled()) {
        return status;
      }
      *out->mutable_error() = ToErrorProto(status);
      return absl::OkStatus();
    }
    out->set_dbms_name(ValidUtf8(report->dbms_name));
    out->set_dbms_version(ValidUtf8(report->dbms_version));
    out->set_dialect(ValidUtf8(report->dialect));
    out->mutable_connect_time()->set_seconds(
        absl::ToInt64Seconds(report->connect_time));
    out->mutable_connect_time()->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(report->connect_time) % 1000000000));
    for (const std::string& warning : report->warnings) {
      out->add_warnings(ValidUtf8(warning));
    }
    return absl::OkStatus();
  }

  const ServiceOptions options_;
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
