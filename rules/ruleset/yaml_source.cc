// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/yaml_source.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"

namespace assay {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Length of the UTF-8 character at `at`, 0 where it is broken: overlong forms,
// surrogates and what lies beyond U+10FFFF included.
size_t CharacterLength(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0   ? 4
                        : first >= 0xE0 ? 3
                        : first >= 0xC2 ? 2
                                        : 0;
  if (length == 0 || first > 0xF4 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[at + i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

YamlSource::YamlSource(std::string_view text) : text_(text) {
  line_starts_.push_back(0);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

void YamlSource::CheckCharacters(std::vector<Issue>& issues) const {
  for (size_t i = 0; i < text_.size();) {
    const size_t length = CharacterLength(text_, i);
    const auto c = static_cast<unsigned char>(text_[i]);
    if (length == 0) {
      issues.push_back({Severity::kError, "not_utf8",
                        absl::StrFormat("byte 0x%02X is not UTF-8 here", c),
                        RangeOf(i, i + 1), "save the file as UTF-8"});
      return;
    }
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
                         c == 0x7F || (c == '\r' && At(i + 1) != '\n');
    if (control) {
      issues.push_back({Severity::kError, "control_character",
                        absl::StrFormat("control character 0x%02X", c),
                        RangeOf(i, i + 1), "remove it"});
      return;
    }
    i += length;
  }
}

size_t YamlSource::OffsetOf(int line, int column) const {
  if (line < 0 || static_cast<size_t>(line) >= line_starts_.size()) {
    return text_.size();
  }
  size_t offset = line_starts_[line] + static_cast<size_t>(std::max(column, 0));
  // yaml-cpp drops a byte order mark and does not count it.
  if (line == 0 && text_.substr(0, 3) == kByteOrderMark) offset += 3;
  return std::min(offset, text_.size());
}

SourceRange YamlSource::PlaceOf(size_t offset) const {
  return RangeOf(offset, offset + 1);
}

SourceRange YamlSource::RangeOf(size_t begin, size_t end) const {
  auto place = [this](size_t offset, int& line, int& column) {
    const auto next =
        std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    const auto index = next - line_starts_.begin() - 1;
    line = static_cast<int>(index) + 1;
    column = static_cast<int>(offset - line_starts_[index]) + 1;
  };
  SourceRange range;
  place(begin, range.line, range.column);
  place(end > begin ? end - 1 : begin, range.end_line, range.end_column);
  if (end > begin) ++range.end_column;
  return range;
}

std::string_view YamlSource::Line(size_t line) const {
  if (line >= line_starts_.size()) return {};
  std::string_view rest = text_.substr(line_starts_[line]);
  rest = rest.substr(0, rest.find('\n'));
  if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
  return rest;
}

bool YamlSource::PlaceScalar(size_t offset, YamlNode& node) const {
  switch (At(offset)) {
    case '"':
    case '\'':
      return PlaceQuoted(offset, node);
    case '|':
    case '>':
      PlaceBlock(offset, node);
      return true;
    default:
      PlacePlain(offset, node);
      return true;
  }
}

bool YamlSource::PlaceQuoted(size_t offset, YamlNode& node) const {
  node.style = YamlNode::Style::kQuoted;
  const char quote = text_[offset];
  size_t end = offset + 1;
  while (end < text_.size()) {
    const bool escape = text_[end] == '\\' && quote == '"';
    const bool doubled =
        text_[end] == quote && quote == '\'' && At(end + 1) == quote;
    if (!escape && !doubled && text_[end] == quote) break;
    end += escape || doubled ? 2 : 1;
  }
  const bool closed = end < text_.size();
  node.range = RangeOf(offset, closed ? end + 1 : offset + 1);
  node.text_start = RangeOf(offset + 1, offset + 2);
  node.verbatim =
      closed && text_.substr(offset + 1, end - offset - 1) == node.text;
  return closed;
}

void YamlSource::PlacePlain(size_t offset, YamlNode& node) const {
  node.style = YamlNode::Style::kPlain;
  node.verbatim = text_.substr(offset, node.text.size()) == node.text;
  size_t end = offset + node.text.size();
  if (!node.verbatim) {
    // Folded over several lines: the first is shown.
    const size_t line = static_cast<size_t>(PlaceOf(offset).line - 1);
    end = line_starts_[line] + Trimmed(Line(line)).size();
  }
  node.range = RangeOf(offset, std::max(end, offset + 1));
  node.text_start = node.range;
}

void YamlSource::PlaceBlock(size_t offset, YamlNode& node) const {
  const bool literal = text_[offset] == '|';
  node.style = literal ? YamlNode::Style::kLiteral : YamlNode::Style::kFolded;
  node.range = PlaceOf(offset);
  node.text_start = node.range;
  const auto header = static_cast<size_t>(node.range.line - 1);
  // The first line with text tells the indentation, unless the header does;
  // then yaml-cpp has cut off less than we would, and the text is compared.
  size_t line = header + 1;
  while (line < lines() && Trimmed(Line(line)).empty()) ++line;
  if (line >= lines() || node.text.empty()) return;
  const size_t indent = Line(line).find_first_not_of(' ');
  const std::string_view first(node.text.data() +
                               std::min(node.text.size(), line - header - 1));
  if (indent == std::string_view::npos ||
      first.substr(0, first.find('\n')) != Line(line).substr(indent)) {
    if (!literal && indent != std::string_view::npos) {
      node.range = RangeOf(line_starts_[line] + indent,
                           line_starts_[line] + Line(line).size());
    }
    return;
  }
  node.verbatim = literal;
  const size_t begin = line_starts_[line] + indent;
  node.range = RangeOf(begin, line_starts_[line] + Line(line).size());
  node.text_start = node.range;
  node.text_start.line = static_cast<int>(header) + 2;
}

SourceRange YamlSource::PlaceEmptyItem(size_t offset) const {
  if (At(offset) == ',' || At(offset) == ']') return PlaceOf(offset);
  for (size_t line = PlaceOf(offset).line; line-- > 0;) {
    std::string_view content = Line(line);
    const size_t start = line_starts_[line];
    if (start + content.size() > offset) {
      content = content.substr(0, offset > start ? offset - start : 0);
    }
    content = Trimmed(content.substr(0, content.find(" #")));
    if (content.empty() || content.front() == '#') continue;
    if (content.back() == '-') return PlaceOf(start + content.size() - 1);
  }
  return PlaceOf(offset);
}

SourceRange RangeWithin(const YamlNode& scalar, size_t offset, size_t size) {
  if (!scalar.verbatim || offset + size > scalar.text.size()) {
    return scalar.range;
  }
  const std::string_view before(scalar.text.data(), offset);
  const auto breaks = std::count(before.begin(), before.end(), '\n');
  if (breaks > 0 && scalar.style != YamlNode::Style::kLiteral) {
    return scalar.range;
  }
  const size_t line_begin = breaks > 0 ? before.rfind('\n') + 1 : 0;
  SourceRange range;
  range.line = scalar.text_start.line + static_cast<int>(breaks);
  range.column =
      scalar.text_start.column + static_cast<int>(offset - line_begin);
  range.end_line = range.line;
  range.end_column = range.column + static_cast<int>(size);
  return range;
}

}  // namespace assay
