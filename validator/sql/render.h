// SPDX-License-Identifier: Apache-2.0
// Plan → SQL of one dialect, with bound values or written out for a person.
//
// Pure; thread-safe. This file's external interface is SqlWriter and the scope
// it writes in; statements.h builds whole statements with it.
#ifndef ASSAY_VALIDATOR_SQL_RENDER_H_
#define ASSAY_VALIDATOR_SQL_RENDER_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rules/plan/expression.h"
#include "rules/plan/plan.h"
#include "validator/sql/dialect.h"
#include "validator/value/value.h"

namespace assay::sql {

// A table as the catalog spells it; empty parts are left out.
struct TableRef {
  std::string catalog;
  std::string schema;
  std::string name;
};

struct ResolvedColumn {
  std::string name;  // As the catalog spells it.
  ColumnType type;
};

// What a table's expressions are written in. Borrowed members must outlive it.
struct Scope {
  const Dialect* dialect = nullptr;
  TableRef table;
  // A SELECT that stands in the table's place, its values written out; empty:
  // the table itself.
  std::string derived;
  // Finds a column in the catalog; kColumnNotFound names near ones.
  std::function<absl::StatusOr<ResolvedColumn>(const Column&)> resolve;
  std::string alias;    // Of the table in the statement; "" none.
  absl::TimeZone zone;  // Of timestamps without zone.
};

enum class WriteMode {
  kBound,  // '?' markers and values.
  kPaste,  // Literals, for a person.
};

// psqlODBC counts parameters in 16 bits and crashes beyond; SQLite and
// PostgreSQL have limits of their own, all above this.
inline constexpr size_t kMaxBoundValues = 2000;

// Collects one statement. Confined to one thread.
class SqlWriter {
 public:
  explicit SqlWriter(WriteMode mode) : mode_(mode) {}

  // Appends text that is ours.
  SqlWriter& Put(std::string_view text);

  // Appends `table`, quoted, with " AS alias" where the scope has one.
  void PutTable(const Scope& scope);
  // Appends a column of the scope's table, quoted and qualified.
  void PutName(const Scope& scope, std::string_view name);

  // Appends an expression. Fails with kColumnNotFound, kValueInvalid (a
  // constant that does not fit its column), kSqlError (author SQL).
  absl::Status PutExpr(const ExprPtr& expr, const Scope& scope);

  // Appends a value of a type: bound, or written out where the mode or the
  // dialect says so, or where the statement has kMaxBoundValues already.
  void PutValue(const Value& value, TypeClass type, const Dialect& dialect);

  // The same, for an IN list behind Dialect::KeyColumn.
  void PutKeyValue(const Value& value, const ColumnType& type,
                   const Dialect& dialect);

  // Appends author SQL: an expression on lines of its own in parentheses, or a
  // whole statement.
  absl::Status PutAuthorExpression(const AuthorSql& sql,
                                   const Dialect& dialect);
  absl::Status PutAuthorSelect(const AuthorSql& sql, const Dialect& dialect);

  // Appends one aggregate of `scope`. `from_where` writes "FROM t WHERE …" for
  // dialects that compute a variance from a subquery.
  absl::Status PutMeasure(
      const AggregateMeasure& measure, const Scope& scope,
      const std::function<absl::Status(SqlWriter&)>& from_where);

  const std::string& sql() const { return sql_; }
  const std::vector<Value>& values() const { return values_; }

 private:
  absl::Status PutAuthor(const AuthorSql& sql, const Dialect& dialect,
                         bool select);
  absl::Status PutCompare(const BinaryCompare& compare, const Scope& scope);
  // A comparison with a moment, of a column whose texts may name their zone.
  absl::Status PutCompareByZone(const BinaryCompare& compare,
                                const Scope& scope, const ColumnType& as,
                                const std::string& names_zone);
  absl::Status PutInSet(const InSet& set, const Scope& scope);
  // A column, constant or instant in comparable form, typed as `as`.
  absl::Status PutComparable(const ExprPtr& expr, const Scope& scope,
                             const ColumnType& as);
  // "CASE WHEN filter THEN operand END", or the operand alone.
  absl::Status PutFiltered(const ExprPtr& filter, const Scope& scope,
                           const std::function<absl::Status()>& operand);

  // A writer for a part of this statement; Splice appends it.
  SqlWriter Part() const;
  void Splice(const std::string& sql, const SqlWriter& part);

  const WriteMode mode_;
  size_t values_before_ = 0;  // Bound by the writer that this is a part of.
  std::string sql_;
  std::vector<Value> values_;
};

// The value that the constant stands for in a column of `type`; exact numbers
// stay exact whatever the column's precision, others become the one that a
// column of single precision stores for them. A time without a zone is in the
// scope's. kValueInvalid otherwise.
absl::StatusOr<Value> TypeConstant(const Constant& constant,
                                   const ColumnType& type, const Scope& scope);

}  // namespace assay::sql

#endif  // ASSAY_VALIDATOR_SQL_RENDER_H_
