// SPDX-License-Identifier: Apache-2.0
// SqlWriter::PutMeasure: one aggregate of a fused SELECT.
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/sql/render.h"

namespace assay::sql {

absl::Status SqlWriter::PutMeasure(
    const AggregateMeasure& measure, const Scope& scope,
    const std::function<absl::Status(SqlWriter&)>& from_where) {
  const Dialect& dialect = *scope.dialect;
  ColumnType type;
  if (measure.operand != nullptr) {
    if (const auto* column = std::get_if<Column>(&measure.operand->node)) {
      ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                             scope.resolve(*column));
      type = resolved.type;
    }
  }
  const auto one = [this] {
    Put("1");
    return absl::OkStatus();
  };
  const auto plain = [&] { return PutExpr(measure.operand, scope); };
  const auto exact = [&]() -> absl::Status {
    SqlWriter inner = Part();
    ASSAY_RETURN_IF_ERROR(inner.PutExpr(measure.operand, scope));
    Put(measure.equality == Equality::kBytes
            ? dialect.ByteExact(inner.sql(), type)
            : inner.sql());
    values_.insert(values_.end(), inner.values_.begin(), inner.values_.end());
    return absl::OkStatus();
  };
  // SUM, MIN and MAX of text would be a database's own idea of a number.
  const auto must_be_number = [&]() -> absl::Status {
    if (type.type == TypeClass::kInteger || type.type == TypeClass::kDecimal ||
        type.type == TypeClass::kDouble) {
      return absl::OkStatus();
    }
    return MakeError(
        ErrorReason::kValueInvalid,
        absl::StrCat("column ", ExplainText(measure.operand), " is ",
                     std::string(TypeClassName(type.type)), ", not a number"));
  };
  switch (measure.function) {
    case AggregateFunction::kCountRows:
      if (measure.filter == nullptr) {
        Put("COUNT(*)");
        return absl::OkStatus();
      }
      Put("COUNT(");
      ASSAY_RETURN_IF_ERROR(PutFiltered(measure.filter, scope, one));
      break;
    case AggregateFunction::kCountNonNull:
      Put("COUNT(");
      ASSAY_RETURN_IF_ERROR(PutFiltered(measure.filter, scope, plain));
      break;
    case AggregateFunction::kCountDistinct:
      Put("COUNT(DISTINCT ");
      ASSAY_RETURN_IF_ERROR(PutFiltered(measure.filter, scope, exact));
      break;
    case AggregateFunction::kLatest: {
      if (type.type != TypeClass::kDate && type.type != TypeClass::kTimestamp &&
          type.type != TypeClass::kTimestampTz) {
        return MakeError(
            ErrorReason::kValueInvalid,
            absl::StrCat("column ", ExplainText(measure.operand), " is ",
                         std::string(TypeClassName(type.type)),
                         ", not a date or timestamp"));
      }
      Put("MAX(");
      ASSAY_RETURN_IF_ERROR(PutFiltered(measure.filter, scope, [&] {
        return PutComparable(measure.operand, scope, type);
      }));
      break;
    }
    case AggregateFunction::kMin:
    case AggregateFunction::kMax: {
      ASSAY_RETURN_IF_ERROR(must_be_number());
      Put(measure.function == AggregateFunction::kMin ? "MIN(" : "MAX(");
      ASSAY_RETURN_IF_ERROR(PutFiltered(measure.filter, scope, plain));
      break;
    }
    case AggregateFunction::kSum: {
      ASSAY_RETURN_IF_ERROR(must_be_number());
      SqlWriter inner = Part();
      ASSAY_RETURN_IF_ERROR(inner.PutFiltered(measure.filter, scope, [&] {
        return inner.PutExpr(measure.operand, scope);
      }));
      Put(dialect.Sum(inner.sql(), type.type));
      values_.insert(values_.end(), inner.values_.begin(), inner.values_.end());
      return absl::OkStatus();
    }
    case AggregateFunction::kVariance: {
      ASSAY_RETURN_IF_ERROR(must_be_number());
      if (dialect.has_variance()) {
        Put("VAR_SAMP(");
        ASSAY_RETURN_IF_ERROR(PutFiltered(measure.filter, scope, plain));
        break;
      }
      // Two passes: Σ(x − mean)² / (n − 1), exact enough in doubles where
      // Σx² − (Σx)²/n would cancel.
      const auto distance = [&]() -> absl::Status {
        Put("(");
        ASSAY_RETURN_IF_ERROR(PutFiltered(measure.filter, scope, plain));
        Put(" - (SELECT AVG(");
        ASSAY_RETURN_IF_ERROR(PutFiltered(measure.filter, scope, plain));
        Put(") ");
        ASSAY_RETURN_IF_ERROR(from_where(*this));
        Put("))");
        return absl::OkStatus();
      };
      Put("SUM(");
      ASSAY_RETURN_IF_ERROR(distance());
      Put(" * ");
      ASSAY_RETURN_IF_ERROR(distance());
      Put(") / NULLIF(COUNT(");
      ASSAY_RETURN_IF_ERROR(PutFiltered(measure.filter, scope, plain));
      Put(") - 1, 0");
      break;
    }
  }
  Put(")");
  return absl::OkStatus();
}

}  // namespace assay::sql
