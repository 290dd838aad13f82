// SPDX-License-Identifier: Apache-2.0
// The server's log: spdlog to standard error, one line an event.
//
// As text: time, level, message, and what it is about as name=value. As JSON:
// an object a line with `time`, `level`, `message` and the same names;
// docs/monitoring.md lists them. Control characters are escaped in both, so
// that no text of a caller's or a database's begins a line.
//
// Thread-safe. Nothing outside this room includes spdlog. Never log a value of
// the user's data, a connection string or a secret.
#ifndef ASSAY_VALIDATOR_BASE_LOG_H_
#define ASSAY_VALIDATOR_BASE_LOG_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace assay {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat { kText, kJson };

// What a line is about; what is empty is left out.
struct LogFields {
  std::string run_id;
  std::string rule_id;
  std::string connection;
  std::string principal;
  std::string trace_id;
  std::string rpc;
  std::string peer;
  std::string reason;  // One of docs/errors.md.
};

// Starts logging to standard error at `level` and above. Without a call,
// warnings and errors are logged, as text.
void InitLog(LogLevel level, LogFormat format = LogFormat::kText);

// Parses "debug", "info", "warning", "error", "off"; false for another word.
bool ParseLogLevel(std::string_view word, LogLevel* level);
// Parses "text", "json".
bool ParseLogFormat(std::string_view word, LogFormat* format);

// Whether a line of `level` would be written.
bool Logs(LogLevel level);

void Log(LogLevel level, const std::string& message,
         const LogFields& fields = {});
inline void LogInfo(const std::string& message, const LogFields& fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarning(const std::string& message,
                       const LogFields& fields = {}) {
  Log(LogLevel::kWarning, message, fields);
}
inline void LogError(const std::string& message, const LogFields& fields = {}) {
  Log(LogLevel::kError, message, fields);
}
inline void LogDebug(const std::string& message, const LogFields& fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}

// The line, without its "\n".
std::string FormatLogLine(LogFormat format, absl::Time time, LogLevel level,
                          const std::string& message, const LogFields& fields);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_LOG_H_
