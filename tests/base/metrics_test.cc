// SPDX-License-Identifier: Apache-2.0
#include "validator/base/metrics.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay {
namespace {

using testing::ElementsAre;

std::vector<MetricSample> SamplesOf(Metrics& metrics, Metric metric) {
  return metrics.Gather()[static_cast<size_t>(metric)].samples;
}

TEST(MetricTableTest, StandsInTheOrderOfTheEnumeration) {
  std::set<std::string> names;
  for (size_t i = 0; i < AllMetrics().size(); ++i) {
    const MetricInfo& info = AllMetrics()[i];
    EXPECT_EQ(info.metric, static_cast<Metric>(i)) << info.name;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
  }
  EXPECT_EQ(AllMetrics().back().metric, Metric::kProcessMaxFiles);
}

TEST(MetricTableTest, NamesSayTheirTypeAndUnit) {
  for (const MetricInfo& info : AllMetrics()) {
    const std::string name = info.name;
    EXPECT_EQ(name.ends_with("_total"), info.type == MetricType::kCounter)
        << name;
    EXPECT_EQ(!info.bounds.empty(), info.type == MetricType::kHistogram)
        << name;
    if (info.type == MetricType::kHistogram) {
      EXPECT_TRUE(name.ends_with("_seconds")) << name;
      for (size_t i = 1; i < info.bounds.size(); ++i) {
        EXPECT_LT(info.bounds[i - 1], info.bounds[i]) << name;
      }
    }
    EXPECT_GT(std::string(info.help).size(), 10U) << name;
  }
}

TEST(MetricsTest, ShowsEveryMetricFromTheStart) {
  Metrics metrics;
  const std::vector<MetricFamily> families = metrics.Gather();
  ASSERT_EQ(families.size(), AllMetrics().size());
  const MetricFamily& lost = families[static_cast<size_t>(Metric::kRunsLost)];
  EXPECT_STREQ(lost.info->name, "assay_runs_lost_total");
  ASSERT_EQ(lost.samples.size(), 1U);
  EXPECT_EQ(lost.samples[0].value, 0);
  EXPECT_TRUE(families[static_cast<size_t>(Metric::kRowsRead)].samples.empty());
  // A gauge that nobody has told is not 0 but unknown.
  EXPECT_TRUE(families[static_cast<size_t>(Metric::kReady)].samples.empty());
}

TEST(MetricsTest, CountsByLabels) {
  Metrics metrics;
  metrics.Count(Metric::kRulesJudged, {"range", "FAIL"});
  metrics.Count(Metric::kRulesJudged, {"range", "FAIL"}, 2);
  metrics.Count(Metric::kRulesJudged, {"range", "PASS"});
  const auto samples = SamplesOf(metrics, Metric::kRulesJudged);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_THAT(samples[0].labels, ElementsAre("range", "FAIL"));
  EXPECT_EQ(samples[0].value, 3);
  EXPECT_THAT(samples[1].labels, ElementsAre("range", "PASS"));
  EXPECT_EQ(samples[1].value, 1);
}

TEST(MetricsTest, KeepsACounter) {
  Metrics metrics;
  Counter* const rows = metrics.CounterOf(Metric::kRowsRead, {"db"});
  rows->Add(40);
  EXPECT_EQ(metrics.CounterOf(Metric::kRowsRead, {"db"}), rows);
  metrics.Count(Metric::kRowsRead, {"db"}, 2);
  EXPECT_EQ(rows->value(), 42);
}

TEST(MetricsTest, PutsEachTimeIntoOneBucket) {
  Metrics metrics;
  const absl::Span<const double> bounds = InfoOf(Metric::kStoreDuration).bounds;
  metrics.Observe(Metric::kStoreDuration, {}, absl::Seconds(bounds[1]));
  metrics.Observe(Metric::kStoreDuration, {},
                  absl::Seconds(bounds[1]) + absl::Microseconds(1));
  metrics.Observe(Metric::kStoreDuration, {}, absl::Hours(1));
  // A clock that was set back.
  metrics.Observe(Metric::kStoreDuration, {}, -absl::Seconds(1));
  const auto samples = SamplesOf(metrics, Metric::kStoreDuration);
  ASSERT_EQ(samples.size(), 1U);
  std::vector<int64_t> want(bounds.size() + 1, 0);
  want[0] = want[1] = want[2] = want.back() = 1;
  EXPECT_EQ(samples[0].buckets, want);
  EXPECT_NEAR(samples[0].sum, 3600 + 2 * bounds[1], 0.001);
}

TEST(MetricsTest, BoundsTheSeriesOfAMetric) {
  Metrics metrics;
  for (size_t i = 0; i < 2 * kMaxSeries; ++i) {
    metrics.Count(Metric::kHttpRequests, {"/r" + std::to_string(i), "200"});
  }
  double all = 0;
  double other = 0;
  const auto samples = SamplesOf(metrics, Metric::kHttpRequests);
  for (const MetricSample& sample : samples) {
    all += sample.value;
    if (sample.labels[0] == "other") other += sample.value;
  }
  EXPECT_EQ(samples.size(), kMaxSeries + 1);
  EXPECT_EQ(all, 2.0 * kMaxSeries);
  EXPECT_EQ(other, 1.0 * kMaxSeries);
}

TEST(MetricsTest, AsksCollectorsWhileTheyAreThere) {
  Metrics metrics;
  double queued = 3;
  {
    const auto collector = metrics.AddCollector([&](const Metrics::Tell& tell) {
      tell(Metric::kRunsQueued, {}, queued);
      tell(Metric::kConnectionsInUse, {"db"}, 1);
    });
    EXPECT_EQ(SamplesOf(metrics, Metric::kRunsQueued)[0].value, 3);
    queued = 4;
    EXPECT_EQ(SamplesOf(metrics, Metric::kRunsQueued)[0].value, 4);
    EXPECT_THAT(SamplesOf(metrics, Metric::kConnectionsInUse)[0].labels,
                ElementsAre("db"));
  }
  EXPECT_TRUE(SamplesOf(metrics, Metric::kRunsQueued).empty());
}

TEST(MetricsTest, LosesNothingBetweenThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  constexpr int kThreads = 4;
  constexpr int kRounds = 2000;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < kRounds; ++i) {
        metrics.Count(Metric::kRequests, {i % 2 == 0 ? "a" : "b"});
        metrics.Observe(Metric::kRunQueueWait, {}, absl::Seconds(1));
        if (i % 100 == 0) metrics.Gather();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto requests = SamplesOf(metrics, Metric::kRequests);
  EXPECT_EQ(requests[0].value + requests[1].value, kThreads * kRounds);
  EXPECT_DOUBLE_EQ(SamplesOf(metrics, Metric::kRunQueueWait)[0].sum,
                   kThreads * kRounds);
}

TEST(PresentTest, CountsWhatIsThere) {
  const Counter* const gauge =
      Metrics::Global().CounterOf(Metric::kWaitingClients, {"test"});
  {
    const Present one(Metric::kWaitingClients, {"test"});
    const Present two(Metric::kWaitingClients, {"test"});
    EXPECT_EQ(gauge->value(), 2);
  }
  EXPECT_EQ(gauge->value(), 0);
}

}  // namespace
}  // namespace assay
