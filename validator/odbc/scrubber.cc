// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/scrubber.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "absl/strings/ascii.h"

namespace assay::odbc {
namespace {

constexpr size_t kShortestSecret = 3;

// Returns `text` with each byte of `special` written twice, or with `escape`
// before it.
std::string Escaped(std::string_view text, std::string_view special,
                    char escape) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) {
      out.push_back(escape == '\0' ? c : escape);
    }
    out.push_back(c);
  }
  return out;
}

std::string PercentEncoded(std::string_view text, const char* format) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' ||
        c == '~') {
      out.push_back(c);
      continue;
    }
    char hex[4];
    (void)std::snprintf(hex, sizeof hex, format, byte);
    out.append(hex);
  }
  return out;
}

// Where the value behind "pwd=" ends: at the closing brace, else at ';' or a
// space.
size_t ValueEnd(std::string_view text, size_t begin) {
  if (begin < text.size() && text[begin] == '{') {
    size_t at = begin + 1;
    while (at < text.size()) {
      if (text[at] != '}') {
        ++at;
      } else if (at + 1 < text.size() && text[at + 1] == '}') {
        at += 2;
      } else {
        return at + 1;
      }
    }
    return text.size();
  }
  const size_t end = text.find_first_of("; \t\r\n\"'", begin);
  return end == std::string_view::npos ? text.size() : end;
}

std::string HidePasswords(std::string text) {
  for (const std::string_view keyword : {"pwd=", "password="}) {
    const std::string lower = absl::AsciiStrToLower(text);
    std::string out;
    size_t from = 0;
    while (true) {
      const size_t at = lower.find(std::string(keyword), from);
      if (at == std::string::npos) break;
      const size_t value = at + keyword.size();
      out.append(text, from, value - from).append("***");
      from = ValueEnd(text, value);
    }
    text = out.append(text.substr(from));
  }
  return text;
}

}  // namespace

Scrubber::Scrubber(const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (secret.size() < kShortestSecret) continue;
    forms_.push_back(secret);
    forms_.push_back("{" + Escaped(secret, "}", '\0') + "}");
    forms_.push_back(Escaped(secret, "}", '\0'));
    forms_.push_back(Escaped(secret, "'", '\0'));
    forms_.push_back(Escaped(secret, "'\"\\", '\\'));
    forms_.push_back(PercentEncoded(secret, "%%%02X"));
    forms_.push_back(PercentEncoded(secret, "%%%02x"));
  }
  std::sort(forms_.begin(), forms_.end(),
            [](const std::string& a, const std::string& b) {
              return a.size() != b.size() ? a.size() > b.size() : a < b;
            });
  forms_.erase(std::unique(forms_.begin(), forms_.end()), forms_.end());
}

std::string Scrubber::Scrub(std::string_view text) const {
  std::string out(text);
  for (const std::string& form : forms_) {
    size_t at = 0;
    while ((at = out.find(form, at)) != std::string::npos) {
      out.replace(at, form.size(), "***");
      at += 3;
    }
  }
  return HidePasswords(std::move(out));
}

}  // namespace assay::odbc
