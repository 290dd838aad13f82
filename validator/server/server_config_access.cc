// SPDX-License-Identifier: Apache-2.0
#include "validator/server/server_config_access.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "validator/server/config_section.h"
#include "validator/service/certificate.h"
#include "validator/service/principal.h"

namespace assay::server {
namespace {

using service::Principal;
using ClientCertificate = TlsMaterial::ClientCertificate;

constexpr size_t kMaxName = 64;
constexpr char kNameCharacters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

// Calls `take` with each text of a text or a list of texts.
void ForEachText(
    Section& section, const YAML::Node& node, const std::string& key,
    const std::function<void(const YAML::Node&, const std::string&)>& take) {
  std::vector<YAML::Node> items;
  if (node.IsSequence()) {
    for (const YAML::Node& item : node) items.push_back(item);
  } else {
    items.push_back(node);
  }
  for (const YAML::Node& item : items) {
    const std::string text = Section::Text(item);
    if (!text.empty()) {
      take(item, text);
      continue;
    }
    section.Mistake(item, absl::StrCat("bad_", key),
                    absl::StrCat(key,
                                 " must be a name, '*', or a list of "
                                 "names"));
  }
}

void AllowEverything(Principal& principal) {
  for (const service::OperationInfo& info : service::Operations()) {
    principal.Allow(info.operation);
  }
}

void TakeOperation(Section& section, const YAML::Node& node,
                   const std::string& text, Principal& principal) {
  if (text == "*") return AllowEverything(principal);
  if (const auto operation = service::ParseOperation(text)) {
    return principal.Allow(*operation);
  }
  std::vector<std::string> names;
  for (const service::OperationInfo& info : service::Operations()) {
    names.push_back(info.name);
  }
  const std::string nearest = NearestName(text, names);
  std::string all;
  for (const std::string& name : names) {
    absl::StrAppend(&all, all.empty() ? "" : ", ", name);
  }
  section.Mistake(
      node, "unknown_operation",
      absl::StrCat("there is no operation '", text, "'; there are ", all),
      nearest.empty() ? "" : absl::StrCat("did you mean '", nearest, "'?"));
}

Principal ReadPrincipal(const std::string& name, const YAML::Node& node,
                        AuthPlaces& places, std::vector<Issue>& issues) {
  Principal out;
  out.name = name;
  bool connections = false;
  bool operations = false;
  Section section(absl::StrCat("principal '", name, "'"), issues);
  section
      .On("connections",
          [&](const YAML::Node& value) {
            connections = true;
            ForEachText(section, value, "connections",
                        [&](const YAML::Node& item, const std::string& text) {
                          if (text == "*") {
                            out.all_connections = true;
                            return;
                          }
                          out.connections.insert(text);
                          places.connections.push_back(
                              {text, RangeOf(item.Mark(), text.size())});
                        });
          })
      .On("operations",
          [&](const YAML::Node& value) {
            operations = true;
            ForEachText(section, value, "operations",
                        [&](const YAML::Node& item, const std::string& text) {
                          TakeOperation(section, item, text, out);
                        });
          })
      .On("certificates",
          [&](const YAML::Node& value) {
            if (!places.certificates.known()) {
              places.certificates = RangeOf(value.Mark(), 1);
            }
            ForEachText(
                section, value, "certificates",
                [&](const YAML::Node& item, const std::string& text) {
                  out.certificates.push_back(text);
                  if (service::IsCertificateName(text)) return;
                  section.Mistake(
                      item, "bad_certificates",
                      absl::StrCat("'", text,
                                   "' does not say which name of a "
                                   "certificate it is: write DNS:host, "
                                   "URI:spiffe://…, email:a@b, CN:name or "
                                   "subject:CN=name,O=…"));
                });
          })
      .Integer("max_active_runs", 1, 1000000,
               [&](int64_t n) { out.max_active_runs = n; })
      .Integer("requests_per_second", 1, 1000000,
               [&](int64_t n) { out.requests_per_second = n; })
      .ReadAll(node);
  if (!node.IsMap() && !node.IsNull()) return out;
  // Nothing is allowed by leaving it out, and nobody should think so.
  if (!connections) {
    section.Mistake(node, "missing_key",
                    absl::StrCat("principal '", name,
                                 "' needs connections: a list of names, or "
                                 "'*'"));
  }
  if (!operations) {
    section.Mistake(node, "missing_key",
                    absl::StrCat("principal '", name,
                                 "' needs operations: a list of names, or "
                                 "'*'"));
  }
  return out;
}

void ReadPrincipals(const YAML::Node& node, AuthPlaces& places,
                    service::AccessConfig& config, std::vector<Issue>& issues) {
  Section section("principals", issues);
  if (!node.IsMap() || node.size() == 0) {
    return section.Mistake(node, "bad_principals",
                           "principals must be a map of names to what each "
                           "may do");
  }
  std::set<std::string> names;
  std::map<std::string, std::string> owners;  // Of certificate names.
  for (const auto& entry : node) {
    const std::string name = Section::Text(entry.first);
    if (name.empty() || name.size() > kMaxName ||
        name.find_first_not_of(kNameCharacters) != std::string::npos ||
        name == service::kLocalPrincipal) {
      section.Mistake(entry.first, "bad_principal",
                      "a principal's name has 1 to 64 of the characters "
                      "A-Z a-z 0-9 . _ - and is not 'local'");
    }
    if (!names.insert(name).second) {
      section.Mistake(entry.first, "duplicate_key",
                      absl::StrCat("'", name, "' stands twice in principals"));
    }
    Principal principal = ReadPrincipal(name, entry.second, places, issues);
    for (const std::string& certificate : principal.certificates) {
      const auto [at, first] = owners.emplace(certificate, name);
      if (first || at->second == name) continue;
      section.Mistake(entry.first, "duplicate_certificate",
                      absl::StrCat("certificate name '", certificate,
                                   "' is also principal '", at->second, "'"));
    }
    config.principals.push_back(std::move(principal));
  }
}

}  // namespace

TlsConfig ReadTls(const YAML::Node& node, std::vector<Issue>& issues) {
  TlsConfig out;
  bool said = false;
  Section section("tls", issues);
  section
      .String("certificate",
              [&](const std::string& path) { out.certificate = path; })
      .String("key", [&](const std::string& path) { out.key = path; })
      .String("client_ca",
              [&](const std::string& path) {
                out.client_ca = path;
                if (!said) out.client = ClientCertificate::kOptional;
              })
      .On("client_certificate",
          [&](const YAML::Node& value) {
            said = true;
            const std::string text = Section::Text(value);
            if (text == "required") {
              out.client = ClientCertificate::kRequired;
            } else if (text == "optional") {
              out.client = ClientCertificate::kOptional;
            } else {
              section.Mistake(value, "bad_client_certificate",
                              "client_certificate must be optional or "
                              "required");
            }
          })
      .ReadAll(node);
  if (out.certificate.empty() || out.key.empty()) {
    section.Mistake(node, "missing_key",
                    "tls needs certificate and key: two PEM files");
  }
  if (said && out.client_ca.empty()) {
    section.Mistake(node, "missing_key",
                    "client_certificate needs client_ca: a PEM file with the "
                    "CAs that sign them");
  }
  return out;
}

service::AccessConfig ReadAuth(const YAML::Node& node, AuthPlaces& places,
                               std::vector<Issue>& issues) {
  service::AccessConfig out;
  bool principals = false;
  Section section("auth", issues);
  section
      .String("tokens", [&](const std::string& path) { out.token_file = path; })
      .On("principals",
          [&](const YAML::Node& value) {
            principals = true;
            ReadPrincipals(value, places, out, issues);
          })
      .ReadAll(node);
  if (!principals) {
    section.Mistake(node, "missing_key",
                    "auth needs principals: a map of names to what each may "
                    "do");
  } else if (out.token_file.empty() && !places.certificates.known()) {
    section.Mistake(node, "missing_key",
                    "nobody could come in: auth needs tokens (a file, see "
                    "`assayd token create`), or principals with certificates");
  }
  return out;
}

service::AuditOptions ReadAudit(const YAML::Node& node,
                                std::vector<Issue>& issues) {
  service::AuditOptions out;
  Section section("audit", issues);
  section.String("path", [&](const std::string& path) { out.path = path; })
      .On("sync",
          [&](const YAML::Node& value) {
            const std::string text = Section::Text(value);
            if (text == "line") {
              out.sync = service::AuditSync::kLine;
            } else if (text == "second") {
              out.sync = service::AuditSync::kSecond;
            } else if (text == "off") {
              out.sync = service::AuditSync::kOff;
            } else {
              section.Mistake(value, "bad_sync",
                              "sync must be line, second or off");
            }
          })
      .ReadAll(node);
  if (out.path.empty()) {
    section.Mistake(node, "missing_key", "audit needs path: a file");
  }
  return out;
}

void CheckAuthPlaces(const AuthPlaces& places,
                     const std::vector<std::string>& connections,
                     const std::optional<TlsConfig>& tls,
                     std::vector<Issue>& issues) {
  for (const AuthPlaces::Use& use : places.connections) {
    if (std::find(connections.begin(), connections.end(), use.connection) !=
        connections.end()) {
      continue;
    }
    const std::string nearest = NearestName(use.connection, connections);
    issues.push_back({.code = "unknown_connection",
                      .message = absl::StrCat("there is no connection '",
                                              use.connection, "'"),
                      .range = use.range,
                      .hint = nearest.empty() ? ""
                                              : absl::StrCat("did you mean '",
                                                             nearest, "'?")});
  }
  if (places.certificates.known() &&
      (!tls.has_value() || tls->client_ca.empty())) {
    issues.push_back(
        {.code = "missing_client_ca",
         .message = "certificates need tls.client_ca: without it no client is "
                    "asked for one",
         .range = places.certificates,
         .hint = ""});
  }
}

}  // namespace assay::server
