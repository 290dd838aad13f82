// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/comparison_rule.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rules/kinds/comparison_kind.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/connections/snapshot_cover.h"
#include "validator/engine/comparison_steps.h"
#include "validator/engine/full_diff.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/pair_binding.h"
#include "validator/engine/sample_diff.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/side_snapshots.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

using diff::Side;

// How long after a failure it is measured again before a rollback.
constexpr absl::Duration kConfirmAfter = absl::Seconds(1);

class RuleRunner {
 public:
  RuleRunner(const ComparisonRuleRequest& request,
             connections::Session& source_session,
             connections::Session& target_session, Result& result)
      : request_(request),
        comparison_(*request.comparison),
        rule_(*request.rule),
        sessions_{&source_session, &target_session},
        result_(result) {}

  absl::Status Run() {
    cancel_ = request_.cancel;
    if (rule_.timeout_micros.has_value()) {
      const absl::Duration timeout = absl::Microseconds(*rule_.timeout_micros);
      cancel_ = request_.cancel.WithDeadline(
          absl::Now() + timeout,
          MakeError(ErrorReason::kStatementTimeout,
                    absl::StrCat("the rule's timeout of ",
                                 FormatDurationMicros(*rule_.timeout_micros),
                                 " is over; raise `timeout`, or narrow the "
                                 "rule with `where`")));
    }
    ASSAY_RETURN_IF_ERROR(Open());
    ASSAY_RETURN_IF_ERROR(CheckConsistency());
    ASSAY_RETURN_IF_ERROR(MeasureOnce());
    const bool confirm = result_.verdict == Verdict::kFail &&
                         rule_.on_fail == OnFail::kRollback &&
                         !result_.confirmed && !result_.empty && !IsDiff();
    if (!confirm) return absl::OkStatus();
    const Result first = result_;
    observation_ = {};
    result_.samples.clear();
    absl::Status second = SleepUnlessCancelled(kConfirmAfter, cancel_);
    if (second.ok()) second = MeasureOnce();
    if (!second.ok()) {
      // A proven failure is not undone by a reading that could not be repeated.
      if (request_.cancel.cancelled()) return second;
      result_ = first;
      absl::StrAppend(&result_.found,
                      "; not confirmed: the second reading ended with ",
                      GetErrorReasonInfo(GetReason(second)).name);
      return absl::OkStatus();
    }
    const bool again = result_.verdict == Verdict::kFail && !result_.empty;
    result_ = first;
    result_.confirmed = again;
    if (!again) {
      absl::StrAppend(&result_.found, "; not confirmed by a second reading");
    }
    return absl::OkStatus();
  }

 private:
  connections::Session& session(Side side) {
    return *sessions_[side == Side::kSource ? 0 : 1];
  }

  bool IsDiff() const {
    return std::holds_alternative<FullDiff>(request_.plan->step) ||
           std::holds_alternative<SampleDiff>(request_.plan->step);
  }

  bool wants_snapshot() const {
    return comparison_.consistency != Consistency::kStatement;
  }

  absl::Status Open() {
    ASSAY_RETURN_IF_ERROR(
        OpenSides(request_, *sessions_[0], *sessions_[1], cancel_, sides_));
    if (request_.binding != nullptr) {
      *request_.binding = BindingOf(request_, sides_[0], sides_[1]);
    }
    result_.table = sides_[0].label;
    result_.target_table = sides_[1].label;
    return absl::OkStatus();
  }

  absl::Status CheckConsistency() {
    for (const Side side : {Side::kSource, Side::kTarget}) {
      ComparedSide& of = sides_[side == Side::kSource ? 0 : 1];
      if (of.outside_snapshot.empty()) {
        ASSAY_ASSIGN_OR_RETURN(
            of.outside_snapshot,
            connections::OutsideSnapshot(
                session(side), {}, {WhereText(of, request_.plan->filter)},
                cancel_));
      }
      (side == Side::kSource ? result_.consistency
                             : result_.target_consistency) =
          ConsistencyOf(of, wants_snapshot());
      // A schema is read from the catalog.
      if (comparison_.consistency != Consistency::kStrict ||
          std::holds_alternative<CompareSchemas>(request_.plan->step)) {
        continue;
      }
      const std::string outside =
          session(side).dialect().BeginSnapshot().empty()
              ? absl::StrCat(of.label, ": dialect ",
                             std::string(session(side).dialect().name()),
                             " has none")
              : of.outside_snapshot;
      if (outside.empty()) continue;
      return MakeError(
          ErrorReason::kUnsupported,
          absl::StrCat("consistency is strict, and on ", SideName(side),
                       " no snapshot covers ", outside,
                       "; compare while nothing is written there, with "
                       "`consistency: statement`, or convert the table"));
    }
    return absl::OkStatus();
  }

  DiffContext MakeContext() {
    DiffContext context;
    context.comparison = &comparison_;
    context.rule = &rule_;
    context.parameters = request_.execution->parameters;
    context.source = &sides_[0];
    context.target = &sides_[1];
    context.plan = &plan_;
    context.source_where = Conjunction(sides_[0].where, request_.plan->filter);
    context.target_where = Conjunction(sides_[1].where, request_.plan->filter);
    context.as_of = request_.execution->as_of;
    context.seed = request_.seed;
    context.marker = RunMarker(request_.execution->run_id);
    context.cancel = cancel_;
    context.meter = request_.meter;
    context.samples = rule_.samples.value_or(kDefaultSamples);
    context.window_bytes = request_.execution->window_bytes;
    context.scratch = request_.scratch;
    context.differences = request_.differences;
    return context;
  }

  // Only what compares columns needs them to be comparable.
  absl::Status PlanColumns() {
    ASSAY_ASSIGN_OR_RETURN(
        plan_, PlanPair(comparison_, *request_.execution->parameters, sides_[0],
                        sides_[1], request_.any_table));
    return absl::OkStatus();
  }

  absl::Status MeasureOnce() {
    const absl::Status status =
        std::visit([this](const auto& step) { return Measure(step); },
                   request_.plan->step);
    ASSAY_RETURN_IF_ERROR(status);
    JudgeComparison(rule_, *request_.execution->parameters,
                    request_.execution->as_of, *request_.plan, observation_,
                    result_);
    HideAggregates();
    for (assay::Measure& note : notes_) {
      result_.measures.push_back(std::move(note));
    }
    notes_.clear();
    return absl::OkStatus();
  }

  absl::Status InSnapshots(const std::function<absl::Status()>& work) {
    ASSAY_RETURN_IF_ERROR(BeginSnapshots(*sessions_[0], *sessions_[1],
                                         wants_snapshot(), cancel_));
    ASSAY_RETURN_IF_ERROR(work());
    return EndSnapshots(*sessions_[0], *sessions_[1], wants_snapshot(),
                        cancel_);
  }

  absl::Status Measure(const CompareCounts&) {
    const DiffContext context = MakeContext();
    return InSnapshots([&] { return MeasureCounts(context, observation_); });
  }

  absl::Status Measure(const CompareAggregate& step) {
    ASSAY_RETURN_IF_ERROR(PlanForAggregate());
    const DiffContext context = MakeContext();
    return InSnapshots(
        [&] { return MeasureAggregate(context, step, observation_); });
  }

  // An aggregate needs no key.
  absl::Status PlanForAggregate() {
    Comparison keyless = comparison_;
    keyless.key.clear();
    keyless.keyless = true;
    keyless.columns.policies.clear();
    const auto& step = std::get<CompareAggregate>(request_.plan->step);
    keyless.columns.only.clear();
    keyless.columns.except.clear();
    const auto add = [&](const Column& column) {
      Word word;
      word.text = column.name;
      word.range = column.range;
      keyless.columns.only.push_back(word);
    };
    if (step.column.has_value()) add(*step.column);
    for (const Column& column : step.group_by) add(column);
    if (keyless.columns.only.empty()) {
      plan_ = {};
      return absl::OkStatus();
    }
    for (const ColumnPolicy& policy : comparison_.columns.policies) {
      ColumnPolicy kept = policy;
      // The rule's own tolerance counts; the column's would need a key.
      kept.tolerance.reset();
      kept.relative_tolerance.reset();
      keyless.columns.policies.push_back(kept);
    }
    ASSAY_ASSIGN_OR_RETURN(
        plan_, PlanPair(keyless, *request_.execution->parameters, sides_[0],
                        sides_[1], /*any_table=*/true));
    return absl::OkStatus();
  }

  absl::Status Measure(const CompareSchemas& step) {
    const DiffContext context = MakeContext();
    std::vector<std::string> notes;
    result_.consistency = result_.target_consistency = "catalog";
    ASSAY_RETURN_IF_ERROR(MeasureSchemas(context, step, observation_, notes));
    for (std::string& note : notes) {
      notes_.push_back({"note", std::move(note)});
    }
    return absl::OkStatus();
  }

  absl::Status Measure(const CompareForeignKey& step) {
    DiffContext context = MakeContext();
    // The rule's filter chooses children; parents have their side's own.
    if (step.child == CompareForeignKey::Child::kSource) {
      context.target_where = sides_[1].where;
    } else {
      context.source_where = sides_[0].where;
    }
    result_.samples.clear();
    return InSnapshots([&] {
      return MeasureForeignKey(context, step, observation_, result_.samples);
    });
  }

  absl::Status Measure(const SampleDiff& step) {
    ASSAY_RETURN_IF_ERROR(PlanColumns());
    SampleDiffRequest sample;
    sample.context = MakeContext();
    sample.context.differences = "";
    sample.step = step;
    sample.confirm = rule_.on_fail == OnFail::kRollback;
    sample.snapshot = comparison_.consistency != Consistency::kStatement;
    ASSAY_ASSIGN_OR_RETURN(SampleOutcome outcome, RunSampleDiff(sample));
    observation_.drawn = outcome.drawn;
    observation_.drawn_differing = outcome.drawn_differing;
    TakeDiff(std::move(outcome.diff));
    return absl::OkStatus();
  }

  absl::Status Measure(const FullDiff& step) {
    ASSAY_RETURN_IF_ERROR(PlanColumns());
    FullDiffRequest full;
    full.context = MakeContext();
    full.step = step;
    full.confirm = rule_.on_fail == OnFail::kRollback;
    full.snapshot = wants_snapshot();
    full.resumable = comparison_.consistency != Consistency::kStrict;
    full.checkpoint_interval = request_.execution->checkpoint_interval;
    full.recheck_list = request_.recheck_list;
    full.recheck_keys = request_.recheck_keys;
    if (step.older_than_column.has_value()) {
      ASSAY_RETURN_IF_ERROR(AddOlderThan(step, full.context));
    }
    if (!full.context.differences.empty()) {
      std::error_code error;
      std::filesystem::create_directories(
          std::filesystem::path(full.context.differences).parent_path(), error);
    }
    ASSAY_ASSIGN_OR_RETURN(DiffOutcome outcome, RunFullDiff(full));
    result_.differences = outcome.listed;
    TakeDiff(std::move(outcome));
    return absl::OkStatus();
  }

  // Rows whose time is unknown are compared: NULL is not newer.
  absl::Status AddOlderThan(const FullDiff& step, DiffContext& context) {
    ASSAY_ASSIGN_OR_RETURN(const PairedColumn* pair,
                           FindPair(plan_, *step.older_than_column));
    for (const Side side : {Side::kSource, Side::kTarget}) {
      const Column column{pair->on(side), step.older_than_column->range};
      const int64_t micros =
          absl::ToUnixMicros(context.as_of) - step.older_than_micros;
      const ExprPtr old = MakeExpr(
          BinaryCompare{CompareOp::kLessEqual, MakeExpr(column),
                        MakeExpr(Instant{micros, column.name, column.range})});
      const ExprPtr keep =
          MakeExpr(Or{{MakeExpr(NullTest{MakeExpr(column)}), old}});
      ExprPtr& where =
          side == Side::kSource ? context.source_where : context.target_where;
      where = Conjunction(where, keep);
    }
    return absl::OkStatus();
  }

  void TakeDiff(DiffOutcome outcome) {
    observation_.rows_source = outcome.counts.rows_source;
    observation_.rows_target = outcome.counts.rows_target;
    observation_.columns_compared = static_cast<int64_t>(
        plan_.key_columns == 0 ? plan_.columns.size()
                               : plan_.columns.size() - plan_.key_columns);
    observation_.diff = std::move(outcome.counts);
    result_.samples = std::move(outcome.samples);
    result_.samples_note = std::move(outcome.samples_note);
    result_.confirmed = outcome.confirmed;
    if (!outcome.shown_keys.empty()) {
      result_.sql = RowsSql(Side::kSource, outcome.shown_keys);
      result_.target_sql = RowsSql(Side::kTarget, outcome.shown_keys);
    }
  }

  // A SELECT that shows the rows of some differing keys; empty where the key
  // may not be shown.
  std::string RowsSql(Side side, const std::vector<std::string>& keys) {
    const DiffContext context = MakeContext();
    sql::SqlWriter writer(sql::WriteMode::kPaste);
    const sql::Scope scope = sides_[side == Side::kSource ? 0 : 1].scope();
    std::vector<sql::ResolvedColumn> columns;
    for (size_t i = 0; i < plan_.key_columns; ++i) {
      const PairedColumn& pair = plan_.columns[i];
      if (!MayShowPair(sides_[0], sides_[1], pair, true)) return "";
      auto column = scope.resolve(Column{pair.on(side), {}});
      if (!column.ok()) return "";
      columns.push_back(*std::move(column));
    }
    const auto values = LookupKeys(context, side, keys);
    if (!values.ok() || values->empty()) return "";
    // Without the rule's where: the rows themselves are meant.
    if (!sql::PutReadKeys(writer, scope, nullptr, {"*"}, columns, *values)
             .ok()) {
      return "";
    }
    return writer.sql();
  }

  // Sums and counts are statistics; a least or greatest value is data.
  void HideAggregates() {
    const auto* step = std::get_if<CompareAggregate>(&request_.plan->step);
    if (step == nullptr || !step->column.has_value()) return;
    using Function = CompareAggregate::Function;
    if (step->function != Function::kMin && step->function != Function::kMax) {
      return;
    }
    const auto pair = FindPair(plan_, *step->column);
    if (pair.ok() && MayShowPair(sides_[0], sides_[1], **pair, false)) return;
    for (auto& measure : result_.measures) measure.value = "***";
    result_.found = absl::StrCat("hidden by the policy of connection '",
                                 session(Side::kSource).config().name, "' or '",
                                 session(Side::kTarget).config().name, "'");
  }

  const ComparisonRuleRequest& request_;
  const Comparison& comparison_;
  const Rule& rule_;
  connections::Session* sessions_[2];
  Result& result_;
  CancellationToken cancel_;
  ComparedSide sides_[2];
  PairPlan plan_;
  ComparisonObservation observation_;
  std::vector<assay::Measure> notes_;  // Of the schema, for the result.
};

}  // namespace

absl::Status RunComparisonRule(const ComparisonRuleRequest& request,
                               connections::Session& source,
                               connections::Session& target, Result& result) {
  if (!request.scratch.empty()) {
    std::error_code error;
    std::filesystem::create_directories(request.scratch, error);
    if (error) {
      return MakeError(
          ErrorReason::kSpillFailed,
          absl::StrCat("cannot make '", request.scratch, "': ", error.message(),
                       "; give the server another "
                       "state.directory"));
    }
  }
  absl::Status status = RuleRunner(request, source, target, result).Run();
  // After a failure its checkpoint may be of use to the next attempt.
  if (status.ok() && !request.scratch.empty()) {
    std::error_code error;
    std::filesystem::remove_all(request.scratch, error);
  }
  return status;
}

}  // namespace assay::engine
