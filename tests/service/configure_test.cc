// SPDX-License-Identifier: Apache-2.0
#include "validator/server/configure.h"

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/support/databases.h"

namespace assay::server {
namespace {

class ConfigureTest : public ::testing::Test {
 protected:
  Configured Read(const std::string& text) {
    const std::string path = directory_.File("assayd.yaml");
    std::ofstream(path) << text;
    flags_.config = path;
    return Configure(flags_);
  }

  assay::testing::ScratchDirectory directory_;
  Flags flags_;
};

TEST_F(ConfigureTest, FlagsOutrankTheFile) {
  flags_.listen = {"127.0.0.1:1"};
  flags_.connections = {"b=Driver=SQLite3"};
  const Configured out = Read(
      "server: {listen: \"127.0.0.1:2\", max_queued_runs: 7}\n"
      "connections: {a: {odbc: Driver=SQLite3}}\n");
  ASSERT_TRUE(out.ok) << ::testing::PrintToString(out.mistakes);
  EXPECT_EQ(out.config.listen, flags_.listen);
  ASSERT_EQ(out.addresses.size(), 1u);
  EXPECT_EQ(out.addresses[0].port, "1");
  EXPECT_EQ(out.config.connections.size(), 2u);
  EXPECT_EQ(LimitsOf(out.config).max_queued_runs, 7);
}

TEST_F(ConfigureTest, AllMistakesAtOnce) {
  flags_.listen = {"here", "0.0.0.0:1"};
  flags_.connections = {"a=Driver=SQLite3"};
  const Configured out = Read(
      "tls: {certificate: /no/such, key: /no/such}\n"
      "connections: {a: {odbc: Driver=SQLite3}}\n");
  EXPECT_FALSE(out.ok);
  ASSERT_EQ(out.mistakes.size(), 4u) << ::testing::PrintToString(out.mistakes);
  EXPECT_TRUE(absl::StrContains(out.mistakes[0], "host:port"));
  EXPECT_TRUE(absl::StrContains(out.mistakes[1], "--insecure"));
  EXPECT_TRUE(absl::StrContains(out.mistakes[2], "stands twice"));
  EXPECT_TRUE(absl::StrContains(out.mistakes[3], "/no/such"));
}

TEST_F(ConfigureTest, MistakesOfTheFileHaveTheirPlace) {
  const Configured out = Read("server: {lisen: a}\nruns: {keep: none}\n");
  EXPECT_FALSE(out.ok);
  ASSERT_EQ(out.issues.size(), 2u);
  EXPECT_TRUE(absl::StartsWith(out.issues[0], *flags_.config + ":1:10: error"))
      << out.issues[0];
  EXPECT_TRUE(absl::StartsWith(out.issues[1], *flags_.config + ":2:14: error"))
      << out.issues[1];
}

TEST_F(ConfigureTest, WhatNeedsARestart) {
  const ServerConfig before = Read("{}").config;
  EXPECT_TRUE(NeedRestart(before, before).empty());
  const ServerConfig harmless =
      Read(
          "server: {max_queued_runs: 1, log_level: error, drain_grace: 1s}\n"
          "runs: {keep: 1}\nstate: {window_mib: 1}\n"
          "connections: {a: {odbc: Driver=SQLite3}}\n")
          .config;
  EXPECT_TRUE(NeedRestart(before, harmless).empty());
  const ServerConfig all =
      Read(
          "server: {listen: \"127.0.0.1:1\", store: /a}\n"
          "state: {directory: /b}\n"
          "http: {listen: \"127.0.0.1:2\", hosts: [c], max_connections: 3}\n")
          .config;
  EXPECT_EQ(NeedRestart(before, all),
            (std::vector<std::string>{"server.listen", "server.store",
                                      "state.directory", "http.listen",
                                      "http.hosts", "http.max_connections"}));
}

}  // namespace
}  // namespace assay::server
