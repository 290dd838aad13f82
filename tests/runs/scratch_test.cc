// SPDX-License-Identifier: Apache-2.0
// Files of runs: where they are, how they are read, when they go.
#include "validator/runs/scratch.h"

#include <sys/stat.h>

#include <fstream>

#include "tests/runs/fixture.h"

namespace assay::runs {
namespace {

namespace fs = std::filesystem;

void WriteFile(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

TEST(StatePathsTest, NoIdLeavesItsFolder) {
  EXPECT_EQ(FileName("a.B_c-9"), "a.B_c-9");
  EXPECT_EQ(FileName("../x y%\xc3"), "..%2Fx%20y%25%C3");
  EXPECT_EQ(FileName("."), "%2E");
  EXPECT_EQ(FileName(".."), "%2E%2E");
  // Long names stay different and below what a file system takes.
  const std::string a = FileName(std::string(400, 'a'));
  const std::string b = FileName(std::string(399, 'a') + "b");
  EXPECT_LT(a.size(), 200u);
  EXPECT_NE(a, b);
  EXPECT_EQ(a, FileName(std::string(400, 'a')));
  EXPECT_EQ(DifferencesPath("/s", "run1", "t/full_diff"),
            "/s/differences/run1/t%2Ffull_diff.jsonl");
  EXPECT_EQ(ScratchDirectory("/s", "run1"), "/s/scratch/run1");
}

class ScratchTest : public RunsTest {
 protected:
  ScratchTest() { options_.directory = directory_ + "/state"; }

  std::string Differences(const std::string& run_id) {
    return DifferencesPath(options_.directory, run_id, "t0.not_null.c0");
  }
  // A script that leaves files, as an engine does.
  void LeaveFiles(Verdict verdict = Verdict::kFail) {
    SetScript([this, verdict](const engine::ExecuteRequest& request,
                              engine::Observer& observer,
                              const CancellationToken&) {
      EXPECT_EQ(request.directory, options_.directory);
      WriteFile(
          DifferencesPath(request.directory, request.run_id, "t0.not_null.c0"),
          "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"half");
      WriteFile(ScratchDirectory(request.directory, request.run_id) + "/spill",
                "x");
      return PassEverything(request, observer, verdict);
    });
  }
};

TEST_F(ScratchTest, LinesComeInPages) {
  const std::string path = directory_ + "/lines";
  WriteFile(path, "a\nbb\n\nccc\nunfinished");
  absl::StatusOr<LinePage> page = ReadLines(path, 0, 2, 1000);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->lines, (std::vector<std::string>{"a", "bb"}));
  EXPECT_EQ(page->next, 5);
  page = ReadLines(path, page->next, 10, 1000);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->lines, (std::vector<std::string>{"", "ccc"}));
  EXPECT_EQ(page->next, -1);
  page = ReadLines(path, 0, 10, 2);  // One line at least, then the bound.
  EXPECT_EQ(page->lines, (std::vector<std::string>{"a"}));
  EXPECT_EQ(page->next, 2);
  page = ReadLines(path, 2, 10, 1);
  EXPECT_EQ(page->lines, (std::vector<std::string>{"bb"}));
  EXPECT_EQ(page->next, 5);
  for (const int64_t offset : {int64_t{-1}, int64_t{1}, int64_t{1000}}) {
    EXPECT_EQ(GetReason(ReadLines(path, offset, 10, 1000).status()),
              ErrorReason::kPageTokenInvalid)
        << offset;
  }
  EXPECT_EQ(GetReason(ReadLines(path + "x", 0, 10, 1000).status()),
            ErrorReason::kDifferencesNotFound);
}

TEST_F(ScratchTest, DifferencesStayScratchGoes) {
  LeaveFiles();
  Open();
  const Run run = AwaitEnd(MustStart(Request()).run_id);
  EXPECT_TRUE(Eventually([&] {
    return !fs::exists(ScratchDirectory(options_.directory, run.run_id));
  }));
  struct stat info {};
  ASSERT_EQ(stat(options_.directory.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  absl::StatusOr<LinePage> page = manager_->ListDifferences(
      run.run_id.substr(0, 18), "t0.not_null.c0", 0, 2, 1000);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->lines, (std::vector<std::string>{"{\"n\":1}", "{\"n\":2}"}));
  page = manager_->ListDifferences(run.run_id, "t0.not_null.c0", page->next, 2,
                                   1000);
  EXPECT_EQ(page->lines, (std::vector<std::string>{"{\"n\":3}"}));
  EXPECT_EQ(page->next, -1);
}

TEST_F(ScratchTest, WhatIsMissingIsSaid) {
  Open();
  const Run run = AwaitEnd(MustStart(Request()).run_id);
  const auto why = [&](const std::string& run_id, const std::string& rule_id) {
    return manager_->ListDifferences(run_id, rule_id, 0, 10, 1000).status();
  };
  absl::Status status = why(run.run_id, "t0.not_null.c0");
  EXPECT_EQ(GetReason(status), ErrorReason::kDifferencesNotFound) << status;
  EXPECT_NE(status.message().find("nothing differed"), std::string::npos);
  status = why(run.run_id, "t0.not_null.c9");
  EXPECT_EQ(GetReason(status), ErrorReason::kDifferencesNotFound) << status;
  EXPECT_NE(status.message().find("did you mean 't0.not_null.c0'?"),
            std::string::npos)
      << status;
  EXPECT_EQ(GetReason(why("zzzzzzzzzzzzzzzzzzzz", "x")),
            ErrorReason::kRunNotFound);
}

TEST_F(ScratchTest, RetentionTakesDifferencesAlong) {
  LeaveFiles();
  options_.keep_runs = 1;
  Open();
  const Run old = AwaitEnd(MustStart(Request()).run_id);
  EXPECT_TRUE(fs::exists(Differences(old.run_id)));
  clock_.Advance(absl::Seconds(1));
  const Run young = AwaitEnd(MustStart(Request()).run_id);
  clock_.Advance(absl::Minutes(2));
  manager_->Sweep();
  EXPECT_FALSE(fs::exists(Differences(old.run_id)));
  EXPECT_TRUE(fs::exists(Differences(young.run_id)));
}

TEST_F(ScratchTest, LeavingsOfACrashAreRemovedAtStart) {
  HoldExecutions();
  Open();
  const Run run = MustStart(Request());
  ASSERT_TRUE(AwaitExecutions(1));
  const std::string own = ScratchDirectory(options_.directory, run.run_id);
  const std::string other =
      ScratchDirectory(options_.directory, "00000000000000000000");
  const std::string nobodys =
      DifferencesPath(options_.directory, "00000000000000000000", "r");
  WriteFile(own + "/window", "x");
  WriteFile(other + "/window", "x");
  WriteFile(nobodys, "{}\n");
  WriteFile(Differences(run.run_id), "{}\n");
  CrashAndReopen();
  EXPECT_TRUE(fs::exists(own)) << "the run goes on from there";
  EXPECT_FALSE(fs::exists(other));
  EXPECT_FALSE(fs::exists(nobodys));
  EXPECT_TRUE(fs::exists(Differences(run.run_id)));
  Release();
  AwaitEnd(run.run_id);
  EXPECT_TRUE(Eventually([&] { return !fs::exists(own); }));
}

TEST_F(ScratchTest, DirectoryIsLocked) {
  Open();
  EXPECT_EQ(GetReason(StateDirectory::Open(options_.directory).status()),
            ErrorReason::kStoreFailed);
  manager_.reset();
  EXPECT_TRUE(StateDirectory::Open(options_.directory).ok());
  WriteFile(directory_ + "/file", "");
  options_.directory = directory_ + "/file/state";
  EXPECT_EQ(GetReason(TryOpen()), ErrorReason::kStoreFailed);
}

TEST_F(ScratchTest, NoDirectoryIsNoTrouble) {
  options_.directory.clear();
  SetScript([](const engine::ExecuteRequest& request,
               engine::Observer& observer, const CancellationToken&) {
    EXPECT_EQ(request.directory, "");
    return PassEverything(request, observer);
  });
  Open();
  const Run run = AwaitEnd(MustStart(Request()).run_id);
  EXPECT_EQ(
      GetReason(
          manager_->ListDifferences(run.run_id, "t0.not_null.c0", 0, 1, 1000)
              .status()),
      ErrorReason::kDifferencesNotFound);
}

}  // namespace
}  // namespace assay::runs
