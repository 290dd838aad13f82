// SPDX-License-Identifier: Apache-2.0
// The sections tls, auth and audit.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "validator/server/identity.h"
#include "validator/server/server_config.h"

namespace assay::server {
namespace {

using service::Operation;
using ::testing::ElementsAre;

constexpr char kConnections[] =
    "connections:\n  a: {odbc: x}\n  b: {odbc: y}\n";

// "line:column code" of each mistake.
std::vector<std::string> Mistakes(const std::string& yaml) {
  std::vector<Issue> issues;
  ParseServerConfig(yaml + kConnections, issues);
  std::vector<std::string> out;
  for (const Issue& issue : issues) {
    out.push_back(absl::StrCat(issue.range.line, ":", issue.range.column, " ",
                               issue.code));
  }
  return out;
}

ServerConfig Parse(const std::string& yaml) {
  std::vector<Issue> issues;
  ServerConfig out = ParseServerConfig(yaml + kConnections, issues);
  EXPECT_TRUE(issues.empty()) << issues[0].message;
  return out;
}

TEST(ServerConfigAccessTest, EveryKeyIsRead) {
  const ServerConfig config = Parse(R"(
tls:
  certificate: /c.pem
  key: /k.pem
  client_ca: /ca.pem
  client_certificate: required
auth:
  tokens: /tokens
  principals:
    ci:
      connections: [a]
      operations: [read, author_sql]
      certificates: ["DNS:ci.test", "CN:ci"]
      max_active_runs: 3
      requests_per_second: 50
    owner: {connections: '*', operations: '*'}
audit: {path: /audit, sync: line}
)");
  ASSERT_TRUE(config.tls.has_value());
  EXPECT_EQ(config.tls->certificate, "/c.pem");
  EXPECT_EQ(config.tls->client, TlsMaterial::ClientCertificate::kRequired);
  ASSERT_TRUE(config.auth.has_value());
  EXPECT_EQ(config.auth->token_file, "/tokens");
  ASSERT_EQ(config.auth->principals.size(), 2u);
  const service::Principal& ci = config.auth->principals[0];
  EXPECT_EQ(ci.name, "ci");
  EXPECT_TRUE(ci.MayUse("a"));
  EXPECT_FALSE(ci.MayUse("b"));
  EXPECT_TRUE(ci.May(Operation::kRead));
  EXPECT_TRUE(ci.May(Operation::kAuthorSql));
  EXPECT_FALSE(ci.May(Operation::kRun));
  EXPECT_THAT(ci.certificates, ElementsAre("DNS:ci.test", "CN:ci"));
  EXPECT_EQ(ci.max_active_runs, 3);
  EXPECT_EQ(ci.requests_per_second, 50);
  const service::Principal& owner = config.auth->principals[1];
  EXPECT_TRUE(owner.all_connections);
  EXPECT_TRUE(owner.May(Operation::kMetrics));
  ASSERT_TRUE(config.audit.has_value());
  EXPECT_EQ(config.audit->sync, service::AuditSync::kLine);
}

TEST(ServerConfigAccessTest, ClientsAreAskedWhereThereIsACa) {
  EXPECT_EQ(Parse("tls: {certificate: c, key: k}\n").tls->client,
            TlsMaterial::ClientCertificate::kNone);
  EXPECT_EQ(Parse("tls: {certificate: c, key: k, client_ca: a}\n").tls->client,
            TlsMaterial::ClientCertificate::kOptional);
}

TEST(ServerConfigAccessTest, EveryMistakeIsReportedWithItsPlace) {
  EXPECT_THAT(Mistakes(R"(tls:
  certificate: c
  client_certificate: maybe
auth:
  token: x
  principals:
    'no good': {connections: [a, c], operations: [raed]}
    local: {connections: '*'}
    ci: {operations: [read], certificates: [ci.test]}
audit:
  sync: sometimes
)"),
              ElementsAre("2:3 missing_key", "2:3 missing_key",
                          "3:23 bad_client_certificate", "5:3 unknown_key",
                          "7:5 bad_principal", "7:34 unknown_connection",
                          "7:51 unknown_operation", "8:5 bad_principal",
                          "8:12 missing_key", "9:9 missing_key",
                          "9:44 missing_client_ca", "9:45 bad_certificates",
                          "11:3 missing_key", "11:9 bad_sync"));
}

TEST(ServerConfigAccessTest, WhatLetsNobodyInIsAMistake) {
  EXPECT_THAT(Mistakes("auth: {tokens: t}\n"), ElementsAre("1:7 missing_key"));
  EXPECT_THAT(Mistakes("auth: {tokens: t, principals: {}}\n"),
              ElementsAre("1:31 bad_principals"));
  EXPECT_THAT(
      Mistakes("auth: {principals: {x: {connections: [], operations: []}}}\n"),
      ElementsAre("1:7 missing_key"));
}

TEST(ServerConfigAccessTest, ANameOfACertificateHasOneOwner) {
  const std::string two =
      "tls: {certificate: c, key: k, client_ca: a}\n"
      "auth:\n  principals:\n"
      "    x: {connections: '*', operations: '*', certificates: 'CN:c'}\n"
      "    y: {connections: '*', operations: '*', certificates: 'CN:c'}\n";
  EXPECT_THAT(Mistakes(two), ElementsAre("5:5 duplicate_certificate"));
}

TEST(ServerConfigAccessTest, ConnectionsOfTheCommandLineCount) {
  const std::string yaml =
      "auth:\n  tokens: t\n  principals:\n"
      "    x: {connections: [flag], operations: '*'}\n";
  std::vector<Issue> issues;
  ParseServerConfig(yaml, issues, {"flag"});
  EXPECT_TRUE(issues.empty());
  ParseServerConfig(yaml, issues);
  EXPECT_EQ(issues.size(), 1u);
}

TEST(ServerConfigAccessTest, OnlyTlsAndAuthTogetherReachFurther) {
  ServerConfig config;
  EXPECT_EQ(ReachOf(config, false), Reach::kThisMachine);
  EXPECT_EQ(ReachOf(config, true), Reach::kAnywhere);
  config.tls.emplace();
  EXPECT_EQ(ReachOf(config, false), Reach::kThisMachine);
  config.auth.emplace();
  EXPECT_EQ(ReachOf(config, false), Reach::kAnywhere);
  config.tls.reset();
  EXPECT_EQ(ReachOf(config, false), Reach::kThisMachine);
}

}  // namespace
}  // namespace assay::server
