// SPDX-License-Identifier: Apache-2.0
#include "validator/server/process_metrics.h"

#include <grpc/support/log.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "validator/base/log.h"
#include "validator/base/metrics.h"

namespace assay::server {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) / 1e6;
}

double OpenFiles() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  // The one by which they are counted is not there any more.
  return error ? 0 : static_cast<double>(std::distance(begin(files), {})) - 1;
}

double ResidentBytes() {
  std::ifstream in("/proc/self/statm");
  double all = 0;
  double resident = 0;
  in >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void Tell(const Metrics::Tell& tell) {
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    tell(Metric::kProcessCpu, {},
         Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  }
  rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    tell(Metric::kProcessMaxFiles, {}, static_cast<double>(files.rlim_cur));
  }
  tell(Metric::kProcessMemory, {}, ResidentBytes());
  tell(Metric::kProcessOpenFiles, {}, OpenFiles());
}

void LogGrpc(gpr_log_func_args* line) {
  LogLevel level = LogLevel::kDebug;
  if (line->severity == GPR_LOG_SEVERITY_ERROR) level = LogLevel::kWarning;
  // Metadata that gRPC cannot read it quotes, and a caller's token with it.
  const std::string message = line->message;
  const size_t quoted =
      std::min(message.find(" key="), message.find(" value="));
  Log(level, absl::StrCat("grpc: ", message.substr(0, quoted),
                          quoted < message.size() ? " (not shown)" : ""));
}

}  // namespace

std::shared_ptr<void> AddProcessMetrics(const std::string& version) {
  const double start = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  return Metrics::Global().AddCollector(
      [version, start](const Metrics::Tell& tell) {
        tell(Metric::kBuildInfo, {version}, 1);
        tell(Metric::kProcessStartTime, {}, start);
        Tell(tell);
      });
}

void LogWhatGrpcSays() { gpr_set_log_function(LogGrpc); }

}  // namespace assay::server
