// SPDX-License-Identifier: Apache-2.0
// The names of all metrics. A new one is a name here and a line in the .cc.
#ifndef ASSAY_VALIDATOR_BASE_METRIC_TABLE_H_
#define ASSAY_VALIDATOR_BASE_METRIC_TABLE_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace assay {

enum class MetricType { kCounter, kGauge, kHistogram };

enum class Metric {
  // Runs.
  kRunsAccepted,
  kRunsFinished,
  kRunDuration,
  kRunQueueWait,
  kRunExecutions,
  kRunsTakenUp,
  kRunsLost,
  kRunsCancelled,
  kHolds,
  kRunsActive,
  kRunsQueued,
  kRunsQueueLimit,
  kRunsExecuting,
  kRunsExecutingLimit,
  kRunsUnsaved,
  kLeasesGranted,
  kLeasesExpired,
  kRunsResumed,
  // Rules.
  kRulesJudged,
  kRuleDuration,
  kRuleErrors,
  kRetries,
  // Connections.
  kRowsRead,
  kStatements,
  kStatementErrors,
  kConnectionsOpened,
  kConnectionFailures,
  kConnectionsInUse,
  kConnectionsIdle,
  kConnectionsWaiting,
  kConnectionsLimit,
  kConnectionWait,
  kOrphansEnded,
  // The store.
  kStoreDuration,
  kStoreErrors,
  kStoreMember,
  // Callers.
  kRequests,
  kRequestErrors,
  kRequestDuration,
  kWaitingClients,
  kAuditFailing,
  kHttpRequests,
  kHttpDuration,
  kHttpConnections,
  kHttpConnectionsLimit,
  // The process.
  kBuildInfo,
  kReady,
  kTlsNotAfter,
  kTlsReloadFailing,
  kLogLines,
  kProcessStartTime,
  kProcessCpu,
  kProcessMemory,
  kProcessOpenFiles,
  kProcessMaxFiles,
};

struct MetricInfo {
  Metric metric;
  MetricType type;
  const char* name;  // As it is shown.
  std::vector<const char*> labels;
  const char* help;
  absl::Span<const double> bounds = {};  // Of a histogram, in seconds, rising.
  // Series that are 0, and not unknown, before the first is counted: Prometheus
  // sees no increase in a series that begins with 1.
  std::vector<std::vector<const char*>> series = {};
};

// In the order of the enumeration.
const std::vector<MetricInfo>& AllMetrics();

inline const MetricInfo& InfoOf(Metric metric) {
  return AllMetrics()[static_cast<size_t>(metric)];
}

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_METRIC_TABLE_H_
