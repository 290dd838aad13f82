// SPDX-License-Identifier: Apache-2.0
// What the server counts about itself, for whoever watches it.
//
// Rooms count here by name and labels and know nothing of how it is shown; the
// HTTP front writes it in Prometheus' format. Every metric is a line of the
// table in metric_table.cc, so that all of them are shown from the start, and
// docs/monitoring.md is held against it.
//
// Labels have few values, all of them chosen by the administrator or by the
// code: connections, rule kinds, reasons, never a run, a caller's text or a
// value. Beyond kMaxSeries of one metric, what is new counts as "other".
//
// Thread-safe. Counting by name takes a lock and a look-up, some 100 ns: once a
// block, a rule, a call, and not once a row. What is counted more often keeps
// the Counter.
#ifndef ASSAY_VALIDATOR_BASE_METRICS_H_
#define ASSAY_VALIDATOR_BASE_METRICS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "validator/base/metric_table.h"

namespace assay {

inline constexpr size_t kMaxSeries = 1000;

using LabelValues = std::vector<std::string>;

// A number that grows, or, of a gauge, goes up and down. Thread-safe, without a
// lock.
class Counter {
 public:
  void Add(int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// One series at one moment.
struct MetricSample {
  LabelValues labels;  // In the order of MetricInfo.labels.
  double value = 0;    // Of counters and gauges.
  // Of histograms: how many were at most each bound, and not at most the one
  // before; the last one is what was above all.
  std::vector<int64_t> buckets;
  double sum = 0;
};

struct MetricFamily {
  const MetricInfo* info = nullptr;
  std::vector<MetricSample> samples;  // By labels.
};

class Metrics {
 public:
  // Tells what is known only when it is asked for, such as how long a queue is.
  using Tell =
      std::function<void(Metric metric, LabelValues labels, double value)>;
  using Collector = std::function<void(const Tell& tell)>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Of this process.
  static Metrics& Global();

  void Count(Metric metric, std::initializer_list<std::string_view> labels,
             int64_t by = 1);
  void Observe(Metric metric, std::initializer_list<std::string_view> labels,
               absl::Duration value);

  // Lives as long as this. Not of a histogram.
  Counter* CounterOf(Metric metric,
                     std::initializer_list<std::string_view> labels);

  // Asks `collector` at each Gather for as long as the result lives. It must
  // not count by name, and must return soon. Its numbers take the place of
  // others of the same name and labels.
  [[nodiscard]] std::shared_ptr<void> AddCollector(Collector collector);

  // All of them, in the order of the table; also those without a series yet.
  std::vector<MetricFamily> Gather();

 private:
  struct Series;
  struct Family;
  Series& SeriesOf(Metric metric, absl::Span<const std::string_view> labels);

  std::vector<std::unique_ptr<Family>> families_;  // By Metric.
  absl::Mutex collectors_mu_;
  int64_t next_collector_ ABSL_GUARDED_BY(collectors_mu_) = 0;
  std::map<int64_t, Collector> collectors_ ABSL_GUARDED_BY(collectors_mu_);
};

// Of the process.
inline void Count(Metric metric,
                  std::initializer_list<std::string_view> labels = {},
                  int64_t by = 1) {
  Metrics::Global().Count(metric, labels, by);
}
inline void Observe(Metric metric,
                    std::initializer_list<std::string_view> labels,
                    absl::Duration value) {
  Metrics::Global().Observe(metric, labels, value);
}

// Counts one in a gauge of the process for as long as it lives.
class Present {
 public:
  Present(Metric metric, std::initializer_list<std::string_view> labels)
      : counter_(Metrics::Global().CounterOf(metric, labels)) {
    counter_->Add(1);
  }
  ~Present() { counter_->Add(-1); }
  Present(const Present&) = delete;
  Present& operator=(const Present&) = delete;

 private:
  Counter* const counter_;
};

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_METRICS_H_
