// SPDX-License-Identifier: Apache-2.0
#include "validator/server/server_config_http.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "validator/server/config_section.h"

namespace assay::server {
namespace {

// A name alone: neither "http://gate" nor "gate:7434" nor "gate/runs".
bool IsHostName(const std::string& text) {
  return !absl::StrContains(text, "/") && !absl::StrContains(text, ":") &&
         !absl::StrContains(text, " ") && !absl::StrContains(text, "*");
}

}  // namespace

void ReadHttp(const YAML::Node& node, HttpConfig& config,
              std::vector<Issue>& issues) {
  bool listens = false;
  Section section("http", issues);
  section
      .Strings("listen", "host:port, unix:/path",
               [&](const std::string& text) {
                 listens = true;
                 config.listen.push_back(text);
               })
      .On("hosts",
          [&](const YAML::Node& value) {
            const auto add = [&](const YAML::Node& one) {
              const std::string name = Section::Text(one);
              if (!name.empty() && IsHostName(name)) {
                config.hosts.push_back(name);
              } else {
                section.Mistake(one, "bad_hosts",
                                "hosts must be names, without scheme, port "
                                "and path",
                                "as in gate.example.org");
              }
            };
            if (!value.IsSequence()) return add(value);
            for (const YAML::Node& one : value) add(one);
          })
      .Integer("max_connections", 1, 100000, [&](int64_t n) {
        config.max_connections = static_cast<int>(n);
      });
  section.ReadAll(node);
  if (!listens && node.IsMap()) {
    section.Mistake(node, "http_without_listen",
                    "http needs `listen`: without it there is no HTTP",
                    "listen: 127.0.0.1:7434");
  }
}

}  // namespace assay::server
