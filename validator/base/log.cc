// SPDX-License-Identifier: Apache-2.0
#include "validator/base/log.h"

#include <algorithm>
#include <atomic>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"
#include "validator/base/metrics.h"

namespace assay {
namespace {

constexpr struct {
  LogLevel level;
  const char* word;
  spdlog::level::level_enum spd;
} kLevels[] = {
    {LogLevel::kDebug, "debug", spdlog::level::debug},
    {LogLevel::kInfo, "info", spdlog::level::info},
    {LogLevel::kWarning, "warning", spdlog::level::warn},
    {LogLevel::kError, "error", spdlog::level::err},
    {LogLevel::kOff, "off", spdlog::level::off},
};

constexpr struct {
  const char* name;
  std::string LogFields::*field;
} kFields[] = {
    {"run_id", &LogFields::run_id},
    {"rule_id", &LogFields::rule_id},
    {"connection", &LogFields::connection},
    {"principal", &LogFields::principal},
    {"trace_id", &LogFields::trace_id},
    {"rpc", &LogFields::rpc},
    {"peer", &LogFields::peer},
    {"reason", &LogFields::reason},
};

std::atomic<LogFormat> log_format{LogFormat::kText};

spdlog::logger& Logger() {
  static auto* const kLogger = [] {
    auto* logger = new spdlog::logger(
        "assayd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::warn);
    logger->flush_on(spdlog::level::debug);
    return logger;
  }();
  return *kLogger;
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string OneLine(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (IsControl(c)) {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

// As it is where it cannot be mistaken for something else.
std::string FieldText(const std::string& text) {
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return IsControl(c) || c == ' ' || c == '"' || c == '=';
  });
  if (plain) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return OneLine(out + "\"");
}

}  // namespace

std::string FormatLogLine(LogFormat format, absl::Time time, LogLevel level,
                          const std::string& message, const LogFields& fields) {
  const std::string at =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
  const char* const word = kLevels[static_cast<size_t>(level)].word;
  if (format == LogFormat::kJson) {
    nlohmann::ordered_json out;
    out["time"] = at;
    out["level"] = word;
    out["message"] = message;
    for (const auto& [name, field] : kFields) {
      if (!(fields.*field).empty()) out[name] = fields.*field;
    }
    // What is no UTF-8 must not cost the line.
    return out.dump(-1, ' ', false,
                    nlohmann::ordered_json::error_handler_t::replace);
  }
  std::string out = absl::StrCat(at, " ", word, " ", OneLine(message));
  for (const auto& [name, field] : kFields) {
    if ((fields.*field).empty()) continue;
    absl::StrAppend(&out, " ", name, "=", FieldText(fields.*field));
  }
  return out;
}

void InitLog(LogLevel level, LogFormat format) {
  log_format = format;
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

bool ParseLogFormat(std::string_view word, LogFormat* format) {
  if (word != "text" && word != "json") return false;
  *format = word == "json" ? LogFormat::kJson : LogFormat::kText;
  return true;
}

bool Logs(LogLevel level) {
  return Logger().should_log(kLevels[static_cast<size_t>(level)].spd);
}

void Log(LogLevel level, const std::string& message, const LogFields& fields) {
  if (!Logs(level)) return;
  Count(Metric::kLogLines, {kLevels[static_cast<size_t>(level)].word});
  Logger().log(kLevels[static_cast<size_t>(level)].spd,
               FormatLogLine(log_format, absl::Now(), level, message, fields));
}

}  // namespace assay
