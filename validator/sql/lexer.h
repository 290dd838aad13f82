// SPDX-License-Identifier: Apache-2.0
// Lexes the author's SQL as far as safety needs: strings, identifiers,
// comments, parentheses, parameters. It does not parse SQL.
//
// Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_SQL_LEXER_H_
#define ASSAY_VALIDATOR_SQL_LEXER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/sql/dialect.h"

namespace assay::sql {

enum class AuthorShape {
  kExpression,  // Goes inside parentheses of ours.
  kSelect,      // A whole statement.
};

// A stretch of text, or a parameter `:name` (text is the name).
struct SqlPiece {
  std::string text;
  bool is_parameter = false;
};

// Splits `text` at its parameters. `parameters` are the declared names; an
// undeclared `:word` stays text (an array slice, perhaps). Fails with kSqlError
// where the text could end what it is put into or start something else: a `;`,
// unbalanced parentheses, an unterminated string or comment, a comment that
// MariaDB would execute, a `?` (drivers take it for a marker), braces (drivers
// rewrite {fn now()}), SELECT … INTO, a lock of the session's, a statement that
// is not a SELECT, a control character, and what releases of a database read
// differently (a carriage return in a comment, 'b' after E'a').
absl::StatusOr<std::vector<SqlPiece>> LexAuthorSql(
    std::string_view text, const std::vector<std::string>& parameters,
    const Dialect::LexRules& rules, AuthorShape shape);

}  // namespace assay::sql

#endif  // ASSAY_VALIDATOR_SQL_LEXER_H_
