// SPDX-License-Identifier: Apache-2.0
#include "validator/server/configure.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "validator/base/status.h"
#include "validator/server/identity.h"

namespace assay::server {
namespace {

// The text of the file that `flags` name, or of the one at the usual place;
// nullopt where neither is there.
absl::StatusOr<std::optional<std::string>> ReadFile(const Flags& flags,
                                                    std::string* path) {
  *path = flags.config.value_or("");
  if (!flags.config.has_value()) {
    if (access(kDefaultConfigPath, F_OK) != 0) {
      return std::optional<std::string>();
    }
    *path = kDefaultConfigPath;
  }
  ASSAY_ASSIGN_OR_RETURN(std::string text, ReadConfigFile(*path));
  return std::optional<std::string>(std::move(text));
}

void AddConnections(const Flags& flags, Configured& out) {
  for (const std::string& word : flags.connections) {
    const size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos) {
      // Not printed: it may hold a password.
      out.mistakes.push_back("--connection: must be NAME=ODBC-STRING");
      continue;
    }
    out.config.connections.push_back(
        {.name = word.substr(0, equals), .odbc = word.substr(equals + 1)});
  }
}

void Outrank(const Flags& flags, Configured& out) {
  ServerConfig& config = out.config;
  if (!flags.listen.empty()) config.listen = flags.listen;
  if (config.listen.empty()) config.listen.push_back(kDefaultListen);
  if (flags.store) config.store = {.path = flags.store};
  if (flags.log_level && !ParseLogLevel(*flags.log_level, &config.log_level)) {
    out.mistakes.push_back(
        absl::StrCat("--log-level '", *flags.log_level,
                     "': must be debug, info, warning, error or off"));
  }
  if (flags.log_format &&
      !ParseLogFormat(*flags.log_format, &config.log_format)) {
    out.mistakes.push_back(absl::StrCat("--log-format '", *flags.log_format,
                                        "': must be text or json"));
  }
  AddConnections(flags, out);
}

void CheckAddresses(const std::vector<std::string>& listen, Reach reach,
                    std::vector<ListenAddress>& addresses, Configured& out) {
  for (const std::string& text : listen) {
    absl::StatusOr<ListenAddress> address = ParseListenAddress(text, reach);
    if (address.ok()) {
      addresses.push_back(*std::move(address));
    } else {
      out.mistakes.emplace_back(address.status().message());
    }
  }
}

}  // namespace

Configured Configure(const Flags& flags) {
  Configured out;
  std::string path;
  const absl::StatusOr<std::optional<std::string>> text =
      ReadFile(flags, &path);
  if (!text.ok()) {
    out.mistakes.emplace_back(text.status().message());
    return out;
  }
  std::vector<Issue> issues;
  if (text->has_value()) {
    std::vector<std::string> names;
    for (const std::string& word : flags.connections) {
      names.push_back(word.substr(0, word.find('=')));
    }
    out.config = ParseServerConfig(**text, issues, names);
    for (const Issue& issue : issues) {
      out.issues.push_back(FormatConfigIssue(issue, path));
    }
  }
  Outrank(flags, out);
  // What follows would complain of values that nobody wrote.
  if (HasErrors(issues) || !out.mistakes.empty()) return out;

  const Reach reach = ReachOf(out.config, flags.insecure);
  CheckAddresses(out.config.listen, reach, out.addresses, out);
  CheckAddresses(out.config.http.listen, reach, out.http_addresses, out);
  const auto check = [&out](const absl::Status& status) {
    if (!status.ok()) out.mistakes.emplace_back(status.message());
  };
  check(connections::Registry::Check(out.config.connections));
  if (out.config.tls.has_value()) {
    check(LoadTls(*out.config.tls, absl::Now(), nullptr).status());
  }
  out.ok = out.mistakes.empty();
  return out;
}

runs::Limits LimitsOf(const ServerConfig& config) {
  return {.max_concurrent_runs = config.max_concurrent_runs,
          .max_queued_runs = config.max_queued_runs,
          .default_timeout = config.default_timeout,
          .keep_runs = config.keep_runs,
          .keep_for = config.keep_for,
          .checkpoint_interval = config.checkpoint_interval,
          .window_bytes = static_cast<size_t>(config.window_mib) << 20};
}

std::vector<std::string> NeedRestart(const ServerConfig& running,
                                     const ServerConfig& next) {
  const std::pair<const char*, bool> differs[] = {
      {"server.listen", running.listen != next.listen},
      {"server.store", running.store != next.store},
      {"state.directory", running.state_directory != next.state_directory},
      {"http.listen", running.http.listen != next.http.listen},
      {"http.hosts", running.http.hosts != next.http.hosts},
      {"http.max_connections",
       running.http.max_connections != next.http.max_connections},
  };
  std::vector<std::string> out;
  for (const auto& [key, differ] : differs) {
    if (differ) out.emplace_back(key);
  }
  return out;
}

}  // namespace assay::server
