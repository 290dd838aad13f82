// SPDX-License-Identifier: Apache-2.0
#include "validator/sql/render.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "validator/base/status.h"
#include "validator/sql/lexer.h"

namespace assay::sql {
namespace {

bool IsNumeric(TypeClass type) {
  return type == TypeClass::kInteger || type == TypeClass::kDecimal;
}

// What a column of single precision stores for the number; the number itself
// where that would be infinity or nothing.
double AsSingle(double number) {
  if (std::abs(number) > std::numeric_limits<float>::max()) return number;
  const auto single = static_cast<float>(number);
  return single == 0 ? number : single;
}

// The moment of a wall clock. The ends of what can be written stay there:
// '9999-12-31' is for ever.
Value MomentIn(absl::TimeZone zone, int64_t wall_micros) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const auto wall = utc.At(absl::FromUnixMicros(wall_micros));
  const absl::Time time = std::clamp(
      absl::FromCivil(wall.cs, zone) + wall.subsecond,
      absl::FromCivil(absl::CivilYear(1), utc),
      absl::FromCivil(absl::CivilYear(10000), utc) - absl::Microseconds(1));
  return Timestamp{absl::ToUnixMicros(time), true};
}

std::string Place(const SourceRange& range) {
  return range.known() ? absl::StrCat("line ", range.line, ": ") : "";
}

// Writes each kind of expression; a new kind does not compile until it is here.
struct Writer {
  SqlWriter& out;
  const Scope& scope;

  absl::Status operator()(const Column& column) {
    ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                           scope.resolve(column));
    out.PutName(scope, resolved.name);
    return absl::OkStatus();
  }
  absl::Status operator()(const Integer& integer) {
    out.Put(absl::StrCat(integer.value));
    return absl::OkStatus();
  }
  absl::Status operator()(const NullTest& test) {
    out.Put("(");
    ASSAY_RETURN_IF_ERROR(out.PutExpr(test.operand, scope));
    out.Put(" IS NULL)");
    return absl::OkStatus();
  }
  absl::Status operator()(const Not& node) {
    out.Put("(NOT ");
    ASSAY_RETURN_IF_ERROR(out.PutExpr(node.operand, scope));
    out.Put(")");
    return absl::OkStatus();
  }
  absl::Status operator()(const And& node) {
    return Join(node.operands, " AND ", "1 = 1", [this](const ExprPtr& e) {
      const auto* negated = std::get_if<Not>(&e->node);
      return negated != nullptr && NeverHolds(negated->operand);
    });
  }
  absl::Status operator()(const Or& node) {
    return Join(node.operands, " OR ", "1 = 0",
                [this](const ExprPtr& e) { return NeverHolds(e); });
  }
  absl::Status operator()(const Length& length) {
    ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                           scope.resolve(length.column));
    SqlWriter name(WriteMode::kPaste);
    name.PutName(scope, resolved.name);
    // Bytes have no characters; some databases would count their hex form.
    out.Put(length.unit == LengthUnit::kBytes ||
                    resolved.type.type == TypeClass::kBytes
                ? scope.dialect->ByteLength(name.sql(), resolved.type)
                : scope.dialect->CharLength(name.sql()));
    return absl::OkStatus();
  }
  absl::Status operator()(const WrongType& wrong) {
    ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                           scope.resolve(wrong.column));
    SqlWriter name(WriteMode::kPaste);
    name.PutName(scope, resolved.name);
    ColumnType type = resolved.type;
    if (wrong.of_moments && type.type == TypeClass::kDate) {
      type.type = TypeClass::kTimestamp;
    }
    const std::string predicate = scope.dialect->WrongType(name.sql(), type);
    out.Put(predicate.empty() ? "(1 = 0)" : predicate);
    return absl::OkStatus();
  }
  absl::Status operator()(const NotANumber& test) {
    ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                           scope.resolve(test.column));
    SqlWriter name(WriteMode::kPaste);
    name.PutName(scope, resolved.name);
    const std::string predicate =
        scope.dialect->NotANumber(name.sql(), resolved.type);
    out.Put(predicate.empty() ? "(1 = 0)" : predicate);
    return absl::OkStatus();
  }
  absl::Status operator()(const Author& author) {
    return out.PutAuthorExpression(author.sql, *scope.dialect);
  }
  // Only as operands of a comparison, which types them.
  absl::Status operator()(const Constant& constant) {
    ASSAY_ASSIGN_OR_RETURN(
        const ResolvedColumn resolved,
        scope.resolve(Column{constant.typed_by, constant.range}));
    ASSAY_ASSIGN_OR_RETURN(const Value value,
                           TypeConstant(constant, resolved.type, scope));
    out.PutValue(value, resolved.type.type, *scope.dialect);
    return absl::OkStatus();
  }
  absl::Status operator()(const Instant& instant) {
    ASSAY_ASSIGN_OR_RETURN(
        const ResolvedColumn resolved,
        scope.resolve(Column{instant.typed_by, instant.range}));
    const int64_t year =
        absl::ToCivilYear(absl::FromUnixMicros(instant.micros), scope.zone)
            .year();
    if (year < 1 || year > 9999) {
      // As text it would sort before the years of four digits.
      return MakeError(
          ErrorReason::kValueInvalid,
          absl::StrCat(Place(instant.range), "the moment that column ",
                       resolved.name, " is compared with lies in the year ",
                       year, ", outside of 1 to 9999: give a shorter time"));
    }
    switch (resolved.type.type) {
      case TypeClass::kTimestampTz:
        out.PutValue(Timestamp{instant.micros, true}, TypeClass::kTimestampTz,
                     *scope.dialect);
        return absl::OkStatus();
      case TypeClass::kTimestamp:
      case TypeClass::kDate: {
        const absl::Time time = absl::FromUnixMicros(instant.micros);
        const auto wall = scope.zone.At(time);
        const int64_t seconds =
            absl::ToUnixSeconds(absl::UTCTimeZone().At(wall.cs).pre);
        const int64_t micros = absl::ToInt64Microseconds(wall.subsecond);
        out.PutValue(Timestamp{seconds * 1000000 + micros, false},
                     TypeClass::kTimestamp, *scope.dialect);
        return absl::OkStatus();
      }
      default:
        return MakeError(
            ErrorReason::kValueInvalid,
            absl::StrCat(Place(instant.range), "column ", resolved.name, " is ",
                         std::string(TypeClassName(resolved.type.type)),
                         ", not a date or timestamp, so it has no age"));
    }
  }
  absl::Status operator()(const BinaryCompare&) { return absl::OkStatus(); }
  absl::Status operator()(const InSet&) { return absl::OkStatus(); }

  // Without the operands that add nothing; `empty` where none is left.
  template <typename AddsNothing>
  absl::Status Join(const std::vector<ExprPtr>& operands, const char* word,
                    const char* empty, const AddsNothing& adds_nothing) {
    out.Put("(");
    bool first = true;
    for (const ExprPtr& operand : operands) {
      if (operands.size() > 1 && adds_nothing(operand)) continue;
      if (!first) out.Put(word);
      first = false;
      ASSAY_RETURN_IF_ERROR(out.PutExpr(operand, scope));
    }
    if (first) out.Put(empty);
    out.Put(")");
    return absl::OkStatus();
  }

  // Most databases enforce types: there the tests would only cost time.
  bool NeverHolds(const ExprPtr& operand) {
    if (const auto* wrong = std::get_if<WrongType>(&operand->node)) {
      const auto resolved = scope.resolve(wrong->column);
      return resolved.ok() &&
             scope.dialect->WrongType("x", resolved->type).empty();
    }
    if (const auto* nan = std::get_if<NotANumber>(&operand->node)) {
      const auto resolved = scope.resolve(nan->column);
      return resolved.ok() &&
             scope.dialect->NotANumber("x", resolved->type).empty();
    }
    return false;
  }
};

}  // namespace

absl::StatusOr<Value> TypeConstant(const Constant& constant,
                                   const ColumnType& type, const Scope& scope) {
  if (type.type == TypeClass::kTimestampTz) {
    const auto wall = ParseValue(TypeClass::kTimestamp, constant.text);
    if (wall.ok()) {
      return MomentIn(scope.zone, std::get<Timestamp>(*wall).micros);
    }
  }
  absl::StatusOr<Value> value = ParseValue(type.type, constant.text);
  if (!value.ok() && IsNumeric(type.type)) {
    // amount < 0.005 is a fair question for a numeric(5,2) or an integer.
    if (const auto number = ParseDecimal(constant.text)) return *number;
  }
  if (!value.ok()) {
    return MakeError(ErrorReason::kValueInvalid,
                     absl::StrCat(Place(constant.range), "'", constant.text,
                                  "' does not fit column ", constant.typed_by,
                                  ": ", value.status().message()));
  }
  if (auto* number = std::get_if<double>(&*value);
      number != nullptr && scope.dialect->IsOfSinglePrecision(type)) {
    *number = AsSingle(*number);
  }
  return value;
}

SqlWriter& SqlWriter::Put(std::string_view text) {
  sql_.append(text);
  return *this;
}

void SqlWriter::PutTable(const Scope& scope) {
  if (!scope.derived.empty()) {
    Put("(\n").Put(scope.derived).Put("\n) AS ");
    Put(scope.alias.empty() ? "assay_side" : scope.alias);
    return;
  }
  for (const std::string* part : {&scope.table.catalog, &scope.table.schema}) {
    if (!part->empty()) Put(scope.dialect->QuoteIdentifier(*part)).Put(".");
  }
  Put(scope.dialect->QuoteIdentifier(scope.table.name));
  if (!scope.alias.empty()) Put(" AS ").Put(scope.alias);
}

void SqlWriter::PutName(const Scope& scope, std::string_view name) {
  if (!scope.alias.empty()) Put(scope.alias).Put(".");
  Put(scope.dialect->QuoteIdentifier(name));
}

void SqlWriter::PutValue(const Value& value, TypeClass type,
                         const Dialect& dialect) {
  if (mode_ == WriteMode::kPaste ||
      values_before_ + values_.size() >= kMaxBoundValues ||
      dialect.WritesLiteral(value)) {
    Put(dialect.Literal(value, type));
    return;
  }
  Put(dialect.BindMarker(value, type));
  values_.push_back(dialect.BindValue(value, type));
}

void SqlWriter::PutKeyValue(const Value& value, const ColumnType& type,
                            const Dialect& dialect) {
  SqlWriter part = Part();
  part.PutValue(value, type.type, dialect);
  Splice(dialect.KeyMarker(part.sql(), value, type), part);
}

SqlWriter SqlWriter::Part() const {
  SqlWriter part(mode_);
  part.values_before_ = values_before_ + values_.size();
  return part;
}

void SqlWriter::Splice(const std::string& sql, const SqlWriter& part) {
  Put(sql);
  values_.insert(values_.end(), part.values_.begin(), part.values_.end());
}

absl::Status SqlWriter::PutExpr(const ExprPtr& expr, const Scope& scope) {
  if (const auto* compare = std::get_if<BinaryCompare>(&expr->node)) {
    return PutCompare(*compare, scope);
  }
  if (const auto* set = std::get_if<InSet>(&expr->node)) {
    return PutInSet(*set, scope);
  }
  return std::visit(Writer{*this, scope}, expr->node);
}

absl::Status SqlWriter::PutAuthor(const AuthorSql& sql, const Dialect& dialect,
                                  bool select) {
  std::vector<std::string> names;
  for (const auto& [name, value] : sql.parameters) names.push_back(name);
  absl::StatusOr<std::vector<SqlPiece>> pieces =
      LexAuthorSql(sql.text, names, dialect.lex_rules(),
                   select ? AuthorShape::kSelect : AuthorShape::kExpression);
  if (!pieces.ok()) {
    return Annotate(pieces.status(), sql.range.known()
                                         ? absl::StrCat("line ", sql.range.line)
                                         : "author SQL");
  }
  for (const SqlPiece& piece : *pieces) {
    if (!piece.is_parameter) {
      Put(piece.text);
      continue;
    }
    const Value& value = sql.parameters.at(piece.text);
    TypeClass type = TypeClass::kText;
    if (std::holds_alternative<int64_t>(value)) type = TypeClass::kInteger;
    if (std::holds_alternative<Decimal>(value)) type = TypeClass::kDecimal;
    if (std::holds_alternative<bool>(value)) type = TypeClass::kBoolean;
    if (std::holds_alternative<Date>(value)) type = TypeClass::kDate;
    if (const auto* time = std::get_if<Timestamp>(&value)) {
      type = time->zoned ? TypeClass::kTimestampTz : TypeClass::kTimestamp;
    }
    PutValue(value, type, dialect);
  }
  return absl::OkStatus();
}

absl::Status SqlWriter::PutAuthorExpression(const AuthorSql& sql,
                                            const Dialect& dialect) {
  // On lines of its own, so that a trailing "-- comment" ends there.
  Put("(\n");
  ASSAY_RETURN_IF_ERROR(PutAuthor(sql, dialect, /*select=*/false));
  Put("\n)");
  return absl::OkStatus();
}

absl::Status SqlWriter::PutAuthorSelect(const AuthorSql& sql,
                                        const Dialect& dialect) {
  return PutAuthor(sql, dialect, /*select=*/true);
}

absl::Status SqlWriter::PutFiltered(
    const ExprPtr& filter, const Scope& scope,
    const std::function<absl::Status()>& operand) {
  if (filter == nullptr) return operand();
  Put("CASE WHEN ");
  ASSAY_RETURN_IF_ERROR(PutExpr(filter, scope));
  Put(" THEN ");
  ASSAY_RETURN_IF_ERROR(operand());
  Put(" END");
  return absl::OkStatus();
}

}  // namespace assay::sql
