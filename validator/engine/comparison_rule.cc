// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/comparison_rule.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rules/kinds/comparison_kind.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/connections/snapshot_cover.h"
#include "validator/engine/aggregate_read.h"
#include "validator/engine/comparison_sql.h"
#include "validator/engine/comparison_steps.h"
#include "validator/engine/diff_choices.h"
#include "validator/engine/full_diff.h"
#include "validator/engine/pair_binding.h"
#include "validator/engine/sample_diff.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/side_snapshots.h"

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
                         !result_.confirmed && !result_.empty;
    return confirm ? Confirm() : absl::OkStatus();
  }

 private:
  connections::Session& session(Side side) {
    return *sessions_[side == Side::kSource ? 0 : 1];
  }

  // Measures everything a second time, in new snapshots. Diffs come here whose
  // rows cannot be looked up by the key: they must find the same differences,
  // since rows in flight differ each time in another way.
  absl::Status Confirm() {
    const Result first = result_;
    const diff::Digest fingerprint = fingerprint_;
    observation_ = {};
    result_.samples.clear();
    second_reading_ = true;
    absl::Status second = SleepUnlessCancelled(kConfirmAfter, cancel_);
    if (second.ok()) second = MeasureOnce();
    // The run's own end is no finding about the rule.
    if (!second.ok() && request_.cancel.cancelled()) return second;
    const bool again = second.ok() && result_.verdict == Verdict::kFail &&
                       !result_.empty && fingerprint_ == fingerprint &&
                       SameFindings(first.diff, result_.diff);
    result_ = first;
    result_.confirmed = again;
    if (!second.ok()) {
      // A proven failure is not undone by a reading that could not be repeated.
      absl::StrAppend(&result_.found,
                      "; not confirmed: the second reading ended with ",
                      GetErrorReasonInfo(GetReason(second)).name);
    } else if (!again) {
      absl::StrAppend(&result_.found, "; not confirmed by a second reading");
    } else if (result_.diff.has_value()) {
      result_.diff->notes.push_back(
          "confirmed: everything was read a second time and differed alike");
    }
    return absl::OkStatus();
  }

  static bool SameFindings(const std::optional<DiffCounts>& a,
                           const std::optional<DiffCounts>& b) {
    if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
    const auto findings = [](const DiffCounts& diff) {
      return std::tie(diff.missing, diff.extra, diff.changed,
                      diff.duplicate_keys_source, diff.duplicate_keys_target,
                      diff.null_keys_source, diff.null_keys_target,
                      diff.source_only_columns, diff.target_only_columns);
    };
    return findings(*a) == findings(*b);
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
            connections::OutsideSnapshot(session(side), {},
                                         {WhereText(of, request_.plan->filter)},
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
    context.marker = StatementMarker(request_.execution->run_id,
                                     request_.execution->traceparent);
    context.log = LogFieldsOf(*request_.execution, rule_.id);
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
    ASSAY_ASSIGN_OR_RETURN(
        plan_, PlanAggregate(comparison_, step, *request_.execution->parameters,
                             sides_[0], sides_[1]));
    const DiffContext context = MakeContext();
    return InSnapshots(
        [&] { return MeasureAggregate(context, step, observation_); });
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
    full.context.more_sessions = request_.more_sessions;
    full.step = step;
    full.confirm = rule_.on_fail == OnFail::kRollback;
    full.snapshot = wants_snapshot();
    full.resumable = comparison_.consistency != Consistency::kStrict;
    full.checkpoint_interval = request_.execution->checkpoint_interval;
    full.recheck_list = request_.recheck_list;
    full.recheck_keys = request_.recheck_keys;
    ASSAY_RETURN_IF_ERROR(AddOlderThan(step, full.context));
    // The list is the first reading's.
    if (second_reading_) full.context.differences.clear();
    if (!full.context.differences.empty()) {
      std::error_code error;
      std::filesystem::create_directories(
          std::filesystem::path(full.context.differences).parent_path(), error);
    }
    ASSAY_ASSIGN_OR_RETURN(DiffOutcome outcome, RunFullDiff(full));
    if (const std::string note = FewerReaders(step); !note.empty()) {
      outcome.counts.notes.push_back(note);
    }
    result_.differences = outcome.listed;
    TakeDiff(std::move(outcome));
    return absl::OkStatus();
  }

  // Why fewer connections read than the rule asked for; empty: they did.
  std::string FewerReaders(const FullDiff& step) {
    const auto readers =
        static_cast<int64_t>(request_.more_sessions.size()) + 1;
    if (readers >= step.readers) return "";
    for (const Side side : {Side::kSource, Side::kTarget}) {
      if (SharesReading(session(side), wants_snapshot())) continue;
      return absl::StrCat(
          "readers: 1, since ", session(side).config().name, " (",
          std::string(session(side).dialect().name()),
          ") cannot share a snapshot between connections; `consistency: "
          "statement` does without one");
    }
    return absl::StrCat("readers: ", readers, " of ", step.readers,
                        ", by max_connections of the connections");
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
    fingerprint_ = outcome.fingerprint;
    if (!outcome.shown_keys.empty()) {
      const DiffContext context = MakeContext();
      result_.sql = RowsSql(context, Side::kSource, outcome.shown_keys);
      result_.target_sql = RowsSql(context, Side::kTarget, outcome.shown_keys);
    }
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
  bool second_reading_ = false;
  diff::Digest fingerprint_;  // Of the last diff.
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
