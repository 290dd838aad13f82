// SPDX-License-Identifier: Apache-2.0
// A mistake of the user's in a file, as data: where, what, and what to do.
//
// Values; safe to copy between threads. See status.h for trouble of the engine.
#ifndef ASSAY_VALIDATOR_BASE_ISSUE_H_
#define ASSAY_VALIDATOR_BASE_ISSUE_H_

#include <string>
#include <string_view>
#include <vector>

namespace assay {

// A half-open range of a text file. Lines and columns start at 1; a column
// counts bytes of UTF-8. All zero: no place is known.
struct SourceRange {
  int line = 0;
  int column = 0;
  int end_line = 0;
  int end_column = 0;

  bool known() const { return line > 0; }
  friend bool operator==(const SourceRange&, const SourceRange&) = default;
};

enum class Severity { kWarning, kError };

struct Issue {
  Severity severity = Severity::kError;
  // Stable lower-case id of the kind of mistake, e.g. "unknown_key".
  std::string code;
  // One sentence without place, e.g. "unknown key 'colums' in not_null".
  std::string message;
  SourceRange range;
  // What to do, e.g. "did you mean 'columns'?". May be empty.
  std::string hint;
};

// Returns `issue` as "file:12:7: error: message (hint)", then the line of
// `text` and a caret line where the range is known. No trailing newline.
std::string FormatIssue(const Issue& issue, std::string_view file,
                        std::string_view text);

// Returns whether any issue is an error.
bool HasErrors(const std::vector<Issue>& issues);

// Returns the candidate nearest to `word` by edit distance (at most a third of
// the word's length, at least 1), else the one that alone begins with it (three
// letters or more), or "" where none is near. For "did you mean".
std::string NearestName(std::string_view word,
                        const std::vector<std::string>& candidates);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_ISSUE_H_
