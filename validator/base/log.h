// SPDX-License-Identifier: Apache-2.0
// The server's log: spdlog to standard error, one line an event.
//
// Thread-safe. Nothing outside this room includes spdlog. Never log a value of
// the user's data, a connection string or a secret.
#ifndef ASSAY_VALIDATOR_BASE_LOG_H_
#define ASSAY_VALIDATOR_BASE_LOG_H_

#include <string>
#include <string_view>

namespace assay {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// Starts logging to standard error at `level` and above. Without a call,
// warnings and errors are logged.
void InitLog(LogLevel level);

// Parses "debug", "info", "warning", "error", "off"; false for another word.
bool ParseLogLevel(std::string_view word, LogLevel* level);

void Log(LogLevel level, const std::string& message);
inline void LogInfo(const std::string& message) {
  Log(LogLevel::kInfo, message);
}
inline void LogWarning(const std::string& message) {
  Log(LogLevel::kWarning, message);
}
inline void LogError(const std::string& message) {
  Log(LogLevel::kError, message);
}
inline void LogDebug(const std::string& message) {
  Log(LogLevel::kDebug, message);
}

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_LOG_H_
