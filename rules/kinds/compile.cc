// SPDX-License-Identifier: Apache-2.0
// Rule → RulePlan: resolves parameters, then lets the kind compile.
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/kinds/kinds.h"
#include "rules/kinds/rule_kind.h"

namespace assay {
namespace {

// The value of the parameter `name`; empty where it is unknown, which the
// parser has reported before.
const BoundParameter* FindParameter(const BoundParameters& parameters,
                                    const std::string& name) {
  auto it = parameters.find(name);
  return it == parameters.end() ? nullptr : &it->second;
}

}  // namespace

ExprPtr CompileContext::filter() const {
  if (!rule_.where.has_value()) return nullptr;
  return MakeExpr(Author{ToSql(*rule_.where)});
}

std::string CompileContext::WordText(const Word& word) const {
  if (word.parameter.empty()) return word.text;
  const auto* parameter = FindParameter(parameters_, word.parameter);
  return parameter == nullptr ? "" : parameter->text;
}

Column CompileContext::ToColumn(const Word& word) const {
  return Column{WordText(word), word.range};
}

Column CompileContext::ColumnArg(const std::string& param) const {
  return ToColumn(args().Get<Word>(param));
}

std::vector<Column> CompileContext::ColumnsArg(const std::string& param) const {
  std::vector<Column> columns;
  if (const auto* words = args().Find<std::vector<Word>>(param)) {
    for (const Word& word : *words) columns.push_back(ToColumn(word));
  }
  return columns;
}

std::string CompileContext::LiteralText(const Literal& literal) const {
  return BoundLiteralText(literal, parameters_);
}

Constant CompileContext::ToConstant(const Literal& literal,
                                    const Column& typed_by) const {
  return Constant{LiteralText(literal), typed_by.name, literal.range};
}

ExprPtr CompileContext::ToBound(const Bound& bound,
                                const Column& typed_by) const {
  if (const auto* now = std::get_if<NowOffset>(&bound)) {
    return MakeExpr(Instant{
        absl::ToUnixMicros(as_of_ + absl::Microseconds(now->offset_micros)),
        typed_by.name, now->range});
  }
  return MakeExpr(ToConstant(std::get<Literal>(bound), typed_by));
}

std::string CompileContext::BoundText(const Bound& bound) const {
  if (const auto* now = std::get_if<NowOffset>(&bound)) {
    if (now->offset_micros == 0) return "now()";
    const bool past = now->offset_micros < 0;
    return absl::StrCat(
        "now() ", past ? "- " : "+ ",
        FormatDurationMicros(past ? -now->offset_micros : now->offset_micros));
  }
  return LiteralText(std::get<Literal>(bound));
}

AuthorSql BindSql(const SqlText& sql, const BoundParameters& parameters) {
  AuthorSql out{sql.text, {}, sql.range};
  for (const auto& [name, parameter] : parameters) {
    // Only those that occur, so that equal SQL has equal text in the plan.
    if (sql.text.find(absl::StrCat(":", name)) != std::string::npos) {
      out.parameters.emplace(name, parameter.value);
    }
  }
  return out;
}

std::string BoundLiteralText(const Literal& literal,
                             const BoundParameters& parameters) {
  if (literal.parameter.empty()) return literal.text;
  const auto* parameter = FindParameter(parameters, literal.parameter);
  return parameter == nullptr ? "" : parameter->text;
}

AuthorSql CompileContext::ToSql(const SqlText& sql) const {
  return BindSql(sql, parameters_);
}

absl::StatusOr<RulePlan> CompileRule(const Rule& rule,
                                     const BoundParameters& parameters,
                                     absl::Time as_of) {
  const RuleKind* kind = FindKind(rule.kind);
  if (kind == nullptr) {
    return MakeError(ErrorReason::kInternal,
                     absl::StrCat("rule kind '", rule.kind, "' is unknown"));
  }
  RulePlan plan;
  ASSAY_RETURN_IF_ERROR(
      kind->compile(CompileContext(rule, parameters, as_of), plan));
  return plan;
}

}  // namespace assay
