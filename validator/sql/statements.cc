// SPDX-License-Identifier: Apache-2.0
#include "validator/sql/statements.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::sql {
namespace {

// " FROM t WHERE where AND extra…"; nulls are left out.
absl::Status PutFromWhere(SqlWriter& out, const Scope& scope,
                          std::initializer_list<ExprPtr> conditions) {
  out.Put("\nFROM ");
  out.PutTable(scope);
  bool first = true;
  for (const ExprPtr& condition : conditions) {
    if (condition == nullptr) continue;
    out.Put(first ? "\nWHERE " : "\n  AND ");
    first = false;
    ASSAY_RETURN_IF_ERROR(out.PutExpr(condition, scope));
  }
  // The caller may add " AND …" or, where nothing stands yet, " WHERE …".
  return absl::OkStatus();
}

void PutColumns(SqlWriter& out, const Scope& scope,
                const std::vector<std::string>& columns) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out.Put(", ");
    out.PutName(scope, columns[i]);
  }
}

// The column in the form in which its groups are told apart.
absl::StatusOr<std::string> GroupForm(const Scope& scope, const Column& column,
                                      Equality equality) {
  ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved, scope.resolve(column));
  SqlWriter name(WriteMode::kPaste);
  name.PutName(scope, resolved.name);
  return equality == Equality::kBytes
             ? scope.dialect->GroupForm(name.sql(), resolved.type)
             : name.sql();
}

ExprPtr AllNonNull(const std::vector<Column>& columns) {
  And all;
  for (const Column& column : columns) {
    all.operands.push_back(MakeExpr(Not{MakeExpr(NullTest{MakeExpr(column)})}));
  }
  return MakeExpr(std::move(all));
}

// "FROM t WHERE … GROUP BY … HAVING COUNT(*) > 1"
absl::Status PutGroups(SqlWriter& out, const Scope& scope, const ExprPtr& where,
                       const Duplicates& step) {
  ASSAY_RETURN_IF_ERROR(PutFromWhere(
      out, scope,
      {where, step.filter,
       step.null_equals_null ? nullptr : AllNonNull(step.columns)}));
  out.Put("\nGROUP BY ");
  for (size_t i = 0; i < step.columns.size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(const std::string form,
                           GroupForm(scope, step.columns[i], step.equality));
    out.Put(i > 0 ? ", " : "").Put(form);
  }
  out.Put("\nHAVING COUNT(*) > 1");
  return absl::OkStatus();
}

// Kinds of values that every database compares alike. Across them each has its
// own idea ('1abc' = 1 on MariaDB), and an orphan would find a partner.
int Family(const Scope& scope, const ColumnType& type) {
  switch (type.type) {
    case TypeClass::kInteger:
    case TypeClass::kDecimal:
      return 1;
    // Beside whole numbers 2^53 + 1 would find 2^53, but on SQLite.
    case TypeClass::kDouble:
      return scope.dialect->tags_values() ? 1 : 4;
    case TypeClass::kText:
    case TypeClass::kJson:
      return 2;
    case TypeClass::kDate:
    case TypeClass::kTimestamp:
      return 3;
    // A time without a zone beside it would be taken for one in UTC.
    case TypeClass::kTimestampTz:
      return scope.zone == absl::UTCTimeZone() ? 3 : 5;
    default:
      return 10 + static_cast<int>(type.type);
  }
}

absl::Status MustBeOfOneFamily(const Scope& scope, const ResolvedColumn& child,
                               const ResolvedColumn& parent) {
  if (Family(scope, child.type) == Family(scope, parent.type) &&
      scope.dialect->BitLength(child.type).has_value() ==
          scope.dialect->BitLength(parent.type).has_value() &&
      (child.type.type != TypeClass::kOther ||
       child.type.native_name == parent.type.native_name)) {
    return absl::OkStatus();
  }
  return MakeError(
      ErrorReason::kUnsupported,
      absl::StrCat("columns ", child.name, " (", child.type.native_name,
                   ") and ", parent.name, " (", parent.type.native_name,
                   ") hold different kinds of values, which the database would "
                   "convert in its own way; compare them in a query rule with "
                   "the CAST that you mean"));
}

// "WITH assay_parent AS (…)" where only some rows of the parent count. Not a
// subquery in place: there a column that only the child has would be the
// child's, and not an error.
absl::Status PutParentRows(SqlWriter& out, const Scope& parent,
                           const MissingReferences& step) {
  if (step.parent_filter == nullptr) return absl::OkStatus();
  Scope alone = parent;
  alone.alias.clear();
  out.Put("WITH assay_parent AS (SELECT * FROM ");
  out.PutTable(alone);
  out.Put(" WHERE ");
  ASSAY_RETURN_IF_ERROR(out.PutExpr(step.parent_filter, alone));
  out.Put(")\n");
  return absl::OkStatus();
}

absl::Status PutMissingFrom(SqlWriter& out, const Scope& child,
                            const Scope& parent, const ExprPtr& where,
                            const MissingReferences& step, bool with_nulls) {
  const Dialect& dialect = *child.dialect;
  const bool conditions =
      where != nullptr || step.filter != nullptr || !with_nulls;
  ASSAY_RETURN_IF_ERROR(PutFromWhere(
      out, child,
      {where, step.filter, with_nulls ? nullptr : AllNonNull(step.columns)}));
  out.Put(conditions ? "\n  AND " : "\nWHERE ");
  out.Put("NOT EXISTS (SELECT 1 FROM ");
  if (step.parent_filter != nullptr) {
    out.Put("assay_parent AS ").Put(parent.alias);
  } else {
    out.PutTable(parent);
  }
  for (size_t i = 0; i < step.columns.size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn c,
                           child.resolve(step.columns[i]));
    ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn p,
                           parent.resolve(step.parent_columns[i]));
    ASSAY_RETURN_IF_ERROR(MustBeOfOneFamily(child, c, p));
    SqlWriter child_name(WriteMode::kPaste);
    child_name.PutName(child, c.name);
    SqlWriter parent_name(WriteMode::kPaste);
    parent_name.PutName(parent, p.name);
    out.Put(i == 0 ? " WHERE " : " AND ");
    out.Put(step.equality == Equality::kBytes
                ? dialect.ByteExactEquals(parent_name.sql(), p.type,
                                          child_name.sql(), c.type)
                : absl::StrCat(parent_name.sql(), " = ", child_name.sql()));
  }
  out.Put(")");
  return absl::OkStatus();
}

void PutLimit(SqlWriter& out, const Scope& scope, int64_t limit) {
  if (limit > 0) out.Put("\n").Put(scope.dialect->Limit(limit).substr(1));
}

}  // namespace

absl::Status PutAggregates(SqlWriter& out, const Scope& scope,
                           const ExprPtr& where,
                           absl::Span<const AggregateMeasure* const> measures) {
  const auto from_where = [&](SqlWriter& to) {
    return PutFromWhere(to, scope, {where});
  };
  out.Put("SELECT ");
  for (size_t i = 0; i < measures.size(); ++i) {
    if (i > 0) out.Put(",\n       ");
    ASSAY_RETURN_IF_ERROR(out.PutMeasure(*measures[i], scope, from_where));
  }
  return from_where(out);
}

absl::Status PutAnyRow(SqlWriter& out, const Scope& scope) {
  out.Put("SELECT 1");
  ASSAY_RETURN_IF_ERROR(PutFromWhere(out, scope, {}));
  PutLimit(out, scope, 1);
  return absl::OkStatus();
}

absl::Status PutDuplicates(SqlWriter& out, const Scope& scope,
                           const ExprPtr& where, const Duplicates& step) {
  out.Put("SELECT COUNT(*), SUM(n) FROM (\nSELECT COUNT(*) AS n");
  ASSAY_RETURN_IF_ERROR(PutGroups(out, scope, where, step));
  out.Put("\n) AS assay_groups");
  return absl::OkStatus();
}

absl::Status PutDuplicateRows(SqlWriter& out, const Scope& scope,
                              const ExprPtr& where, const Duplicates& step,
                              const std::vector<std::string>& columns,
                              int64_t limit) {
  // Rows counted per group by a window: no join on values that may be NULL.
  out.Put("SELECT ");
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out.Put(", ");
    out.Put(scope.dialect->QuoteIdentifier(columns[i]));
  }
  out.Put(" FROM (\nSELECT ");
  // The outer ORDER BY needs the grouped columns, shown or not.
  std::vector<std::string> inner = columns;
  for (const Column& column : step.columns) {
    ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                           scope.resolve(column));
    if (std::find(inner.begin(), inner.end(), resolved.name) == inner.end()) {
      inner.push_back(resolved.name);
    }
  }
  PutColumns(out, scope, inner);
  out.Put(", COUNT(*) OVER (PARTITION BY ");
  for (size_t i = 0; i < step.columns.size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(const std::string form,
                           GroupForm(scope, step.columns[i], step.equality));
    out.Put(i > 0 ? ", " : "").Put(form);
  }
  out.Put(") AS assay_n");
  ASSAY_RETURN_IF_ERROR(PutFromWhere(
      out, scope,
      {where, step.filter,
       step.null_equals_null ? nullptr : AllNonNull(step.columns)}));
  out.Put("\n) AS assay_rows\nWHERE assay_n > 1\nORDER BY ");
  for (size_t i = 0; i < step.columns.size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                           scope.resolve(step.columns[i]));
    out.Put(i > 0 ? ", " : "")
        .Put(scope.dialect->QuoteIdentifier(resolved.name));
  }
  PutLimit(out, scope, limit);
  return absl::OkStatus();
}

absl::Status PutMissingReferences(SqlWriter& out, const Scope& child,
                                  const Scope& parent, const ExprPtr& where,
                                  const MissingReferences& step) {
  ASSAY_RETURN_IF_ERROR(PutParentRows(out, parent, step));
  out.Put("SELECT COUNT(*)");
  return PutMissingFrom(out, child, parent, where, step, false);
}

absl::Status PutMissingReferenceRows(SqlWriter& out, const Scope& child,
                                     const Scope& parent, const ExprPtr& where,
                                     const MissingReferences& step,
                                     const std::vector<std::string>& columns,
                                     int64_t limit) {
  ASSAY_RETURN_IF_ERROR(PutParentRows(out, parent, step));
  out.Put("SELECT ");
  PutColumns(out, child, columns);
  // A NULL equals no key, so that such a row has no partner.
  ASSAY_RETURN_IF_ERROR(
      PutMissingFrom(out, child, parent, where, step, step.null_fails));
  PutLimit(out, child, limit);
  return absl::OkStatus();
}

absl::Status PutRows(SqlWriter& out, const Scope& scope, const ExprPtr& where,
                     const ExprPtr& predicate,
                     const std::vector<std::string>& columns, int64_t limit) {
  out.Put("SELECT ");
  PutColumns(out, scope, columns);
  ASSAY_RETURN_IF_ERROR(PutFromWhere(out, scope, {where, predicate}));
  PutLimit(out, scope, limit);
  return absl::OkStatus();
}

absl::Status PutRowsWithText(SqlWriter& out, const Scope& scope,
                             const ExprPtr& where, const Column& column,
                             const std::vector<std::string>& values,
                             const std::vector<std::string>& columns,
                             int64_t limit) {
  const Dialect& dialect = *scope.dialect;
  out.Put("SELECT ");
  PutColumns(out, scope, columns);
  ASSAY_RETURN_IF_ERROR(PutFromWhere(out, scope, {where}));
  ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved, scope.resolve(column));
  SqlWriter name(WriteMode::kPaste);
  name.PutName(scope, resolved.name);
  const ColumnType text{TypeClass::kText, ""};
  out.Put(where == nullptr ? "\nWHERE " : "\n  AND ");
  out.Put(dialect.ByteExact(dialect.AsText(name.sql(), resolved.type), text));
  out.Put(" IN (");
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.Put(", ");
    out.PutValue(values[i], TypeClass::kText, dialect);
  }
  out.Put(")");
  PutLimit(out, scope, limit);
  return absl::OkStatus();
}

absl::Status PutQuantile(SqlWriter& out, const Scope& scope,
                         const ExprPtr& where, const Quantile& step) {
  ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                         scope.resolve(step.column));
  const TypeClass type = resolved.type.type;
  if (type != TypeClass::kInteger && type != TypeClass::kDecimal &&
      type != TypeClass::kDouble) {
    return MakeError(
        ErrorReason::kValueInvalid,
        absl::StrCat("column ", resolved.name, " is ",
                     std::string(TypeClassName(type)), ", not a number"));
  }
  SqlWriter name(WriteMode::kPaste);
  name.PutName(scope, resolved.name);
  // Rows are numbered from 0; the wanted position is (n - 1) · fraction, its
  // neighbours are less than one away from it. Multiplied out with the
  // fraction's digits as whole numbers, so that no database rounds.
  const std::string& fraction = step.fraction.digits;
  const size_t dot = fraction.find('.');
  const std::string numerator =
      dot == std::string::npos
          ? fraction
          : fraction.substr(0, dot) + fraction.substr(dot + 1);
  std::string denominator = "1";
  if (dot != std::string::npos) {
    denominator.append(fraction.size() - dot - 1, '0');
  }
  const std::string whole = std::to_string(std::stoll(numerator));
  out.Put(
         "SELECT assay_k, assay_v, assay_n FROM (\nSELECT ROW_NUMBER() OVER "
         "(ORDER BY ")
      .Put(name.sql())
      .Put(") - 1 AS assay_k, ")
      .Put(name.sql())
      .Put(" AS assay_v, COUNT(*) OVER () AS assay_n");
  ASSAY_RETURN_IF_ERROR(PutFromWhere(
      out, scope, {where, step.filter, AllNonNull({step.column})}));
  out.Put("\n) AS assay_sorted\nWHERE assay_k * ")
      .Put(denominator)
      .Put(" > (assay_n - 1) * ")
      .Put(whole)
      .Put(" - ")
      .Put(denominator)
      .Put(" AND assay_k * ")
      .Put(denominator)
      .Put(" < (assay_n - 1) * ")
      .Put(whole)
      .Put(" + ")
      .Put(denominator)
      .Put("\nORDER BY assay_k");
  return absl::OkStatus();
}

absl::Status PutAuthorCount(SqlWriter& out, const Dialect& dialect,
                            const AuthorSql& sql) {
  out.Put("SELECT COUNT(*) FROM (\n");
  ASSAY_RETURN_IF_ERROR(out.PutAuthorSelect(sql, dialect));
  out.Put("\n) AS assay_query");
  return absl::OkStatus();
}

}  // namespace assay::sql
