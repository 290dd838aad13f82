// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/uses.h"

#include <optional>
#include <variant>

namespace assay {
namespace {

const SqlText* InRule(const Rule& rule) {
  if (rule.where.has_value()) return &*rule.where;
  // By what an argument is and not by its name: a new kind is covered, too.
  for (const auto& [name, argument] : rule.arguments.by_name) {
    if (const auto* sql = std::get_if<SqlText>(&argument.value)) return sql;
  }
  return nullptr;
}

const SqlText* InRules(const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) {
    if (const SqlText* sql = InRule(rule)) return sql;
  }
  return nullptr;
}

const SqlText* InComparison(const Comparison& comparison) {
  for (const ComparisonSide* side : {&comparison.source, &comparison.target}) {
    if (side->query.has_value()) return &*side->query;
    if (side->where.has_value()) return &*side->where;
  }
  for (const ColumnMapping& mapping : comparison.columns.map) {
    if (mapping.source_sql.has_value()) return &*mapping.source_sql;
    if (mapping.target_sql.has_value()) return &*mapping.target_sql;
  }
  return InRules(comparison.rules);
}

}  // namespace

std::vector<ConnectionUse> ConnectionsUsed(const RuleSet& rule_set,
                                           const BoundParameters& parameters) {
  std::vector<ConnectionUse> out;
  const auto add = [&](const Literal& connection) {
    std::string name = connection.text;
    const auto bound = parameters.find(connection.parameter);
    if (!connection.parameter.empty() && bound != parameters.end()) {
      name = bound->second.text;
    }
    out.push_back({name, connection.range});
  };
  for (const TableRules& table : rule_set.tables) add(table.connection);
  for (const Comparison& comparison : rule_set.comparisons) {
    add(comparison.source.connection);
    add(comparison.target.connection);
  }
  return out;
}

const SqlText* FindAuthorSql(const RuleSet& rule_set) {
  for (const TableRules& table : rule_set.tables) {
    if (table.where.has_value()) return &*table.where;
    if (const SqlText* sql = InRules(table.rules)) return sql;
  }
  for (const Comparison& comparison : rule_set.comparisons) {
    if (const SqlText* sql = InComparison(comparison)) return sql;
  }
  return nullptr;
}

}  // namespace assay
