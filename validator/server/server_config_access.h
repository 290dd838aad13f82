// SPDX-License-Identifier: Apache-2.0
// The sections `tls`, `auth` and `audit` of the configuration file.
//
// Stateless; thread-safe. Throws as config_section.h says. Every mistake is
// appended to `issues`.
#ifndef ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_ACCESS_H_
#define ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_ACCESS_H_

#include <optional>
#include <string>
#include <vector>

#include "validator/base/issue.h"
#include "validator/server/tls_files.h"
#include "validator/service/access.h"
#include "validator/service/audit_log.h"
#include "yaml-cpp/yaml.h"

namespace assay::server {

// What of `auth` can be checked only when all of the file is read.
struct AuthPlaces {
  struct Use {
    std::string connection;
    SourceRange range;
  };
  std::vector<Use> connections;
  SourceRange certificates;  // Of the first; not known: there are none.
};

TlsConfig ReadTls(const YAML::Node& node, std::vector<Issue>& issues);
service::AccessConfig ReadAuth(const YAML::Node& node, AuthPlaces& places,
                               std::vector<Issue>& issues);
service::AuditOptions ReadAudit(const YAML::Node& node,
                                std::vector<Issue>& issues);

// That the connections of principals are there, and that certificates can be
// shown where principals are known by them. `connections` are all names.
void CheckAuthPlaces(const AuthPlaces& places,
                     const std::vector<std::string>& connections,
                     const std::optional<TlsConfig>& tls,
                     std::vector<Issue>& issues);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_SERVER_CONFIG_ACCESS_H_
