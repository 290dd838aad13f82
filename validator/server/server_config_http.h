// SPDX-License-Identifier: Apache-2.0
// The section `http` of the configuration file.
//
// Stateless; thread-safe. Throws as config_section.h says.
#ifndef ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_HTTP_H_
#define ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_HTTP_H_

#include <string>
#include <vector>

#include "validator/base/issue.h"
#include "yaml-cpp/yaml.h"

namespace assay::server {

struct HttpConfig {
  std::vector<std::string> listen;  // As of ServerConfig; empty: no HTTP.
  // Names by which clients may call it, beside addresses and "localhost".
  std::vector<std::string> hosts;
  int max_connections = 2000;
};

// Appends every mistake to `issues`.
void ReadHttp(const YAML::Node& node, HttpConfig& config,
              std::vector<Issue>& issues);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_HTTP_H_
