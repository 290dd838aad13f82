// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/table_name.h"

#include <string>
#include <utility>
#include <vector>

namespace assay::connections {
namespace {

// The quote that ends what `c` opens, or 0.
char ClosingQuote(char c, const sql::Dialect::LexRules& rules) {
  if (c == '"') return '"';
  if (c == '`' && rules.backtick_quotes) return '`';
  if (c == '[' && rules.bracket_quotes) return ']';
  return '\0';
}

// Takes a quoted name off the front of `rest`; nullopt where it has no end.
std::optional<std::string> TakeQuoted(std::string_view* rest, char close) {
  std::string part;
  for (size_t i = 1; i < rest->size(); ++i) {
    if ((*rest)[i] != close) {
      part.push_back((*rest)[i]);
    } else if (i + 1 < rest->size() && (*rest)[i + 1] == close) {
      part.push_back(close);
      ++i;
    } else {
      rest->remove_prefix(i + 1);
      return part;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<db::TableName> SplitTableName(
    std::string_view name, const sql::Dialect::LexRules& rules) {
  std::vector<std::string> parts;
  std::string_view rest = name;
  while (true) {
    const char close = rest.empty() ? '\0' : ClosingQuote(rest.front(), rules);
    if (close != '\0') {
      std::optional<std::string> part = TakeQuoted(&rest, close);
      if (!part.has_value()) return std::nullopt;
      parts.push_back(*std::move(part));
    } else {
      const std::string_view part = rest.substr(0, rest.find('.'));
      parts.emplace_back(part);
      rest.remove_prefix(part.size());
    }
    if (parts.back().empty()) return std::nullopt;
    if (rest.empty()) break;
    if (rest.front() != '.') return std::nullopt;
    rest.remove_prefix(1);
  }
  if (parts.size() > 3) return std::nullopt;
  db::TableName out;
  out.name = std::move(parts.back());
  if (parts.size() > 1) out.schema = std::move(parts[parts.size() - 2]);
  if (parts.size() > 2) out.catalog = std::move(parts[0]);
  return out;
}

}  // namespace assay::connections
