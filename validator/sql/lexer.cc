// SPDX-License-Identifier: Apache-2.0
#include "validator/sql/lexer.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::sql {
namespace {

bool IsWordStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool IsDigit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool IsWord(char c) { return IsWordStart(c) || IsDigit(c) || c == '$'; }

std::string Upper(std::string_view word) {
  std::string out(word);
  for (char& c : out) {
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

// Functions whose lock belongs to the session: it would outlive the rule, in a
// pooled connection. (Those of a transaction end with it.)
constexpr std::string_view kSessionLocks[] = {
    "GET_LOCK",
    "PG_ADVISORY_LOCK",
    "PG_ADVISORY_LOCK_SHARED",
    "PG_TRY_ADVISORY_LOCK",
    "PG_TRY_ADVISORY_LOCK_SHARED",
};

class Lexer {
 public:
  Lexer(std::string_view text, const std::vector<std::string>& parameters,
        const Dialect::LexRules& rules, AuthorShape shape)
      : text_(text), parameters_(parameters), rules_(rules), shape_(shape) {}

  absl::StatusOr<std::vector<SqlPiece>> Run() {
    // In a comment or a string too: drivers and SQLite end the text there.
    if (const size_t nul = text_.find('\0'); nul != std::string_view::npos) {
      return Error(nul, "the SQL has a NUL byte", "remove it");
    }
    while (at_ < text_.size() && status_.ok()) Token();
    if (!status_.ok()) return status_;
    if (depth_ > 0) {
      return Error(open_at_, "'(' is never closed", "close it");
    }
    if (!seen_token_) return Error(0, "the SQL is empty", "write some");
    Flush(text_.size());
    return std::move(pieces_);
  }

 private:
  // Place within the author's text, as "line 2, column 5 of the SQL".
  absl::Status Error(size_t at, std::string_view what, std::string_view hint) {
    const auto before = text_.substr(0, at);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t newline = before.rfind('\n');
    const size_t column =
        newline == std::string_view::npos ? at + 1 : at - newline;
    return MakeError(
        ErrorReason::kSqlError,
        absl::StrCat(std::string(what), " (line ", line, ", column ", column,
                     " of the SQL); ", std::string(hint)));
  }

  void Fail(size_t at, std::string_view what, std::string_view hint) {
    status_ = Error(at, what, hint);
  }

  char Peek(size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  bool StartsWith(std::string_view word) const {
    return text_.substr(at_, word.size()) == word;
  }

  void Flush(size_t end) {
    if (end > piece_from_) {
      pieces_.push_back(
          {std::string(text_.substr(piece_from_, end - piece_from_)), false});
    }
  }

  void Token() {
    const char c = text_[at_];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at_;
      return;
    }
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) {
      return Fail(at_, "the SQL has a control character", "remove it");
    }
    if (Comment()) return;
    const bool after_escape_string = std::exchange(after_escape_string_, false);
    const std::string name = std::exchange(name_, "");
    seen_token_ = true;
    if (!seen_word_ && shape_ == AuthorShape::kSelect && c != '(') {
      seen_word_ = true;
      const std::string word = Upper(WordAt(at_));
      // VALUES as a statement desynchronises MariaDB's driver.
      if (word != "SELECT" && word != "WITH") {
        return Fail(at_, "the statement is not a SELECT",
                    "a rule only reads: begin with SELECT or WITH");
      }
    }
    if (c == '\'') {
      if (after_escape_string) {
        // PostgreSQL joins it to the E'…' before it, backslashes and all.
        return Fail(at_, "a string follows an E'…' string",
                    "join the two with ||");
      }
      return Quoted('\'', rules_.backslash_escapes);
    }
    if (c == '"') return DoubleQuoted();
    if (c == '`' && rules_.backtick_quotes) return Quoted('`', false);
    if (c == '[' && rules_.bracket_quotes) return Bracketed();
    if (c == '$' && rules_.dollar_quotes && DollarQuoted()) return;
    if (c == '$' && rules_.dollar_quotes && IsDigit(Peek(1))) {
      return Fail(at_, "$ and a number would take a parameter of ours",
                  "use :name for a parameter");
    }
    if (rules_.sigil_variables && (c == '$' || c == '@' || c == '#')) {
      // Unbound variables are NULL, and $a(') swallows a quote.
      return Fail(at_, absl::StrCat("'", std::string(1, c), "' is not allowed"),
                  "use :name for a parameter");
    }
    if (c == '@' && rules_.at_variables) {
      return Fail(at_, "'@' is not allowed",
                  "variables are NULL here; use :name for a parameter");
    }
    if (c == ';') {
      return Fail(at_, "';' is not allowed",
                  "a rule has one statement; remove it");
    }
    if (c == '?') {
      return Fail(at_, "'?' is not allowed: drivers take it for a parameter",
                  "use :name for a parameter, or the function behind the "
                  "operator, such as jsonb_exists()");
    }
    if (c == '{' || c == '}') {
      return Fail(at_,
                  absl::StrCat("'", std::string(1, c),
                               "' is not allowed: drivers rewrite what is in "
                               "braces"),
                  "use the database's own function or literal, such as DATE "
                  "'2024-01-31' for {d '2024-01-31'}");
    }
    if (c == '(') {
      if (std::find(std::begin(kSessionLocks), std::end(kSessionLocks), name) !=
          std::end(kSessionLocks)) {
        return Fail(at_, absl::StrCat(name, " is not allowed"),
                    "its lock would outlive the rule; a rule only reads");
      }
      if (depth_++ == 0) open_at_ = at_;
    } else if (c == ')') {
      if (--depth_ < 0) {
        return Fail(at_, "')' without '('", "balance the parentheses");
      }
    } else if (c == ':') {
      return Colon();
    } else if (IsWordStart(c)) {
      return Word();
    } else if (IsDigit(c)) {
      return Number();
    }
    ++at_;
  }

  // A number and what sticks to it, so that 1e5 is no word.
  void Number() {
    const size_t from = at_;
    while (at_ < text_.size() && (IsWord(text_[at_]) || text_[at_] == '.') &&
           text_[at_] != '$') {
      ++at_;
    }
    const char last = text_[at_ - 1];
    // PostgreSQL before 15 ends the number earlier: 1E'…' is 1 and E'…'.
    if ((rules_.escape_strings && Peek(0) == '\'' &&
         (last == 'E' || last == 'e')) ||
        Peek(0) == '$') {
      Fail(from, "a number runs into what follows", "put a blank after it");
    }
  }

  std::string_view WordAt(size_t from) const {
    size_t end = from;
    while (end < text_.size() && IsWord(text_[end])) ++end;
    return text_.substr(from, end - from);
  }

  void Word() {
    const size_t from = at_;
    const std::string word = Upper(WordAt(at_));
    at_ += word.size();
    if (word == "E" && rules_.escape_strings && Peek(0) == '\'') {
      after_escape_string_ = true;
      return Quoted('\'', true);
    }
    if (word == "INTO") {
      return Fail(from, "INTO is not allowed", "a rule only reads");
    }
    name_ = word;
  }

  void Colon() {
    if (Peek(1) == ':' && !rules_.sigil_variables) {  // A cast.
      at_ += 2;
      return;
    }
    const std::string_view name = WordAt(at_ + 1);
    if (std::find(parameters_.begin(), parameters_.end(), name) ==
            parameters_.end() ||
        name.empty()) {
      if (rules_.sigil_variables) {
        return Fail(at_,
                    absl::StrCat("':", std::string(name),
                                 "' is no parameter of the rule set"),
                    "declare it under params");
      }
      ++at_;
      return;
    }
    Flush(at_);
    pieces_.push_back({std::string(name), true});
    at_ += 1 + name.size();
    piece_from_ = at_;
  }

  void Quoted(char quote, bool backslash) {
    const size_t from = at_++;
    while (at_ < text_.size()) {
      if (text_[at_] == '\\' && backslash) {
        at_ += 2;
      } else if (text_[at_] == quote) {
        if (Peek(1) != quote) {
          ++at_;
          return;
        }
        at_ += 2;
      } else {
        ++at_;
      }
    }
    Fail(from, absl::StrCat("a ", std::string(1, quote), " is never closed"),
         "close it");
  }

  void DoubleQuoted() {
    const size_t from = at_;
    Quoted('"', false);
    name_ = Upper(text_.substr(from + 1, at_ - from - 2));
    if (!rules_.double_quote_fallback || !status_.ok()) return;
    // SQLite takes "typo" for a text where no column has the name, but not
    // `typo`.
    Flush(from);
    std::string name = "`";
    for (size_t i = from + 1; i + 1 < at_; ++i) {
      if (text_[i] == '"') ++i;  // A doubled quote.
      if (text_[i] == '`') name.push_back('`');
      name.push_back(text_[i]);
    }
    pieces_.push_back({name + "`", false});
    piece_from_ = at_;
  }

  void Bracketed() {
    const size_t end = text_.find(']', at_);
    if (end == std::string_view::npos) {
      return Fail(at_, "a [ is never closed", "close it");
    }
    at_ = end + 1;
  }

  bool DollarQuoted() {
    const std::string_view rest = text_.substr(at_ + 1);
    const size_t tag_end = rest.find('$');
    if (tag_end == std::string_view::npos) return false;
    for (const char c : rest.substr(0, tag_end)) {
      if (!IsWord(c) || c == '$') return false;
    }
    if (tag_end > 0 && !IsWordStart(rest.front())) return false;
    const std::string_view tag = text_.substr(at_, tag_end + 2);
    const size_t end = text_.find(tag, at_ + tag.size());
    if (end == std::string_view::npos) {
      Fail(at_, absl::StrCat(std::string(tag), " is never closed"), "close it");
      return true;
    }
    at_ = end + tag.size();
    return true;
  }

  // Skips a comment. It is not sent: drivers count the '?' and quotes in it.
  bool Comment() {
    const size_t from = at_;
    if (!SkipComment()) return false;
    Flush(from);
    pieces_.push_back({" ", false});
    piece_from_ = at_;
    return true;
  }

  bool SkipComment() {
    const bool dash =
        StartsWith("--") &&
        (!rules_.double_dash_needs_space || at_ + 2 >= text_.size() ||
         std::isspace(static_cast<unsigned char>(Peek(2))) != 0);
    if (dash || (rules_.hash_comments && text_[at_] == '#')) {
      const size_t newline = text_.find('\n', at_);
      const size_t end =
          newline == std::string_view::npos ? text_.size() : newline;
      // PostgreSQL ends the comment at a carriage return, others do not.
      const size_t cr = text_.find('\r', at_);
      if (cr < end && cr + 1 != end) {
        Fail(cr, "a carriage return in a comment", "end the line with \\n");
      }
      at_ = end;
      return true;
    }
    if (!StartsWith("/*")) return false;
    if (rules_.executable_comments &&
        (Peek(2) == '!' || (Peek(2) == 'M' && Peek(3) == '!'))) {
      Fail(at_, "a comment that the database executes is not allowed",
           "write it as SQL");
      return true;
    }
    const size_t from = at_;
    int depth = 0;
    while (at_ < text_.size()) {
      if (StartsWith("/*") && (depth == 0 || rules_.nested_comments)) {
        ++depth;
        at_ += 2;
      } else if (StartsWith("*/")) {
        at_ += 2;
        if (--depth == 0) return true;
      } else {
        ++at_;
      }
    }
    Fail(from, "a /* is never closed", "close it");
    return true;
  }

  const std::string_view text_;
  const std::vector<std::string>& parameters_;
  const Dialect::LexRules rules_;
  const AuthorShape shape_;
  size_t at_ = 0;
  size_t piece_from_ = 0;
  size_t open_at_ = 0;
  int depth_ = 0;
  bool seen_token_ = false;
  bool seen_word_ = false;
  bool after_escape_string_ = false;
  std::string name_;  // The token before, where it may name a function; upper.
  absl::Status status_;
  std::vector<SqlPiece> pieces_;
};

}  // namespace

absl::StatusOr<std::vector<SqlPiece>> LexAuthorSql(
    std::string_view text, const std::vector<std::string>& parameters,
    const Dialect::LexRules& rules, AuthorShape shape) {
  return Lexer(text, parameters, rules, shape).Run();
}

}  // namespace assay::sql
