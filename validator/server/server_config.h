// SPDX-License-Identifier: Apache-2.0
// The server's configuration file.
//
// Stateless; thread-safe. Knows no flag and no environment variable, and
// expands no secret: connections/connection_config.h says what is in
// `connections`. docs/operations.md describes the keys.
#ifndef ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_H_
#define ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "validator/base/issue.h"
#include "validator/base/log.h"
#include "validator/connections/registry.h"
#include "validator/server/server_config_access.h"
#include "validator/server/server_config_http.h"
#include "validator/server/server_config_store.h"

namespace assay::server {

inline constexpr char kDefaultListen[] = "127.0.0.1:7433";

struct ServerConfig {
  std::vector<std::string> listen;  // Empty: kDefaultListen.
  StoreConfig store;                // By default at DefaultStorePath().
  // For spilled data and lists of differences. Absent:
  // DefaultStateDirectory().
  std::optional<std::string> state_directory;
  // How often a full diff writes down how far it is.
  absl::Duration checkpoint_interval = absl::Seconds(10);
  // Memory of one diff's window; what does not fit goes to state_directory.
  int64_t window_mib = 16;
  int max_concurrent_runs = 8;
  int max_queued_runs = 1000;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  absl::Duration drain_grace = absl::Seconds(30);
  absl::Duration default_timeout = absl::Hours(2);
  int64_t keep_runs = 10000;
  absl::Duration keep_for = absl::Hours(24 * 90);
  HttpConfig http;
  std::optional<TlsConfig> tls;               // Absent: plaintext.
  std::optional<service::AccessConfig> auth;  // Absent: nobody is asked.
  std::optional<service::AuditOptions> audit;
  std::vector<connections::ConnectionConfig> connections;
};

// Parses `yaml`; never fails: all mistakes are appended to `issues`, in the
// order of the file. The result is of use only where !HasErrors(issues).
// `more_connections` are those of the command line, for `auth`.
ServerConfig ParseServerConfig(
    std::string_view yaml, std::vector<Issue>& issues,
    const std::vector<std::string>& more_connections = {});

// `issue` of the configuration at `path` for people: without the line it is on,
// which may hold a password.
std::string FormatConfigIssue(const Issue& issue, std::string_view path);

// Returns the text of the file at `path`; kArgumentInvalid where it cannot be
// read, is no regular file or is larger than 1 MiB.
absl::StatusOr<std::string> ReadConfigFile(const std::string& path);

// Where runs are kept when nothing is said: /var/lib/assay/runs.db for root,
// else assay/runs.db under `xdg_state_home`, or under `home`/.local/state where
// that is empty. "" where there is no home either.
std::string DefaultStorePath(bool root, std::string_view xdg_state_home,
                             std::string_view home);

// Makes the directory of `store_path`, mode 0700 where it is missing.
absl::Status MakeStoreDirectory(const std::string& store_path);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_H_
