// SPDX-License-Identifier: Apache-2.0
// Plans and expressions as text for people.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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

std::string Names(const std::vector<Column>& columns) {
  return absl::StrJoin(columns, ", ", [](std::string* out, const Column& c) {
    absl::StrAppend(out, c.name);
  });
}

std::string Parameters(const AuthorSql& sql) {
  if (sql.parameters.empty()) return "";
  std::string out = " with";
  for (const auto& [name, value] : sql.parameters) {
    absl::StrAppend(&out, " :", name, "=", ToText(value));
  }
  return out;
}

struct ExprText {
  std::string operator()(const Column& c) const { return c.name; }
  std::string operator()(const Constant& c) const {
    return absl::StrCat("'", c.text, "'");
  }
  std::string operator()(const Instant& i) const {
    return ToText(Timestamp{i.micros, true});
  }
  std::string operator()(const Integer& i) const {
    return absl::StrCat(i.value);
  }
  std::string operator()(const BinaryCompare& c) const {
    return absl::StrCat(ExplainText(c.left), " ", OpText(c.op), " ",
                        ExplainText(c.right));
  }
  std::string operator()(const NullTest& n) const {
    return absl::StrCat(ExplainText(n.operand), " is null");
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
        s.column.name, " in (",
        absl::StrJoin(s.values, ", ",
                      [](std::string* out, const Constant& c) {
                        absl::StrAppend(out, "'", c.text, "'");
                      }),
        ")", s.equality == Equality::kDatabase ? " as the database" : "");
  }
  std::string operator()(const Length& l) const {
    return absl::StrCat(
        l.unit == LengthUnit::kBytes ? "byte_length(" : "length(",
        l.column.name, ")");
  }
  std::string operator()(const WrongType& w) const {
    return absl::StrCat("wrong_type(", w.column.name, ")");
  }
  std::string operator()(const Author& a) const {
    return absl::StrCat("sql{", a.sql.text, "}", Parameters(a.sql));
  }
};

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
                        EqualityText(m.equality), FilterText(m.filter));
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
    return absl::StrCat("scan of ", s.column.name, ": ", test,
                        FilterText(s.filter));
  }
  std::string operator()(const Quantile& q) const {
    return absl::StrCat("quantile ", q.fraction.digits, " of ", q.column.name,
                        FilterText(q.filter));
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
