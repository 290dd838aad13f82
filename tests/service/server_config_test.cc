// SPDX-License-Identifier: Apache-2.0
#include "validator/server/server_config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay::server {
namespace {

TEST(ServerConfigTest, EmptyFileIsAllDefaults) {
  std::vector<Issue> issues;
  const ServerConfig config = ParseServerConfig("", issues);
  EXPECT_TRUE(issues.empty());
  EXPECT_TRUE(config.listen.empty());
  EXPECT_FALSE(config.store.path.has_value());
  EXPECT_EQ(config.store.postgresql, "");
  EXPECT_EQ(config.max_concurrent_runs, 8);
  EXPECT_EQ(config.default_timeout, absl::Hours(2));
}

TEST(ServerConfigTest, StateIsBesideTheStore) {
  EXPECT_EQ(DefaultStateDirectory({.path = "/var/lib/assay/runs.db"}, ""),
            "/var/lib/assay/runs.db.d");
  EXPECT_EQ(DefaultStateDirectory({}, "/a/runs.db"), "");
  EXPECT_EQ(DefaultStateDirectory({.postgresql = "x"}, "/a/runs.db"),
            "/a/state");
  std::vector<Issue> issues;
  ParseServerConfig("state: {directory: []}\n", issues);
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].code, "bad_state_directory");
}

TEST(ServerConfigTest, EveryKeyIsRead) {
  std::vector<Issue> issues;
  const ServerConfig config = ParseServerConfig(R"(
server:
  listen: [127.0.0.1:7000, unix:/run/assay.sock]
  store: /tmp/runs.db
  max_concurrent_runs: 3
  max_queued_runs: 0
  log_level: debug
  drain_grace: 1m
  default_timeout: 1h30m
runs: {keep: 5, keep_for: 7d}
state: {directory: /tmp/state, checkpoint_interval: 2s, window_mib: 8}
connections:
)",
                                                issues);
  EXPECT_TRUE(issues.empty()) << issues[0].message;
  EXPECT_EQ(config.listen, (std::vector<std::string>{"127.0.0.1:7000",
                                                     "unix:/run/assay.sock"}));
  EXPECT_EQ(config.store.path, "/tmp/runs.db");
  EXPECT_EQ(config.max_concurrent_runs, 3);
  EXPECT_EQ(config.max_queued_runs, 0);
  EXPECT_EQ(config.log_level, LogLevel::kDebug);
  EXPECT_EQ(config.drain_grace, absl::Minutes(1));
  EXPECT_EQ(config.default_timeout, absl::Minutes(90));
  EXPECT_EQ(config.keep_runs, 5);
  EXPECT_EQ(config.state_directory, "/tmp/state");
  EXPECT_EQ(config.checkpoint_interval, absl::Seconds(2));
  EXPECT_EQ(config.window_mib, 8);
  EXPECT_EQ(config.keep_for, absl::Hours(24 * 7));
}

TEST(ServerConfigTest, EveryMistakeIsReportedWithItsLine) {
  std::vector<Issue> issues;
  ParseServerConfig(R"(server:
  lisen: 127.0.0.1:7000
  log_level: loud
  log_level: info
  max_concurrent_runs: 0
  max_queued_runs: many
  drain_grace: 30
  default_timeout: [1]
  store: {}
  listen: []
  listen: {}
runs: 7
rns: {}
)",
                    issues);
  std::string seen;
  for (const Issue& issue : issues) {
    absl::StrAppend(&seen, issue.range.line, ":", issue.range.column, " ",
                    issue.code, "\n");
  }
  EXPECT_EQ(seen,
            "2:3 unknown_key\n"
            "3:14 bad_log_level\n"
            "4:3 duplicate_key\n"
            "5:24 bad_integer\n"
            "6:20 bad_integer\n"
            "7:16 bad_duration\n"
            "8:20 bad_duration\n"
            "9:10 bad_store\n"
            "11:3 duplicate_key\n"
            "12:7 not_a_map\n"
            "13:1 unknown_key\n");
  EXPECT_EQ(issues[0].hint, "did you mean 'listen'?");
  EXPECT_EQ(issues.back().hint, "did you mean 'runs'?");
}

TEST(ServerConfigTest, SyntaxErrorsAndStrangeFilesAreIssues) {
  for (const char* text :
       {"server: [", "server: {listen: \"a}", "- a\n- b", "word", "%YAML 9\n",
        "a: *b", "server: &a {store: *a}", "---\na: 1\n---\nb: 2\n"}) {
    std::vector<Issue> issues;
    ParseServerConfig(text, issues);
    EXPECT_TRUE(HasErrors(issues)) << text;
  }
}

TEST(ServerConfigTest, FilesThatCannotBeRead) {
  const std::string missing = testing::TempDir() + "/no_such_config";
  EXPECT_EQ(GetReason(ReadConfigFile(missing).status()),
            ErrorReason::kArgumentInvalid);
  EXPECT_FALSE(ReadConfigFile(testing::TempDir()).ok());
  const std::string large =
      absl::StrCat(testing::TempDir(), "/large_", getpid());
  std::ofstream(large) << std::string((1 << 20) + 1, ' ');
  EXPECT_FALSE(ReadConfigFile(large).ok());
  std::ofstream(large) << "runs: {}";
  EXPECT_EQ(*ReadConfigFile(large), "runs: {}");
  std::filesystem::remove(large);
}

TEST(ServerConfigTest, DefaultStoreFollowsXdg) {
  EXPECT_EQ(DefaultStorePath(true, "/s", "/h"), "/var/lib/assay/runs.db");
  EXPECT_EQ(DefaultStorePath(false, "/s", "/h"), "/s/assay/runs.db");
  EXPECT_EQ(DefaultStorePath(false, "", "/h"), "/h/.local/state/assay/runs.db");
  EXPECT_EQ(DefaultStorePath(false, "", ""), "");
}

TEST(ServerConfigTest, StoreDirectoryIsMadePrivate) {
  const std::string top = absl::StrCat(testing::TempDir(), "/store_", getpid());
  ASSERT_TRUE(MakeStoreDirectory(top + "/a/b/runs.db").ok());
  struct stat info = {};
  ASSERT_EQ(stat((top + "/a/b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  EXPECT_TRUE(MakeStoreDirectory("").ok());
  EXPECT_FALSE(MakeStoreDirectory("/proc/no/runs.db").ok());
  std::filesystem::remove_all(top);
}

StoreConfig StoreOf(const std::string& value, std::vector<Issue>& issues) {
  return ParseServerConfig("server:\n  store: " + value + "\n", issues).store;
}

TEST(StoreConfigTest, APathOrADatabase) {
  std::vector<Issue> issues;
  EXPECT_EQ(StoreOf("/a/runs.db", issues).path, "/a/runs.db");
  EXPECT_EQ(StoreOf("\"\"", issues).path, "");
  EXPECT_EQ(StoreOf("{sqlite: /a/runs.db}", issues).path, "/a/runs.db");
  const std::string odbc =
      "Driver=PostgreSQL Unicode;Servername=db;Uid=a;Pwd=${env:X}";
  StoreConfig shared = StoreOf("{postgresql: \"" + odbc + "\"}", issues);
  EXPECT_EQ(shared.postgresql, odbc);
  EXPECT_FALSE(shared.path.has_value());
  EXPECT_EQ(shared.takeover_after, absl::Seconds(15));
  EXPECT_EQ(shared.max_connections, 4);
  shared = StoreOf(
      "{postgresql: \"${file:/s}\", takeover_after: 1m, max_connections: 9}",
      issues);
  EXPECT_EQ(shared.takeover_after, absl::Minutes(1));
  EXPECT_EQ(shared.max_connections, 9);
  EXPECT_TRUE(issues.empty()) << issues[0].message;
  EXPECT_EQ(StoreOptionsOf(shared, "/d/runs.db").path, "");
  EXPECT_EQ(StoreOptionsOf(shared, "/d/runs.db").postgresql, "${file:/s}");
  EXPECT_EQ(StoreOptionsOf({}, "/d/runs.db").path, "/d/runs.db");
}

TEST(StoreConfigTest, MistakesAreSaid) {
  const struct {
    const char* value;
    const char* message;
  } kCases[] = {
      {"{}", "store must say either sqlite or postgresql"},
      {"[a]", "store must be a path, or {postgresql: \"ODBC string\"}"},
      {"{sqlite: a, postgresql: \"DSN=x\"}",
       "store must say either sqlite or postgresql"},
      {"{sqlite: a, takeover_after: 5s}",
       "takeover_after and max_connections are for servers that share a store: "
       "a file has one server"},
      {"{postgresql: \"DSN=x\", takeover_after: 1s}",
       "takeover_after must be from 2s to 10m"},
      {"{postgresql: \"DSN=x\", max_connections: 0}",
       "max_connections must be an integer from 1 to 100"},
      {"{postgresql: \"DSN=x;Pwd=${vault:x}\"}",
       "postgresql has '${vault:x}', which is neither ${env:NAME} nor "
       "${file:PATH}"},
      {"{postgresql: \"Driver=MariaDB Unicode;Server=x\"}",
       "postgresql must name a PostgreSQL driver: no other database can hold a "
       "store that servers share"},
      {"{postgres: x}", "unknown key 'postgres' in store"},
  };
  for (const auto& test : kCases) {
    std::vector<Issue> issues;
    StoreOf(test.value, issues);
    ASSERT_FALSE(issues.empty()) << test.value;
    EXPECT_EQ(issues[0].message, test.message);
    EXPECT_EQ(issues[0].range.line, 2) << test.value;
  }
}

}  // namespace
}  // namespace assay::server
