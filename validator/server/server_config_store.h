// SPDX-License-Identifier: Apache-2.0
// The key `server.store` of the configuration file.
//
// Stateless; thread-safe. Throws as config_section.h says.
#ifndef ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_STORE_H_
#define ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "validator/base/issue.h"
#include "validator/runs/store_options.h"
#include "yaml-cpp/yaml.h"

namespace assay::server {

struct StoreConfig {
  // Absent: the default place; "": runs go with the process.
  std::optional<std::string> path;
  std::string postgresql;  // As in runs::StoreOptions; "": a file.
  absl::Duration takeover_after = runs::StoreOptions().takeover_after;
  int max_connections = runs::StoreOptions().max_connections;

  friend bool operator==(const StoreConfig&, const StoreConfig&) = default;
};

// A path, or a map: {sqlite: PATH} or {postgresql: STRING, …}. Appends every
// mistake to `issues`.
StoreConfig ReadStore(const YAML::Node& node, std::vector<Issue>& issues);

// Which store that is; `default_path` where it names none.
runs::StoreOptions StoreOptionsOf(const StoreConfig& config,
                                  const std::string& default_path);

// Where the files of runs go when nothing is said: beside the store's file, or,
// where that is a database, beside where the default file would be; "" where
// there is no such place.
std::string DefaultStateDirectory(const runs::StoreOptions& store,
                                  const std::string& default_path);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_STORE_H_
