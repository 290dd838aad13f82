// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/group_runner.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rules/kinds/kinds.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/log.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/engine/author_sql.h"
#include "validator/engine/group_run.h"
#include "validator/engine/measures.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/statement.h"
#include "validator/engine/steps.h"
#include "validator/sql/statements.h"

namespace assay::engine {
namespace {

constexpr int kMaxAttempts = 4;
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(250);
// Between a failure and the reading that confirms it.
constexpr absl::Duration kConfirmAfter = absl::Seconds(1);

bool HasStep(const RuleState& state) { return state.plan.step.has_value(); }

}  // namespace

bool IsScan(const RuleState& state) {
  return HasStep(state) && std::holds_alternative<ValueScan>(*state.plan.step);
}

bool IsCatalogOnly(const RuleState& state) {
  return HasStep(state) &&
         std::holds_alternative<CatalogCheck>(*state.plan.step);
}

GroupRunner::GroupRunner(const ExecuteRequest& request, int group,
                         connections::Registry& registry, ProgressMeter& meter,
                         const CancellationToken& cancel)
    : request_(request),
      group_(group),
      rules_(request.rule_set->tables[static_cast<size_t>(group)]),
      registry_(registry),
      meter_(meter),
      cancel_(cancel),
      marker_(StatementMarker(request.run_id, request.traceparent)),
      connection_(BoundLiteralText(rules_.connection, *request.parameters)),
      table_name_(BoundLiteralText(rules_.table, *request.parameters)) {}

CancellationToken GroupRunner::TokenFor(const RuleState& state) const {
  if (!state.rule->timeout_micros.has_value()) return cancel_;
  const absl::Duration timeout =
      absl::Microseconds(*state.rule->timeout_micros);
  return cancel_.WithDeadline(
      absl::Now() + timeout,
      MakeError(ErrorReason::kStatementTimeout,
                absl::StrCat("the rule's timeout of ",
                             FormatDurationMicros(*state.rule->timeout_micros),
                             " is over; raise `timeout`, or narrow the rule "
                             "with `where`")));
}

bool GroupRunner::EndsAttempt(const absl::Status& status) const {
  if (status.ok()) return false;
  if (cancel_.cancelled() || !session_->connection().alive()) return true;
  return !IsStatementsFault(status) &&
         GetReason(status) != ErrorReason::kStatementTimeout;
}

std::vector<RuleState*> GroupRunner::Pending() {
  std::vector<RuleState*> out;
  for (const auto& state : states_) {
    if (!state->judged && state->status.ok() &&
        std::find(to_confirm_.begin(), to_confirm_.end(), state.get()) ==
            to_confirm_.end()) {
      out.push_back(state.get());
    }
  }
  return out;
}

absl::Status GroupRunner::Run() {
  if (rules_.where.has_value()) {
    where_ = MakeExpr(Author{BindSql(*rules_.where, *request_.parameters)});
  }
  const connections::ConnectionConfig* config = registry_.Find(connection_);
  int index = FirstRuleOfGroup(*request_.rule_set, group_);
  for (const Rule& rule : rules_.rules) {
    if (const auto carried = request_.carried.find(index);
        carried != request_.carried.end()) {
      meter_.Result(index++, carried->second);
      continue;
    }
    auto state = std::make_unique<RuleState>();
    state->index = index++;
    state->rule = &rule;
    state->result =
        BlankResult(*request_.rule_set, *request_.parameters, group_, rule);
    auto plan = CompileRule(rule, *request_.parameters, request_.as_of);
    if (plan.ok()) {
      state->plan = *std::move(plan);
    } else {
      state->status = plan.status();
    }
    if (config != nullptr) {
      absl::Status may = MayBringSql(*config, rules_, rule);
      if (!may.ok()) state->status = std::move(may);
    }
    states_.push_back(std::move(state));
  }
  absl::Duration backoff = kFirstBackoff;
  for (int attempt = 1; !Pending().empty(); ++attempt) {
    for (RuleState* state : Pending()) state->attempts = attempt;
    absl::Status status = Attempt();
    if (status.ok()) break;
    if (cancel_.cancelled()) return cancel_.status();
    if (GetReason(status) == ErrorReason::kStoreFailed) return status;
    if (!IsRetryable(status) || attempt == kMaxAttempts) {
      ASSAY_RETURN_IF_ERROR(FinishAllWith(status));
      break;
    }
    Count(Metric::kRetries, {connection_});
    LogFields about = LogFieldsOf(request_);
    about.connection = connection_;
    about.reason = GetErrorReasonInfo(GetReason(status)).name;
    const connections::ConnectionConfig* policy = registry_.Find(connection_);
    const absl::Status shown =
        policy == nullptr ? status : HideDataInError(*policy, status);
    LogWarning(absl::StrCat(connection_, ".", table_name_, ": attempt ",
                            attempt, " of ", kMaxAttempts,
                            " failed: ", std::string(shown.message())),
               about);
    ASSAY_RETURN_IF_ERROR(SleepUnlessCancelled(backoff, cancel_));
    backoff *= 3;
  }
  ASSAY_RETURN_IF_ERROR(EmitUnconfirmed());
  // Rules that failed to compile or to be measured.
  for (const auto& state : states_) {
    if (!state->judged) ASSAY_RETURN_IF_ERROR(Finish(*state));
  }
  meter_.GroupDone(group_);
  return absl::OkStatus();
}

absl::Status GroupRunner::Attempt() {
  meter_.StartActivity(table_name_);
  ASSAY_ASSIGN_OR_RETURN(std::vector<connections::Session> sessions,
                         registry_.Acquire({connection_}, cancel_));
  session_ = &sessions.front();
  // The session goes with this call, however it ends.
  const absl::Cleanup forget_session = [this] { session_ = nullptr; };
  table_has_rows_.reset();
  counted_rows_.reset();
  if (session_->server_connection_id() != 0) {
    ASSAY_RETURN_IF_ERROR(
        meter_.Session(connection_, session_->server_connection_id()));
  }
  absl::StatusOr<connections::Table> table =
      session_->DescribeTable(table_name_, cancel_);
  if (!table.ok()) {
    if (GetReason(table.status()) == ErrorReason::kTableNotFound) {
      return TableMissing(table.status());
    }
    return table.status();
  }
  table_ = *std::move(table);
  ASSAY_RETURN_IF_ERROR(LookOutside());
  ASSAY_RETURN_IF_ERROR(session_->BeginSnapshot(cancel_));
  absl::Status status = ReadAll();
  if (status.ok()) status = session_->EndSnapshot(cancel_);
  if (status.ok() && !to_confirm_.empty()) status = Confirm();
  return status;
}

absl::Status GroupRunner::ReadAll() {
  std::vector<RuleState*> fused;
  for (RuleState* state : Pending()) {
    if (IsCatalogOnly(*state)) {
      ASSAY_RETURN_IF_ERROR(RunStep(*state));
      ASSAY_RETURN_IF_ERROR(Finish(*state));
    } else if (state->plan.measures.empty()) {
      continue;
    } else if (state->rule->timeout_micros.has_value()) {
      ASSAY_RETURN_IF_ERROR(Measure({state}));
    } else {
      fused.push_back(state);
    }
  }
  ASSAY_RETURN_IF_ERROR(Measure(fused));
  meter_.StepDone();
  for (RuleState* state : Pending()) {
    if (!HasStep(*state)) ASSAY_RETURN_IF_ERROR(Finish(*state));
  }
  for (RuleState* state : Pending()) {
    if (IsScan(*state)) continue;
    meter_.StartActivity(absl::StrCat(table_name_, ": ", state->rule->id));
    ASSAY_RETURN_IF_ERROR(RunStep(*state));
    meter_.StepDone();
    ASSAY_RETURN_IF_ERROR(Finish(*state));
  }
  return RunScans();
}

absl::Status GroupRunner::Measure(std::vector<RuleState*> rules) {
  if (rules.empty()) return absl::OkStatus();
  const sql::Scope scope = MakeScope(*session_, table_);
  // What cannot even be written is its own rule's error.
  std::erase_if(rules, [&](RuleState* state) {
    sql::SqlWriter writer(sql::WriteMode::kBound);
    std::vector<std::vector<size_t>> places;
    state->status = PutFusedMeasures(writer, scope, where_, {state}, places);
    return !state->status.ok();
  });
  if (rules.empty()) return absl::OkStatus();
  absl::Status status =
      MeasureRules(*session_, scope, where_, absl::MakeSpan(rules), marker_,
                   TokenFor(*rules.front()));
  if (EndsAttempt(status)) return status;
  // Out of its time: a finding about these rules, not about the connection.
  if (!status.ok()) {
    for (RuleState* rule : rules) {
      if (rule->observation.measures.empty()) rule->status = status;
    }
    return absl::OkStatus();
  }
  for (const RuleState* rule : rules) {
    if (!rule->status.ok()) continue;
    for (size_t i = 0; i < rule->plan.measures.size(); ++i) {
      const AggregateMeasure& measure = rule->plan.measures[i];
      if (measure.function == AggregateFunction::kCountRows &&
          measure.filter == nullptr) {
        counted_rows_ = CountOf(rule->observation.measures[i]);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status GroupRunner::RunStep(RuleState& state) {
  const absl::Time start = absl::Now();
  std::optional<connections::Table> parent;
  StepRequest step;
  step.session = session_;
  step.table = &table_;
  step.where = where_;
  step.marker = marker_;
  step.cancel = TokenFor(state);
  step.parent = &parent;
  absl::Status status = ExecuteStep(step, state);
  state.elapsed += absl::Now() - start;
  if (EndsAttempt(status)) return status;
  state.status = status;
  state.parent = std::move(parent);
  return absl::OkStatus();
}

absl::Status GroupRunner::Confirm() {
  // A failure that stands behind a rollback must show again in a second
  // snapshot: a half-committed batch does not.
  ASSAY_RETURN_IF_ERROR(SleepUnlessCancelled(kConfirmAfter, cancel_));
  std::vector<RuleState*> rules = std::move(to_confirm_);
  to_confirm_.clear();
  GroupRunner again(request_, group_, registry_, meter_, cancel_);
  again.session_ = session_;
  again.table_ = table_;
  again.outside_snapshot_ = outside_snapshot_;
  again.where_ = where_;
  for (const RuleState* rule : rules) {
    auto copy = std::make_unique<RuleState>();
    copy->index = rule->index;
    copy->rule = rule->rule;
    copy->plan = rule->plan;
    again.states_.push_back(std::move(copy));
  }
  absl::Status status = DescribeAgain(rules, again.table_);
  if (status.ok()) status = session_->BeginSnapshot(cancel_);
  if (status.ok()) status = again.Reread();
  if (status.ok()) status = session_->EndSnapshot(cancel_);
  for (size_t i = 0; i < rules.size(); ++i) {
    const RuleState& second = *again.states_[i];
    rules[i]->result.confirmed = status.ok() && second.status.ok() &&
                                 second.result.verdict == Verdict::kFail &&
                                 !second.result.empty;
    if (!rules[i]->result.confirmed) {
      absl::StrAppend(&rules[i]->result.found,
                      "; not confirmed by a second reading");
    }
    ASSAY_RETURN_IF_ERROR(Emit(*rules[i]));
  }
  if (cancel_.cancelled()) return cancel_.status();
  return absl::OkStatus();
}

absl::Status GroupRunner::DescribeAgain(const std::vector<RuleState*>& rules,
                                        connections::Table& table) {
  // A migration may have added the missing column meanwhile.
  const bool by_catalog =
      std::any_of(rules.begin(), rules.end(), [](const RuleState* rule) {
        return HasStep(*rule) &&
               std::holds_alternative<CatalogCheck>(*rule->plan.step);
      });
  if (!by_catalog) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(table, session_->DescribeTable(table_name_, cancel_));
  return absl::OkStatus();
}

absl::Status GroupRunner::Reread() {
  std::vector<RuleState*> fused;
  for (const auto& state : states_) {
    if (!state->plan.measures.empty()) fused.push_back(state.get());
  }
  ASSAY_RETURN_IF_ERROR(Measure(fused));
  std::vector<RuleState*> scans;
  for (const auto& state : states_) {
    if (!state->status.ok() || !HasStep(*state)) continue;
    if (IsScan(*state)) {
      ASSAY_RETURN_IF_ERROR(ScanTogether({state.get()}));
    } else {
      ASSAY_RETURN_IF_ERROR(RunStep(*state));
    }
  }
  for (const auto& state : states_) {
    if (!state->status.ok()) continue;
    JudgeRule(*state->rule, *request_.parameters, request_.as_of, state->plan,
              state->observation, true, state->result);
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
