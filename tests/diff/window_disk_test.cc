// SPDX-License-Identifier: Apache-2.0
// Windows on full disks and after crashes.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/diff/support/window_rows.h"
#include "validator/base/status.h"
#include "validator/diff/disk.h"
#include "validator/diff/window.h"

namespace assay::diff {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class WindowDiskTest : public testing::Test {
 protected:
  std::unique_ptr<Window> Make(size_t memory_bytes, bool unique = true) {
    WindowOptions options;
    options.memory_bytes = memory_bytes;
    options.directory = directory_.path();
    options.unique_keys = unique;
    return std::make_unique<Window>(std::move(options));
  }
  static std::vector<TestRow> Range(uint32_t begin, uint32_t end) {
    std::vector<TestRow> rows;
    for (uint32_t i = begin; i < end; ++i) rows.push_back(TestRow{.key = i});
    return rows;
  }
  static absl::Status Add(Window& window, Side side, uint32_t begin,
                          uint32_t end) {
    return window.Add(side, BatchOf(Range(begin, end)));
  }
  static absl::StatusOr<size_t> Finish(Window& window) {
    size_t left = 0;
    absl::Status status = window.Finish(
        [&](const LeftoverKey&) {
          ++left;
          return absl::OkStatus();
        },
        nullptr);
    if (!status.ok()) return status;
    return left;
  }
  // Any spill file of the first level.
  std::string SpillFile() const {
    for (const auto& entry :
         std::filesystem::directory_iterator(directory_.path())) {
      if (entry.path().filename().string().starts_with("spill.")) {
        return entry.path().string();
      }
    }
    return "";
  }
  void ExpectRefused(const std::string& checkpoint, const std::string& how) {
    const auto window = Make(32 << 10);
    EXPECT_EQ(GetReason(window->Load(checkpoint)), ErrorReason::kInternal)
        << how;
    EXPECT_EQ(window->rows(Side::kSource), 0) << how;
    EXPECT_EQ(window->entries(), 0u) << how;
  }

  ScratchDirectory directory_;
};

TEST_F(WindowDiskTest, FullDiskIsSaidWithPathCauseAndRemedy) {
  for (int i = 0; i < 64; ++i) {
    const std::string name =
        (i < 10 ? "spill.0" : "spill.") + std::to_string(i);
    ASSERT_EQ(::symlink("/dev/full", (directory_ / name).c_str()), 0);
  }
  const auto window = Make(32 << 10);
  const absl::Status status = Add(*window, Side::kSource, 0, 5000);
  EXPECT_EQ(GetReason(status), ErrorReason::kSpillFailed);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("cannot write " + directory_.path() + "/spill."),
                    HasSubstr("No space left on device"),
                    HasSubstr("free space in " + directory_.path() +
                              ", or give the server another state.directory")));
  EXPECT_EQ(window->Add(Side::kSource, BatchOf({{1, 1}})), status);
  EXPECT_EQ(Finish(*window).status(), status);
  EXPECT_EQ(window->Save(directory_ / "checkpoint"), status);
}

TEST_F(WindowDiskTest, MissingDirectoryIsSaid) {
  std::filesystem::remove_all(directory_.path());
  const auto window = Make(32 << 10);
  const absl::Status status = Add(*window, Side::kSource, 0, 5000);
  EXPECT_EQ(GetReason(status), ErrorReason::kSpillFailed);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("No such file or directory"),
                    HasSubstr(directory_.path() + " is gone"),
                    Not(HasSubstr("free space"))));
}

TEST(DiskErrorTest, TheRemedyFitsTheError) {
  const auto message = [](int error) {
    return std::string(DiskError("open", "/s/spill.03", error).message());
  };
  EXPECT_THAT(message(EDQUOT), HasSubstr("free space in /s"));
  EXPECT_THAT(message(EACCES), HasSubstr("let the server's user write to /s"));
  EXPECT_THAT(message(EROFS), HasSubstr("another state.directory"));
  EXPECT_THAT(message(EMFILE), HasSubstr("more open files"));
  EXPECT_THAT(message(EIO), HasSubstr("check the disk of /s"));
  EXPECT_EQ(message(ENAMETOOLONG),
            "cannot open /s/spill.03: File name too long (give the server a "
            "state.directory with a shorter path)");
}

// A disk that fills up in the middle, and has room again later.
TEST_F(WindowDiskTest, DiskThatFillsUpLeavesTheLastCheckpointGood) {
  const auto window = Make(32 << 10);
  ASSERT_TRUE(Add(*window, Side::kSource, 0, 5000).ok());
  ASSERT_TRUE(window->Save(directory_ / "checkpoint").ok());

  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit little = before;
  little.rlim_cur = 12 << 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  const absl::Status added = Add(*window, Side::kSource, 5000, 50000);
  const auto small = Make(8 << 20);
  const absl::Status fits = Add(*small, Side::kSource, 0, 10000);
  const absl::Status saved = small->Save(directory_ / "checkpoint");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)std::signal(SIGXFSZ, handler);

  EXPECT_EQ(GetReason(added), ErrorReason::kSpillFailed);
  EXPECT_THAT(std::string(added.message()), HasSubstr("File too large"));
  EXPECT_TRUE(fits.ok());
  EXPECT_EQ(GetReason(saved), ErrorReason::kSpillFailed);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "checkpoint.part"));

  const auto resumed = Make(32 << 10);
  const absl::Status loaded = resumed->Load(directory_ / "checkpoint");
  ASSERT_TRUE(loaded.ok()) << loaded;
  EXPECT_EQ(resumed->rows(Side::kSource), 5000);
  ASSERT_TRUE(Add(*resumed, Side::kTarget, 100, 5000).ok());
  const absl::StatusOr<size_t> left = Finish(*resumed);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(*left, 100u);
  EXPECT_EQ(resumed->keys(), 5000);
}

TEST_F(WindowDiskTest, DamagedSpillFileEndsFinish) {
  const auto window = Make(32 << 10);
  ASSERT_TRUE(Add(*window, Side::kSource, 0, 5000).ok());
  const std::string path = SpillFile();
  std::string bytes = ReadFile(path);
  ASSERT_GT(bytes.size(), 100u);
  bytes[bytes.size() / 2] ^= 4;
  WriteFile(path, bytes);
  const absl::StatusOr<size_t> left = Finish(*window);
  EXPECT_EQ(GetReason(left.status()), ErrorReason::kSpillFailed);
  EXPECT_THAT(std::string(left.status().message()), HasSubstr(path));
}

TEST_F(WindowDiskTest, CutSpillFileEndsFinish) {
  const auto window = Make(32 << 10);
  ASSERT_TRUE(Add(*window, Side::kSource, 0, 5000).ok());
  const std::string path = SpillFile();
  const std::string bytes = ReadFile(path);
  WriteFile(path, bytes.substr(0, bytes.size() - 1));
  // What Finish appends comes behind the gap.
  EXPECT_EQ(GetReason(Finish(*window).status()), ErrorReason::kSpillFailed);
}

TEST_F(WindowDiskTest, LoadGoesOnWithAnyBudget) {
  const std::string checkpoint = directory_ / "checkpoint";
  {
    const auto window = Make(1 << 20);
    ASSERT_TRUE(Add(*window, Side::kSource, 0, 3000).ok());
    ASSERT_TRUE(Add(*window, Side::kTarget, 2000, 4000).ok());
    ASSERT_TRUE(window->Save(checkpoint).ok());
    EXPECT_EQ(window->spilled_bytes(), 0);
  }
  for (const size_t memory : {size_t{16} << 10, size_t{8} << 20}) {
    const auto window = Make(memory);
    ASSERT_TRUE(window->Load(checkpoint).ok());
    EXPECT_EQ(window->matched(), 1000);
    ASSERT_TRUE(Add(*window, Side::kTarget, 0, 1000).ok());
    const absl::StatusOr<size_t> left = Finish(*window);
    ASSERT_TRUE(left.ok()) << left.status();
    EXPECT_EQ(*left, 2000u);
    EXPECT_EQ(window->keys(), 4000);
  }
}

TEST_F(WindowDiskTest, LoadForgetsWhatWasAdded) {
  const std::string checkpoint = directory_ / "checkpoint";
  const auto window = Make(32 << 10);
  ASSERT_TRUE(Add(*window, Side::kSource, 0, 2000).ok());
  ASSERT_TRUE(window->Save(checkpoint).ok());
  ASSERT_TRUE(Add(*window, Side::kTarget, 0, 9000).ok());
  ASSERT_TRUE(window->Load(checkpoint).ok());
  EXPECT_EQ(window->rows(Side::kTarget), 0);
  const absl::StatusOr<size_t> left = Finish(*window);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(*left, 2000u);
}

TEST_F(WindowDiskTest, EveryCutAndEveryFlippedBitOfACheckpointIsRefused) {
  const std::string checkpoint = directory_ / "checkpoint";
  {
    const auto window = Make(32 << 10);
    ASSERT_TRUE(Add(*window, Side::kSource, 0, 5).ok());
    ASSERT_TRUE(Add(*window, Side::kTarget, 3, 8).ok());
    ASSERT_TRUE(window->Save(checkpoint).ok());
  }
  const std::string bytes = ReadFile(checkpoint);
  for (size_t i = 0; i < bytes.size(); ++i) {
    WriteFile(checkpoint, bytes.substr(0, i));
    ExpectRefused(checkpoint, "cut to " + std::to_string(i));
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    WriteFile(checkpoint, flipped);
    ExpectRefused(checkpoint, "flipped byte " + std::to_string(i));
  }
  WriteFile(checkpoint, bytes + "x");
  ExpectRefused(checkpoint, "one byte more");
  WriteFile(checkpoint, bytes);
  EXPECT_TRUE(Make(32 << 10)->Load(checkpoint).ok());
}

TEST_F(WindowDiskTest, DamagedSpillFilesAreRefusedByLoad) {
  const std::string checkpoint = directory_ / "checkpoint";
  {
    const auto window = Make(32 << 10);
    ASSERT_TRUE(Add(*window, Side::kSource, 0, 5000).ok());
    ASSERT_TRUE(window->Save(checkpoint).ok());
  }
  const std::string path = SpillFile();
  const std::string bytes = ReadFile(path);
  for (size_t i = 0; i < bytes.size(); i += 37) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    WriteFile(path, flipped);
    ExpectRefused(checkpoint, "flipped byte " + std::to_string(i));
    WriteFile(path, bytes.substr(0, i));
    ExpectRefused(checkpoint, "cut to " + std::to_string(i));
  }
  std::filesystem::remove(path);
  ExpectRefused(checkpoint, "no spill file");
  WriteFile(path, bytes + "what a crash left");
  const auto window = Make(32 << 10);
  ASSERT_TRUE(window->Load(checkpoint).ok());
  EXPECT_EQ(std::filesystem::file_size(path), bytes.size());
  const absl::StatusOr<size_t> left = Finish(*window);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(*left, 5000u);
}

// Whole and as long, but not what the checkpoint speaks of.
TEST_F(WindowDiskTest, SpillFilesOfAnotherWindowAreRefusedByLoad) {
  const std::string checkpoint = directory_ / "checkpoint";
  std::vector<TestRow> rows = Range(0, 5000);
  const auto window = Make(32 << 10);
  ASSERT_TRUE(window->Add(Side::kSource, BatchOf(rows)).ok());
  ASSERT_TRUE(window->Save(checkpoint).ok());
  const std::string path = SpillFile();
  const size_t size = std::filesystem::file_size(path);

  for (TestRow& row : rows) row.near = 1;
  const auto other = Make(32 << 10);
  ASSERT_TRUE(other->Add(Side::kSource, BatchOf(rows)).ok());
  ASSERT_EQ(std::filesystem::file_size(path), size);
  ExpectRefused(checkpoint, "spill files of another window");
}

TEST_F(WindowDiskTest, CheckpointOfAnotherComparisonIsRefused) {
  const std::string checkpoint = directory_ / "checkpoint";
  const auto window = Make(32 << 10, /*unique=*/false);
  ASSERT_TRUE(Add(*window, Side::kSource, 0, 5).ok());
  ASSERT_TRUE(window->Save(checkpoint).ok());
  ExpectRefused(checkpoint, "keys were not unique");
  ExpectRefused(directory_ / "none", "no file");
}

TEST_F(WindowDiskTest, RefusedWindowsStartAnew) {
  const auto window = Make(32 << 10);
  ASSERT_TRUE(Add(*window, Side::kSource, 0, 5000).ok());
  EXPECT_FALSE(window->Load(directory_ / "none").ok());
  ASSERT_TRUE(Add(*window, Side::kSource, 0, 5000).ok());
  const absl::StatusOr<size_t> left = Finish(*window);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(*left, 5000u);
}

}  // namespace
}  // namespace assay::diff
