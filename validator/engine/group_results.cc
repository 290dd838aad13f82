// SPDX-License-Identifier: Apache-2.0
// How a group's rules are judged and handed over.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rules/kinds/kinds.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/connections/snapshot_cover.h"
#include "validator/engine/group_runner.h"
#include "validator/engine/measures.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/samples.h"
#include "validator/engine/statement.h"
#include "validator/engine/steps.h"
#include "validator/engine/value_scan.h"
#include "validator/sql/statements.h"

namespace assay::engine {

absl::Status GroupRunner::TableMissing(const absl::Status& why) {
  for (RuleState* state : Pending()) {
    if (IsCatalogOnly(*state)) {
      // The one kind for which a missing table is a finding.
      state->observation.mismatches = {std::string(why.message())};
      ASSAY_RETURN_IF_ERROR(Finish(*state));
    }
  }
  return FinishAllWith(why);
}

absl::Status GroupRunner::TableHasRows(bool& has_rows) {
  if (!table_has_rows_.has_value()) {
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(sql::PutAnyRow(writer, MakeScope(*session_, table_)));
    ASSAY_ASSIGN_OR_RETURN(const Rows rows,
                           ReadRows(*session_, writer, marker_, 1, cancel_));
    table_has_rows_ = !rows.rows.empty();
  }
  has_rows = *table_has_rows_;
  return absl::OkStatus();
}

absl::Status GroupRunner::Finish(RuleState& state) {
  Result& result = state.result;
  if (!state.status.ok()) {
    const absl::Status shown =
        registry_.Find(connection_) == nullptr
            ? state.status
            : HideDataInError(*registry_.Find(connection_), state.status);
    result.verdict = Verdict::kError;
    result.expected = state.plan.expected;
    result.error = ResultError{GetReason(shown), std::string(shown.message()),
                               IsRetryable(shown)};
    return Emit(state);
  }
  // Asked only where it matters: a rule that saw no rows through a filter.
  bool table_has_rows = false;
  if (session_ != nullptr && (where_ != nullptr || state.rule->where)) {
    JudgeRule(*state.rule, *request_.parameters, request_.as_of, state.plan,
              state.observation, true, result);
    if (result.counters.rows_total == 0) {
      ASSAY_RETURN_IF_ERROR(TableHasRows(table_has_rows));
    } else {
      table_has_rows = true;
    }
  }
  JudgeRule(*state.rule, *request_.parameters, request_.as_of, state.plan,
            state.observation, table_has_rows, result);
  if (result.empty && result.counters.rows_total == 0 && !table_has_rows) {
    // One finding per table.
    if (empty_rule_id_.empty()) {
      empty_rule_id_ = result.rule_id;
    } else {
      result.same_as = empty_rule_id_;
    }
  }
  if (session_ != nullptr) {
    result.table = table_.schema.empty()
                       ? table_.name
                       : absl::StrCat(table_.schema, ".", table_.name);
    result.consistency = IsCatalogOnly(state)
                             ? "catalog"
                             : connections::ConsistencyText(
                                   session_->dialect(), state.outside_snapshot);
    HideValues(session_->config(), state.plan, result);
    if ((result.verdict == Verdict::kFail ||
         result.verdict == Verdict::kWarn) &&
        !result.empty && !IsCatalogOnly(state)) {
      SampleRequest samples;
      samples.session = session_;
      samples.table = &table_;
      samples.parent = state.parent ? &*state.parent : nullptr;
      samples.where = where_;
      samples.marker = marker_;
      samples.cancel = cancel_;
      AttachSamples(samples, state);
    }
    if (result.verdict == Verdict::kFail && result.rollback && !result.empty) {
      to_confirm_.push_back(&state);
      return absl::OkStatus();
    }
  }
  return Emit(state);
}

absl::Status GroupRunner::FinishAllWith(const absl::Status& why) {
  std::string first;
  for (RuleState* state : Pending()) {
    state->status = why;
    if (first.empty()) {
      first = state->result.rule_id;
    } else {
      state->result.same_as = first;
    }
    ASSAY_RETURN_IF_ERROR(Finish(*state));
  }
  return absl::OkStatus();
}

absl::Status GroupRunner::EmitUnconfirmed() {
  for (RuleState* state : std::exchange(to_confirm_, {})) {
    absl::StrAppend(&state->result.found,
                    "; not confirmed by a second reading");
    ASSAY_RETURN_IF_ERROR(Emit(*state));
  }
  return absl::OkStatus();
}

absl::Status GroupRunner::Emit(RuleState& state) {
  Result& result = state.result;
  if (result.verdict == Verdict::kError) {
    // The author may know better than "could not judge"; never PASS.
    if (state.rule->on_error == OnError::kFail) {
      result.verdict = Verdict::kFail;
      result.found =
          absl::StrCat("could not be judged: ", result.error->message);
    } else if (state.rule->on_error == OnError::kWarn) {
      result.verdict = Verdict::kWarn;
      result.found =
          absl::StrCat("could not be judged: ", result.error->message);
    }
  }
  result.elapsed_micros = absl::ToInt64Microseconds(state.elapsed);
  result.attempts = std::max(1, state.attempts);
  state.judged = true;
  meter_.Result(state.index, result);
  return absl::OkStatus();
}

}  // namespace assay::engine
