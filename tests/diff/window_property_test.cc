// SPDX-License-Identifier: Apache-2.0
// Windows of every kind and budget against an oracle that keeps all rows.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/diff/support/window_rows.h"
#include "validator/base/status.h"
#include "validator/diff/window.h"

namespace assay::diff {
namespace {

enum class Kind { kUnique, kTolerance, kDuplicates, kKeyless };

struct Schedule {
  Kind kind = Kind::kUnique;
  size_t rows = 1000;
  size_t memory_bytes = 1 << 20;
  size_t lag = 0;  // 0: any order.
  bool crashes = false;
  bool drains =
      false;  // REQUIRES: a lag, and unique keys, which come in order.
};

class WindowProperty {
 public:
  WindowProperty(const Schedule& schedule, uint64_t seed)
      : schedule_(schedule), random_(seed) {}

  void Run() {
    MakeRows();
    window_ = NewWindow();
    size_t at[2] = {0, 0};
    size_t saved_at[2] = {0, 0};
    bool saved = false;
    Findings drained_when_saved;
    while (at[0] < rows_[0].size() || at[1] < rows_[1].size()) {
      const int side = PickSide(at);
      const size_t size = std::min<size_t>(rows_[side].size() - at[side],
                                           1 + Dice(Dice(10) == 0 ? 2000 : 50));
      Add(side, at, size);
      at[side] += size;
      // No less than one row and the least table.
      EXPECT_LE(window_->memory_bytes(), schedule_.memory_bytes + (16 << 10));
      EXPECT_EQ(window_->rows(Side::kSource), static_cast<int64_t>(at[0]));
      EXPECT_EQ(window_->rows(Side::kTarget), static_cast<int64_t>(at[1]));
      if (schedule_.drains && Dice(4) == 0) Drain(at);
      if (!schedule_.crashes) continue;
      if (Dice(8) == 0) {
        ASSERT_TRUE(window_->Save(directory_ / "checkpoint").ok());
        std::copy(at, at + 2, saved_at);
        drained_when_saved = drained_;
        saved = true;
      }
      if (Dice(20) == 0 && saved) {
        // What is appended between Save and here is cut off again.
        if (Dice(4) == 0) Finish();
        window_ = NewWindow();
        const absl::Status status = window_->Load(directory_ / "checkpoint");
        ASSERT_TRUE(status.ok()) << status;
        std::copy(saved_at, saved_at + 2, at);
        drained_ = drained_when_saved;
        EXPECT_EQ(window_->rows(Side::kSource), static_cast<int64_t>(at[0]));
        EXPECT_EQ(window_->rows(Side::kTarget), static_cast<int64_t>(at[1]));
      }
    }
    const Findings got = Finish();
    const Findings want = Oracle(rows_[0], rows_[1], near_enough());
    EXPECT_EQ(got.matched, want.matched);
    EXPECT_TRUE(got.left == want.left)
        << got.left.size() << " keys left, not " << want.left.size();
    if (unique()) {
      EXPECT_EQ(got.keys, want.keys);
      EXPECT_EQ(got.changed, want.changed);
    } else {
      EXPECT_GE(got.keys, static_cast<int64_t>(keys_seen_.size()));
      EXPECT_EQ(got.changed, 0);
    }
    EXPECT_EQ(window_->entries(), 0u);
  }

 private:
  size_t Dice(size_t sides) { return random_() % sides; }
  bool unique() const {
    return schedule_.kind == Kind::kUnique ||
           schedule_.kind == Kind::kTolerance;
  }
  int near_enough() const {
    return schedule_.kind == Kind::kTolerance ? 2 : -1;
  }

  void MakeRows() {
    const size_t differing = Dice(4) == 0 ? 2 : 20;  // One of so many rows.
    for (uint32_t i = 0; i < schedule_.rows; ++i) {
      TestRow row{.key = i, .value = static_cast<uint32_t>(Dice(5))};
      if (schedule_.kind == Kind::kTolerance) {
        row.near = static_cast<int32_t>(Dice(100));
      }
      if (schedule_.kind == Kind::kDuplicates) {
        row.key =
            static_cast<uint32_t>(Dice(1 + schedule_.rows / (1 + Dice(9))));
      }
      if (schedule_.kind == Kind::kKeyless) {
        row.key = static_cast<uint32_t>(Dice(1 + schedule_.rows / 20));
        row.value = 0;
      }
      TestRow other = row;
      if (schedule_.kind == Kind::kTolerance && Dice(3) == 0) {
        other.near += static_cast<int32_t>(Dice(7)) - 3;
      }
      if (schedule_.kind != Kind::kKeyless && Dice(differing) == 0) {
        other.value = static_cast<uint32_t>(Dice(5));
      }
      if (Dice(differing) != 0) rows_[0].push_back(row);
      if (Dice(differing) != 0) rows_[1].push_back(other);
      keys_seen_.insert(row.key);
    }
    if (schedule_.lag == 0) {
      for (auto& rows : rows_) std::shuffle(rows.begin(), rows.end(), random_);
    }
  }

  // With a lag no side gets far ahead of the other.
  int PickSide(const size_t (&at)[2]) {
    for (int side : {0, 1}) {
      if (at[side] == rows_[side].size()) return 1 - side;
      if (schedule_.lag > 0 && at[side] > at[1 - side] + schedule_.lag) {
        return 1 - side;
      }
    }
    return static_cast<int>(Dice(2));
  }

  std::unique_ptr<Window> NewWindow() {
    WindowOptions options;
    options.memory_bytes = schedule_.memory_bytes;
    options.directory = directory_.path();
    options.unique_keys = unique();
    if (schedule_.kind == Kind::kTolerance) {
      options.within_tolerance = [](std::string_view a, std::string_view b) {
        return std::abs(RowOf(a).near - RowOf(b).near) <= 2;
      };
    }
    return std::make_unique<Window>(std::move(options));
  }

  void Add(int side, const size_t (&at)[2], size_t size) {
    const auto begin = rows_[side].begin() + static_cast<long>(at[side]);
    const auto batch = BatchOf({begin, begin + static_cast<long>(size)});
    const Side as = side == 0 ? Side::kSource : Side::kTarget;
    if (!schedule_.drains || Dice(2) == 0) {
      ASSERT_TRUE(window_->Add(as, batch).ok());
      return;
    }
    const std::vector<TestRow>& others = rows_[1 - side];
    const size_t there = at[1 - side];
    const auto passed = [&](std::string_view payload) {
      return there == others.size() || RowOf(payload).key < others[there].key;
    };
    const size_t before = drained_.left.size();
    const bool spilled = window_->spilled_bytes() > 0;
    const absl::Status status =
        window_->Add(as, batch, passed, [&](const LeftoverKey& key) {
          EXPECT_EQ(key.source.size() + key.target.size(), 1u);
          return Visit(key, drained_);
        });
    ASSERT_TRUE(status.ok()) << status;
    if (spilled) {
      EXPECT_EQ(drained_.left.size(), before);
    }
  }

  // The keys that both sides have passed.
  void Drain(const size_t (&at)[2]) {
    uint32_t passed = std::numeric_limits<uint32_t>::max();
    for (int side : {0, 1}) {
      if (at[side] < rows_[side].size()) {
        passed = std::min(passed, rows_[side][at[side]].key);
      }
    }
    const size_t before = drained_.left.size();
    const bool spilled = window_->spilled_bytes() > 0;
    const auto keys = window_->Drain(
        [&](std::string_view payload) { return RowOf(payload).key < passed; },
        [&](const LeftoverKey& key) { return Visit(key, drained_); });
    ASSERT_TRUE(keys.ok()) << keys.status();
    EXPECT_EQ(*keys, static_cast<int64_t>(drained_.left.size() - before));
    if (spilled) {
      EXPECT_EQ(*keys, 0);
    }
  }

  static absl::Status Visit(const LeftoverKey& key, Findings& found) {
    const auto take = [](absl::Span<const Leftover> side, uint32_t key,
                         std::map<uint32_t, int64_t>& values) {
      for (const Leftover& leftover : side) {
        const TestRow row = RowOf(leftover.payload);
        EXPECT_EQ(row.key, key);
        EXPECT_EQ(leftover.payload, PayloadOf(row));
        EXPECT_EQ(leftover.row, RowDigest(row));
        EXPECT_GT(leftover.count, 0);
        values[row.value] += leftover.count;
      }
    };
    const auto& side = key.source.empty() ? key.target : key.source;
    EXPECT_FALSE(side.empty());
    const uint32_t name = RowOf(side[0].payload).key;
    EXPECT_EQ(key.key, KeyDigest(TestRow{.key = name}));
    EXPECT_EQ(found.left.count(name), 0u) << "visited twice";
    LeftOfKey& left = found.left[name];
    take(key.source, name, left.source);
    take(key.target, name, left.target);
    return absl::OkStatus();
  }

  Findings Finish() {
    Findings found = drained_;
    const absl::Status status = window_->Finish(
        [&](const LeftoverKey& key) { return Visit(key, found); }, nullptr);
    EXPECT_TRUE(status.ok()) << status;
    found.matched = window_->matched();
    found.keys = window_->keys();
    found.changed = window_->changed();
    return found;
  }

  const Schedule schedule_;
  std::mt19937_64 random_;
  ScratchDirectory directory_;
  std::vector<TestRow> rows_[2];
  std::set<uint32_t> keys_seen_;
  std::unique_ptr<Window> window_;
  Findings drained_;
};

class WindowPropertyTest : public testing::TestWithParam<Kind> {
 protected:
  void Check(Schedule schedule, uint64_t seed) {
    schedule.kind = GetParam();
    SCOPED_TRACE(testing::Message()
                 << "seed " << seed << ", rows " << schedule.rows << ", memory "
                 << schedule.memory_bytes << ", lag " << schedule.lag);
    WindowProperty(schedule, seed).Run();
  }
};

TEST_P(WindowPropertyTest, InMemory) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Check({.rows = 10 * seed * seed}, seed);
  }
}

TEST_P(WindowPropertyTest, InOrderWithLag) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Check({.rows = 10000, .memory_bytes = 256 << 10, .lag = 50 * seed}, seed);
  }
}

TEST_P(WindowPropertyTest, Spilled) {
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    Check({.rows = 300 * seed, .memory_bytes = size_t{16 << 10} << (seed % 4)},
          seed);
  }
}

TEST_P(WindowPropertyTest, DrainedInOrder) {
  if (GetParam() != Kind::kUnique && GetParam() != Kind::kTolerance) return;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Check({.rows = 5000,
           .memory_bytes = size_t{32 << 10} << (seed % 6),
           .lag = 20 * seed,
           .crashes = seed % 2 == 0,
           .drains = true},
          seed);
  }
}

// A partition of the first level is some forty times the budget.
TEST_P(WindowPropertyTest, SplitAgainAndAgain) {
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    Check({.rows = 40000, .memory_bytes = 8 << 10}, seed);
  }
}

TEST_P(WindowPropertyTest, BudgetSmallerThanARow) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Check({.rows = 150, .memory_bytes = 1}, seed);
  }
}

TEST_P(WindowPropertyTest, CrashedAndResumed) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Check({.rows = 3000,
           .memory_bytes = size_t{16 << 10} << (seed % 6),
           .lag = seed % 2 * 500,
           .crashes = true},
          seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, WindowPropertyTest,
                         testing::Values(Kind::kUnique, Kind::kTolerance,
                                         Kind::kDuplicates, Kind::kKeyless),
                         [](const auto& info) -> std::string {
                           switch (info.param) {
                             case Kind::kUnique:
                               return "UniqueKeys";
                             case Kind::kTolerance:
                               return "Tolerance";
                             case Kind::kDuplicates:
                               return "Duplicates";
                             case Kind::kKeyless:
                               return "Keyless";
                           }
                           return "";
                         });

}  // namespace
}  // namespace assay::diff
