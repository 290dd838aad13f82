// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/option_values.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "validator/base/status.h"

namespace assay::cli {
namespace {

absl::StatusOr<TextMap> ParseJsonParams(const std::string& text,
                                        const std::string& file) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": is no JSON object {\"name\": \"value\", …}"));
  }
  TextMap out;
  for (const auto& [key, value] : json.items()) {
    if (value.is_string()) {
      out[key] = value.get<std::string>();
    } else if (value.is_number_integer() || value.is_boolean()) {
      out[key] = value.dump();
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          file, ": ", key,
          value.is_number()
              ? ": write the number in quotes, so that it stays exact"
              : ": must be a text, an integer or a boolean"));
    }
  }
  return out;
}

std::string Unquoted(absl::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

absl::StatusOr<TextMap> ParseLineParams(const std::string& text,
                                        const std::string& file) {
  TextMap out;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#' || line == "---") continue;
    const size_t at = line.find_first_of("=:");
    if (at == absl::string_view::npos || at == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          file, ":", number, ": expected 'name: value' or 'name=value'"));
    }
    const std::string key(absl::StripAsciiWhitespace(line.substr(0, at)));
    const absl::string_view value =
        absl::StripAsciiWhitespace(line.substr(at + 1));
    if (!out.emplace(key, Unquoted(value)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ":", number, ": '", key, "' is given twice"));
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<TextMap> ParseTexts(const std::string& text,
                                   const std::string& name) {
  const absl::string_view stripped = absl::StripLeadingAsciiWhitespace(text);
  const bool json = !stripped.empty() && stripped[0] == '{';
  return json ? ParseJsonParams(text, name) : ParseLineParams(text, name);
}

absl::StatusOr<TextMap> ParsePairs(const std::vector<std::string>& pairs,
                                   const std::string& option) {
  TextMap out;
  for (const std::string& pair : pairs) {
    const size_t at = pair.find('=');
    if (at == std::string::npos || at == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, " ", pair, ": expected NAME=VALUE"));
    }
    if (!out.emplace(pair.substr(0, at), pair.substr(at + 1)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, ": '", pair.substr(0, at), "' is given twice"));
    }
  }
  return out;
}

absl::StatusOr<absl::Duration> ParseDuration(const std::string& text,
                                             const std::string& option) {
  absl::Duration out;
  double days = 0;
  const bool is_days = !text.empty() && text.back() == 'd' &&
                       absl::SimpleAtod(text.substr(0, text.size() - 1), &days);
  if (is_days) out = absl::Hours(24) * days;
  if ((!is_days && !absl::ParseDuration(text, &out)) ||
      out < absl::ZeroDuration() || out == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        option, " ", text, ": expected a time such as 30s, 5m, 2h or 1d"));
  }
  return out;
}

void SetDuration(absl::Duration duration, google::protobuf::Duration* out) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration - absl::Seconds(seconds))));
}

std::string ReportUrl(const std::string& base_url, const std::string& run_id) {
  if (base_url.empty() || run_id.empty()) return "";
  std::string base = base_url;
  while (!base.empty() && base.back() == '/') base.pop_back();
  return absl::StrCat(base, "/runs/", run_id);
}

}  // namespace assay::cli
