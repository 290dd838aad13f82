// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/window.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/diff/support/window_rows.h"
#include "validator/base/status.h"
#include "validator/diff/payload.h"

namespace assay::diff {
namespace {

class WindowTest : public testing::Test {
 protected:
  std::unique_ptr<Window> Make(bool unique, size_t memory_bytes = 1 << 20) {
    WindowOptions options;
    options.memory_bytes = memory_bytes;
    options.directory = directory_.path();
    options.unique_keys = unique;
    return std::make_unique<Window>(std::move(options));
  }

  static void Add(Window& window, Side side, const std::vector<TestRow>& rows) {
    const absl::Status status = window.Add(side, BatchOf(rows));
    ASSERT_TRUE(status.ok()) << status;
  }

  // Rows with keys from `begin` to `end`.
  static std::vector<TestRow> Range(uint32_t begin, uint32_t end) {
    std::vector<TestRow> rows;
    for (uint32_t i = begin; i < end; ++i) rows.push_back(TestRow{.key = i});
    return rows;
  }

  static std::map<uint32_t, LeftOfKey> Finish(Window& window) {
    std::map<uint32_t, LeftOfKey> left;
    const absl::Status status = window.Finish(
        [&](const LeftoverKey& key) {
          for (const Leftover& row : key.source) {
            const TestRow is = RowOf(row.payload);
            left[is.key].source[is.value] += row.count;
          }
          for (const Leftover& row : key.target) {
            const TestRow is = RowOf(row.payload);
            left[is.key].target[is.value] += row.count;
          }
          return absl::OkStatus();
        },
        nullptr);
    EXPECT_TRUE(status.ok()) << status;
    return left;
  }

  ScratchDirectory directory_;
};

TEST_F(WindowTest, EqualRowsAreForgotten) {
  const auto window = Make(/*unique=*/true);
  Add(*window, Side::kSource, Range(0, 100));
  EXPECT_EQ(window->entries(), 100u);
  Add(*window, Side::kTarget, Range(0, 100));
  EXPECT_EQ(window->entries(), 0u);
  EXPECT_EQ(window->matched(), 100);
  EXPECT_TRUE(Finish(*window).empty());
  EXPECT_EQ(window->keys(), 100);
}

TEST_F(WindowTest, NothingAddedNothingLeft) {
  const auto window = Make(/*unique=*/false);
  EXPECT_TRUE(Finish(*window).empty());
  EXPECT_EQ(window->keys(), 0);
}

TEST_F(WindowTest, DuplicatesAreAMultiset) {
  const auto window = Make(/*unique=*/false);
  Add(*window, Side::kSource, {{7, 1}, {7, 1}, {7, 1}, {7, 2}, {8, 1}});
  Add(*window, Side::kTarget, {{7, 1}, {7, 3}, {8, 1}, {8, 1}, {9, 9}});
  EXPECT_EQ(window->matched(), 2);
  const std::map<uint32_t, LeftOfKey> want = {
      {7, {.source = {{1, 2}, {2, 1}}, .target = {{3, 1}}}},
      {8, {.source = {}, .target = {{1, 1}}}},
      {9, {.source = {}, .target = {{9, 1}}}}};
  EXPECT_TRUE(Finish(*window) == want);
}

TEST_F(WindowTest, SaysEarlyWhatIsChanged) {
  const auto window = Make(/*unique=*/true);
  Add(*window, Side::kSource, {{1, 1}, {2, 1}, {3, 1}});
  Add(*window, Side::kTarget, {{1, 1}, {2, 2}, {4, 1}});
  EXPECT_EQ(window->changed(), 1);
  EXPECT_EQ(Finish(*window).size(), 3u);
  EXPECT_EQ(window->changed(), 1);
  EXPECT_EQ(window->keys(), 4);
}

// A row may be read twice while its table is written to.
TEST_F(WindowTest, KeysThatAreNotUniqueAfterAllAreCountedOnce) {
  const auto window = Make(/*unique=*/true);
  Add(*window, Side::kSource, {{1, 1}});
  Add(*window, Side::kTarget, {{1, 2}, {1, 3}, {1, 1}});
  EXPECT_EQ(window->changed(), 1);
  const std::map<uint32_t, LeftOfKey> want = {
      {1, {.source = {}, .target = {{2, 1}, {3, 1}}}}};
  EXPECT_TRUE(Finish(*window) == want);
  EXPECT_EQ(window->changed(), 0);
}

TEST_F(WindowTest, TheSameRowAMillionTimesIsOneEntry) {
  const auto window = Make(/*unique=*/false, 64 << 10);
  const std::vector<TestRow> rows(10000, TestRow{.key = 5, .value = 6});
  for (int i = 0; i < 100; ++i) Add(*window, Side::kSource, rows);
  EXPECT_EQ(window->entries(), 1u);
  for (int i = 0; i < 3; ++i) Add(*window, Side::kTarget, rows);
  // Other keys push it to disk and meet it there again.
  for (int i = 0; i < 100; ++i) {
    Add(*window, Side::kSource, Range(100, 1100));
    Add(*window, Side::kTarget, Range(100, 1100));
    Add(*window, Side::kTarget, rows);
    Add(*window, Side::kSource, rows);
  }
  EXPECT_GT(window->spilled_bytes(), 0);
  const std::map<uint32_t, LeftOfKey> want = {
      {5, {.source = {{6, 970000}}, .target = {}}}};
  EXPECT_TRUE(Finish(*window) == want);
  EXPECT_EQ(window->matched(), 30000 + 100 * 11000);
}

TEST_F(WindowTest, OneKeyLargerThanTheBudgetIsHandedOverWhole) {
  const auto window = Make(/*unique=*/false, 64 << 10);
  std::vector<TestRow> rows = Range(1000, 5000);
  for (uint32_t i = 0; i < 20000; ++i) rows.push_back({.key = 3, .value = i});
  Add(*window, Side::kSource, rows);
  rows.pop_back();
  rows.erase(rows.begin());
  Add(*window, Side::kTarget, rows);
  const int64_t spilled = window->spilled_bytes();
  const std::map<uint32_t, LeftOfKey> want = {
      {3, {.source = {{19999, 1}}, .target = {}}},
      {1000, {.source = {{0, 1}}, .target = {}}}};
  EXPECT_TRUE(Finish(*window) == want);
  // It is split from the others, and not again and again.
  EXPECT_LT(window->spilled_bytes(), 4 * spilled);
}

TEST_F(WindowTest, RowsInOrderNeverSpill) {
  const auto window = Make(/*unique=*/true, 1 << 20);
  for (uint32_t i = 0; i < 200000; i += 500) {
    Add(*window, Side::kSource, Range(i, i + 500));
    if (i >= 1000) Add(*window, Side::kTarget, Range(i - 1000, i - 500));
    EXPECT_LE(window->entries(), 1500u);
    EXPECT_LE(window->memory_bytes(), 1u << 20);
  }
  EXPECT_EQ(window->spilled_bytes(), 0);
  EXPECT_EQ(Finish(*window).size(), 1000u);
}

TEST_F(WindowTest, RowsWithoutPartnerNeedNoRoomWhereTheOtherSideHasPassed) {
  const auto window = Make(/*unique=*/true);
  Add(*window, Side::kTarget, Range(10, 20));
  const size_t empty = window->memory_bytes();
  std::vector<uint32_t> handed;
  const absl::Status status = window->Add(
      Side::kSource, BatchOf(Range(0, 30)),
      [](std::string_view payload) { return RowOf(payload).key < 20; },
      [&](const LeftoverKey& key) {
        EXPECT_EQ(key.source.size(), 1u);
        EXPECT_TRUE(key.target.empty());
        handed.push_back(RowOf(key.source[0].payload).key);
        return absl::OkStatus();
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(handed, (std::vector<uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(window->matched(), 10);
  EXPECT_EQ(window->entries(), 10u);  // 20 to 29 may still find theirs.
  EXPECT_EQ(window->memory_bytes(), empty);
  Add(*window, Side::kTarget, Range(20, 30));
  EXPECT_TRUE(Finish(*window).empty());
  EXPECT_EQ(window->keys(), 30);
}

TEST_F(WindowTest, AChangedKeyIsHandedOverWithBothItsRows) {
  const auto window = Make(/*unique=*/true);
  Add(*window, Side::kTarget, {{.key = 1, .value = 1}});
  ASSERT_TRUE(window
                  ->Add(
                      Side::kSource, BatchOf({{.key = 1, .value = 2}}),
                      [](std::string_view) { return true; },
                      [](const LeftoverKey&) {
                        return absl::InternalError("its partner is held");
                      })
                  .ok());
  EXPECT_EQ(window->changed(), 1);
  EXPECT_TRUE(Finish(*window) ==
              (std::map<uint32_t, LeftOfKey>{
                  {1, {.source = {{2, 1}}, .target = {{1, 1}}}}}));
}

TEST_F(WindowTest, MemoryOfTheForgottenIsUsedAgain) {
  const auto window = Make(/*unique=*/true, 8 << 20);
  Add(*window, Side::kSource, Range(0, 30000));
  const size_t full = window->memory_bytes();
  std::vector<TestRow> most;
  for (uint32_t i = 0; i < 30000; ++i) {
    if (i % 10 != 0) most.push_back({.key = i});
  }
  Add(*window, Side::kTarget, most);
  EXPECT_EQ(window->entries(), 3000u);
  const size_t table = size_t{65536} * 48;
  EXPECT_LT(window->memory_bytes() - table, (full - table) / 3);
  EXPECT_EQ(window->spilled_bytes(), 0);
  EXPECT_EQ(Finish(*window).size(), 3000u);
}

TEST_F(WindowTest, StopsAtTheFirstErrorOfTheVisitor) {
  for (const size_t memory : {size_t{1} << 20, size_t{16} << 10}) {
    const auto window = Make(/*unique=*/true, memory);
    Add(*window, Side::kSource, Range(0, 1000));
    int visited = 0;
    const absl::Status status = window->Finish(
        [&](const LeftoverKey&) {
          return ++visited == 10
                     ? MakeError(ErrorReason::kConnectionLost, "gone")
                     : absl::OkStatus();
        },
        nullptr);
    EXPECT_EQ(GetReason(status), ErrorReason::kConnectionLost);
    EXPECT_EQ(visited, 10);
    EXPECT_FALSE(window->Add(Side::kSource, BatchOf({{1, 1}})).ok());
    EXPECT_FALSE(window->Save(directory_ / "checkpoint").ok());
  }
}

TEST_F(WindowTest, FinishCanBeCancelled) {
  for (const size_t memory : {size_t{64} << 20, size_t{16} << 10}) {
    const auto window = Make(/*unique=*/true, memory);
    Add(*window, Side::kSource, Range(0, 10000));
    int visited = 0;
    int asked = 0;
    const absl::Status status = window->Finish(
        [&](const LeftoverKey&) {
          ++visited;
          return absl::OkStatus();
        },
        [&] { return ++asked > 3; });
    EXPECT_EQ(GetReason(status), ErrorReason::kCancelled);
    EXPECT_LT(visited, 10000);
  }
}

TEST_F(WindowTest, OverwritesWhatAnEarlierWindowLeft) {
  const auto earlier = Make(/*unique=*/true, 32 << 10);
  Add(*earlier, Side::kSource, Range(0, 5000));
  ASSERT_GT(earlier->spilled_bytes(), 0);
  const auto window = Make(/*unique=*/true, 32 << 10);
  Add(*window, Side::kTarget, Range(7000, 9000));
  EXPECT_EQ(Finish(*window).size(), 2000u);
}

TEST_F(WindowTest, FinishedWindowsStartAgain) {
  const auto window = Make(/*unique=*/true, 32 << 10);
  Add(*window, Side::kSource, Range(0, 2000));
  EXPECT_EQ(Finish(*window).size(), 2000u);
  Add(*window, Side::kTarget, Range(0, 2000));
  EXPECT_EQ(Finish(*window).size(), 2000u);
}

TEST(Payload, IsReadByItsParts) {
  std::string payload;
  const auto bytes = [&](std::string_view text) {
    const uint32_t length = static_cast<uint32_t>(text.size());
    payload.append(reinterpret_cast<const char*>(&length), sizeof(length));
    payload.append(text);
  };
  bytes("the key");
  for (uint64_t digest : {uint64_t{11}, uint64_t{22}}) {
    payload.append(reinterpret_cast<const char*>(&digest), sizeof(digest));
  }
  bytes("");
  bytes("1.5");
  const PayloadLayout layout{.exact_columns = 2, .tolerance_columns = 2};
  EXPECT_EQ(PayloadKey(payload), "the key");
  EXPECT_EQ(PayloadColumn(payload, 0), 11u);
  EXPECT_EQ(PayloadColumn(payload, 1), 22u);
  EXPECT_EQ(PayloadTolerance(payload, layout, 0), "");
  EXPECT_EQ(PayloadTolerance(payload, layout, 1), "1.5");
}

}  // namespace
}  // namespace assay::diff
