// SPDX-License-Identifier: Apache-2.0
#include "validator/http/metrics_page.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"

namespace assay::http {
namespace {

prometheus::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

void FillHistogram(const MetricInfo& info, const MetricSample& sample,
                   prometheus::ClientMetric& out) {
  uint64_t count = 0;
  for (size_t i = 0; i < sample.buckets.size(); ++i) {
    count += static_cast<uint64_t>(sample.buckets[i]);
    const double bound = i < info.bounds.size()
                             ? info.bounds[i]
                             : std::numeric_limits<double>::infinity();
    out.histogram.bucket.push_back({count, bound});
  }
  out.histogram.sample_count = count;
  out.histogram.sample_sum = sample.sum;
}

prometheus::ClientMetric ToClient(const MetricInfo& info,
                                  const MetricSample& sample) {
  prometheus::ClientMetric out;
  const size_t labels = std::min(info.labels.size(), sample.labels.size());
  for (size_t i = 0; i < labels; ++i) {
    out.label.push_back({info.labels[i], sample.labels[i]});
  }
  switch (info.type) {
    case MetricType::kCounter:
      out.counter.value = sample.value;
      break;
    case MetricType::kGauge:
      out.gauge.value = sample.value;
      break;
    case MetricType::kHistogram:
      FillHistogram(info, sample, out);
      break;
  }
  return out;
}

}  // namespace

std::string MetricsText(const std::vector<MetricFamily>& families) {
  std::vector<prometheus::MetricFamily> out;
  for (const MetricFamily& family : families) {
    prometheus::MetricFamily& one = out.emplace_back();
    one.name = family.info->name;
    one.help = family.info->help;
    one.type = TypeOf(family.info->type);
    for (const MetricSample& sample : family.samples) {
      one.metric.push_back(ToClient(*family.info, sample));
    }
  }
  return prometheus::TextSerializer().Serialize(out);
}

}  // namespace assay::http
