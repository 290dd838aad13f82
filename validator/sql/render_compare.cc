// SPDX-License-Identifier: Apache-2.0
// SqlWriter's comparisons: both operands in the form of one column's type.
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/sql/render.h"

namespace assay::sql {
namespace {

const char* OpSql(CompareOp op) {
  switch (op) {
    case CompareOp::kLess:
      return " < ";
    case CompareOp::kLessEqual:
      return " <= ";
    case CompareOp::kEqual:
      return " = ";
    case CompareOp::kGreaterEqual:
      return " >= ";
    case CompareOp::kGreater:
      return " > ";
  }
  return " = ";
}

// A constant has no form that is surely right in a column of a type that is
// none of ours: money and intervals compare as text, a SQLite column without a
// type holds anything. A wrong PASS, so an error.
absl::Status MustBeComparable(const ResolvedColumn& column) {
  if (column.type.type != TypeClass::kOther) return absl::OkStatus();
  return MakeError(
      ErrorReason::kUnsupported,
      absl::StrCat("column ", column.name, " is of type '",
                   column.type.native_name,
                   "', whose values assay does not compare; cast it in an "
                   "expression or query rule, or in a view that declares a "
                   "type"));
}

}  // namespace

absl::Status SqlWriter::PutComparable(const ExprPtr& expr, const Scope& scope,
                                      const ColumnType& as) {
  const auto* column = std::get_if<Column>(&expr->node);
  if (column == nullptr) {
    // Constants of a text column must take part in the same collation.
    SqlWriter inner = Part();
    ASSAY_RETURN_IF_ERROR(inner.PutExpr(expr, scope));
    const bool is_text = as.type == TypeClass::kText;
    Put(is_text ? scope.dialect->ByteExactConstant(inner.sql()) : inner.sql());
    values_.insert(values_.end(), inner.values_.begin(), inner.values_.end());
    return absl::OkStatus();
  }
  ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved, scope.resolve(*column));
  SqlWriter name(WriteMode::kPaste);
  name.PutName(scope, resolved.name);
  Put(scope.dialect->Comparable(name.sql(), as));
  return absl::OkStatus();
}

absl::Status SqlWriter::PutCompare(const BinaryCompare& compare,
                                   const Scope& scope) {
  const auto* column = std::get_if<Column>(&compare.left->node);
  Put("(");
  if (column == nullptr) {
    ASSAY_RETURN_IF_ERROR(PutExpr(compare.left, scope));
    Put(OpSql(compare.op));
    ASSAY_RETURN_IF_ERROR(PutExpr(compare.right, scope));
    Put(")");
    return absl::OkStatus();
  }
  ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved, scope.resolve(*column));
  ColumnType as = resolved.type;
  ASSAY_RETURN_IF_ERROR(MustBeComparable(resolved));
  // A date against a moment: the date counts as its midnight.
  if (as.type == TypeClass::kDate &&
      std::holds_alternative<Instant>(compare.right->node)) {
    as.type = TypeClass::kTimestamp;
  }
  ASSAY_RETURN_IF_ERROR(PutComparable(compare.left, scope, as));
  Put(OpSql(compare.op));
  ASSAY_RETURN_IF_ERROR(PutComparable(compare.right, scope, as));
  Put(")");
  return absl::OkStatus();
}

absl::Status SqlWriter::PutInSet(const InSet& set, const Scope& scope) {
  ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                         scope.resolve(set.column));
  ASSAY_RETURN_IF_ERROR(MustBeComparable(resolved));
  const Dialect& dialect = *scope.dialect;
  SqlWriter name(WriteMode::kPaste);
  name.PutName(scope, resolved.name);
  const bool is_text = resolved.type.type == TypeClass::kText ||
                       resolved.type.type == TypeClass::kOther ||
                       resolved.type.type == TypeClass::kJson;
  const bool bytes = set.equality == Equality::kBytes;
  if (is_text) {
    Put("(").Put(bytes ? dialect.ByteExact(name.sql(), resolved.type)
                       : name.sql());
  } else {
    Put("(").Put(dialect.Comparable(name.sql(), resolved.type));
  }
  Put(" IN (");
  for (size_t i = 0; i < set.values.size(); ++i) {
    if (i > 0) Put(", ");
    ASSAY_ASSIGN_OR_RETURN(const Value value,
                           TypeConstant(set.values[i], resolved.type.type));
    SqlWriter one = Part();
    one.PutValue(value, resolved.type.type, dialect);
    Put(is_text && bytes ? dialect.ByteExactConstant(one.sql())
                         : dialect.SameTypeAs(one.sql(), resolved.type));
    values_.insert(values_.end(), one.values_.begin(), one.values_.end());
  }
  Put("))");
  return absl::OkStatus();
}

}  // namespace assay::sql
