// SPDX-License-Identifier: Apache-2.0
// What a group's rules read that no snapshot covers.
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/connections/snapshot_cover.h"
#include "validator/engine/group_runner.h"
#include "validator/engine/statement.h"
#include "validator/sql/render.h"

namespace assay::engine {
namespace {

// The author's SQL without its comments; empty where it is none.
std::string WithoutComments(const SqlText& sql,
                            const BoundParameters& parameters,
                            const sql::Dialect& dialect) {
  const AuthorSql bound = BindSql(sql, parameters);
  sql::SqlWriter expression(sql::WriteMode::kPaste);
  if (expression.PutAuthorExpression(bound, dialect).ok()) {
    return expression.sql();
  }
  sql::SqlWriter select(sql::WriteMode::kPaste);
  return select.PutAuthorSelect(bound, dialect).ok() ? select.sql() : "";
}

}  // namespace

absl::Status GroupRunner::LookOutside() {
  const sql::Dialect& dialect = session_->dialect();
  std::vector<std::string> texts;
  if (rules_.where.has_value()) {
    texts.push_back(
        WithoutComments(*rules_.where, *request_.parameters, dialect));
  }
  ASSAY_ASSIGN_OR_RETURN(
      outside_snapshot_,
      connections::OutsideSnapshot(*session_, table_, texts, cancel_));
  for (RuleState* state : Pending()) {
    state->outside_snapshot = outside_snapshot_;
    if (!outside_snapshot_.empty()) continue;
    texts.clear();
    const auto add = [&](const SqlText& sql) {
      texts.push_back(WithoutComments(sql, *request_.parameters, dialect));
    };
    if (state->rule->where.has_value()) add(*state->rule->where);
    for (const auto& [name, argument] : state->rule->arguments.by_name) {
      if (const auto* sql = std::get_if<SqlText>(&argument.value)) add(*sql);
    }
    if (state->plan.step.has_value()) {
      if (const auto* references =
              std::get_if<MissingReferences>(&*state->plan.step)) {
        texts.push_back(
            absl::StrCat("SELECT * FROM ", references->parent_table));
      }
    }
    ASSAY_ASSIGN_OR_RETURN(
        state->outside_snapshot,
        connections::OutsideSnapshot(*session_, {}, texts, cancel_));
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
