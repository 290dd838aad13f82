// SPDX-License-Identifier: Apache-2.0
#include "validator/base/log.h"

#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace assay {
namespace {

std::string Line(LogFormat format, const std::string& message,
                 const LogFields& fields = {}) {
  return FormatLogLine(format, absl::FromUnixMicros(1500000000123456),
                       LogLevel::kWarning, message, fields);
}

TEST(LogTest, TextHasFieldsAfterTheMessage) {
  EXPECT_EQ(Line(LogFormat::kText, "hello",
                 {.run_id = "01", .rule_id = "a \"b\"", .principal = "ops"}),
            "2017-07-14T02:40:00.123456Z warning hello run_id=01 "
            "rule_id=\"a \\\"b\\\"\" principal=ops");
}

TEST(LogTest, TextStaysOnOneLine) {
  EXPECT_EQ(Line(LogFormat::kText, "a\nb\x1b[0m", {.rule_id = "x\n1 error y"}),
            "2017-07-14T02:40:00.123456Z warning a\\nb\\x1b[0m "
            "rule_id=\"x\\n1 error y\"");
}

TEST(LogTest, JsonHasTheSameNames) {
  const std::string line =
      Line(LogFormat::kJson, "a \"b\"\n",
           {.run_id = "01", .trace_id = "0af7", .reason = "KAPUTT"});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json, (nlohmann::json{{"time", "2017-07-14T02:40:00.123456Z"},
                                  {"level", "warning"},
                                  {"message", "a \"b\"\n"},
                                  {"run_id", "01"},
                                  {"trace_id", "0af7"},
                                  {"reason", "KAPUTT"}}));
}

TEST(LogTest, JsonTakesAnyBytes) {
  const auto json =
      nlohmann::json::parse(Line(LogFormat::kJson, "a\xff\x01", {}));
  EXPECT_EQ(json["message"], "a\xef\xbf\xbd\x01");
}

TEST(LogTest, ParsesFormats) {
  LogFormat format = LogFormat::kText;
  EXPECT_TRUE(ParseLogFormat("json", &format));
  EXPECT_EQ(format, LogFormat::kJson);
  EXPECT_TRUE(ParseLogFormat("text", &format));
  EXPECT_EQ(format, LogFormat::kText);
  EXPECT_FALSE(ParseLogFormat("JSON", &format));
}

}  // namespace
}  // namespace assay
