// SPDX-License-Identifier: Apache-2.0
// assay-argo-plugin: an executor plugin of Argo Workflows. docs/argo.md.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "plugins/argo/gates.h"
#include "plugins/argo/http_server.h"
#include "plugins/argo/task.h"
#include "plugins/cli/client.h"
#include "plugins/cli/client_options.h"
#include "validator/base/log.h"
#include "validator/base/status.h"

namespace assay::argo {
namespace {

// A pod has 30 s from SIGTERM to its end.
constexpr absl::Duration kCancelTime = absl::Seconds(15);

struct Options {
  cli::GlobalOptions server = cli::EnvironmentOptions();
  std::string listen = "127.0.0.1:7435";
  std::string token_file = "/var/run/argo/token";
  std::string report_base_url;
  std::string argo_url;
  int ready_fd = -1;
};

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::string> ReadAgentToken(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)),
                   std::istreambuf_iterator<char>());
  text = std::string(absl::StripAsciiWhitespace(text));
  if (!file || text.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--agent-token-file: there is no token in '", path,
        "'. Argo's agent writes it before it starts its plugins; does the "
        "plugin run in the agent's pod?"));
  }
  return text;
}

absl::Status Serve(const Options& options) {
  ASSAY_ASSIGN_OR_RETURN(const std::string token,
                         ReadAgentToken(options.token_file));
  if (options.server.server.empty()) {
    return absl::InvalidArgumentError(
        "--server or ASSAY_SERVER must name the assayd");
  }
  ASSAY_ASSIGN_OR_RETURN(cli::ClientOptions server,
                         cli::ReadClientOptions(options.server));
  HttpOptions http{.token = token};
  const size_t colon = options.listen.rfind(':');
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(options.listen.substr(colon + 1), &http.port) ||
      http.port < 0 || http.port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("--listen ", options.listen, ": expected ADDRESS:PORT"));
  }
  http.host = options.listen.substr(0, colon);
  if (http.host.starts_with('[') && http.host.ends_with(']')) {
    http.host = http.host.substr(1, http.host.size() - 2);
  }

  // Before there are threads, so that they have it too.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));

  cli::Client client(std::move(server));
  // The token is new with each agent pod, and the same after a restart in it.
  Gates gates(client,
              {.origin = {.agent = Digest(token), .argo_url = options.argo_url},
               .report_base_url = options.report_base_url});
  ASSAY_ASSIGN_OR_RETURN(
      std::unique_ptr<HttpServer> front,
      HttpServer::Start(std::move(http), [&gates](const nlohmann::json& args) {
        return gates.Execute(args);
      }));
  LogInfo(absl::StrCat("listening on ", options.listen,
                       " for Argo's agent; "
                       "gates are judged by ",
                       client.address()));
  if (options.ready_fd >= 0) {
    const std::string line = absl::StrCat("READY ", front->port(), "\n");
    if (write(options.ready_fd, line.data(), line.size()) < 0) {
      LogWarning("--ready-fd cannot be written");
    }
    close(options.ready_fd);
  }
  int number = 0;
  sigwait(&signals, &number);
  front.reset();
  gates.CancelAll(kCancelTime);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  InitLog(LogLevel::kInfo);
  Options options;
  options.report_base_url = Environment("ASSAY_REPORT_BASE_URL");
  options.argo_url = Environment("ASSAY_ARGO_URL");
  CLI::App app(
      "Executor plugin of Argo Workflows: holds a workflow until assayd says "
      "to proceed. Runs as a sidecar of Argo's agent.");
  app.set_version_flag("--version", "assay-argo-plugin " ASSAY_VERSION);
  app.add_option("--server", options.server.server,
                 "Address of assayd (ASSAY_SERVER)");
  app.add_flag("--insecure", options.server.insecure,
               "The token may travel without encryption");
  app.add_option("--listen", options.listen, "Loopback address and port")
      ->capture_default_str();
  app.add_option("--agent-token-file", options.token_file,
                 "The token of Argo's agent")
      ->capture_default_str();
  app.add_option("--report-base-url", options.report_base_url,
                 "assayd's HTTP front, for links (ASSAY_REPORT_BASE_URL)");
  app.add_option("--argo-url", options.argo_url,
                 "Argo's UI, for links from runs (ASSAY_ARGO_URL)");
  app.add_option("--ready-fd", options.ready_fd,
                 "Descriptor that gets READY and the port");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  const absl::Status status = Serve(options);
  if (status.ok()) return 0;
  std::cerr << "assay-argo-plugin: " << status.message() << "\n";
  return 2;
}

}  // namespace
}  // namespace assay::argo

int main(int argc, char** argv) {
  try {
    return assay::argo::Main(argc, argv);
  } catch (...) {  // Memory or threads: Kubernetes starts us again.
    static_cast<void>(std::fputs("assay-argo-plugin: cannot go on\n", stderr));
    return 1;
  }
}
