// SPDX-License-Identifier: Apache-2.0
// Many gates at once, and the floor beside them: the same calls of a service
// that does nothing.
//
//   load serve ADDRESS                       the empty service, until killed
//   load gates ADDRESS FILE GATES CLIENTS    gates, each of them StartRun and
//                                            WaitRun until the run has ended
//   load wait ADDRESS FILE CLIENTS SECONDS   clients that wait for one run,
//                                            each with its own connection
//
// Prints one line of NAME=NUMBER words; latencies in milliseconds.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "assay/v1/validation_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace {

namespace v1 = assay::v1;
using Stub = v1::ValidationService::Stub;

class EmptyService final : public v1::ValidationService::CallbackService {
  template <typename Response>
  static grpc::ServerUnaryReactor* End(grpc::CallbackServerContext* context,
                                       Response* response) {
    response->set_run_id("r");
    response->set_state(v1::Run::SUCCEEDED);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 public:
  grpc::ServerUnaryReactor* StartRun(grpc::CallbackServerContext* context,
                                     const v1::StartRunRequest*,
                                     v1::Run* response) override {
    return End(context, response);
  }
  grpc::ServerUnaryReactor* WaitRun(grpc::CallbackServerContext* context,
                                    const v1::WaitRunRequest*,
                                    v1::Run* response) override {
    return End(context, response);
  }
};

// A connection that nobody else has.
std::unique_ptr<Stub> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return v1::ValidationService::NewStub(grpc::CreateCustomChannel(
      address, grpc::InsecureChannelCredentials(), arguments));
}

void Check(const grpc::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "load: %s\n", status.error_message().c_str());
  std::exit(1);
}

bool Ended(const v1::Run& run) {
  return run.state() != v1::Run::PENDING && run.state() != v1::Run::RUNNING;
}

std::string ReadFile(const char* path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

struct Latencies {
  std::vector<double> start, wait;
};

// `next` counts the gates that are still to be made.
void MakeGates(const std::string& address, const std::string& rules,
               std::atomic<int>& next, Latencies& out) {
  const std::unique_ptr<Stub> stub = Connect(address);
  while (next.fetch_sub(1) > 0) {
    v1::Run run;
    {
      grpc::ClientContext context;
      v1::StartRunRequest request;
      request.set_rule_set(rules);
      const absl::Time begin = absl::Now();
      Check(stub->StartRun(&context, request, &run));
      out.start.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin));
    }
    const absl::Time begin = absl::Now();
    do {
      grpc::ClientContext context;
      v1::WaitRunRequest request;
      request.set_run_id(run.run_id());
      Check(stub->WaitRun(&context, request, &run));
    } while (!Ended(run));
    out.wait.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin));
  }
}

double Quantile(std::vector<double> values, double fraction) {
  std::sort(values.begin(), values.end());
  return values.at(
      static_cast<size_t>(fraction * static_cast<double>(values.size() - 1)));
}

int Gates(const std::string& address, const std::string& rules, int gates,
          int clients) {
  std::atomic<int> next = gates;
  std::vector<Latencies> parts(clients);
  std::vector<std::thread> threads;
  const absl::Time begin = absl::Now();
  for (Latencies& part : parts) {
    threads.emplace_back([&] { MakeGates(address, rules, next, part); });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  Latencies all;
  for (const Latencies& part : parts) {
    all.start.insert(all.start.end(), part.start.begin(), part.start.end());
    all.wait.insert(all.wait.end(), part.wait.begin(), part.wait.end());
  }
  std::printf(
      "gates_per_second=%.1f start_p50=%.2f start_p99=%.2f wait_p50=%.2f "
      "wait_p99=%.2f\n",
      gates / seconds, Quantile(all.start, 0.5), Quantile(all.start, 0.99),
      Quantile(all.wait, 0.5), Quantile(all.wait, 0.99));
  return 0;
}

struct Waiter {
  std::unique_ptr<Stub> stub;
  std::unique_ptr<grpc::ClientContext> context;
  v1::WaitRunRequest request;
  v1::Run run;
};

int Wait(const std::string& address, const std::string& rules, int clients,
         int seconds) {
  std::vector<Waiter> waiters(clients);
  v1::Run run;
  {
    waiters[0].stub = Connect(address);
    grpc::ClientContext context;
    v1::StartRunRequest request;
    request.set_rule_set(rules);
    Check(waiters[0].stub->StartRun(&context, request, &run));
  }
  std::atomic<int> requests = 0;
  std::atomic<int> open = 0;
  std::atomic<bool> over = false;
  std::function<void(Waiter&)> ask = [&](Waiter& waiter) {
    waiter.context = std::make_unique<grpc::ClientContext>();
    waiter.request.set_run_id(run.run_id());
    ++requests;
    ++open;
    waiter.stub->async()->WaitRun(waiter.context.get(), &waiter.request,
                                  &waiter.run, [&](grpc::Status status) {
                                    if (!over) {
                                      Check(status);
                                      ask(waiter);
                                    }
                                    --open;
                                  });
  };
  const absl::Time begin = absl::Now();
  for (Waiter& waiter : waiters) {
    if (waiter.stub == nullptr) waiter.stub = Connect(address);
    ask(waiter);
  }
  absl::SleepFor(begin + absl::Seconds(seconds) - absl::Now());
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - begin);
  std::printf("clients=%d requests_per_second_each=%.4f\n", clients,
              requests / elapsed / clients);
  std::fflush(stdout);
  over = true;
  {
    grpc::ClientContext context;
    v1::CancelRunRequest request;
    request.set_run_id(run.run_id());
    v1::Run cancelled;
    Check(waiters[0].stub->CancelRun(&context, request, &cancelled));
  }
  while (open > 0) absl::SleepFor(absl::Milliseconds(10));
  return 0;
}

int Serve(const std::string& address) {
  EmptyService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("READY\n");
  std::fflush(stdout);
  server->Wait();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "serve") return Serve(words[1]);
  if (words.size() == 5 && (words[0] == "gates" || words[0] == "wait")) {
    const auto work = words[0] == "gates" ? Gates : Wait;
    return work(words[1], ReadFile(argv[3]),
                static_cast<int>(std::strtol(argv[4], nullptr, 10)),
                static_cast<int>(std::strtol(argv[5], nullptr, 10)));
  }
  (void)std::fprintf(
      stderr,
      "usage: load serve ADDRESS | gates ADDRESS FILE GATES CLIENTS | "
      "wait ADDRESS FILE CLIENTS SECONDS\n");
  return 2;
}
