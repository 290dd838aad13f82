// SPDX-License-Identifier: Apache-2.0
// The author's SQL must not leave the place where we put it.
#include "validator/sql/lexer.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay::sql {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string>& Names() {
  static const auto* const kNames = new std::vector<std::string>{"p", "cutoff"};
  return *kNames;
}

absl::StatusOr<std::vector<SqlPiece>> Lex(
    const char* dialect, std::string_view text,
    AuthorShape shape = AuthorShape::kExpression) {
  return LexAuthorSql(text, Names(), FindDialect(dialect)->lex_rules(), shape);
}

// The pieces as one text, parameters in «».
std::string Show(const char* dialect, std::string_view text) {
  const auto pieces = Lex(dialect, text);
  if (!pieces.ok()) {
    EXPECT_EQ(GetReason(pieces.status()), ErrorReason::kSqlError);
    return absl::StrCat("error: ", pieces.status().message());
  }
  std::string out;
  for (const SqlPiece& piece : *pieces) {
    absl::StrAppend(&out, piece.is_parameter ? "«" : "", piece.text,
                    piece.is_parameter ? "»" : "");
  }
  return out;
}

struct Case {
  std::string text;
  // Which dialects take it: p(ostgresql), m(ariadb), s(qlite), a(nsi).
  std::string taken_by;
};

const std::map<char, const char*>& Dialects() {
  static const auto* const kDialects = new std::map<char, const char*>{
      {'p', "postgresql"}, {'m', "mariadb"}, {'s', "sqlite"}, {'a', "ansi"}};
  return *kDialects;
}

void ExpectTaken(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    for (const auto& [letter, dialect] : Dialects()) {
      const auto pieces = Lex(dialect, c.text);
      EXPECT_EQ(pieces.ok(), c.taken_by.find(letter) != std::string::npos)
          << dialect << ": " << c.text << "\n"
          << pieces.status();
    }
  }
}

TEST(Lexer, Statements) {
  ExpectTaken({
      {"a > 1", "pmsa"},
      {"a > 1;", ""},
      {"a > 1; DROP TABLE t", ""},
      {"a = ';'", "pmsa"},
      {"\"a;b\" > 1", "pmsa"},
      {"a > 1 -- ;", "pmsa"},
      {"a > 1 /* ; */", "pmsa"},
      {"a = '?'", "pmsa"},
      {"a ? 'x'", ""},
      {"a = ?", ""},
      {"", ""},
      {" \n\t", ""},
      {"-- nothing", ""},
      {"a IN (SELECT 1 INTO OUTFILE 'x')", ""},
      {"a into b", ""},
      {"\"into\" = 1", "pmsa"},
      {"a = 'into'", "pmsa"},
      {"into_x = 1", "pmsa"},
      {std::string("a = 1\0", 6), ""},
      {std::string("a = '\0'", 7), ""},
      {std::string("a = '\\\0'", 8), ""},
      {std::string("a = 1 -- \0", 10), ""},
      {std::string("a = 1 /*\0*/", 11), ""},
      {"a = 1\x01", ""},
      {"a = '\x01'", "pmsa"},
      {"a\r\n>\r\n1", "pmsa"},
  });
}

TEST(Lexer, WhatDriversRewrite) {
  ExpectTaken({
      {"a > {fn now()}", ""},
      {"a > {d '2024-01-31'}", ""},
      {"a > 1 }", ""},
      {"a = '{fn now()}'", "pmsa"},
      {"\"{fn}\" = 1", "pmsa"},
      {"a > 1 /* {fn now()} */", "pmsa"},
  });
}

TEST(Lexer, LocksOfTheSession) {
  ExpectTaken({
      {"GET_LOCK('x', 1) = 1", ""},
      {"get_lock ('x', 1) = 1", ""},
      {"pg_catalog.pg_advisory_lock(1) IS NULL", ""},
      {"pg_advisory_lock_shared(1) IS NULL", ""},
      {"pg_try_advisory_lock\n(1)", ""},
      {"pg_try_advisory_lock_shared(1)", ""},
      {"pg_advisory_xact_lock(1) IS NULL", "pmsa"},
      {"get_lock = 1", "pmsa"},
      {"get_lock", "pmsa"},
      {"a = 'GET_LOCK(1)'", "pmsa"},
      {"my_get_lock(1)", "pmsa"},
      {"pg_advisory_lock/**/(1)", ""},
      {"pg_advisory_lock -- x\n (1)", ""},
      {"\"pg_advisory_lock\"(1)", ""},
      {"get_lock + (1)", "pmsa"},
  });
}

TEST(Lexer, Parentheses) {
  ExpectTaken({
      {"(a > 1)", "pmsa"},
      {"((a > 1)", ""},
      {"a > 1)", ""},
      {"a > 1) OR (1 = 1", ""},
      {"a = ')' OR b = '('", "pmsa"},
      {"a = 1 /* ) */ OR (b = 2 -- (\n)", "pmsa"},
  });
}

TEST(Lexer, Strings) {
  ExpectTaken({
      {"a = 'it''s'", "pmsa"},
      {"a = 'open", ""},
      {"a = \"open", ""},
      {"a = 'x' ';' ", "pmsa"},
      // A backslash escapes on MariaDB only.
      {"a = '\\'", "psa"},
      {"a = '\\''", "m"},
      {"a = '\\\\'", "pmsa"},
      {"a = '\\' OR b = ' ; '", "psa"},
      {"a = \"\\\"\"", ""},  // ANSI_QUOTES: a name.
      // PostgreSQL's E'…'.
      {"a = E'\\''", "pm"},
      {"a = e'\\') OR (1=1 -- '", "pm"},
      {"xe = 'a\\'", "psa"},
      {"name'\\'", "psa"},
      // 1E'…' is a number and E'…' before PostgreSQL 15.
      {"a = 1E'\\''", "m"},
      {"a = 1E5", "pmsa"},
      // Joined to an escape string, a plain one has escapes as well.
      {"a = E'a'\n'\\' OR b = ') OR (1=1 -- '", "sa"},
      {"a = E'a' -- x\n 'b'", "msa"},
      {"a = E'a' || 'b'", "pmsa"},
      {"a = E'a' AND b = 'b'", "pmsa"},
  });
}

TEST(Lexer, QuotedNames) {
  ExpectTaken({
      {"`a;b` = 1", "ms"},
      {"`a``b` = 1", "pmsa"},
      {"`a", "pa"},
      {"[a;b] = 1", "s"},
      {"[a = 1", "pma"},
      {"[a'b] = 1", "s"},
      {"x[1] = 1", "pmsa"},
      {"`a\\` = 1", "pmsa"},
      {"\"a\"\"b\" = 1", "pmsa"},
  });
}

TEST(Lexer, DollarQuotes) {
  ExpectTaken({
      {"a = $$;$$", "p"},
      {"a = $x$ ' $$ ; $x$", "p"},
      {"a = $x$ open", "ma"},
      {"a = $1x$ ; $1x$", ""},
      {"a$b$ = 1", "pmsa"},
      {"a = $$)$$", "p"},
      // Ours are bound as $1, $2, …: the author must not take one.
      {"a = $1", "ma"},
      // 1 and then $a$ for PostgreSQL.
      {"a = 1$a$ ' $a$ ) OR (1=1 -- '", ""},
  });
}

TEST(Lexer, Comments) {
  ExpectTaken({
      {"a -- it's (", "pmsa"},
      {"a /* it's ( */", "pmsa"},
      {"a /* open", ""},
      {"a */ b", "pmsa"},
      {"a /* /* */ b", "msa"},
      {"a /* /* */ ) */", "p"},
      {"a /* /* */ */", "pmsa"},
      {"a # it's", "m"},
      {"a # b", "pma"},
      {"a --1 = ')'", "pmsa"},
      {"a --1)", "psa"},
      {"a --", "pmsa"},
      {"a /*! OR 1=1 */", "psa"},
      {"a /*M! OR 1=1 */", "psa"},
      {"a /*Max*/", "pmsa"},
      {"a /*+ hint */", "pmsa"},
      // PostgreSQL ends a comment at a carriage return, others do not.
      {"a -- x\r\n", "pmsa"},
      {"a -- x\r", "pmsa"},
      {"a -- \r) OR (1=1", ""},
      {"a -- \r'\n) OR (1=1 -- '", ""},
      // MariaDB takes control characters after -- for a blank.
      {"a > 1 --\x01'\n) OR (1=1 -- '", ""},
  });
}

// SQLite's $a(…), @a, #a and :a are variables: NULL where nobody binds them,
// and the parentheses swallow quotes.
TEST(Lexer, SqliteVariables) {
  ExpectTaken({
      {"a > $x(')) OR (1=1 -- ')", "pma"},
      {"a > @x", "pa"},
      {"a > #x", "pma"},
      {"a > :typo", "pma"},
      {"a > :x(')) OR (1=1 -- ')", "pma"},
      {"a::text = 'x'", "pma"},
      {"a ->> '$.x' = '@#'", "pmsa"},
  });
}

TEST(Lexer, Parameters) {
  EXPECT_EQ(Show("ansi", "a > :p AND b < :cutoff"), "a > «p» AND b < «cutoff»");
  EXPECT_EQ(Show("ansi", ":p"), "«p»");
  EXPECT_EQ(Show("ansi", ":p:cutoff"), "«p»«cutoff»");
  EXPECT_EQ(Show("postgresql", "a::p > :p::p"), "a::p > «p»::p");
  EXPECT_EQ(Show("postgresql", "x[1:p] = :px"), "x[1«p»] = :px");
  EXPECT_EQ(Show("postgresql", "x[1:2] = :P"), "x[1:2] = :P");
  EXPECT_EQ(Show("postgresql", "a = ':p' AND \":p\" = $$:p$$ /* :p */ -- :p"),
            "a = ':p' AND \":p\" = $$:p$$    ");
  EXPECT_EQ(Show("mariadb", "a = 1 AND `:p` = :p"), "a = 1 AND `:p` = «p»");
  // SQLite takes "typo" for a text, `typo` never.
  EXPECT_EQ(Show("sqlite", "\"a\"\"`b\" = \":p\""), "`a\"``b` = `:p`");
  EXPECT_EQ(Show("sqlite", "[:p] = :p"), "[:p] = «p»");
}

TEST(Lexer, SaysWhere) {
  EXPECT_THAT(Show("ansi", "a = 1\n  AND b;"),
              HasSubstr("line 2, column 8 of the SQL"));
  EXPECT_THAT(Show("ansi", "a = 1\n AND (b"),
              HasSubstr("line 2, column 6 of the SQL"));
}

TEST(Lexer, SelectsOnly) {
  const std::pair<const char*, bool> cases[] = {
      {"SELECT 1", true},
      {"  -- why\n select 1", true},
      {"/* a */WITH x AS (SELECT 1) SELECT * FROM x", true},
      {"(SELECT 1) UNION (SELECT 2)", true},
      {"VALUES (1)", false},
      {"((VALUES (1)))", false},
      {"DELETE FROM t", false},
      {"UPDATE t SET a = 1", false},
      {"SELECTED", false},
      {"SELECT 1; SELECT 2", false},
      {"SELECT 1;", false},
      {"SELECT 1 INTO x", false},
      {"CALL p()", false},
      {"EXPLAIN ANALYZE DELETE FROM t", false},
      {"PRAGMA query_only = 0", false},
      {"ATTACH 'x' AS y", false},
      {"BEGIN", false},
      {"'SELECT'", false},
      {"", false},
  };
  for (const auto& [text, taken] : cases) {
    for (const auto& [letter, dialect] : Dialects()) {
      EXPECT_EQ(Lex(dialect, text, AuthorShape::kSelect).ok(), taken)
          << dialect << ": " << text;
    }
  }
}

// A second reading of SQL, written for one purpose and unlike the lexer: with
// strings, names and comments blanked out, which parentheses and semicolons are
// left? It follows the databases' own scanners, not ours.
std::string Blank(const std::string& sql, char dialect) {
  std::string out;
  size_t i = 0;
  const auto at = [&](size_t k) { return k < sql.size() ? sql[k] : '\n'; };
  bool word = false;  // Within an identifier or a number.
  while (i < sql.size()) {
    const char c = sql[i];
    const bool escape =
        dialect == 'm' ||
        (dialect == 'p' && (at(i) == 'E' || at(i) == 'e') && at(i + 1) == '\'');
    if ((c == 'E' || c == 'e') && dialect == 'p' && at(i + 1) == '\'' &&
        !word) {
      ++i;
    }
    const char q = sql[i];
    const bool quote = q == '\'' || q == '"' ||
                       (q == '`' && (dialect == 'm' || dialect == 's'));
    if (quote) {
      ++i;
      while (i < sql.size()) {
        const bool escaped = sql[i] == '\\' && escape && q == '\'';
        if (escaped || (sql[i] == q && at(i + 1) == q)) {
          i += 2;
        } else if (sql[i] == q) {
          break;
        } else {
          ++i;
        }
      }
      if (i >= sql.size()) return "unterminated";
      ++i;
      out += 'x';
      word = false;
      continue;
    }
    if (c == '[' && dialect == 's') {
      i = sql.find(']', i);
      if (i == std::string::npos) return "unterminated";
      ++i;
      continue;
    }
    if (c == '$' && dialect == 'p' && !word) {
      size_t end = i + 1;
      while (std::isalnum(static_cast<unsigned char>(at(end))) != 0) ++end;
      if (at(end) == '$' &&
          std::isdigit(static_cast<unsigned char>(at(i + 1))) == 0) {
        const std::string tag = sql.substr(i, end - i + 1);
        const size_t close = sql.find(tag, end + 1);
        if (close == std::string::npos) return "unterminated";
        i = close + tag.size();
        continue;
      }
    }
    if (c == '-' && at(i + 1) == '-' &&
        (dialect != 'm' || static_cast<unsigned char>(at(i + 2)) <= ' ')) {
      while (i < sql.size() && sql[i] != '\n' &&
             !(dialect == 'p' && sql[i] == '\r')) {
        ++i;
      }
      word = false;
      continue;
    }
    if (c == '#' && dialect == 'm') {
      while (i < sql.size() && sql[i] != '\n') ++i;
      word = false;
      continue;
    }
    if (c == '/' && at(i + 1) == '*') {
      int depth = 1;
      i += 2;
      while (i < sql.size() && depth > 0) {
        if (sql[i] == '*' && at(i + 1) == '/') {
          --depth;
          i += 2;
        } else if (dialect == 'p' && sql[i] == '/' && at(i + 1) == '*') {
          ++depth;
          i += 2;
        } else {
          ++i;
        }
      }
      if (depth > 0) return "unterminated";
      word = false;
      continue;
    }
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    const bool letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    // A number does not carry on into a dollar quote.
    word = letter || (word && (digit || c == '$'));
    out += c;
    ++i;
  }
  return out;
}

// Whether `sql`, "(\n…\n)", is one parenthesis from its first to its last byte.
bool StaysInside(const std::string& sql, char dialect) {
  const std::string rest = Blank(sql, dialect);
  if (rest == "unterminated") return false;
  int depth = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == ';') return false;
    if (rest[i] == '(') ++depth;
    if (rest[i] == ')') --depth;
    if (depth <= 0 && i + 1 < rest.size()) return false;
  }
  return depth == 0;
}

TEST(LexerProperty, WhatIsTakenStaysInItsParentheses) {
  const std::vector<std::string> atoms = {
      "'",  "''", "\"",      "`",     "[",  "]",  "(",   ")",   "(",
      ")",  "--", "/*",      "*/",    "#",  "$$", "$a$", "$",   "\\",
      "\n", "\r", " ",       "E'",    "e'", "a",  "1",   ":p",  ":",
      ";",  "?",  "-",       "E'\\'", "x ", "/",  "*",   "'a'", "1e",
      "\t", "!",  "a = 'b'", "|| ",   "$1"};
  std::mt19937 random(20261123);  // The same texts each time.
  std::uniform_int_distribution<size_t> pick(0, atoms.size() - 1);
  std::uniform_int_distribution<int> length(1, 14);
  for (const auto& [letter, dialect] : Dialects()) {
    const Dialect::LexRules rules = FindDialect(dialect)->lex_rules();
    int taken = 0;
    for (int round = 0; round < 150000; ++round) {
      std::string text;
      for (int n = length(random); n > 0; --n) text += atoms[pick(random)];
      const auto pieces =
          LexAuthorSql(text, Names(), rules, AuthorShape::kExpression);
      if (!pieces.ok()) continue;
      ++taken;
      std::string wrapped = "(\n";
      for (const SqlPiece& piece : *pieces) {
        wrapped += piece.is_parameter ? "CAST(? AS text)" : piece.text;
      }
      wrapped += "\n)";
      ASSERT_TRUE(StaysInside(wrapped, letter)) << dialect << ": " << wrapped;
    }
    EXPECT_GT(taken, 1000) << dialect << " refuses nearly all";
  }
}

// Each piece of text and each parameter in order give the text back, where no
// comment is left out.
TEST(LexerProperty, PiecesAreTheWholeText) {
  std::mt19937 random(7);
  const std::string alphabet = "a:p '\"()+1 $\n";
  std::uniform_int_distribution<size_t> pick(0, alphabet.size() - 1);
  for (int round = 0; round < 50000; ++round) {
    std::string text;
    for (int n = 0; n < 12; ++n) text += alphabet[pick(random)];
    const auto pieces = Lex("postgresql", text);
    if (!pieces.ok()) continue;
    std::string joined;
    for (const SqlPiece& piece : *pieces) {
      absl::StrAppend(&joined, piece.is_parameter ? ":" : "", piece.text);
    }
    ASSERT_EQ(joined, text);
  }
}

}  // namespace
}  // namespace assay::sql
