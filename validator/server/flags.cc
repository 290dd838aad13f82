// SPDX-License-Identifier: Apache-2.0
#include "validator/server/flags.h"

#include <CLI/CLI.hpp>

namespace assay::server {
namespace {

constexpr char kFooter[] =
    R"(Without --config, /etc/assay/assayd.yaml is read where it exists.
Without either the server listens on 127.0.0.1:7433 and keeps its runs in
/var/lib/assay/runs.db (root) or $XDG_STATE_HOME/assay/runs.db. Flags outrank
the file.

  server: {listen: 127.0.0.1:7433, store: /var/lib/assay/runs.db,
           max_concurrent_runs: 8, max_queued_runs: 1000, log_level: info,
           log_format: text, drain_grace: 30s, default_timeout: 2h}
  runs: {keep: 10000, keep_for: 90d}
  connections:
    warehouse: {odbc: "Driver=…;Server=…;Pwd=${env:WAREHOUSE_PASSWORD}"}

SIGTERM and SIGINT: no new runs, active ones get drain_grace, then the server
ends; what is unfinished goes on at the next start. A second signal ends it at
once. SIGHUP: the file is read again, all of it or, with a mistake, nothing.
assayd token create|list|revoke: who may call a server with `auth:`; see
assayd token --help.
assayd store migrate: makes or brings up the run store's tables; see
assayd store --help.
Exit codes: 0 ended cleanly, 1 cannot start, 2 bad usage or configuration.)";

}  // namespace

std::variant<Flags, ExitNow> ParseFlags(int argc, const char* const* argv,
                                        const std::string& version) {
  Flags flags;
  CLI::App app("assayd: runs rule sets over databases and keeps the verdicts.",
               "assayd");
  app.footer(kFooter);
  app.set_version_flag("--version", "assayd " + version);
  app.add_option("--config", flags.config, "Configuration file (YAML)");
  app.add_option("--listen", flags.listen,
                 "host:port or unix:/path; repeatable; port 0: any")
      ->allow_extra_args(false);
  app.add_flag("--insecure", flags.insecure,
               "Allow addresses that other machines reach, without both "
               "encryption and authentication");
  app.add_option("--connection", flags.connections,
                 "NAME=ODBC-STRING; repeatable. Other users see it in ps: "
                 "write ${env:NAME} or ${file:PATH} for secrets")
      ->allow_extra_args(false);
  app.add_option("--store", flags.store,
                 "Run store (SQLite file); \"\": runs end with the process");
  app.add_option("--log-level", flags.log_level,
                 "debug, info, warning, error or off");
  app.add_option("--log-format", flags.log_format, "text or json");
  app.add_flag("--check-config", flags.check_config,
               "Read the configuration, say what is wrong, and exit");
  app.add_flag("--exit-with-parent", flags.exit_with_parent,
               "End when the process that started this one ends; ignore "
               "SIGINT");
  app.add_option("--ready-fd", flags.ready_fd,
                 "Write \"READY address…\\n\" to this file descriptor when "
                 "serving")
      ->check(CLI::Range(1, 1 << 20));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ExitNow{app.exit(error) == 0 ? kExitOk : kExitUsage};
  }
  return flags;
}

}  // namespace assay::server
