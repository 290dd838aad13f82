// SPDX-License-Identifier: Apache-2.0
// assayd: wiring only. Flags and file → rooms → gRPC server → signal → drain.
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "rules/kinds/kinds.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/connections/registry.h"
#include "validator/runs/run_manager.h"
#include "validator/server/configure.h"
#include "validator/server/flags.h"
#include "validator/server/http_front.h"
#include "validator/server/identity.h"
#include "validator/server/listen.h"
#include "validator/server/process.h"
#include "validator/server/process_metrics.h"
#include "validator/server/reflection.h"
#include "validator/server/reload.h"
#include "validator/server/server_config.h"
#include "validator/server/store_command.h"
#include "validator/server/token_command.h"
#include "validator/service/validation_service.h"

namespace assay::server {
namespace {

constexpr int kMaxReceiveBytes = 8 << 20;
constexpr absl::Duration kShutdownGrace = absl::Seconds(2);
// On top of the drain's grace, for databases to notice their cancellation.
constexpr absl::Duration kLongestStop = absl::Seconds(20);

int Complain(int code, const absl::Status& status) {
  const std::string message(status.message());
  (void)std::fprintf(stderr, "assayd: %s\n", message.c_str());
  return code;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The gRPC server with its service; null where it cannot bind. `ports` are the
// ports that were bound, in the order of `addresses`.
std::unique_ptr<grpc::Server> StartServer(
    service::ValidationService& service, Identity& identity,
    const std::vector<ListenAddress>& addresses, std::vector<int>& ports) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  if (identity.access().enabled()) builder.SetOption(WithoutReflection());
  // Two servers on one port would answer in turns.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Who connects and says nothing must not stay.
  builder.AddChannelArgument("grpc.server_handshake_timeout_ms", 20000);
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  // A client that vanished is noticed within 80 s, and its lease with it.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
  // Reflection is the only service that is not asynchronous.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  ports.assign(addresses.size(), 0);
  for (size_t i = 0; i < addresses.size(); ++i) {
    builder.AddListeningPort(addresses[i].target,
                             identity.CredentialsFor(addresses[i]), &ports[i]);
  }
  builder.RegisterService(service.grpc_service());
  return builder.BuildAndStart();
}

// Binds, says so, and serves until a signal. Returns the exit code.
int Serve(const Flags& flags, const Configured& configured,
          service::ValidationService& service, const Serving& serving) {
  const ServerConfig& config = configured.config;
  const std::vector<ListenAddress>& addresses = configured.addresses;
  runs::RunManager& runs = *serving.runs;
  Identity& identity = *serving.identity;
  std::vector<int> ports;
  const std::unique_ptr<grpc::Server> server =
      StartServer(service, identity, addresses, ports);
  if (server == nullptr) {
    // The probe found the addresses free, so someone was faster.
    return Complain(kExitCannotStart,
                    MakeError(ErrorReason::kArgumentInvalid,
                              absl::StrCat("cannot listen on ",
                                           absl::StrJoin(config.listen, ", "),
                                           ": taken at the last moment")));
  }
  server->GetHealthCheckService()->SetServingStatus(
      "assay.v1.ValidationService", true);
  std::string ready = "READY";
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (const absl::Status status = RestrictSocket(addresses[i]);
        !status.ok()) {
      return Complain(kExitCannotStart, status);
    }
    std::string target = addresses[i].target;
    if (!addresses[i].is_unix()) {
      target = absl::StrCat(target.substr(0, target.rfind(':')), ":", ports[i]);
    }
    absl::StrAppend(&ready, " ", target);
  }
  std::unique_ptr<http::Server> http;
  if (!configured.http_addresses.empty()) {
    absl::StatusOr<std::unique_ptr<http::Server>> started =
        StartHttp(config.http, configured.http_addresses, *server, identity);
    if (!started.ok()) return Complain(kExitCannotStart, started.status());
    http = *std::move(started);
    absl::StrAppend(&ready, " ", absl::StrJoin(http->urls(), " "));
  }
  if (flags.ready_fd) {
    if (const absl::Status status =
            WriteReady(*flags.ready_fd, absl::StrCat(ready, "\n"));
        !status.ok()) {
      return Complain(kExitCannotStart, status);
    }
  }
  LogInfo(absl::StrCat("assayd ", ASSAY_VERSION, ": ", ready));
  identity.NoteServer("started", absl::StrCat("assayd ", ASSAY_VERSION));
  if (config.connections.empty()) {
    LogWarning(
        "no connections are configured; add `connections:` to the "
        "configuration file, or say --connection NAME=ODBC-STRING");
  }

  Reloader reloader(flags, config, serving);
  TellServiceManager(ServiceState::kReady);
  int number = 0;
  while ((number = WaitForSignal()) == SIGHUP) reloader.Request();
  // With the parent gone nobody waits for the runs.
  const absl::Duration grace =
      flags.exit_with_parent ? absl::ZeroDuration() : reloader.drain_grace();
  StartStopWatchdog(grace + kLongestStop);
  TellServiceManager(ServiceState::kStopping);
  LogInfo(absl::StrCat("signal ", number, ": draining, ", runs.active_runs(),
                       " active runs, at most ", absl::FormatDuration(grace)));
  server->GetHealthCheckService()->SetServingStatus(false);
  if (http != nullptr) http->BeginDrain();
  runs.Drain(grace);
  if (const int64_t left = runs.active_runs(); left > 0) {
    LogInfo(absl::StrCat(left, " runs are left to the next start"));
  }
  service.EndOpenCalls();
  if (http != nullptr) http->Shutdown(kShutdownGrace);
  server->Shutdown(absl::ToChronoTime(absl::Now() + kShutdownGrace));
  server->Wait();
  identity.NoteServer("stopped", absl::StrCat("signal ", number));
  LogInfo("ended");
  return kExitOk;
}

int Run(const Flags& flags) {
  const Configured configured = Configure(flags);
  for (const std::string& issue : configured.issues) {
    (void)std::fprintf(stderr, "%s\n", issue.c_str());
  }
  for (const std::string& mistake : configured.mistakes) {
    (void)std::fprintf(stderr, "assayd: %s\n", mistake.c_str());
  }
  if (!configured.ok) return kExitUsage;
  const ServerConfig& config = configured.config;
  if (flags.check_config) {
    std::printf("configuration is valid: %zu connections\n",
                config.connections.size());
    return kExitOk;
  }
  InitLog(config.log_level, config.log_format);
  LogWhatGrpcSays();
  const std::shared_ptr<void> process_metrics =
      AddProcessMetrics(ASSAY_VERSION);
  const absl::StatusOr<std::unique_ptr<connections::ReplaceableRegistry>>
      registry = connections::Registry::Create(config.connections);
  if (!registry.ok()) return Complain(kExitUsage, registry.status());

  // Before the store: a second server must not take up the first one's runs.
  for (const auto* list : {&configured.addresses, &configured.http_addresses}) {
    for (const ListenAddress& address : *list) {
      if (const absl::Status status = PrepareToListen(address); !status.ok()) {
        return Complain(kExitCannotStart, status);
      }
    }
  }
  const absl::StatusOr<std::unique_ptr<Identity>> identity =
      Identity::Open(config);
  if (!identity.ok()) return Complain(kExitCannotStart, identity.status());
  runs::ManagerOptions options;
  const std::string default_path = DefaultStorePath(
      geteuid() == 0, Environment("XDG_STATE_HOME"), Environment("HOME"));
  options.store = StoreOptionsOf(config.store, default_path);
  options.directory = config.state_directory.value_or(
      DefaultStateDirectory(options.store, default_path));
  static_cast<runs::Limits&>(options) = LimitsOf(config);
  if (const absl::Status status = MakeStoreDirectory(options.store.path);
      !status.ok()) {
    return Complain(kExitCannotStart, status);
  }
  const absl::StatusOr<std::unique_ptr<runs::RunManager>> runs =
      runs::RunManager::Create(options, registry->get(), AllKindSpecs());
  if (!runs.ok()) return Complain(kExitCannotStart, runs.status());
  const std::unique_ptr<service::ValidationService> service =
      service::ValidationService::Create(
          {.runs = runs->get(),
           .registry = registry->get(),
           .kinds = AllKindSpecs(),
           .version = ASSAY_VERSION,
           .access = &(*identity)->access(),
           .http_secret = (*identity)->http_secret()});
  return Serve(flags, configured, *service,
               {.registry = registry->get(),
                .runs = runs->get(),
                .identity = identity->get()});
}

int Main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "token") {
    return TokenCommand(argc, argv);
  }
  if (argc > 1 && std::string_view(argv[1]) == "store") {
    return StoreCommand(argc, argv);
  }
  const std::variant<Flags, ExitNow> parsed =
      ParseFlags(argc, argv, ASSAY_VERSION);
  if (const auto* exit_now = std::get_if<ExitNow>(&parsed)) {
    return exit_now->code;
  }
  const Flags& flags = std::get<Flags>(parsed);
  // Drivers allocate and free every page of a scan; without these glibc gives
  // the memory back to the kernel each time.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  // Each diff reads with threads of its own: were each to get an arena of its
  // own too, every one would keep a page's worth of memory.
  mallopt(M_ARENA_MAX, 4);
  // Sockets and the run store are the owner's alone.
  umask(S_IRWXG | S_IRWXO);
  TakeSignals(flags.exit_with_parent ? Parent::kTakesUsAlong
                                     : Parent::kMayLeave);
  if (flags.exit_with_parent && !FollowParent()) return kExitOk;
  return Run(flags);
}

}  // namespace
}  // namespace assay::server

int main(int argc, char** argv) {
  // Ours throw nothing; libraries may while they start, out of memory first.
  try {
    return assay::server::Main(argc, argv);
  } catch (const std::exception& e) {
    (void)std::fprintf(stderr, "assayd: %s\n", e.what());
    return assay::server::kExitCannotStart;
  }
}
