// SPDX-License-Identifier: Apache-2.0
// What of the process itself is watched.
#ifndef ASSAY_VALIDATOR_SERVER_PROCESS_METRICS_H_
#define ASSAY_VALIDATOR_SERVER_PROCESS_METRICS_H_

#include <memory>
#include <string>

namespace assay::server {

// Tells version, start, processor time, memory and files with the metrics of
// the process, for as long as the result lives. Linux only: reads /proc.
[[nodiscard]] std::shared_ptr<void> AddProcessMetrics(
    const std::string& version);

// gRPC's own messages become lines of the log, of its level and format.
void LogWhatGrpcSays();

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_PROCESS_METRICS_H_
