// SPDX-License-Identifier: Apache-2.0
#include "validator/base/metrics.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace assay {
namespace {

constexpr char kOther[] = "other";

// Orders label values, whoever owns their bytes.
struct ByText {
  using is_transparent = void;
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return std::lexicographical_compare(
        a.begin(), a.end(), b.begin(), b.end(),
        [](std::string_view x, std::string_view y) { return x < y; });
  }
};

LabelValues ToValues(absl::Span<const std::string_view> labels) {
  LabelValues out;
  for (const std::string_view label : labels) out.emplace_back(label);
  return out;
}

}  // namespace

struct Metrics::Series {
  Counter value;
  // Of histograms.
  std::vector<Counter> buckets;
  std::atomic<double> sum{0};
};

struct Metrics::Family {
  absl::Mutex mu;
  // Never removed, so that their addresses stay.
  std::map<LabelValues, std::unique_ptr<Series>, ByText> series
      ABSL_GUARDED_BY(mu);
};

Metrics::Metrics() {
  for (size_t i = 0; i < AllMetrics().size(); ++i) {
    const MetricInfo& info = AllMetrics()[i];
    assert(info.metric == static_cast<Metric>(i));
    families_.push_back(std::make_unique<Family>());
    // A counter without labels is 0, and not unknown, before its first.
    if (info.labels.empty() && info.type != MetricType::kGauge) {
      SeriesOf(info.metric, {});
    }
    for (const std::vector<const char*>& labels : info.series) {
      const std::vector<std::string_view> values(labels.begin(), labels.end());
      SeriesOf(info.metric, values);
    }
  }
}

Metrics::~Metrics() = default;

Metrics& Metrics::Global() {
  // Never destroyed: threads may count until the very end.
  static auto* const kMetrics = new Metrics;
  return *kMetrics;
}

Metrics::Series& Metrics::SeriesOf(Metric metric,
                                   absl::Span<const std::string_view> labels) {
  const MetricInfo& info = InfoOf(metric);
  assert(labels.size() == info.labels.size());
  Family& family = *families_[static_cast<size_t>(metric)];
  absl::MutexLock lock(&family.mu);
  if (const auto found = family.series.find(labels);
      found != family.series.end()) {
    return *found->second;
  }
  LabelValues values = ToValues(labels);
  if (family.series.size() >= kMaxSeries) {
    values.assign(values.size(), kOther);
  }
  std::unique_ptr<Series>& series = family.series[std::move(values)];
  if (series == nullptr) {
    series = std::make_unique<Series>();
    if (info.type == MetricType::kHistogram) {
      series->buckets = std::vector<Counter>(info.bounds.size() + 1);
    }
  }
  return *series;
}

void Metrics::Count(Metric metric,
                    std::initializer_list<std::string_view> labels,
                    int64_t by) {
  SeriesOf(metric, labels).value.Add(by);
}

void Metrics::Observe(Metric metric,
                      std::initializer_list<std::string_view> labels,
                      absl::Duration value) {
  // Wall clocks may be set back.
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(value));
  const absl::Span<const double> bounds = InfoOf(metric).bounds;
  Series& series = SeriesOf(metric, labels);
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  series.buckets[static_cast<size_t>(bucket - bounds.begin())].Add(1);
  series.sum.fetch_add(seconds, std::memory_order_relaxed);
}

Counter* Metrics::CounterOf(Metric metric,
                            std::initializer_list<std::string_view> labels) {
  return &SeriesOf(metric, labels).value;
}

std::shared_ptr<void> Metrics::AddCollector(Collector collector) {
  absl::MutexLock lock(&collectors_mu_);
  const int64_t id = next_collector_++;
  collectors_[id] = std::move(collector);
  // Waits for a Gather that is asking it.
  return {nullptr, [this, id](void*) {
            absl::MutexLock removal(&collectors_mu_);
            collectors_.erase(id);
          }};
}

std::vector<MetricFamily> Metrics::Gather() {
  std::vector<std::map<LabelValues, MetricSample>> samples(families_.size());
  for (size_t i = 0; i < families_.size(); ++i) {
    absl::MutexLock lock(&families_[i]->mu);
    for (const auto& [labels, series] : families_[i]->series) {
      MetricSample& sample = samples[i][labels];
      sample.labels = labels;
      sample.value = static_cast<double>(series->value.value());
      for (const Counter& bucket : series->buckets) {
        sample.buckets.push_back(bucket.value());
      }
      sample.sum = series->sum.load(std::memory_order_relaxed);
    }
  }
  {
    absl::MutexLock lock(&collectors_mu_);
    const Tell tell = [&](Metric metric, LabelValues labels, double value) {
      assert(labels.size() == InfoOf(metric).labels.size());
      MetricSample& sample = samples[static_cast<size_t>(metric)][labels];
      sample.labels = std::move(labels);
      sample.value = value;
    };
    for (const auto& [id, collector] : collectors_) collector(tell);
  }
  std::vector<MetricFamily> out;
  for (size_t i = 0; i < families_.size(); ++i) {
    MetricFamily& family = out.emplace_back();
    family.info = &AllMetrics()[i];
    for (auto& [labels, sample] : samples[i]) {
      family.samples.push_back(std::move(sample));
    }
  }
  return out;
}

}  // namespace assay
