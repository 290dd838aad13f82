// SPDX-License-Identifier: Apache-2.0
// The service over a Unix socket in this process, with fakes behind it.
#ifndef ASSAY_TESTS_SERVICE_TEST_SERVER_H_
#define ASSAY_TESTS_SERVICE_TEST_SERVER_H_

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "assay/v1/validation_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "rules/kinds/kinds.h"
#include "tests/service/fake_run_manager.h"
#include "validator/service/validation_service.h"

namespace assay::service {

// A registry with one connection, whose Test() lasts until it is cancelled.
class FakeRegistry final : public connections::Registry {
 public:
  FakeRegistry() { config_.name = "warehouse"; }
  std::vector<const connections::ConnectionConfig*> List() const override {
    return {&config_};
  }
  const connections::ConnectionConfig* Find(
      std::string_view name) const override {
    return name == config_.name ? &config_ : nullptr;
  }
  absl::StatusOr<std::vector<connections::Session>> Acquire(
      const std::vector<std::string>&, const CancellationToken&) override {
    return MakeError(ErrorReason::kDatabaseUnreachable, "no database");
  }
  absl::StatusOr<connections::ConnectionReport> Test(
      std::string_view name, const CancellationToken& cancel) override {
    if (name == "down") {
      return MakeError(ErrorReason::kDatabaseUnreachable, "it does not answer");
    }
    if (name != config_.name) {
      return MakeError(ErrorReason::kConnectionNotFound, "no such connection");
    }
    ++tests_running;
    const absl::Status status = SleepUnlessCancelled(absl::Seconds(60), cancel);
    --tests_running;
    return status;
  }
  absl::StatusOr<int> KillOrphans(std::string_view, const std::vector<int64_t>&,
                                  std::string_view) override {
    return 0;
  }

  std::atomic<int> tests_running = 0;

 private:
  connections::ConnectionConfig config_;
};

class TestServer {
 public:
  TestServer() {
    static std::atomic<int> count = 0;
    const std::string target =
        absl::StrCat("unix:/tmp/assay_test_", getpid(), "_", ++count, ".sock");
    service_ = ValidationService::Create({.runs = &runs,
                                          .registry = &registry,
                                          .kinds = AllKindSpecs(),
                                          .version = "1.2.3",
                                          .store_threads = 2,
                                          .database_threads = 1});
    grpc::ServerBuilder builder;
    builder.AddListeningPort(target, grpc::InsecureServerCredentials());
    builder.RegisterService(service_->grpc_service());
    server_ = builder.BuildAndStart();
    stub = v1::ValidationService::NewStub(
        grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  }

  ~TestServer() { server_->Shutdown(absl::ToChronoTime(absl::Now())); }

  ValidationService& service() { return *service_; }

  runs::FakeRunManager runs;
  FakeRegistry registry;
  std::unique_ptr<v1::ValidationService::Stub> stub;

 private:
  std::unique_ptr<ValidationService> service_;
  std::unique_ptr<grpc::Server> server_;
};

// The ErrorInfo of `status`; empty where there is none.
inline google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  details.ParseFromString(status.error_details());
  for (const auto& detail : details.details()) {
    if (detail.UnpackTo(&info)) return info;
  }
  return info;
}

// Waits up to five seconds.
template <typename Predicate>
bool Eventually(Predicate predicate) {
  for (int i = 0; i < 500; ++i) {
    if (predicate()) return true;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return false;
}

}  // namespace assay::service

#endif  // ASSAY_TESTS_SERVICE_TEST_SERVER_H_
