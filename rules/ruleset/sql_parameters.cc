// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/sql_parameters.h"

#include <string>

#include "absl/strings/ascii.h"

namespace assay {
namespace {

constexpr size_t kEnd = std::string_view::npos;

bool IsWordChar(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || byte >= 0x80;
}

// Behind the quoted text at `i`; kEnd where that cannot be told.
size_t SkipQuoted(std::string_view sql, size_t i) {
  const char quote = sql[i++];
  for (; i < sql.size(); ++i) {
    if (sql[i] == '\\') return kEnd;
    if (sql[i] != quote) continue;
    if (i + 1 < sql.size() && sql[i + 1] == quote) {
      ++i;
    } else {
      return i + 1;
    }
  }
  return kEnd;
}

// Behind a comment that is opened at `i`; comments nest, as in PostgreSQL,
// which can only skip more than the others.
size_t SkipBlockComment(std::string_view sql, size_t i) {
  int depth = 0;
  while (i + 1 < sql.size()) {
    const std::string_view two = sql.substr(i, 2);
    if (two == "/*") {
      ++depth;
      i += 2;
    } else if (two == "*/") {
      i += 2;
      if (--depth == 0) return i;
    } else {
      ++i;
    }
  }
  return kEnd;
}

// Behind `$tag$ … $tag$` at `i`, or i + 1 where it is only a '$'.
size_t SkipDollarQuote(std::string_view sql, size_t i) {
  size_t end = i + 1;
  while (end < sql.size() && IsWordChar(sql[end])) ++end;
  if (end >= sql.size() || sql[end] != '$') return i + 1;
  const std::string_view tag = sql.substr(i, end + 1 - i);
  const size_t close = sql.find(tag, end + 1);
  return close == kEnd ? kEnd : close + tag.size();
}

}  // namespace

std::vector<SqlParameterUse> FindSqlParameters(std::string_view sql) {
  std::vector<SqlParameterUse> uses;
  size_t i = 0;
  char previous = ' ';
  while (i < sql.size()) {
    const char c = sql[i];
    const char next = i + 1 < sql.size() ? sql[i + 1] : '\0';
    size_t after = i + 1;
    if (c == '\'' || c == '"' || c == '`') {
      after = SkipQuoted(sql, i);
    } else if ((c == '-' && next == '-') || c == '#') {
      // '#' begins a comment in MariaDB and is an operator elsewhere.
      after = sql.find('\n', i);
    } else if (c == '/' && next == '*') {
      after = SkipBlockComment(sql, i);
    } else if (c == '$' && !IsWordChar(previous)) {
      after = SkipDollarQuote(sql, i);
    } else if (c == ':' && (next == ':' || next == '=')) {
      after = i + 2;
    } else if (c == ':' && !IsWordChar(previous) && previous != ')' &&
               previous != ']' &&
               (absl::ascii_isalpha(static_cast<unsigned char>(next)) ||
                next == '_')) {
      while (after < sql.size() && IsWordChar(sql[after])) ++after;
      uses.push_back({sql.substr(i + 1, after - i - 1), i});
    }
    if (after == kEnd) break;
    previous = sql[after - 1];
    i = after;
  }
  return uses;
}

}  // namespace assay
