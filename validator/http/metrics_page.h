// SPDX-License-Identifier: Apache-2.0
// /metrics: what base/metrics.h has counted, in Prometheus' text format.
//
// Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_METRICS_PAGE_H_
#define ASSAY_VALIDATOR_HTTP_METRICS_PAGE_H_

#include <string>
#include <vector>

#include "validator/base/metrics.h"

namespace assay::http {

inline constexpr char kMetricsType[] =
    "text/plain; version=0.0.4; charset=utf-8";

// With # HELP and # TYPE of every family, also of one without a series.
std::string MetricsText(const std::vector<MetricFamily>& families);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_METRICS_PAGE_H_
