// SPDX-License-Identifier: Apache-2.0
// The `connections:` section of the server's configuration.
#ifndef ASSAY_VALIDATOR_CONNECTIONS_CONNECTION_CONFIG_H_
#define ASSAY_VALIDATOR_CONNECTIONS_CONNECTION_CONFIG_H_

#include <string>
#include <string_view>
#include <vector>

#include "validator/base/issue.h"
#include "validator/connections/registry.h"

namespace YAML {
class Node;
}

namespace assay::connections {

// Parses the value of `connections:`, a map of names. Every mistake is added to
// `issues` at its place; what could be read is returned all the same. Does not
// throw.
std::vector<ConnectionConfig> ParseConnections(const YAML::Node& node,
                                               std::vector<Issue>& issues);

// What is wrong with one field of a configuration.
struct ConfigMistake {
  std::string key;  // As in the file: "odbc", "max_connections", "name", …
  std::string message;
  std::string hint;
};

// Checks values wherever they come from. Duplicate names are the caller's.
std::vector<ConfigMistake> CheckConfig(const ConnectionConfig& config);

// Whether `name` is a zone of the IANA database, "UTC", or an offset such as
// "+02:00".
bool IsTimeZone(std::string_view name);

}  // namespace assay::connections

#endif  // ASSAY_VALIDATOR_CONNECTIONS_CONNECTION_CONFIG_H_
