// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/leftover_list.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/diff/support/window_rows.h"
#include "validator/base/status.h"

namespace assay::engine {
namespace {

using diff::ScratchDirectory;

LeftoverRecord RecordOf(int i) {
  LeftoverRecord record;
  record.key = "key " + std::to_string(i);
  const auto number = static_cast<uint64_t>(i);
  if (i % 3 != 0) {
    record.source.push_back({{number, 1}, std::string(i % 200, 's'), 1});
  }
  if (i % 3 != 1) {
    record.target.push_back({{number, 2}, std::string(i % 90, 't'), i + 1});
  }
  return record;
}

void Add(LeftoverList& list, int from, int to) {
  for (int i = from; i < to; ++i) ASSERT_TRUE(list.Add(RecordOf(i)).ok());
}

// Reads the list and holds it against records 0 to `count`.
void ExpectRecords(LeftoverList& list, int count) {
  int next = 0;
  const absl::Status status =
      list.ForEach(1000, [&](std::vector<LeftoverRecord>& records) {
        EXPECT_LE(records.size(), 1000u);
        for (const LeftoverRecord& record : records) {
          const LeftoverRecord want = RecordOf(next++);
          EXPECT_EQ(record.key, want.key);
          EXPECT_EQ(record.source, want.source);
          EXPECT_EQ(record.target, want.target);
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(next, count);
}

TEST(LeftoverList, KeepsRecordsInMemoryAndOnDisk) {
  ScratchDirectory directory;
  for (const int count : {0, 1, 2500, 120000}) {
    LeftoverList list(directory.path());
    Add(list, 0, count);
    EXPECT_EQ(list.size(), count);
    ExpectRecords(list, count);
    ExpectRecords(list, count);
    // Small lists need no file.
    EXPECT_EQ(std::filesystem::is_empty(directory.path()), count < 100000);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

// The key is written once, as part of a row's payload.
TEST(LeftoverList, GivesBackTheKeyOfAWindowsLeftover) {
  ScratchDirectory directory;
  for (const std::string& key : {std::string("\x05key\0x", 6), std::string()}) {
    const auto length = static_cast<uint32_t>(key.size());
    std::string payload(reinterpret_cast<const char*>(&length), sizeof length);
    payload += key + "and columns";
    const diff::Leftover row{{7, 8}, payload, 3};
    LeftoverList list(directory.path());
    ASSERT_TRUE(
        list.Add(diff::LeftoverKey{{1, 2}, {}, absl::MakeConstSpan(&row, 1)})
            .ok());
    const absl::Status status =
        list.ForEach(10, [&](std::vector<LeftoverRecord>& records) {
          EXPECT_EQ(records.size(), 1u);
          EXPECT_EQ(records.front().key, key);
          EXPECT_TRUE(records.front().source.empty());
          EXPECT_EQ(records.front().target,
                    std::vector<LeftoverRow>({{{7, 8}, payload, 3}}));
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(LeftoverList, WithoutAFolderStaysInMemory) {
  LeftoverList list("");
  Add(list, 0, 60000);
  ExpectRecords(list, 60000);
}

TEST(LeftoverList, GoesOnFromWhatWasSynced) {
  ScratchDirectory directory;
  ListExtent extent;
  {
    LeftoverList list(directory.path(), "leftovers");
    Add(list, 0, 50000);
    ASSERT_TRUE(list.Sync(extent).ok());
    EXPECT_EQ(extent.records, 50000);
    // Lost with the process, though part of it reached the file.
    Add(list, 50000, 120000);
  }
  LeftoverList list(directory.path(), "leftovers");
  Add(list, 7, 9);  // Forgotten by Restore.
  ASSERT_TRUE(list.Restore(extent).ok());
  EXPECT_EQ(list.size(), 50000);
  ExpectRecords(list, 50000);
  Add(list, 50000, 51000);
  ASSERT_TRUE(list.Sync(extent).ok());
  Add(list, 51000, 51001);
  ExpectRecords(list, 51001);
}

TEST(LeftoverList, SyncOfNothingIsNothing) {
  ScratchDirectory directory;
  ListExtent extent;
  LeftoverList list(directory.path(), "leftovers");
  ASSERT_TRUE(list.Sync(extent).ok());
  EXPECT_EQ(extent.records, 0);
  ASSERT_TRUE(list.Restore(extent).ok());
  ExpectRecords(list, 0);
}

TEST(LeftoverList, FindsDamage) {
  ScratchDirectory directory;
  const std::string path = directory / "leftovers";
  ListExtent extent;
  LeftoverList list(directory.path(), "leftovers");
  Add(list, 0, 1000);
  ASSERT_TRUE(list.Sync(extent).ok());
  const auto fails = [&] {
    LeftoverList again(directory.path(), "leftovers");
    absl::Status status = again.Restore(extent);
    if (status.ok()) {
      status = again.ForEach(
          100, [](std::vector<LeftoverRecord>&) { return absl::OkStatus(); });
    }
    EXPECT_EQ(GetReason(status), ErrorReason::kSpillFailed) << status;
  };
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(500);
    file.put('!');
  }
  fails();
  std::filesystem::resize_file(path, 300);
  fails();
  std::filesystem::remove(path);
  fails();
}

TEST(LeftoverList, AFullDiskIsAnError) {
  // Writes to it fail with ENOSPC.
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  ScratchDirectory directory;
  std::filesystem::create_symlink("/dev/full", directory / "leftovers");
  LeftoverList list(directory.path(), "leftovers");
  absl::Status status;
  for (int i = 0; i < 200000 && status.ok(); ++i) {
    status = list.Add(RecordOf(i));
  }
  EXPECT_EQ(GetReason(status), ErrorReason::kSpillFailed) << status;
}

}  // namespace
}  // namespace assay::engine
