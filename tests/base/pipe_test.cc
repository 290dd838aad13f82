// SPDX-License-Identifier: Apache-2.0
#include "validator/base/pipe.h"

#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace assay {
namespace {

TEST(Pipe, TakesAllInOrderAndUsesMemoryAgain) {
  std::vector<int> taken;
  Pipe<std::vector<int>> pipe([&](const std::vector<int>& item) {
    taken.insert(taken.end(), item.begin(), item.end());
    return absl::OkStatus();
  });
  std::vector<int> sent;
  for (int i = 0; i < 1000; ++i) {
    std::vector<int>& item = pipe.item();
    // Four items go round.
    if (i >= 4) {
      ASSERT_EQ(item, std::vector<int>({i - 4, i - 4}));
    }
    item.assign(2, i);
    sent.insert(sent.end(), {i, i});
    ASSERT_TRUE(pipe.Push().ok());
  }
  EXPECT_TRUE(pipe.Finish().ok());
  EXPECT_EQ(taken, sent);
  EXPECT_TRUE(pipe.Finish().ok()) << "a second time";
}

TEST(Pipe, TakesNothingAfterAnErrorAndReportsTheFirst) {
  std::vector<int> taken;
  Pipe<int> pipe([&](const int& item) {
    taken.push_back(item);
    return item == 3 ? absl::DataLossError("three") : absl::OkStatus();
  });
  bool reported = false;
  for (int i = 0; i < 100; ++i) {
    pipe.item() = i;
    const absl::Status status = pipe.Push();
    EXPECT_TRUE(!reported || !status.ok()) << "it was forgotten";
    reported |= !status.ok();
  }
  EXPECT_TRUE(reported);
  EXPECT_EQ(pipe.Finish(), absl::DataLossError("three"));
  EXPECT_EQ(taken, std::vector<int>({0, 1, 2, 3}));
}

TEST(Pipe, WaitsForTheOneThatTakes) {
  absl::Notification go;
  std::atomic<int> taken = 0;
  std::atomic<int> pushed = 0;
  Pipe<int> pipe([&](const int&) {
    go.WaitForNotification();
    ++taken;
    return absl::OkStatus();
  });
  std::thread filler([&] {
    for (int i = 0; i < 100; ++i) {
      ++pushed;
      ASSERT_TRUE(pipe.Push().ok());
    }
  });
  while (pushed < 4) absl::SleepFor(absl::Milliseconds(1));
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(pushed, 4) << "more than there are items";
  EXPECT_EQ(taken, 0);
  go.Notify();
  filler.join();
  EXPECT_TRUE(pipe.Finish().ok());
  EXPECT_EQ(taken, 100);
}

TEST(Pipe, TakesWhatIsLeftWhenItGoes) {
  int taken = 0;
  {
    Pipe<int> pipe([&](const int&) {
      ++taken;
      return absl::OkStatus();
    });
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pipe.Push().ok());
  }
  EXPECT_EQ(taken, 3);
}

}  // namespace
}  // namespace assay
