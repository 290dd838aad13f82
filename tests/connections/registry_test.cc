// SPDX-License-Identifier: Apache-2.0
// The registry on SQLite, which is always there.
#include "validator/connections/registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/time/clock.h"
#include "tests/support/databases.h"
#include "validator/base/cancellation.h"
#include "validator/base/status.h"
#include "validator/odbc/odbc.h"

namespace assay::connections {
namespace {

class RegistryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MakeFile("a.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    auto registry = Registry::Create({Config("a", 2), Config("b", 1)});
    ASSERT_TRUE(registry.ok()) << registry.status();
    registry_ = *std::move(registry);
  }

  void MakeFile(const std::string& name, const std::string& sql) {
    auto connection =
        odbc::Open({.connection_string =
                        "Driver=SQLite3;Database=" + directory_.File(name)});
    ASSERT_TRUE(connection.ok()) << connection.status();
    const absl::Status status =
        (*connection)->Execute(sql, CancellationToken());
    ASSERT_TRUE(status.ok()) << status;
  }

  ConnectionConfig Config(const std::string& name, int max_connections) {
    ConnectionConfig config;
    config.name = name;
    config.odbc = "Driver=SQLite3;Database=" + directory_.File("a.db");
    config.max_connections = max_connections;
    return config;
  }

  assay::testing::ScratchDirectory directory_;
  std::unique_ptr<ReplaceableRegistry> registry_;
  const CancellationToken never_;
};

TEST_F(RegistryTest, SessionsDescribeAndCannotWrite) {
  auto sessions = registry_->Acquire({"b", "a", "a"}, never_);
  ASSERT_TRUE(sessions.ok()) << sessions.status();
  ASSERT_EQ(sessions->size(), 3u);
  EXPECT_EQ((*sessions)[0].config().name, "b");
  EXPECT_EQ((*sessions)[1].config().name, "a");
  EXPECT_EQ((*sessions)[1].dialect().name(), "sqlite");
  const auto table = (*sessions)[1].DescribeTable("main.T", never_);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->name, "t");
  EXPECT_EQ(table->columns[0].type.type, TypeClass::kInteger);
  EXPECT_FALSE((*sessions)[1]
                   .connection()
                   .Execute("INSERT INTO t VALUES (1, 'x')", never_)
                   .ok());
  EXPECT_TRUE((*sessions)[1].BeginSnapshot(never_).ok());
  EXPECT_TRUE((*sessions)[1].EndSnapshot(never_).ok());
}

TEST_F(RegistryTest, UnknownNamesAreSuggested) {
  const auto sessions = registry_->Acquire({"c"}, never_);
  EXPECT_EQ(GetReason(sessions.status()), ErrorReason::kConnectionNotFound);
  EXPECT_EQ(registry_->Find("c"), nullptr);
  EXPECT_EQ(registry_->List().size(), 2u);
}

TEST_F(RegistryTest, MoreThanThePoolHoldsIsAnErrorAndNoDeadlock) {
  EXPECT_EQ(GetReason(registry_->Acquire({"b", "b"}, never_).status()),
            ErrorReason::kArgumentInvalid);
}

TEST_F(RegistryTest, WaitersRespectTheToken) {
  auto held = registry_->Acquire({"b"}, never_);
  ASSERT_TRUE(held.ok());
  const CancellationToken soon = CancellationToken().WithDeadline(
      absl::Now() + absl::Milliseconds(100),
      MakeError(ErrorReason::kRunTimeout, "late"));
  EXPECT_EQ(GetReason(registry_->Acquire({"a", "b"}, soon).status()),
            ErrorReason::kRunTimeout);
  // Nothing of it is left taken.
  held = std::vector<Session>();
  EXPECT_TRUE(registry_->Acquire({"a", "a", "b"}, never_).ok());
}

TEST_F(RegistryTest, ManyThreadsNeverExceedTheLimitNorDeadlock) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        auto sessions =
            registry_->Acquire(i % 2 == 0 ? std::vector<std::string>{"a", "b"}
                                          : std::vector<std::string>{"b", "a"},
                               never_);
        ASSERT_TRUE(sessions.ok()) << sessions.status();
        const int now = ++inside;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most.load(), 1);
}

TEST_F(RegistryTest, AReplacedFileIsReadAnew) {
  const auto has_table = [&](const std::string& name) {
    auto sessions = registry_->Acquire({"a"}, never_);
    return sessions.ok() && (*sessions)[0].DescribeTable(name, never_).ok();
  };
  EXPECT_TRUE(has_table("t"));
  MakeFile("new.db", "CREATE TABLE fresh (x INTEGER)");
  std::filesystem::rename(directory_.File("new.db"), directory_.File("a.db"));
  EXPECT_FALSE(has_table("t"));
  EXPECT_TRUE(has_table("fresh"));
}

TEST_F(RegistryTest, TestReports) {
  const auto report = registry_->Test("a", never_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->dialect, "sqlite");
  EXPECT_GT(report->connect_time, absl::ZeroDuration());
  const auto orphans = registry_->KillOrphans("a", {1, 2}, "marker");
  ASSERT_TRUE(orphans.ok()) << orphans.status();
  EXPECT_EQ(*orphans, 0);
}

TEST_F(RegistryTest, AMissingFileIsNotFoundAndNotCreated) {
  ConnectionConfig config = Config("gone", 1);
  config.odbc = "Driver=SQLite3;Database=" + directory_.File("gone.db");
  auto registry = Registry::Create({config});
  ASSERT_TRUE(registry.ok());
  auto sessions = (*registry)->Acquire({"gone"}, never_);
  EXPECT_EQ(GetReason(sessions.status()), ErrorReason::kDatabaseNotFound)
      << sessions.status();
  EXPECT_FALSE(std::filesystem::exists(directory_.File("gone.db")));
}

TEST_F(RegistryTest, ReplaceSaysWhatChangedAndKeepsTheRest) {
  const ConnectionConfig* const b = registry_->Find("b");
  const auto changes =
      registry_->Replace({Config("a", 3), Config("b", 1), Config("c", 1)});
  ASSERT_TRUE(changes.ok()) << changes.status();
  EXPECT_EQ(changes->added, std::vector<std::string>{"c"});
  EXPECT_EQ(changes->changed, std::vector<std::string>{"a"});
  EXPECT_TRUE(changes->removed.empty());
  EXPECT_EQ(registry_->Find("b"), b);
  EXPECT_EQ(registry_->Find("a")->max_connections, 3);
  EXPECT_TRUE(
      registry_->Replace({Config("a", 3), Config("b", 1), Config("c", 1)})
          ->empty());
  EXPECT_EQ(registry_->Replace({Config("a", 3)})->removed,
            (std::vector<std::string>{"b", "c"}));
}

TEST_F(RegistryTest, AMistakeReplacesNothing) {
  const auto changes = registry_->Replace({Config("c", 1), Config("c", 1)});
  EXPECT_EQ(GetReason(changes.status()), ErrorReason::kArgumentInvalid);
  EXPECT_NE(registry_->Find("a"), nullptr);
  EXPECT_EQ(registry_->Find("c"), nullptr);
}

TEST_F(RegistryTest, WhoHasPinnedGoesOnWithWhatThereWas) {
  auto held = registry_->Acquire({"b"}, never_);
  ASSERT_TRUE(held.ok()) << held.status();
  const std::shared_ptr<Registry> pinned = registry_->Pin();
  ASSERT_TRUE(registry_->Replace({Config("a", 3)}).ok());
  EXPECT_EQ(GetReason(registry_->Acquire({"b"}, never_).status()),
            ErrorReason::kConnectionNotFound);
  EXPECT_EQ(pinned->Find("a")->max_connections, 2);
  EXPECT_EQ(pinned->List().size(), 2u);
  // The limit of the old pool holds for those who have it.
  CancellationSource source;
  std::thread canceller([&source] {
    absl::SleepFor(absl::Milliseconds(50));
    source.Cancel(MakeError(ErrorReason::kCancelled, "enough"));
  });
  EXPECT_EQ(GetReason(pinned->Acquire({"b"}, source.token()).status()),
            ErrorReason::kCancelled);
  canceller.join();
  EXPECT_TRUE((*held)[0].DescribeTable("t", never_).ok());
  held->clear();
  EXPECT_TRUE(pinned->Acquire({"b"}, never_).ok());
  // A session outlives everything that it came from.
  auto last = pinned->Acquire({"a"}, never_);
  ASSERT_TRUE(last.ok());
  registry_.reset();
  EXPECT_TRUE((*last)[0].DescribeTable("t", never_).ok());
}

TEST_F(RegistryTest, ReplacedWhileManyRead) {
  std::atomic<bool> stop = false;
  std::atomic<int> done = 0;
  std::vector<std::thread> readers;
  readers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const std::shared_ptr<Registry> pinned = registry_->Pin();
        const auto sessions = pinned->Acquire({"a", "b"}, never_);
        EXPECT_TRUE(sessions.ok()) << sessions.status();
        EXPECT_EQ((*sessions)[0].config().max_connections,
                  pinned->Find("a")->max_connections);
        ++done;
      }
    });
  }
  for (int i = 0; i < 50 || done < 50; ++i) {
    EXPECT_TRUE(
        registry_->Replace({Config("a", 2 + i % 3), Config("b", 1)}).ok());
    absl::SleepFor(absl::Milliseconds(1));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace assay::connections
