// SPDX-License-Identifier: Apache-2.0
// Explain: the plan of a rule set and its SQL per connection, for people.
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "rules/kinds/rule_kind.h"
#include "validator/connections/snapshot_cover.h"
#include "validator/engine/author_sql.h"
#include "validator/engine/engine.h"
#include "validator/engine/explain_comparison.h"
#include "validator/engine/explain_trouble.h"
#include "validator/engine/measures.h"
#include "validator/engine/rule_state.h"
#include "validator/engine/statement.h"
#include "validator/engine/table_stream.h"
#include "validator/sql/read_statements.h"
#include "validator/sql/statements.h"

namespace assay::engine {
namespace {

std::string Indented(const std::string& text) {
  return absl::StrCat("      ", absl::StrReplaceAll(text, {{"\n", "\n      "}}),
                      "\n");
}

// One group's plan; the SQL where the catalog can be read.
class GroupExplainer {
 public:
  // `trouble` is borrowed.
  GroupExplainer(const TableRules& rules, const BoundParameters& parameters,
                 absl::Time as_of, ExplainTrouble& trouble)
      : rules_(rules), parameters_(parameters), trouble_(trouble) {
    if (rules.where.has_value()) {
      where_ = MakeExpr(Author{BindSql(*rules.where, parameters)});
    }
    for (const Rule& rule : rules.rules) {
      auto state = std::make_unique<RuleState>();
      state->rule = &rule;
      auto plan = CompileRule(rule, parameters, as_of);
      if (plan.ok()) {
        state->plan = *std::move(plan);
      } else {
        state->status = plan.status();
      }
      states_.push_back(std::move(state));
    }
  }

  std::string Text(connections::Registry& registry,
                   const CancellationToken& cancel) {
    const std::string connection =
        BoundLiteralText(rules_.connection, parameters_);
    const std::string table = BoundLiteralText(rules_.table, parameters_);
    out_ = absl::StrCat("table ", table, " on connection ", connection, "\n");
    if (where_ != nullptr) {
      absl::StrAppend(&out_, "  where ", ExplainText(where_), "\n");
    }
    auto sessions = registry.Acquire({connection}, cancel);
    if (!sessions.ok()) {
      absl::StrAppend(&out_, "  ", NoSql(sessions.status()), "\n");
      PlanOnly();
      return std::move(out_);
    }
    connections::Session& session = sessions->front();
    for (const auto& state : states_) {
      absl::Status may = MayBringSql(session.config(), rules_, *state->rule);
      if (!may.ok()) state->status = std::move(may);
    }
    auto described = session.DescribeTable(table, cancel);
    if (!described.ok()) {
      absl::StrAppend(&out_, "  ", NoSql(described.status()), "\n");
      PlanOnly();
      return std::move(out_);
    }
    const auto outside =
        connections::OutsideSnapshot(session, *described, {}, cancel);
    absl::StrAppend(
        &out_, "  dialect ", std::string(session.dialect().name()), ", ",
        connections::ConsistencyText(session.dialect(), outside.value_or("")),
        "\n");
    WithSql(session, *described, cancel);
    return std::move(out_);
  }

 private:
  std::string NoSql(const absl::Status& status) {
    trouble_.Add(status);
    return absl::StrCat("(no SQL: ", status.message(), ")");
  }

  void RuleLine(const RuleState& state) {
    absl::StrAppend(&out_, "    ", state.rule->id, ": ", state.plan.expected,
                    "\n");
  }

  void PlanOnly() {
    for (const auto& state : states_) {
      if (!state->status.ok()) {
        absl::StrAppend(&out_, "    ", state->rule->id, ": ",
                        NoSql(state->status), "\n");
        continue;
      }
      RuleLine(*state);
      for (const AggregateMeasure& measure : state->plan.measures) {
        absl::StrAppend(&out_, "      ", ExplainText(measure), "\n");
      }
      if (state->plan.step.has_value()) {
        absl::StrAppend(&out_, "      ", ExplainText(*state->plan.step), "\n");
      }
    }
  }

  void WithSql(connections::Session& session, const connections::Table& table,
               const CancellationToken& cancel) {
    const sql::Scope scope = MakeScope(session, table);
    std::vector<RuleState*> fused;
    for (const auto& state : states_) {
      if (state->status.ok() && !state->plan.measures.empty()) {
        sql::SqlWriter probe(sql::WriteMode::kPaste);
        std::vector<std::vector<size_t>> places;
        state->status =
            PutFusedMeasures(probe, scope, where_, {state.get()}, places);
        if (state->status.ok()) fused.push_back(state.get());
      }
    }
    if (!fused.empty()) {
      absl::StrAppend(&out_, "  one SELECT for ", fused.size(),
                      fused.size() == 1 ? " rule\n" : " rules\n");
      for (const RuleState* state : fused) RuleLine(*state);
      sql::SqlWriter writer(sql::WriteMode::kPaste);
      std::vector<std::vector<size_t>> places;
      if (PutFusedMeasures(writer, scope, where_, fused, places).ok()) {
        absl::StrAppend(&out_, Indented(writer.sql()));
      }
    }
    for (const auto& state : states_) {
      if (!state->status.ok()) {
        absl::StrAppend(&out_, "  ", state->rule->id, ": ",
                        NoSql(state->status), "\n");
      } else if (state->plan.step.has_value()) {
        absl::StrAppend(&out_, "  ", state->rule->id, ": ",
                        ExplainText(*state->plan.step), "\n");
        StepSql(session, table, scope, *state->plan.step, cancel);
      }
    }
  }

  void StepSql(connections::Session& session, const connections::Table& table,
               const sql::Scope& scope, const Step& step,
               const CancellationToken& cancel) {
    sql::SqlWriter writer(sql::WriteMode::kPaste);
    absl::Status status;
    if (const auto* duplicates = std::get_if<Duplicates>(&step)) {
      status = sql::PutDuplicates(writer, scope, where_, *duplicates);
    } else if (const auto* missing = std::get_if<MissingReferences>(&step)) {
      auto parent = session.DescribeTable(missing->parent_table, cancel);
      if (parent.ok()) {
        const ReferenceScopes scopes =
            MakeReferenceScopes(session, table, *parent);
        status = sql::PutMissingReferences(writer, scopes.child, scopes.parent,
                                           where_, *missing);
      } else {
        status = parent.status();
      }
    } else if (const auto* scan = std::get_if<ValueScan>(&step)) {
      auto texts = sql::TextExpressions(scope, {scan->column});
      status = texts.ok() ? sql::PutRead(writer, scope,
                                         Conjunction(where_, scan->filter),
                                         *texts, nullptr, 0)
                          : texts.status();
      writer.Put(
          absl::StrCat("\n-- read by ", StreamMethodText(session, table)));
    } else if (const auto* quantile = std::get_if<Quantile>(&step)) {
      status = sql::PutQuantile(writer, scope, where_, *quantile);
    } else if (const auto* query = std::get_if<AuthorQuery>(&step)) {
      status = query->shape == QueryShape::kRows
                   ? sql::PutAuthorCount(writer, session.dialect(), query->sql)
                   : writer.PutAuthorSelect(query->sql, session.dialect());
    } else {
      return;  // The catalog: no SQL of ours.
    }
    absl::StrAppend(&out_, status.ok()
                               ? Indented(writer.sql())
                               : absl::StrCat("      ", NoSql(status), "\n"));
  }

  const TableRules& rules_;
  const BoundParameters& parameters_;
  ExplainTrouble& trouble_;
  ExprPtr where_;
  std::vector<std::unique_ptr<RuleState>> states_;
  std::string out_;
};

}  // namespace

absl::StatusOr<Explanation> Explain(const RuleSet& rule_set,
                                    const BoundParameters& parameters,
                                    connections::Registry& registry,
                                    const CancellationToken& cancel) {
  Explanation explanation;
  ExplainTrouble trouble;
  std::string& out = explanation.text;
  out = absl::StrCat("rule set ", rule_set.name, "\n");
  const absl::Time as_of = absl::Now();
  for (const auto& [name, parameter] : parameters) {
    absl::StrAppend(&out, "  :", name, " = ", parameter.text, "\n");
  }
  for (const TableRules& rules : rule_set.tables) {
    absl::StrAppend(&out, "\n",
                    GroupExplainer(rules, parameters, as_of, trouble)
                        .Text(registry, cancel));
    if (cancel.cancelled()) return cancel.status();
  }
  for (const Comparison& comparison : rule_set.comparisons) {
    absl::StrAppend(&out, "\n",
                    ExplainComparison(comparison, parameters, as_of, registry,
                                      cancel, trouble));
    if (cancel.cancelled()) return cancel.status();
  }
  explanation.without_sql = trouble.count;
  explanation.retryable = trouble.count > 0 && trouble.all_retryable;
  return explanation;
}

}  // namespace assay::engine
