// SPDX-License-Identifier: Apache-2.0
#include "validator/server/server_config.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/connections/connection_config.h"
#include "validator/server/config_section.h"
#include "yaml-cpp/yaml.h"

namespace assay::server {
namespace {

constexpr uintmax_t kMaxConfigBytes = 1 << 20;

void ReadServer(const YAML::Node& node, ServerConfig& config,
                std::vector<Issue>& issues) {
  Section section("server", issues);
  section
      .Strings("listen", "host:port, unix:/path",
               [&](const std::string& text) { config.listen.push_back(text); })
      .On("store",
          [&](const YAML::Node& value) {
            config.store = ReadStore(value, issues);
          })
      .On("log_level",
          [&](const YAML::Node& value) {
            if (ParseLogLevel(Section::Text(value), &config.log_level)) return;
            section.Mistake(
                value, "bad_log_level",
                "log_level must be debug, info, warning, error or off");
          })
      .On("log_format",
          [&](const YAML::Node& value) {
            if (ParseLogFormat(Section::Text(value), &config.log_format)) {
              return;
            }
            section.Mistake(value, "bad_log_format",
                            "log_format must be text or json");
          })
      .Integer(
          "max_concurrent_runs", 1, 1000,
          [&](int64_t n) { config.max_concurrent_runs = static_cast<int>(n); })
      .Integer("max_queued_runs", 0, 1000000,
               [&](int64_t n) { config.max_queued_runs = static_cast<int>(n); })
      .Duration("drain_grace",
                [&](absl::Duration d) { config.drain_grace = d; })
      .Duration("default_timeout",
                [&](absl::Duration d) { config.default_timeout = d; })
      .ReadAll(node);
}

void ReadRuns(const YAML::Node& node, ServerConfig& config,
              std::vector<Issue>& issues) {
  Section("runs", issues)
      .Integer("keep", 1, std::numeric_limits<int64_t>::max(),
               [&](int64_t n) { config.keep_runs = n; })
      .Duration("keep_for", [&](absl::Duration d) { config.keep_for = d; })
      .ReadAll(node);
}

void ReadState(const YAML::Node& node, ServerConfig& config,
               std::vector<Issue>& issues) {
  Section section("state", issues);
  section
      .On("directory",
          [&](const YAML::Node& value) {
            const std::string path = Section::Text(value);
            if (!path.empty()) {
              config.state_directory = path;
            } else {
              section.Mistake(value, "bad_state_directory",
                              "directory must be a path");
            }
          })
      .Duration("checkpoint_interval",
                [&](absl::Duration d) { config.checkpoint_interval = d; })
      .Integer("window_mib", 1, 1 << 20,
               [&](int64_t n) { config.window_mib = n; })
      .ReadAll(node);
}

}  // namespace

ServerConfig ParseServerConfig(
    std::string_view yaml, std::vector<Issue>& issues,
    const std::vector<std::string>& more_connections) {
  ServerConfig config;
  AuthPlaces auth_places;
  const size_t before = issues.size();
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    Section top("the configuration", issues);
    if (documents.size() > 1) {
      top.Mistake(documents[1], "second_document",
                  "the file must hold one YAML document");
    }
    top.On("server",
           [&](const YAML::Node& node) { ReadServer(node, config, issues); })
        .On("runs",
            [&](const YAML::Node& node) { ReadRuns(node, config, issues); })
        .On("state",
            [&](const YAML::Node& node) { ReadState(node, config, issues); })
        .On("http",
            [&](const YAML::Node& node) {
              ReadHttp(node, config.http, issues);
            })
        .On("tls",
            [&](const YAML::Node& node) { config.tls = ReadTls(node, issues); })
        .On("auth",
            [&](const YAML::Node& node) {
              config.auth = ReadAuth(node, auth_places, issues);
            })
        .On("audit",
            [&](const YAML::Node& node) {
              config.audit = ReadAudit(node, issues);
            })
        .On("connections", [&](const YAML::Node& node) {
          config.connections = connections::ParseConnections(node, issues);
        });
    if (!documents.empty()) top.ReadAll(documents[0]);
    std::vector<std::string> names = more_connections;
    for (const connections::ConnectionConfig& connection : config.connections) {
      names.push_back(connection.name);
    }
    CheckAuthPlaces(auth_places, names, config.tls, issues);
  } catch (const YAML::Exception& e) {
    issues.push_back(
        {.code = "yaml_syntax", .message = e.msg, .range = RangeOf(e.mark, 1)});
  }
  std::stable_sort(issues.begin() + static_cast<std::ptrdiff_t>(before),
                   issues.end(), [](const Issue& a, const Issue& b) {
                     return std::pair(a.range.line, a.range.column) <
                            std::pair(b.range.line, b.range.column);
                   });
  return config;
}

std::string FormatConfigIssue(const Issue& issue, std::string_view path) {
  return FormatIssue(issue, path, /*text=*/"");
}

absl::StatusOr<std::string> ReadConfigFile(const std::string& path) {
  const auto fail = [&path](const std::string& why) {
    return MakeError(
        ErrorReason::kArgumentInvalid,
        absl::StrCat("cannot read configuration '", path, "': ", why));
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error) return fail(error.message());
  // A pipe is fine: `--config <(…)`, and /dev/fd of a caller with secrets.
  if (std::filesystem::is_directory(status)) return fail("it is a directory");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(std::strerror(errno));
  std::string text;
  text.reserve(4096);
  for (std::istreambuf_iterator<char> at(file), end; at != end; ++at) {
    if (text.size() == kMaxConfigBytes) return fail("it is larger than 1 MiB");
    text.push_back(*at);
  }
  return text;
}

std::string DefaultStorePath(bool root, std::string_view xdg_state_home,
                             std::string_view home) {
  if (root) return "/var/lib/assay/runs.db";
  if (!xdg_state_home.empty()) {
    return absl::StrCat(std::string(xdg_state_home), "/assay/runs.db");
  }
  if (home.empty()) return "";
  return absl::StrCat(std::string(home), "/.local/state/assay/runs.db");
}

absl::Status MakeStoreDirectory(const std::string& store_path) {
  namespace fs = std::filesystem;
  const fs::path directory = fs::path(store_path).parent_path();
  if (directory.empty()) return absl::OkStatus();
  std::error_code error;
  const bool made = fs::create_directories(directory, error);
  if (!error && made) {
    fs::permissions(directory, fs::perms::owner_all, error);
  }
  if (!error) return absl::OkStatus();
  return MakeError(ErrorReason::kStoreFailed,
                   absl::StrCat("cannot make the run store's directory '",
                                directory.string(), "': ", error.message(),
                                "; say --store FILE"));
}

}  // namespace assay::server
