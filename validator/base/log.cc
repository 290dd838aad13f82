// SPDX-License-Identifier: Apache-2.0
#include "validator/base/log.h"

#include <memory>

#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace assay {
namespace {

constexpr struct {
  LogLevel level;
  std::string_view word;
  spdlog::level::level_enum spd;
} kLevels[] = {
    {LogLevel::kDebug, "debug", spdlog::level::debug},
    {LogLevel::kInfo, "info", spdlog::level::info},
    {LogLevel::kWarning, "warning", spdlog::level::warn},
    {LogLevel::kError, "error", spdlog::level::err},
    {LogLevel::kOff, "off", spdlog::level::off},
};

spdlog::logger& Logger() {
  static auto* const kLogger = [] {
    auto* logger = new spdlog::logger(
        "assayd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v",
                        spdlog::pattern_time_type::utc);
    logger->set_level(spdlog::level::warn);
    logger->flush_on(spdlog::level::debug);
    return logger;
  }();
  return *kLogger;
}

}  // namespace

void InitLog(LogLevel level) {
  Logger().set_level(kLevels[static_cast<size_t>(level)].spd);
}

bool ParseLogLevel(std::string_view word, LogLevel* level) {
  for (const auto& row : kLevels) {
    if (row.word == word) {
      *level = row.level;
      return true;
    }
  }
  return false;
}

void Log(LogLevel level, const std::string& message) {
  Logger().log(kLevels[static_cast<size_t>(level)].spd, message);
}

}  // namespace assay
