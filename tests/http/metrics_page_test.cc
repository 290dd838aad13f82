// SPDX-License-Identifier: Apache-2.0
#include "validator/http/metrics_page.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace assay::http {
namespace {

TEST(MetricsPageTest, WritesFamiliesLabelsAndBuckets) {
  Metrics metrics;
  metrics.Count(Metric::kRowsRead, {"a \"b\"\n"}, 7);
  metrics.Observe(Metric::kStoreDuration, {}, absl::Milliseconds(2));
  const auto collector = metrics.AddCollector(
      [](const Metrics::Tell& tell) { tell(Metric::kReady, {}, 1); });
  const std::string text = MetricsText(metrics.Gather());
  for (const char* line :
       {"# TYPE assay_rows_read_total counter\n",
        "assay_rows_read_total{connection=\"a \\\"b\\\"\\n\"} 7\n",
        "# TYPE assay_ready gauge\n", "\nassay_ready 1\n",
        "# TYPE assay_store_duration_seconds histogram\n",
        "assay_store_duration_seconds_bucket{le=\"0.001\"} 0\n",
        "assay_store_duration_seconds_bucket{le=\"0.0025\"} 1\n",
        "assay_store_duration_seconds_bucket{le=\"+Inf\"} 1\n",
        "assay_store_duration_seconds_sum 0.002\n",
        "assay_store_duration_seconds_count 1\n",
        // Without a series yet.
        "# TYPE assay_http_requests_total counter\n"}) {
    EXPECT_TRUE(absl::StrContains(text, line)) << line << text;
  }
}

}  // namespace
}  // namespace assay::http
