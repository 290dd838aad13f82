// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/connection_string.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace assay::odbc {
namespace {

std::string Trim(std::string_view text) {
  return std::string(
      absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size())));
}

bool SameKeyword(const std::string& a, std::string_view b) {
  return absl::EqualsIgnoreCase(a, absl::string_view(b.data(), b.size()));
}

// Drivers decode what they find outside of braces: psqlODBC takes '+' and '%'
// in a password for a blank and an escape.
bool NeedsBraces(const std::string& keyword, const std::string& value) {
  if (value.empty()) return false;
  if (value.front() == ' ' || value.back() == ' ') return true;
  if (value.find_first_of(";{}\r\n") != std::string::npos) return true;
  if (!IsPasswordKeyword(keyword)) return false;
  return !std::all_of(value.begin(), value.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
           c == '-' || c == '.';
  });
}

std::string Quoted(const std::string& value) {
  std::string out = "{";
  for (const char c : value) {
    out.push_back(c);
    if (c == '}') out.push_back('}');
  }
  return out + "}";
}

}  // namespace

bool IsPasswordKeyword(std::string_view keyword) {
  const std::string lower =
      absl::AsciiStrToLower(absl::string_view(keyword.data(), keyword.size()));
  return lower == "pwd" || lower == "password";
}

ConnectionString::ConnectionString(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t equals = text.find('=', at);
    const size_t end = std::min(text.find(';', at), text.size());
    if (equals == std::string_view::npos || equals > end) {
      std::string keyword = Trim(text.substr(at, end - at));
      if (!keyword.empty()) items_.emplace_back(std::move(keyword), "");
      at = end + 1;
      continue;
    }
    std::string keyword = Trim(text.substr(at, equals - at));
    at = equals + 1;
    while (at < text.size() && text[at] == ' ') ++at;
    std::string value;
    if (at < text.size() && text[at] == '{') {
      ++at;
      while (at < text.size()) {
        if (text[at] == '}') {
          if (at + 1 >= text.size() || text[at + 1] != '}') break;
          ++at;
        }
        value.push_back(text[at++]);
      }
      at = std::min(text.find(';', at), text.size());
    } else {
      const size_t stop = std::min(text.find(';', at), text.size());
      value = Trim(text.substr(at, stop - at));
      at = stop;
    }
    ++at;
    items_.emplace_back(std::move(keyword), std::move(value));
  }
}

std::optional<std::string> ConnectionString::Get(
    std::string_view keyword) const {
  for (const auto& [key, value] : items_) {
    if (SameKeyword(key, keyword)) return value;
  }
  return std::nullopt;
}

void ConnectionString::Set(std::string_view keyword, std::string_view value) {
  bool done = false;
  std::erase_if(items_, [&](auto& item) {
    if (!SameKeyword(item.first, keyword)) return false;
    if (done) return true;
    item.second = value;
    done = true;
    return false;
  });
  if (!done) items_.emplace_back(keyword, value);
}

void ConnectionString::SetDefault(std::string_view keyword,
                                  std::string_view value) {
  if (!Get(keyword).has_value()) Set(keyword, value);
}

std::string ConnectionString::ToString() const {
  std::string out;
  for (const auto& [key, value] : items_) {
    if (!out.empty()) out.push_back(';');
    out.append(key).append("=").append(NeedsBraces(key, value) ? Quoted(value)
                                                               : value);
  }
  return out;
}

}  // namespace assay::odbc
