// SPDX-License-Identifier: Apache-2.0
// SqlWriter's comparisons: both operands in the form of one column's type.
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
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

bool HasFraction(const Decimal& number) {
  return number.digits.find('.') != std::string::npos;
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

// Databases differ about it as a bound; SQLite would take it for NULL.
absl::Status MustBeANumber(const Value& value, const Constant& constant) {
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr || !std::isnan(*number)) return absl::OkStatus();
  return MakeError(
      ErrorReason::kValueInvalid,
      absl::StrCat(constant.range.known()
                       ? absl::StrCat("line ", constant.range.line, ": ")
                       : "",
                   "nothing compares with NaN: column ", constant.typed_by,
                   " wants a number"));
}

// A fraction against whole numbers: the whole number below it decides alike,
// and a database that would compare them as doubles need not round.
absl::StatusOr<BinaryCompare> InWholeNumbers(const BinaryCompare& compare,
                                             const ColumnType& type,
                                             const Scope& scope) {
  const auto* constant = std::get_if<Constant>(&compare.right->node);
  if (constant == nullptr) return compare;
  ASSAY_ASSIGN_OR_RETURN(const Value value,
                         TypeConstant(*constant, type, scope));
  ASSAY_RETURN_IF_ERROR(MustBeANumber(value, *constant));
  if (type.type != TypeClass::kInteger || compare.op == CompareOp::kEqual) {
    return compare;
  }
  const auto* number = std::get_if<Decimal>(&value);
  if (number == nullptr || !HasFraction(*number)) return compare;
  Decimal below = Divide(*number, 1, 0);
  if (CompareDecimals(below, *number) > 0) {
    below = Subtract(below, Decimal{"1"});
  }
  BinaryCompare whole = compare;
  whole.right =
      MakeExpr(Constant{below.digits, constant->typed_by, constant->range});
  if (compare.op == CompareOp::kLess) whole.op = CompareOp::kLessEqual;
  if (compare.op == CompareOp::kGreaterEqual) whole.op = CompareOp::kGreater;
  return whole;
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
  SqlWriter name(WriteMode::kPaste);
  name.PutName(scope, resolved.name);
  const std::string names_zone = scope.dialect->NamesZone(name.sql());
  if (as.type == TypeClass::kTimestamp && !names_zone.empty() &&
      scope.zone != absl::UTCTimeZone()) {
    ASSAY_RETURN_IF_ERROR(PutCompareByZone(compare, scope, as, names_zone));
    Put(")");
    return absl::OkStatus();
  }
  ASSAY_ASSIGN_OR_RETURN(const BinaryCompare whole,
                         InWholeNumbers(compare, as, scope));
  ASSAY_RETURN_IF_ERROR(PutComparable(whole.left, scope, as));
  Put(OpSql(whole.op));
  ASSAY_RETURN_IF_ERROR(PutComparable(whole.right, scope, as));
  Put(")");
  return absl::OkStatus();
}

absl::Status SqlWriter::PutCompareByZone(const BinaryCompare& compare,
                                         const Scope& scope,
                                         const ColumnType& as,
                                         const std::string& names_zone) {
  // The column's form of what names a zone is in UTC; of the rest, as it
  // stands, in the connection's.
  Scope utc = scope;
  utc.zone = absl::UTCTimeZone();
  ExprPtr moment = compare.right;
  if (const auto* constant = std::get_if<Constant>(&moment->node)) {
    ColumnType zoned = as;
    zoned.type = TypeClass::kTimestampTz;
    ASSAY_ASSIGN_OR_RETURN(const Value value,
                           TypeConstant(*constant, zoned, scope));
    moment = MakeExpr(Instant{std::get<Timestamp>(value).micros,
                              constant->typed_by, constant->range});
  }
  Put("CASE WHEN ").Put(names_zone).Put(" THEN ");
  ASSAY_RETURN_IF_ERROR(PutComparable(compare.left, scope, as));
  Put(OpSql(compare.op));
  ASSAY_RETURN_IF_ERROR(PutComparable(moment, utc, as));
  Put(" ELSE ");
  ASSAY_RETURN_IF_ERROR(PutComparable(compare.left, scope, as));
  Put(OpSql(compare.op));
  ASSAY_RETURN_IF_ERROR(PutComparable(compare.right, scope, as));
  Put(" END");
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
  const std::string column =
      !is_text ? dialect.Comparable(name.sql(), resolved.type)
      : bytes  ? dialect.ByteExact(name.sql(), resolved.type)
               : name.sql();
  std::vector<Value> values;
  std::vector<Value> fractions;  // Of a column of whole numbers.
  // Beside texts that name their zone, the values in UTC.
  std::vector<Value> moments;
  const std::string names_zone = dialect.NamesZone(name.sql());
  const bool by_zone = resolved.type.type == TypeClass::kTimestamp &&
                       !names_zone.empty() && scope.zone != absl::UTCTimeZone();
  for (const Constant& constant : set.values) {
    ASSAY_ASSIGN_OR_RETURN(Value value,
                           TypeConstant(constant, resolved.type, scope));
    // Where NaN is a value, it is one that may be looked for.
    if (dialect.NotANumber("x", resolved.type).empty()) {
      ASSAY_RETURN_IF_ERROR(MustBeANumber(value, constant));
    }
    if (by_zone) {
      ColumnType zoned = resolved.type;
      zoned.type = TypeClass::kTimestampTz;
      ASSAY_ASSIGN_OR_RETURN(const Value moment,
                             TypeConstant(constant, zoned, scope));
      moments.push_back(Timestamp{std::get<Timestamp>(moment).micros, false});
    }
    const auto* number = std::get_if<Decimal>(&value);
    const bool fraction = number != nullptr && HasFraction(*number) &&
                          resolved.type.type == TypeClass::kInteger;
    (fraction ? fractions : values).push_back(std::move(value));
  }
  const auto put_in = [&](const std::vector<Value>& of) {
    Put(column).Put(" IN (");
    for (size_t i = 0; i < of.size(); ++i) {
      if (i > 0) Put(", ");
      SqlWriter one = Part();
      one.PutValue(of[i], resolved.type.type, dialect);
      Put(is_text && bytes ? dialect.ByteExactConstant(one.sql())
                           : dialect.SameTypeAs(one.sql(), resolved.type));
      values_.insert(values_.end(), one.values_.begin(), one.values_.end());
    }
    Put(")");
  };
  Put("(");
  if (by_zone && !values.empty()) {
    Put("CASE WHEN ").Put(names_zone).Put(" THEN ");
    put_in(moments);
    Put(" ELSE ");
    put_in(values);
    Put(" END");
  } else if (!values.empty()) {
    put_in(values);
  } else {
    // In no set; NULL neither in nor out, as beside values.
    Put(column).Put(" <> ").Put(column);
  }
  // No whole number is a fraction, though the double beside it might be: only
  // where the column may hold another type a value is.
  const std::string other = dialect.WrongType(name.sql(), resolved.type);
  if (!fractions.empty() && !other.empty()) {
    Put(" OR (").Put(other).Put(" AND ");
    put_in(fractions);
    Put(")");
  }
  Put(")");
  return absl::OkStatus();
}

}  // namespace assay::sql
