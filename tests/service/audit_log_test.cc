// SPDX-License-Identifier: Apache-2.0
#include "validator/service/audit_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "validator/base/status.h"

namespace assay::service {
namespace {

using nlohmann::json;

class AuditLogTest : public ::testing::Test {
 protected:
  AuditLogTest() {
    char name[] = "/tmp/assay_audit_XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ + "/audit.jsonl";
  }
  ~AuditLogTest() override {
    std::error_code error;
    std::filesystem::remove_all(directory_, error);
    EXPECT_FALSE(error) << error.message();
  }

  std::unique_ptr<AuditLog> Open(AuditSync sync = AuditSync::kSecond) {
    auto log = AuditLog::Open({.path = path_, .sync = sync});
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }

  static std::vector<json> Lines(const std::string& path) {
    std::ifstream file(path);
    std::vector<json> out;
    for (std::string line; std::getline(file, line);) {
      out.push_back(json::parse(line));
    }
    return out;
  }

  static AuditEvent Event(const std::string& id) {
    return {.event = "start", .outcome = "accepted", .run_id = id};
  }

  std::string directory_;
  std::string path_;
};

TEST_F(AuditLogTest, ALineHasWhatIsKnown) {
  AuditEvent event = Event("r1");
  event.principal = "ci";
  event.connections = {"a", "b"};
  event.labels = {{"team", "x\"\n\xff"}};
  event.suppressed = 3;
  const std::string line =
      FormatAuditLine(event, absl::FromUnixMicros(1800000000000001));
  EXPECT_EQ(line,
            "{\"time\":\"2027-01-15T08:00:00.000001Z\",\"event\":\"start\","
            "\"outcome\":\"accepted\",\"principal\":\"ci\",\"run_id\":\"r1\","
            "\"connections\":[\"a\",\"b\"],"
            "\"labels\":{\"team\":\"x\\\"\\n\xef\xbf\xbd\"},"
            "\"suppressed\":3}\n");
}

TEST_F(AuditLogTest, LinesOfManyThreadsStayWhole) {
  auto log = Open(AuditSync::kOff);
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&log, t] {
      for (int i = 0; i < 200; ++i) {
        const AuditEvent event = Event(absl::StrCat(t, "-", i));
        if (i % 2 == 0) {
          EXPECT_TRUE(log->Write(event).ok());
        } else {
          log->Note(event);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  log.reset();
  std::set<std::string> ids;
  for (const json& line : Lines(path_)) ids.insert(line.at("run_id"));
  EXPECT_EQ(ids.size(), 1600u);
}

TEST_F(AuditLogTest, AppendsToWhatIsThereForItsOwnerAlone) {
  ASSERT_TRUE(Open()->Write(Event("1")).ok());
  ASSERT_TRUE(Open(AuditSync::kLine)->Write(Event("2")).ok());
  EXPECT_EQ(Lines(path_).size(), 2u);
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AuditLogTest, FollowsRotationWithoutASignal) {
  auto log = Open();
  ASSERT_TRUE(log->Write(Event("1")).ok());
  ASSERT_EQ(rename(path_.c_str(), (path_ + ".1").c_str()), 0);
  ASSERT_TRUE(log->Write(Event("2")).ok());
  EXPECT_EQ(Lines(path_ + ".1").size(), 1u);
  ASSERT_EQ(Lines(path_).size(), 1u);
  EXPECT_EQ(Lines(path_)[0].at("run_id"), "2");
}

TEST_F(AuditLogTest, WhatCannotBeWrittenIsRefusedOrKept) {
  auto log = Open();
  ASSERT_TRUE(log->Write(Event("1")).ok());
  // No new file can be made in its place.
  ASSERT_EQ(rename(path_.c_str(), (path_ + ".1").c_str()), 0);
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  EXPECT_EQ(GetReason(log->Write(Event("refused"))), ErrorReason::kAuditFailed);
  log->Note(Event("2"));
  log->Note(Event("3"));
  EXPECT_EQ(GetReason(log->Write(Event("refused"))), ErrorReason::kAuditFailed);
  ASSERT_EQ(rmdir(path_.c_str()), 0);
  ASSERT_TRUE(log->Write(Event("4")).ok());
  const std::vector<json> lines = Lines(path_);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].at("run_id"), "2");
  EXPECT_EQ(lines[1].at("run_id"), "3");
  EXPECT_EQ(lines[2].at("run_id"), "4");
}

TEST_F(AuditLogTest, WhatIsLostIsCounted) {
  auto log = Open();
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  for (int i = 0; i < 10007; ++i) log->Note(Event("x"));
  ASSERT_EQ(rmdir(path_.c_str()), 0);
  ASSERT_TRUE(log->Write(Event("last")).ok());
  const std::vector<json> lines = Lines(path_);
  ASSERT_EQ(lines.size(), 10002u);
  EXPECT_EQ(lines[10000].at("suppressed"), 7);
  EXPECT_EQ(lines[10001].at("run_id"), "last");
}

TEST_F(AuditLogTest, ADiskThatIsFullRefuses) {
  auto log = AuditLog::Open({.path = "/dev/full"});
  ASSERT_TRUE(log.ok()) << log.status();
  const absl::Status status = (*log)->Write(Event("1"));
  EXPECT_EQ(GetReason(status), ErrorReason::kAuditFailed);
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("No space left"));
}

TEST_F(AuditLogTest, NotesAreThereSoon) {
  auto log = Open();
  log->Note(Event("1"));
  for (int i = 0; i < 500 && Lines(path_).empty(); ++i) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_EQ(Lines(path_).size(), 1u);
}

TEST_F(AuditLogTest, AFileThatCannotBeMadeIsSaidAtOnce) {
  EXPECT_EQ(GetReason(AuditLog::Open({.path = directory_ + "/no/a"}).status()),
            ErrorReason::kAuditFailed);
}

}  // namespace
}  // namespace assay::service
