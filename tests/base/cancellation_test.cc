// SPDX-License-Identifier: Apache-2.0
#include "validator/base/cancellation.h"

#include <atomic>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay {
namespace {

absl::Status Why() { return MakeError(ErrorReason::kCancelled, "stop"); }

TEST(CancellationTest, ADefaultTokenIsNeverCancelled) {
  EXPECT_FALSE(CancellationToken().cancelled());
}

TEST(CancellationTest, TheFirstReasonCounts) {
  CancellationSource source;
  source.Cancel(Why());
  source.Cancel(MakeError(ErrorReason::kRunTimeout, "late"));
  EXPECT_EQ(GetReason(source.token().status()), ErrorReason::kCancelled);
}

TEST(CancellationTest, CallbacksRunOnceAndAtOnceWhereItIsTooLate) {
  CancellationSource source;
  int calls = 0;
  CancelCallback before(source.token(), [&] { ++calls; });
  source.Cancel(Why());
  EXPECT_EQ(calls, 1);
  CancelCallback after(source.token(), [&] { ++calls; });
  EXPECT_EQ(calls, 2);
}

TEST(CancellationTest, ADeadlineCancelsTheChildOnly) {
  CancellationSource source;
  const CancellationToken child = source.token().WithDeadline(
      absl::Now(), MakeError(ErrorReason::kStatementTimeout, "over"));
  EXPECT_EQ(GetReason(SleepUnlessCancelled(absl::Seconds(10), child)),
            ErrorReason::kStatementTimeout);
  EXPECT_FALSE(source.token().cancelled());
}

TEST(CancellationTest, AChildIsCancelledWithItsParent) {
  CancellationSource source;
  const CancellationToken child =
      source.token()
          .WithDeadline(absl::InfiniteFuture(), Why())
          .WithDeadline(absl::InfiniteFuture(), Why());
  source.Cancel(MakeError(ErrorReason::kRunTimeout, "over"));
  EXPECT_EQ(GetReason(child.status()), ErrorReason::kRunTimeout);
}

TEST(CancellationTest, AChildDroppedWhileItsParentCancelsDoesNotBlock) {
  for (int round = 0; round < 300; ++round) {
    CancellationSource source;
    std::atomic<bool> go = false;
    std::thread worker([&] {
      while (!go) {
      }
      for (int i = 0; i < 20; ++i) {
        source.token().WithDeadline(absl::InfiniteFuture(), Why()).cancelled();
      }
    });
    go = true;
    source.Cancel(Why());
    worker.join();
  }
}

TEST(CancellationTest, TheDestructorWaitsForARunningCallback) {
  CancellationSource source;
  std::atomic<bool> entered = false;
  std::atomic<bool> left = false;
  auto callback = std::make_unique<CancelCallback>(source.token(), [&] {
    entered = true;
    absl::SleepFor(absl::Milliseconds(20));
    left = true;
  });
  std::thread canceller([&] { source.Cancel(Why()); });
  while (!entered) absl::SleepFor(absl::Milliseconds(1));
  callback.reset();
  EXPECT_TRUE(left);
  canceller.join();
}

}  // namespace
}  // namespace assay
