// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/support/fake_server.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <mutex>

#include "assay/v1/validation_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace assay::cli {
namespace {

grpc::Status StatusOf(const Answer& answer) {
  if (answer.code == 0) return grpc::Status::OK;
  google::rpc::Status details;
  details.set_code(answer.code);
  details.set_message(answer.message);
  if (!answer.reason.empty()) {
    google::rpc::ErrorInfo info;
    info.set_domain("assay");
    info.set_reason(answer.reason);
    details.add_details()->PackFrom(info);
  }
  return {static_cast<grpc::StatusCode>(answer.code), answer.message,
          details.SerializeAsString()};
}

}  // namespace

struct FakeServer::Impl final : v1::ValidationService::Service {
  explicit Impl(FakeServer* server) : owner(server) {}

  grpc::Status StartRun(grpc::ServerContext*,
                        const v1::StartRunRequest* request,
                        v1::Run* response) override {
    {
      std::lock_guard<std::mutex> lock(mutex);
      seen.start.push_back(*request);
    }
    const Answer answer = owner->on_start(*request);
    *response = answer.run;
    return StatusOf(answer);
  }

  grpc::Status WaitRun(grpc::ServerContext*, const v1::WaitRunRequest* request,
                       v1::Run* response) override {
    {
      std::lock_guard<std::mutex> lock(mutex);
      seen.wait.push_back(*request);
    }
    const Answer answer = owner->on_wait(*request);
    *response = answer.run;
    return StatusOf(answer);
  }

  grpc::Status WatchRun(
      grpc::ServerContext*, const v1::WatchRunRequest* request,
      grpc::ServerWriter<v1::WatchRunResponse>* writer) override {
    v1::WaitRunRequest wait;
    wait.set_run_id(request->run_id());
    const Answer answer = owner->on_wait(wait);
    if (answer.code != 0) return StatusOf(answer);
    v1::WatchRunResponse message;
    message.set_sequence(1);
    *message.mutable_run() = answer.run;
    writer->Write(message);
    return grpc::Status::OK;
  }

  grpc::Status CancelRun(grpc::ServerContext*,
                         const v1::CancelRunRequest* request,
                         v1::Run* response) override {
    {
      std::lock_guard<std::mutex> lock(mutex);
      seen.cancel.push_back(*request);
    }
    const Answer answer = owner->on_cancel(*request);
    *response = answer.run;
    return StatusOf(answer);
  }

  grpc::Status GetRun(grpc::ServerContext*, const v1::GetRunRequest* request,
                      v1::Run* response) override {
    for (const v1::Run& run : owner->runs) {
      if (run.run_id().rfind(request->run_id(), 0) == 0) {
        *response = run;
        return grpc::Status::OK;
      }
    }
    return StatusOf({{}, 5, "no such run", "RUN_NOT_FOUND"});
  }

  grpc::Status ListRuns(grpc::ServerContext*, const v1::ListRunsRequest*,
                        v1::ListRunsResponse* response) override {
    for (const v1::Run& run : owner->runs) *response->add_runs() = run;
    return grpc::Status::OK;
  }

  grpc::Status ListResults(grpc::ServerContext*,
                           const v1::ListResultsRequest* request,
                           v1::ListResultsResponse* response) override {
    *response = owner->on_list_results(*request);
    return grpc::Status::OK;
  }

  grpc::Status ListDifferences(grpc::ServerContext*,
                               const v1::ListDifferencesRequest* request,
                               v1::ListDifferencesResponse* response) override {
    {
      std::lock_guard<std::mutex> lock(mutex);
      seen.differences.push_back(*request);
    }
    const auto it = owner->differences.find(request->rule_id());
    if (it == owner->differences.end()) {
      return StatusOf({{}, 5, "no list", "DIFFERENCES_NOT_FOUND"});
    }
    size_t at = request->page_token().empty()
                    ? 0
                    : std::stoul(request->page_token());
    for (int i = 0; i < 2 && at < it->second.size(); ++i) {
      response->add_lines(it->second[at++]);
    }
    if (at < it->second.size()) {
      response->set_next_page_token(std::to_string(at));
    }
    return grpc::Status::OK;
  }

  FakeServer* owner;
  std::mutex mutex;
  Calls seen;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

FakeServer::FakeServer() : impl_(std::make_unique<Impl>(this)) {}

FakeServer::~FakeServer() { Stop(); }

void FakeServer::Start(int port) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port),
                           grpc::InsecureServerCredentials(), &impl_->port);
  builder.RegisterService(impl_.get());
  impl_->server = builder.BuildAndStart();
}

void FakeServer::Stop() {
  if (impl_->server == nullptr) return;
  impl_->server->Shutdown(std::chrono::system_clock::now());
  impl_->server->Wait();
  impl_->server.reset();
}

int FakeServer::port() const { return impl_->port; }

std::string FakeServer::address() const {
  return "127.0.0.1:" + std::to_string(impl_->port);
}

Calls FakeServer::calls() const {
  std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->seen;
}

v1::Run MakeRun(int state, int verdict, int decision) {
  v1::Run run;
  run.set_run_id("run-1");
  run.set_rule_set_name("shop");
  run.set_state(static_cast<v1::Run::State>(state));
  run.set_verdict(static_cast<v1::Verdict>(verdict));
  run.set_decision(static_cast<v1::Decision>(decision));
  v1::VerdictCounts& counts = *run.mutable_counts();
  counts.set_pass_count(1);
  if (verdict == v1::VERDICT_WARN) counts.set_warn_count(1);
  if (verdict == v1::VERDICT_FAIL) counts.set_fail_count(1);
  if (verdict == v1::VERDICT_ERROR) counts.set_error_count(1);
  return run;
}

}  // namespace assay::cli
