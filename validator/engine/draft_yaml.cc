// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/draft_yaml.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace assay::engine {
namespace {

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// What YAML 1.1, YAML 1.2 or a rule set does not take for a name.
bool IsSpecial(std::string_view name) {
  for (const char* word : {"null", "true", "false", "yes", "no", "on", "off",
                           "y", "n", "none", "all"}) {
    if (absl::EqualsIgnoreCase(absl::string_view(name.data(), name.size()),
                               word)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string YamlName(std::string_view name) {
  const bool plain =
      !name.empty() &&
      !absl::ascii_isdigit(static_cast<unsigned char>(name.front())) &&
      IsWordByte(name.front()) && IsWordByte(name.back()) && !IsSpecial(name) &&
      std::all_of(name.begin(), name.end(),
                  [](char c) { return IsWordByte(c) || c == '.' || c == '-'; });
  return plain ? std::string(name) : YamlText(name);
}

std::string YamlText(std::string_view text) {
  if (std::none_of(text.begin(), text.end(), IsControl)) {
    return absl::StrCat(
        "'", absl::StrReplaceAll(std::string(text), {{"'", "''"}}), "'");
  }
  std::string out = "\"";
  for (const char c : text) {
    if (IsControl(c)) {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
  }
  return out + "\"";
}

std::string YamlNames(const std::vector<std::string>& names) {
  return absl::StrCat(
      "[",
      absl::StrJoin(names, ", ",
                    [](std::string* out, const std::string& name) {
                      absl::StrAppend(out, YamlName(name));
                    }),
      "]");
}

std::string QualifiedName(const std::string& schema, const std::string& table) {
  std::string out;
  for (const std::string* part : {&schema, &table}) {
    if (part->empty()) continue;
    if (!out.empty()) out.push_back('.');
    if (std::all_of(part->begin(), part->end(), IsWordByte)) {
      out += *part;
    } else {
      absl::StrAppend(&out, "\"", absl::StrReplaceAll(*part, {{"\"", "\"\""}}),
                      "\"");
    }
  }
  return out;
}

std::string YamlComment(std::string_view indent, std::string_view text) {
  std::string out;
  std::string line;
  const auto end_line = [&] {
    absl::StrAppend(&out, std::string(indent), "#", line.empty() ? "" : " ",
                    line, "\n");
    line.clear();
  };
  for (const char c : text) {
    if (c == '\n') {
      end_line();
    } else {
      line.push_back(IsControl(c) ? ' ' : c);
    }
  }
  end_line();
  return out;
}

std::string YamlRemark(std::string_view text) {
  std::string out = "  # ";
  for (const char c : text) out.push_back(IsControl(c) ? ' ' : c);
  return out;
}

}  // namespace assay::engine
