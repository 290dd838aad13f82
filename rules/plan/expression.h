// SPDX-License-Identifier: Apache-2.0
// Dialect-neutral expressions over the columns of one table.
//
// Immutable once built; shared between threads without locks. Truth is
// three-valued as in SQL: a predicate that is NULL for a row does not hold.
#ifndef ASSAY_RULES_PLAN_EXPRESSION_H_
#define ASSAY_RULES_PLAN_EXPRESSION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "validator/base/issue.h"
#include "validator/value/value.h"

namespace assay {

// SQL of the author's, opaque here: validator/sql lexes it and binds :name.
struct AuthorSql {
  std::string text;
  std::map<std::string, Value> parameters;  // By name, without the colon.
  SourceRange range;
};

// How text is compared: byte by byte, or as the database's collation says.
enum class Equality { kBytes, kDatabase };

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct Column {
  std::string name;  // As written; resolved in the catalog.
  SourceRange range;
};

// A constant as the author wrote it; it gets the type of column `typed_by`.
// Text that was quoted is text for text columns and parsed for others alike.
struct Constant {
  std::string text;
  std::string typed_by;
  SourceRange range;
};

// A moment, microseconds of UTC; takes the type of column `typed_by` (a date,
// a wall-clock timestamp in the connection's zone, or an instant).
struct Instant {
  int64_t micros = 0;
  std::string typed_by;
  SourceRange range;
};

enum class CompareOp { kLess, kLessEqual, kEqual, kGreaterEqual, kGreater };

struct BinaryCompare {
  CompareOp op = CompareOp::kEqual;
  ExprPtr left;
  ExprPtr right;
};

struct NullTest {
  ExprPtr operand;
};
struct Not {
  ExprPtr operand;
};
struct And {
  std::vector<ExprPtr> operands;  // Empty: true.
};
struct Or {
  std::vector<ExprPtr> operands;  // Empty: false.
};

// column IN (values), text compared as `equality` says.
struct InSet {
  Column column;
  std::vector<Constant> values;
  Equality equality = Equality::kBytes;
};

enum class LengthUnit { kCharacters, kBytes };
struct Length {
  Column column;
  LengthUnit unit = LengthUnit::kCharacters;
};

// A count or length written by the plan itself.
struct Integer {
  int64_t value = 0;
};

// Holds for a non-NULL value that is not of its column's declared type, which
// only databases without enforced types can hold (SQLite).
struct WrongType {
  Column column;
  bool of_moments = false;  // A date may have a time behind it.
};

// Holds for NaN, which PostgreSQL orders above every number, so that a lower
// bound alone would let it pass.
struct NotANumber {
  Column column;
};

// A predicate or a value in the author's SQL.
struct Author {
  AuthorSql sql;
};

struct Expr {
  std::variant<Column, Constant, Instant, Integer, BinaryCompare, NullTest, Not,
               And, Or, InSet, Length, WrongType, NotANumber, Author>
      node;
};

template <typename T>
ExprPtr MakeExpr(T node) {
  return std::make_shared<const Expr>(Expr{std::move(node)});
}

// `a` AND `b`, where either may be null (absent); null where both are.
ExprPtr Conjunction(ExprPtr a, ExprPtr b);

// Canonical text of an expression for `explain` and for finding equal ones,
// e.g. "amount < 0 OR amount > 1000". Two expressions with the same text mean
// the same within one table. Null prints as "".
std::string ExplainText(const ExprPtr& expr);

}  // namespace assay

#endif  // ASSAY_RULES_PLAN_EXPRESSION_H_
