// SPDX-License-Identifier: Apache-2.0
#include "validator/base/issue.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

// So much of a name is no accident.
constexpr size_t kLeastBeginning = 3;

// Returns line `number` (from 1) of `text` without its line end.
std::string_view LineOf(std::string_view text, int number) {
  size_t begin = 0;
  for (int i = 1; i < number; ++i) {
    const size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Of a line as long as minified JSON only what is near the caret is of use:
// where it begins, and its bytes. Characters stay whole.
constexpr size_t kMostShownBytes = 160;

std::pair<size_t, size_t> Around(std::string_view line, size_t at) {
  if (line.size() <= kMostShownBytes) return {0, line.size()};
  const auto inside = [line](size_t i) {
    return i < line.size() &&
           (static_cast<unsigned char>(line[i]) & 0xC0) == 0x80;
  };
  size_t begin = at > kMostShownBytes / 2 ? at - kMostShownBytes / 2 : 0;
  while (begin > 0 && inside(begin)) --begin;
  size_t end = std::min(line.size(), begin + kMostShownBytes);
  while (inside(end)) ++end;
  return {begin, end - begin};
}

// Levenshtein distance with adjacent transpositions (optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1,
                                     std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

std::string FormatIssue(const Issue& issue, std::string_view file,
                        std::string_view text) {
  std::string out(file);
  if (issue.range.known()) {
    absl::StrAppend(&out, ":", issue.range.line, ":", issue.range.column);
  }
  absl::StrAppend(&out, ": ",
                  issue.severity == Severity::kError ? "error: " : "warning: ",
                  issue.message);
  if (!issue.hint.empty()) absl::StrAppend(&out, " (", issue.hint, ")");
  if (!issue.range.known()) return out;
  const std::string_view whole = LineOf(text, issue.range.line);
  if (whole.empty()) return out;
  size_t at =
      std::min(whole.size(), static_cast<size_t>(issue.range.column - 1));
  const auto [begin, shown] = Around(whole, at);
  const std::string line(whole.substr(begin, shown));
  at -= begin;
  absl::StrAppend(&out, "\n  ", line, "\n  ");
  // Tabs stay tabs and a multi-byte character is one column, so that the caret
  // stands below its place.
  for (size_t i = 0; i < at; ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xC0) == 0x80) continue;
    out.push_back(line[i] == '\t' ? '\t' : ' ');
  }
  size_t end = line.size();
  if (issue.range.end_line == issue.range.line) {
    end =
        std::min(end, static_cast<size_t>(issue.range.end_column - 1) - begin);
  }
  out.push_back('^');
  for (size_t i = at + 1; i < end; ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xC0) != 0x80)
      out.push_back('~');
  }
  return out;
}

bool HasErrors(const std::vector<Issue>& issues) {
  return std::any_of(issues.begin(), issues.end(), [](const Issue& issue) {
    return issue.severity == Severity::kError;
  });
}

std::string NearestName(std::string_view word,
                        const std::vector<std::string>& candidates) {
  const std::string lower = Lower(word);
  const size_t limit = std::max<size_t>(1, word.size() / 3);
  size_t best = limit + 1;
  std::string nearest;
  std::vector<std::string> begun;  // Candidates that begin with the word.
  for (const std::string& candidate : candidates) {
    const std::string name = Lower(candidate);
    const size_t distance = EditDistance(lower, name);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
    if (name.starts_with(lower)) begun.push_back(candidate);
  }
  // What was begun and not ended is likelier than two slips.
  const bool one_begun = begun.size() == 1 && word.size() >= kLeastBeginning;
  return one_begun && best > 1 ? begun.front() : nearest;
}

}  // namespace assay
