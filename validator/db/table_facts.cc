// SPDX-License-Identifier: Apache-2.0
#include "validator/db/table_facts.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace assay::db {
namespace {

std::string Trimmed(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace(
      absl::string_view(text.data(), text.size())));
}

// Where the quoted text at `from` ends: behind the closing quote; npos: never.
size_t EndOfQuoted(const std::string& text, size_t from) {
  const char quote = text[from];
  for (size_t i = from + 1; i < text.size(); ++i) {
    if (text[i] != quote) continue;
    if (i + 1 < text.size() && text[i + 1] == quote) {
      ++i;
    } else {
      return i + 1;
    }
  }
  return std::string::npos;
}

// "((x))" → "x"; "(a) + (b)" stays.
std::string WithoutParentheses(std::string text) {
  while (text.size() > 1 && text.front() == '(' && text.back() == ')') {
    int depth = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\'' || text[i] == '"') {
        const size_t end = EndOfQuoted(text, i);
        if (end == std::string::npos) return text;
        i = end - 1;
      } else if (text[i] == '(') {
        ++depth;
      } else if (text[i] == ')' && --depth == 0 && i + 1 < text.size()) {
        return text;
      }
    }
    text = Trimmed(text.substr(1, text.size() - 2));
  }
  return text;
}

// "'x'::character varying" → "'x'"; only casts of the whole.
std::string WithoutCasts(std::string text) {
  while (true) {
    const size_t at = text.rfind("::");
    if (at == std::string::npos || at == 0) return text;
    for (const char c : text.substr(at + 2)) {
      // A type's name and its arguments.
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
          !absl::StrContains(" _.,()[]\"", std::string(1, c))) {
        return text;
      }
    }
    std::string operand = Trimmed(text.substr(0, at));
    const char last = operand.back();
    // Not of the last operand of an expression alone.
    const bool whole =
        operand.front() == '\''
            ? EndOfQuoted(operand, 0) == operand.size()
            : operand.find_first_of(" +*/|") == std::string::npos ||
                  (operand.front() == '(' && last == ')');
    if (!whole) return text;
    text = WithoutParentheses(std::move(operand));
  }
}

// The text inside of quotes; null where `text` is not one quoted text. B'1' and
// E'…' have a letter before it.
std::optional<std::string> Unquoted(const std::string& text) {
  size_t from = 0;
  if (text.size() > 2 && text[1] == '\'' &&
      absl::StrContains("bBeEnN", text.substr(0, 1))) {
    from = 1;
  }
  if (text.size() < from + 2 || text[from] != '\'' ||
      EndOfQuoted(text, from) != text.size()) {
    return std::nullopt;
  }
  return absl::StrReplaceAll(text.substr(from + 1, text.size() - from - 2),
                             {{"''", "'"}});
}

std::string NormalFunction(const std::string& text) {
  std::string lower = absl::AsciiStrToLower(text);
  lower = absl::StrReplaceAll(lower, {{" ", ""}});
  const std::string word = lower.substr(0, lower.find('('));
  for (const char* now :
       {"now", "current_timestamp", "localtimestamp", "transaction_timestamp",
        "statement_timestamp", "clock_timestamp", "utc_timestamp", "sysdate",
        "localtime"}) {
    if (word == now) return "current_timestamp";
  }
  if (word == "curdate" || word == "current_date" || word == "utc_date") {
    return "current_date";
  }
  if (word == "curtime" || word == "current_time" || word == "utc_time") {
    return "current_time";
  }
  if (word == "uuid" || word == "gen_random_uuid" ||
      word == "uuid_generate_v4" || word == "uuid_generate_v1") {
    return "uuid()";
  }
  if (word == "true") return "1";
  if (word == "false") return "0";
  return lower;
}

std::string NormalLiteral(const std::string& text, TypeClass type) {
  switch (type) {
    case TypeClass::kBoolean: {
      const std::string lower = absl::AsciiStrToLower(text);
      if (lower == "true" || lower == "t") return "1";
      if (lower == "false" || lower == "f") return "0";
      return text;
    }
    case TypeClass::kInteger:
    case TypeClass::kDecimal:
    case TypeClass::kDouble:
      if (const auto number = ParseDecimal(text)) return number->digits;
      return text;
    case TypeClass::kDate:
    case TypeClass::kTime:
    case TypeClass::kTimestamp:
    case TypeClass::kTimestampTz:
    case TypeClass::kUuid: {
      // A zone written into a default is UTC's as good as always.
      const TypeClass read =
          type == TypeClass::kTimestamp ? TypeClass::kTimestampTz : type;
      const absl::StatusOr<Value> value = ParseValue(read, text);
      return value.ok() ? ToText(*value) : text;
    }
    default:
      return text;
  }
}

}  // namespace

bool IsSequenceDefault(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(
      absl::string_view(text.data(), text.size()));
  return absl::StrContains(lower, "nextval(") ||
         absl::StrContains(lower, "next value for");
}

std::string NormalDefault(std::string_view text, TypeClass type) {
  if (IsSequenceDefault(text)) return "";
  std::string rest;
  for (std::string next = Trimmed(text); next != rest;) {
    rest = next;
    next = WithoutCasts(WithoutParentheses(rest));
  }
  if (rest.empty() || absl::EqualsIgnoreCase(rest, "null")) return "";
  if (const auto literal = Unquoted(rest)) {
    // An empty text is a default too.
    const std::string normal = NormalLiteral(*literal, type);
    return normal.empty() ? "''" : normal;
  }
  if (ParseDecimal(rest).has_value()) return ParseDecimal(rest)->digits;
  return NormalFunction(rest);
}

const ColumnFacts* TableFacts::FindColumn(std::string_view column_name) const {
  const absl::string_view wanted(column_name.data(), column_name.size());
  const ColumnFacts* without_case = nullptr;
  bool several = false;
  for (const ColumnFacts& column : columns) {
    if (column.name == column_name) return &column;
    if (!absl::EqualsIgnoreCase(column.name, wanted)) continue;
    several = without_case != nullptr;
    without_case = &column;
  }
  return several ? nullptr : without_case;
}

const IndexFacts* TableFacts::primary_key() const {
  for (const IndexFacts& index : indexes) {
    if (index.primary) return &index;
  }
  return nullptr;
}

}  // namespace assay::db
