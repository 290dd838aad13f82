// SPDX-License-Identifier: Apache-2.0
#include "validator/server/server_config_store.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "validator/connections/connector.h"
#include "validator/connections/secrets.h"
#include "validator/odbc/connection_string.h"
#include "validator/server/config_section.h"
#include "validator/sql/dialect.h"

namespace assay::server {
namespace {

// A server is given this long to say that it is alive: long enough for a busy
// machine, short enough for those who wait.
constexpr absl::Duration kLeastTakeover = absl::Seconds(2);
constexpr absl::Duration kMostTakeover = absl::Minutes(10);

// What is wrong with the connection string; "": nothing that shows.
std::string MistakeOf(const std::string& text) {
  const std::string placeholders = connections::CheckPlaceholders(text);
  if (!placeholders.empty()) {
    return absl::StrCat("postgresql ", placeholders);
  }
  // A string that is a secret as a whole is looked at when it is used.
  if (text.rfind("${", 0) == 0) return "";
  const odbc::ConnectionString string(text);
  if (!string.Get("driver").has_value() && !string.Get("dsn").has_value()) {
    return "postgresql must be an ODBC connection string: Driver=PostgreSQL "
           "Unicode;Servername=…;Database=…;Uid=…;Pwd=${env:…}";
  }
  const sql::Dialect* const guess = connections::GuessDialect(string);
  if (guess != nullptr && guess != sql::FindDialect("postgresql")) {
    return "postgresql must name a PostgreSQL driver: no other database can "
           "hold a store that servers share";
  }
  return "";
}

}  // namespace

StoreConfig ReadStore(const YAML::Node& node, std::vector<Issue>& issues) {
  StoreConfig config;
  if (node.IsScalar()) {
    config.path = node.Scalar();
    return config;
  }
  Section section("store", issues);
  if (!node.IsMap()) {
    section.Mistake(node, "bad_store",
                    "store must be a path, or {postgresql: \"ODBC string\"}");
    return config;
  }
  section
      .On("sqlite",
          [&](const YAML::Node& value) {
            if (value.IsScalar()) {
              config.path = value.Scalar();
            } else {
              section.Mistake(value, "bad_store", "sqlite must be a path");
            }
          })
      .On("postgresql",
          [&](const YAML::Node& value) {
            config.postgresql = Section::Text(value);
            const std::string mistake = MistakeOf(config.postgresql);
            if (!mistake.empty()) {
              section.Mistake(value, "bad_store", mistake);
            }
          })
      .Duration("takeover_after",
                [&](absl::Duration d) { config.takeover_after = d; })
      .Integer("max_connections", 1, 100, [&](int64_t n) {
        config.max_connections = static_cast<int>(n);
      });
  const size_t mistakes = issues.size();
  section.ReadAll(node);
  if (config.takeover_after < kLeastTakeover ||
      config.takeover_after > kMostTakeover) {
    section.Mistake(node["takeover_after"], "bad_duration",
                    "takeover_after must be from 2s to 10m");
  }
  const bool file = node["sqlite"].IsDefined();
  const bool database = node["postgresql"].IsDefined();
  if (file == database && issues.size() == mistakes) {
    section.Mistake(node, "bad_store",
                    "store must say either sqlite or postgresql");
  } else if (file && (node["takeover_after"].IsDefined() ||
                      node["max_connections"].IsDefined())) {
    section.Mistake(node, "bad_store",
                    "takeover_after and max_connections are for servers that "
                    "share a store: a file has one server");
  }
  return config;
}

runs::StoreOptions StoreOptionsOf(const StoreConfig& config,
                                  const std::string& default_path) {
  runs::StoreOptions options;
  options.postgresql = config.postgresql;
  options.takeover_after = config.takeover_after;
  options.max_connections = config.max_connections;
  if (config.postgresql.empty()) {
    options.path = config.path.value_or(default_path);
  }
  return options;
}

std::string DefaultStateDirectory(const runs::StoreOptions& store,
                                  const std::string& default_path) {
  if (store.postgresql.empty()) {
    return store.path.empty() ? "" : store.path + ".d";
  }
  if (default_path.empty()) return "";
  return std::filesystem::path(default_path).parent_path() / "state";
}

}  // namespace assay::server
