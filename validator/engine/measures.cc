// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/measures.h"

#include <map>
#include <utility>

#include "absl/time/clock.h"
#include "validator/base/status.h"
#include "validator/engine/statement.h"
#include "validator/sql/statements.h"

namespace assay::engine {
namespace {

// Databases bound a SELECT list (SQLite 2000 columns, PostgreSQL 1664) and the
// number of parameters; far below both.
constexpr size_t kMaxFusedMeasures = 400;

}  // namespace

bool IsStatementsFault(const absl::Status& status) {
  switch (GetReason(status)) {
    case ErrorReason::kSqlError:
    case ErrorReason::kDataError:
    case ErrorReason::kValueInvalid:
    case ErrorReason::kValueTooLarge:
    case ErrorReason::kColumnNotFound:
    case ErrorReason::kTableNotFound:
    case ErrorReason::kPermissionDenied:
    case ErrorReason::kUnsupported:
    case ErrorReason::kInternal:
      return true;
    default:
      return false;
  }
}

absl::Status PutFusedMeasures(sql::SqlWriter& out, const sql::Scope& scope,
                              const ExprPtr& where,
                              absl::Span<RuleState* const> rules,
                              std::vector<std::vector<size_t>>& places) {
  std::map<std::string, size_t> column_of;
  std::vector<const AggregateMeasure*> measures;
  places.clear();
  for (const RuleState* rule : rules) {
    std::vector<size_t>& mine = places.emplace_back();
    for (const AggregateMeasure& measure : rule->plan.measures) {
      const auto [it, inserted] =
          column_of.emplace(ExplainText(measure), measures.size());
      if (inserted) measures.push_back(&measure);
      mine.push_back(it->second);
    }
  }
  return sql::PutAggregates(out, scope, where, measures);
}

namespace {

absl::Status MeasureTogether(connections::Session& session,
                             const sql::Scope& scope, const ExprPtr& where,
                             absl::Span<RuleState* const> rules,
                             const std::string& marker,
                             const CancellationToken& cancel) {
  const absl::Time start = absl::Now();
  sql::SqlWriter writer(sql::WriteMode::kBound);
  std::vector<std::vector<size_t>> places;
  ASSAY_RETURN_IF_ERROR(PutFusedMeasures(writer, scope, where, rules, places));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<Value> row,
                         ReadOneRow(session, writer, marker, cancel));
  for (size_t i = 0; i < rules.size(); ++i) {
    rules[i]->observation.measures.clear();
    for (const size_t place : places[i]) {
      rules[i]->observation.measures.push_back(row.at(place));
    }
    rules[i]->elapsed += absl::Now() - start;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureRules(connections::Session& session,
                          const sql::Scope& scope, const ExprPtr& where,
                          absl::Span<RuleState* const> rules,
                          const std::string& marker,
                          const CancellationToken& cancel) {
  if (rules.empty()) return absl::OkStatus();
  size_t measures = 0;
  for (const RuleState* rule : rules) measures += rule->plan.measures.size();
  absl::Status status;
  if (measures <= kMaxFusedMeasures || rules.size() == 1) {
    status = MeasureTogether(session, scope, where, rules, marker, cancel);
    if (status.ok()) return status;
    if (!IsStatementsFault(status)) return status;
    if (rules.size() == 1) {
      rules[0]->status = status;
      return absl::OkStatus();
    }
  }
  const size_t half = rules.size() / 2;
  ASSAY_RETURN_IF_ERROR(MeasureRules(session, scope, where,
                                     rules.subspan(0, half), marker, cancel));
  return MeasureRules(session, scope, where, rules.subspan(half), marker,
                      cancel);
}

}  // namespace assay::engine
