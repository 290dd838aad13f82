// SPDX-License-Identifier: Apache-2.0
// The part of read_scalar.h that reads numbers, durations, flags and choices.
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/expect_scalar.h"
#include "rules/ruleset/read_scalar.h"

namespace assay {
namespace {

// A number with an optional '%'; not negative.
std::optional<Threshold> ParseShare(const YamlNode& node) {
  Threshold threshold;
  threshold.range = node.range;
  std::string_view text = node.text;
  threshold.percent = !text.empty() && text.back() == '%';
  if (threshold.percent) text.remove_suffix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const std::optional<Decimal> value = ParseDecimal(text);
  if (!value.has_value() || value->digits.front() == '-') return std::nullopt;
  threshold.value = *value;
  return threshold;
}

}  // namespace

std::optional<Decimal> ReadNumber(const YamlNode& node, const std::string& what,
                                  ParseContext& context) {
  const std::string* text = Scalar(node, "a number", what, context);
  if (text == nullptr || RefuseReference(node, what, context)) {
    return std::nullopt;
  }
  std::optional<Decimal> number = ParseDecimal(*text);
  if (!number.has_value()) BadValue(node, "a number", what, context);
  return number;
}

std::optional<int64_t> ReadInteger(const YamlNode& node, int64_t most,
                                   const std::string& what,
                                   ParseContext& context) {
  const std::string expected =
      most == INT64_MAX ? "a whole number, 0 or more"
                        : absl::StrCat("a whole number from 0 to ", most);
  const std::string* text = Scalar(node, expected, what, context);
  if (text == nullptr || RefuseReference(node, what, context)) {
    return std::nullopt;
  }
  int64_t value = -1;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < 0 ||
      value > most) {
    BadValue(node, expected, what, context);
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> ReadDuration(const YamlNode& node, bool zero,
                                    const std::string& what,
                                    ParseContext& context) {
  const std::string* text = Scalar(node, "a duration", what, context);
  if (text == nullptr || RefuseReference(node, what, context)) {
    return std::nullopt;
  }
  const std::optional<int64_t> micros = ParseDurationMicros(*text);
  if (micros.has_value() && (*micros > 0 || zero)) return micros;
  BadValue(node, zero ? "a duration" : "a duration above 0", what, context,
           "for example 30s, 15m, 24h, 7d or 1h30m");
  return std::nullopt;
}

std::optional<bool> ReadFlag(const YamlNode& node, const std::string& what,
                             ParseContext& context) {
  const std::string* text = Scalar(node, "true or false", what, context);
  if (text == nullptr) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  BadValue(node, "true or false", what, context);
  return std::nullopt;
}

std::optional<Word> ReadChoice(const YamlNode& node,
                               const std::vector<std::string>& choices,
                               const std::string& what, ParseContext& context) {
  const std::string expected = absl::StrCat("one of ", ListNames(choices));
  const std::string* text = Scalar(node, expected, what, context);
  if (text == nullptr) return std::nullopt;
  for (const std::string& choice : choices) {
    if (*text == choice) return Word{*text, node.range, ""};
  }
  BadValue(node, expected, what, context, DidYouMean(*text, choices));
  return std::nullopt;
}

std::optional<Threshold> ReadThreshold(const YamlNode& node,
                                       const std::string& what,
                                       ParseContext& context) {
  const std::string expected = "a count or a percentage";
  const std::string* text = Scalar(node, expected, what, context);
  if (text == nullptr || RefuseReference(node, what, context)) {
    return std::nullopt;
  }
  std::optional<Threshold> threshold = ParseShare(node);
  if (!threshold.has_value()) {
    BadValue(node, expected, what, context, "for example 10 or 0.1%");
    return std::nullopt;
  }
  if (threshold->percent) {
    if (CompareDecimals(threshold->value, Decimal{"100"}) <= 0) {
      return threshold;
    }
    context.Error("percent_above_100",
                  absl::StrCat(what, " can never be passed: ", Quote(*text),
                               " is more than all rows"),
                  node.range, "a percentage is at most 100%");
    return std::nullopt;
  }
  if (!absl::StrContains(threshold->value.digits, '.')) return threshold;
  BadValue(
      node, "a whole count or a percentage", what, context,
      absl::StrCat(
          threshold->value.digits.substr(0, 40), " of the rows is written ",
          Multiply(threshold->value, Decimal{"100"}).digits.substr(0, 40),
          "%"));
  return std::nullopt;
}

std::optional<Threshold> ReadTolerance(const YamlNode& node,
                                       const std::string& what,
                                       ParseContext& context) {
  const std::string expected = "a distance or a percentage, 0 or more";
  const std::string* text = Scalar(node, expected, what, context);
  if (text == nullptr || RefuseReference(node, what, context)) {
    return std::nullopt;
  }
  std::optional<Threshold> tolerance = ParseShare(node);
  if (!tolerance.has_value()) {
    BadValue(node, expected, what, context, "for example 5, 0.01 or 0.1%");
  }
  return tolerance;
}

}  // namespace assay
