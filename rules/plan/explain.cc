// SPDX-License-Identifier: Apache-2.0
// Plans and expressions as text for people, and as their identity: the engine
// computes measures and filters of equal text once. So the text must be
// injective: whatever comes from a rule set is quoted, and what has operands
// stands in parentheses where it is an operand itself.
#include <cctype>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "rules/plan/expression.h"
#include "rules/plan/plan.h"

namespace assay {
namespace {

const char* OpText(CompareOp op) {
  switch (op) {
    case CompareOp::kLess:
      return "<";
    case CompareOp::kLessEqual:
      return "<=";
    case CompareOp::kEqual:
      return "=";
    case CompareOp::kGreaterEqual:
      return ">=";
    case CompareOp::kGreater:
      return ">";
  }
  return "?";
}

std::string Join(const std::vector<ExprPtr>& operands, const char* word,
                 const char* empty) {
  if (operands.empty()) return empty;
  if (operands.size() == 1) return ExplainText(operands.front());
  return absl::StrCat("(",
                      absl::StrJoin(operands, word,
                                    [](std::string* out, const ExprPtr& e) {
                                      absl::StrAppend(out, ExplainText(e));
                                    }),
                      ")");
}

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

// A plain name as it is; quoted where it could be read as something else.
std::string NameText(const std::string& name) {
  static constexpr const char* kWords[] = {"and",  "false", "is",   "not",
                                           "null", "or",    "true", "where"};
  bool plain = !name.empty() &&
               std::isdigit(static_cast<unsigned char>(name.front())) == 0;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    plain = plain && (std::isalnum(byte) != 0 || c == '_' || byte >= 0x80);
  }
  for (const char* word : kWords) plain = plain && name != word;
  if (plain) return name;
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

std::string Names(const std::vector<Column>& columns) {
  return absl::StrJoin(columns, ", ", [](std::string* out, const Column& c) {
    absl::StrAppend(out, NameText(c.name));
  });
}

// A parameter's value with its kind, which decides how it is bound.
struct ParameterText {
  std::string operator()(Null) const { return "null"; }
  std::string operator()(bool b) const { return b ? "true" : "false"; }
  std::string operator()(int64_t i) const { return absl::StrCat(i); }
  std::string operator()(const std::string& text) const { return Quoted(text); }
  std::string operator()(const Decimal& d) const {
    return absl::StrCat("decimal ", d.digits);
  }
  std::string operator()(double d) const {
    return absl::StrCat("double ", ToText(Value(d)));
  }
  std::string operator()(const Bytes& bytes) const {
    return absl::StrCat("bytes ", ToText(Value(bytes)));
  }
  std::string operator()(Date date) const {
    return absl::StrCat("date ", ToText(Value(date)));
  }
  std::string operator()(TimeOfDay time) const {
    return absl::StrCat("time ", ToText(Value(time)));
  }
  std::string operator()(Timestamp time) const {
    return absl::StrCat("timestamp ", ToText(Value(time)));
  }
  std::string operator()(const Uuid& uuid) const {
    return absl::StrCat("uuid ", uuid.text);
  }
};

std::string Parameters(const AuthorSql& sql) {
  if (sql.parameters.empty()) return "";
  std::string out = " with";
  for (const auto& [name, value] : sql.parameters) {
    absl::StrAppend(&out, " :", NameText(name), "=",
                    std::visit(ParameterText{}, value));
  }
  return out;
}

// An operand: in parentheses where it has operands of its own and does not
// bring its parentheses along.
std::string OperandText(const ExprPtr& expr) {
  const bool compound = std::holds_alternative<BinaryCompare>(expr->node) ||
                        std::holds_alternative<NullTest>(expr->node) ||
                        std::holds_alternative<InSet>(expr->node) ||
                        std::holds_alternative<And>(expr->node) ||
                        std::holds_alternative<Or>(expr->node) ||
                        std::holds_alternative<Author>(expr->node);
  return compound ? absl::StrCat("(", ExplainText(expr), ")")
                  : ExplainText(expr);
}

// The column that types a constant, said where it is not the column that it
// stands beside.
std::string TypedBy(const std::string& typed_by, const Column* beside) {
  return beside != nullptr && beside->name == typed_by
             ? ""
             : absl::StrCat(" as ", NameText(typed_by));
}

std::string Beside(const ExprPtr& expr, const Column* column);

struct ExprText {
  std::string operator()(const Column& c) const { return NameText(c.name); }
  std::string operator()(const Constant& c) const {
    return absl::StrCat(Quoted(c.text), TypedBy(c.typed_by, nullptr));
  }
  std::string operator()(const Instant& i) const {
    return absl::StrCat(ToText(Timestamp{i.micros, true}),
                        TypedBy(i.typed_by, nullptr));
  }
  std::string operator()(const Integer& i) const {
    return absl::StrCat(i.value);
  }
  std::string operator()(const BinaryCompare& c) const {
    return absl::StrCat(OperandText(c.left), " ", OpText(c.op), " ",
                        Beside(c.right, std::get_if<Column>(&c.left->node)));
  }
  std::string operator()(const NullTest& n) const {
    return absl::StrCat(OperandText(n.operand), " is null");
  }
  std::string operator()(const Not& n) const {
    return absl::StrCat("not (", ExplainText(n.operand), ")");
  }
  std::string operator()(const And& a) const {
    return Join(a.operands, " and ", "true");
  }
  std::string operator()(const Or& o) const {
    return Join(o.operands, " or ", "false");
  }
  std::string operator()(const InSet& s) const {
    return absl::StrCat(
        NameText(s.column.name), " in (",
        absl::StrJoin(s.values, ", ",
                      [&s](std::string* out, const Constant& c) {
                        absl::StrAppend(out, Quoted(c.text),
                                        TypedBy(c.typed_by, &s.column));
                      }),
        ")", s.equality == Equality::kDatabase ? " as the database" : "");
  }
  std::string operator()(const Length& l) const {
    return absl::StrCat(
        l.unit == LengthUnit::kBytes ? "byte_length(" : "length(",
        NameText(l.column.name), ")");
  }
  std::string operator()(const WrongType& w) const {
    return absl::StrCat("wrong_type(", NameText(w.column.name),
                        w.of_moments ? " as a moment)" : ")");
  }
  std::string operator()(const NotANumber& w) const {
    return absl::StrCat("not_a_number(", NameText(w.column.name), ")");
  }
  std::string operator()(const Author& a) const {
    return absl::StrCat("sql{", absl::StrReplaceAll(a.sql.text, {{"}", "}}"}}),
                        "}", Parameters(a.sql));
  }
};

std::string Beside(const ExprPtr& expr, const Column* column) {
  if (const auto* constant = std::get_if<Constant>(&expr->node)) {
    return absl::StrCat(Quoted(constant->text),
                        TypedBy(constant->typed_by, column));
  }
  if (const auto* instant = std::get_if<Instant>(&expr->node)) {
    return absl::StrCat(ToText(Timestamp{instant->micros, true}),
                        TypedBy(instant->typed_by, column));
  }
  return OperandText(expr);
}

std::string FilterText(const ExprPtr& filter) {
  return filter == nullptr ? "" : absl::StrCat(" where ", ExplainText(filter));
}

std::string EqualityText(Equality equality) {
  return equality == Equality::kBytes ? " by bytes" : " as the database";
}

struct StepText {
  std::string operator()(const Duplicates& d) const {
    return absl::StrCat(
        "duplicates of (", Names(d.columns), ")", EqualityText(d.equality),
        d.null_equals_null ? ", NULL equals NULL" : "", FilterText(d.filter));
  }
  std::string operator()(const MissingReferences& m) const {
    return absl::StrCat("rows of (", Names(m.columns), ") without partner in ",
                        m.parent_table, " (", Names(m.parent_columns), ")",
                        FilterText(m.parent_filter), EqualityText(m.equality),
                        FilterText(m.filter));
  }
  std::string operator()(const ValueScan& s) const {
    std::string test;
    if (const auto* pattern = std::get_if<PatternTest>(&s.test)) {
      test = absl::StrCat(
          "RE2 ", pattern->mode == MatchMode::kFull ? "full" : "partial",
          " match of ", pattern->combine == Combine::kAny ? "any" : "all",
          " of ", pattern->patterns.size(),
          pattern->forbid ? ", forbidden" : "");
    } else {
      test = absl::StrCat(
          "holds ",
          std::string(TypeClassName(std::get<TypeTest>(s.test).type)));
    }
    return absl::StrCat("scan of ", NameText(s.column.name), ": ", test,
                        FilterText(s.filter));
  }
  std::string operator()(const Quantile& q) const {
    return absl::StrCat("quantile ", q.fraction.digits, " of ",
                        NameText(q.column.name), FilterText(q.filter));
  }
  std::string operator()(const AuthorQuery& q) const {
    return absl::StrCat("author query, ",
                        q.shape == QueryShape::kRows ? "rows" : "one value",
                        Parameters(q.sql));
  }
  std::string operator()(const CatalogCheck& c) const {
    return absl::StrCat("catalog: ", c.columns.size(), " columns demanded");
  }
};

const char* FunctionText(AggregateFunction function) {
  switch (function) {
    case AggregateFunction::kCountRows:
      return "count_rows";
    case AggregateFunction::kCountNonNull:
      return "count";
    case AggregateFunction::kCountDistinct:
      return "count_distinct";
    case AggregateFunction::kMin:
      return "min";
    case AggregateFunction::kMax:
      return "max";
    case AggregateFunction::kLatest:
      return "latest";
    case AggregateFunction::kSum:
      return "sum";
    case AggregateFunction::kVariance:
      return "variance";
  }
  return "?";
}

}  // namespace

ExprPtr Conjunction(ExprPtr a, ExprPtr b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  return MakeExpr(And{{std::move(a), std::move(b)}});
}

std::string ExplainText(const ExprPtr& expr) {
  return expr == nullptr ? "" : std::visit(ExprText{}, expr->node);
}

std::string ExplainText(const AggregateMeasure& measure) {
  std::string out = absl::StrCat(FunctionText(measure.function), "(",
                                 ExplainText(measure.operand), ")");
  if (measure.function == AggregateFunction::kCountDistinct) {
    absl::StrAppend(&out, EqualityText(measure.equality));
  }
  return absl::StrCat(out, FilterText(measure.filter));
}

std::string ExplainText(const Step& step) {
  return std::visit(StepText{}, step);
}

}  // namespace assay
