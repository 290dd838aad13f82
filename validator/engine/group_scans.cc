// SPDX-License-Identifier: Apache-2.0
// How a group's value scans share one reading of the table.
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/engine/group_runner.h"
#include "validator/engine/measures.h"
#include "validator/engine/statement.h"
#include "validator/engine/value_scan.h"

namespace assay::engine {
namespace {

absl::StatusOr<ScanTest> TestOf(const RuleState& state,
                                const sql::Scope& scope) {
  const auto& scan = std::get<ValueScan>(*state.plan.step);
  ASSAY_ASSIGN_OR_RETURN(const sql::ResolvedColumn resolved,
                         scope.resolve(scan.column));
  if (resolved.type.type == TypeClass::kBytes) {
    return MakeError(ErrorReason::kValueInvalid,
                     absl::StrCat("column ", resolved.name, " is ",
                                  resolved.type.native_name,
                                  ": bytes, not text that can be tested"));
  }
  ScanTest test;
  test.column = Column{resolved.name, scan.column.range};
  ASSAY_ASSIGN_OR_RETURN(test.passes, CompileValueTest(scan.test));
  test.keep =
      static_cast<size_t>(state.rule->samples.value_or(kDefaultSamples));
  return test;
}

}  // namespace

void GroupRunner::ExpectScanRows() {
  if (counted_rows_.has_value()) {
    meter_.ExpectRows(*counted_rows_);
    return;
  }
  const std::string estimate =
      session_->dialect().RowEstimateQuery(table_.schema, table_.name);
  if (estimate.empty()) return;
  sql::SqlWriter writer(sql::WriteMode::kBound);
  writer.Put(estimate);
  const auto row = ReadOneRow(*session_, writer, marker_, cancel_);
  // Only for the ETA: without it there is none.
  if (row.ok() && !row->empty()) meter_.ExpectRows(CountOf(row->front()));
}

absl::Status GroupRunner::RunScans() {
  // Scans with the same filter read the table once; a rule with a time of its
  // own reads it alone.
  std::map<std::string, std::vector<RuleState*>> together;
  for (RuleState* state : Pending()) {
    const auto& scan = std::get<ValueScan>(*state->plan.step);
    together[state->rule->timeout_micros.has_value()
                 ? absl::StrCat("alone ", state->index)
                 : absl::StrCat("filter ", ExplainText(scan.filter))]
        .push_back(state);
  }
  for (auto& [filter, rules] : together) {
    meter_.StartActivity(
        absl::StrCat(table_name_, ": ", rules.front()->rule->id));
    ASSAY_RETURN_IF_ERROR(ScanTogether(rules));
    for (RuleState* state : rules) {
      meter_.StepDone();
      if (state->status.ok()) ASSAY_RETURN_IF_ERROR(Finish(*state));
    }
  }
  return absl::OkStatus();
}

absl::Status GroupRunner::ScanTogether(absl::Span<RuleState* const> rules) {
  const absl::Time start = absl::Now();
  const sql::Scope scope = MakeScope(*session_, table_);
  std::vector<ScanTest> tests;
  std::vector<RuleState*> scanned;
  for (RuleState* state : rules) {
    absl::StatusOr<ScanTest> test = TestOf(*state, scope);
    if (!test.ok()) {
      state->status = test.status();
      continue;
    }
    tests.push_back(*std::move(test));
    scanned.push_back(state);
  }
  if (tests.empty()) return absl::OkStatus();
  ExpectScanRows();
  ScanRequest scan;
  scan.session = session_;
  scan.table = &table_;
  const ExprPtr filter =
      std::get<ValueScan>(*scanned.front()->plan.step).filter;
  scan.where = Conjunction(where_, filter);
  scan.marker = marker_;
  scan.cancel = TokenFor(*scanned.front());
  scan.on_rows = [this](int64_t rows) { meter_.RowsRead(rows); };
  absl::Status status = ScanValues(scan, tests);
  if (EndsAttempt(status)) return status;
  if (scanned.size() > 1 && IsStatementsFault(status)) {
    // One rule's column cannot be read: the others' can.
    const absl::Span<RuleState* const> all(scanned);
    ASSAY_RETURN_IF_ERROR(ScanTogether(all.first(all.size() / 2)));
    return ScanTogether(all.subspan(all.size() / 2));
  }
  if (status.ok() && filter == nullptr && counted_rows_.has_value() &&
      !session_->dialect().BeginSnapshot().empty() &&
      outside_snapshot_.empty() && tests.front().rows != *counted_rows_) {
    // Both were read in one snapshot; to judge a part would be a wrong PASS.
    status = MakeError(
        ErrorReason::kInternal,
        absl::StrCat("the scan read ", tests.front().rows, " rows where ",
                     *counted_rows_, " were counted in the same snapshot"));
  }
  for (size_t i = 0; i < scanned.size(); ++i) {
    scanned[i]->status = status;
    scanned[i]->elapsed += absl::Now() - start;
    if (!status.ok()) continue;
    Observation& observation = scanned[i]->observation;
    observation.rows_total = tests[i].rows;
    observation.rows_null = tests[i].null;
    observation.rows_considered = tests[i].rows - tests[i].null;
    observation.rows_failing = tests[i].failing;
    scanned[i]->failing_values = std::move(tests[i].failing_values);
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
