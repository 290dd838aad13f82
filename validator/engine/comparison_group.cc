// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/comparison_group.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "rules/kinds/comparison_kind.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/log.h"
#include "validator/base/metrics.h"
#include "validator/base/state_paths.h"
#include "validator/base/status.h"
#include "validator/diff/digest.h"
#include "validator/engine/comparison_rule.h"
#include "validator/engine/merge_results.h"
#include "validator/engine/pair_binding.h"
#include "validator/engine/pair_results.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/side_snapshots.h"

namespace assay::engine {
namespace {

constexpr int kMaxAttempts = 4;
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(250);

// A failure of the connection or of the moment, rather than of the rule.
bool MayPass(const absl::Status& status) {
  switch (GetReason(status)) {
    case ErrorReason::kStatementTimeout:
    case ErrorReason::kRunTimeout:
    case ErrorReason::kSpillFailed:
    case ErrorReason::kUnstable:
      return false;
    default:
      return IsRetryable(status);
  }
}

bool UsesAuthorSql(const Comparison& comparison, const Rule& rule,
                   bool source) {
  const ComparisonSide& side = source ? comparison.source : comparison.target;
  const bool mapped = std::any_of(
      comparison.columns.map.begin(), comparison.columns.map.end(),
      [source](const ColumnMapping& mapping) {
        return (source ? mapping.source_sql : mapping.target_sql).has_value();
      });
  return side.query.has_value() || side.where.has_value() ||
         rule.where.has_value() || mapped;
}

class ComparisonRunner {
 public:
  ComparisonRunner(const ExecuteRequest& request, int group,
                   connections::Registry& registry, ProgressMeter& meter,
                   const CancellationToken& cancel)
      : request_(request),
        group_(group),
        comparison_(
            request.rule_set->comparisons[static_cast<size_t>(group) -
                                          request.rule_set->tables.size()]),
        registry_(registry),
        meter_(meter),
        cancel_(cancel),
        connections_({BoundLiteralText(comparison_.source.connection,
                                       *request.parameters),
                      BoundLiteralText(comparison_.target.connection,
                                       *request.parameters)}) {}

  absl::Status Run() {
    const int first = FirstRuleOfGroup(*request_.rule_set, group_);
    std::optional<absl::Status> no_pairs;
    for (size_t i = 0; i < comparison_.rules.size(); ++i) {
      const int index = first + static_cast<int>(i);
      const auto carried = request_.carried.find(index);
      if (carried != request_.carried.end()) {
        meter_.Result(index, carried->second);
        continue;
      }
      const Rule& rule = comparison_.rules[i];
      const absl::Time start = absl::Now();
      Result result;
      absl::Status status = RunRule(rule, no_pairs, result);
      if (cancel_.cancelled()) return cancel_.status();
      if (GetReason(status) == ErrorReason::kStoreFailed) return status;
      if (!status.ok()) SetError(status, result);
      result.elapsed_micros = absl::ToInt64Microseconds(absl::Now() - start);
      ApplyOnError(rule, result);
      meter_.Result(index, result);
      meter_.StepDone();
    }
    meter_.GroupDone(group_);
    return absl::OkStatus();
  }

 private:
  // As it may leave the server, by the policies of both sides.
  absl::Status Shown(const absl::Status& status) const {
    absl::Status shown = status;
    for (const std::string& name : connections_) {
      if (const auto* config = registry_.Find(name)) {
        shown = HideDataInError(*config, shown);
      }
    }
    return shown;
  }

  void SetError(const absl::Status& status, Result& result) const {
    const absl::Status shown = Shown(status);
    result.verdict = Verdict::kError;
    result.error = ResultError{GetReason(shown), std::string(shown.message()),
                               IsRetryable(shown)};
  }

  static void ApplyOnError(const Rule& rule, Result& result) {
    if (result.verdict != Verdict::kError || rule.on_error == OnError::kError) {
      return;
    }
    // The author may know better than "could not judge"; never PASS.
    result.verdict =
        rule.on_error == OnError::kFail ? Verdict::kFail : Verdict::kWarn;
    result.found = absl::StrCat("could not be judged: ", result.error->message);
  }

  absl::Status MayRun(const Rule& rule) const {
    for (const bool source : {true, false}) {
      const auto* config = registry_.Find(connections_[source ? 0 : 1]);
      if (config == nullptr || config->author_sql ||
          !UsesAuthorSql(comparison_, rule, source)) {
        continue;
      }
      return MakeError(
          ErrorReason::kPermissionDenied,
          absl::StrCat("connection '", config->name,
                       "' does not take SQL from rule sets (author_sql: false "
                       "in the server's configuration)"));
    }
    return absl::OkStatus();
  }

  // All pairs of one rule, folded into one result.
  absl::Status RunRule(const Rule& rule, std::optional<absl::Status>& no_pairs,
                       Result& result) {
    result = BlankComparisonResult(comparison_, *request_.parameters, rule);
    meter_.StartActivity(
        absl::StrCat(result.table, " → ", result.target_table, ": ", rule.id));
    ASSAY_RETURN_IF_ERROR(MayRun(rule));
    ASSAY_ASSIGN_OR_RETURN(
        const ComparisonPlan plan,
        CompileComparison(rule, *request_.parameters, request_.as_of));
    result.expected = plan.expected;
    if (!pairs_.has_value()) {
      if (!no_pairs.has_value()) no_pairs = LookUpPairs();
      ASSAY_RETURN_IF_ERROR(*no_pairs);
    }
    const bool many = comparison_.source.tables.has_value();
    if (!many) {
      return RunPair(rule, plan, pairs_->pairs.front(), "", result, nullptr);
    }
    if (!request_.directory.empty()) {
      // An interrupted execution may have begun the list.
      std::error_code error;
      std::filesystem::remove(
          DifferencesPath(request_.directory, request_.run_id, rule.id), error);
    }
    std::vector<Result> parts;
    for (const TablePair& pair : pairs_->pairs) {
      Result part = result;
      meter_.StartActivity(absl::StrCat(pair.source, ": ", rule.id));
      if (!TakeFinished(rule, plan, pair, part)) {
        std::string binding;
        const absl::Status status =
            RunPair(rule, plan, pair, SuffixOf(pair), part, &binding);
        if (cancel_.cancelled()) return cancel_.status();
        if (!status.ok()) SetError(status, part);
        if (part.table.find('*') != std::string::npos) part.table = pair.source;
        // What could not be judged may be judged after a restart.
        if (part.verdict != Verdict::kError) {
          meter_.PairDone(IndexOf(rule), pair.source, {binding, part});
        }
      }
      parts.push_back(std::move(part));
    }
    MergeResults(rule, std::move(parts), pairs_->source_only,
                 pairs_->target_only, result);
    return absl::OkStatus();
  }

  // Which are the two sides' in turn.
  absl::Status Registered(const std::vector<connections::Session>& sessions) {
    for (size_t i = 0; i < sessions.size(); ++i) {
      if (sessions[i].server_connection_id() == 0) continue;
      ASSAY_RETURN_IF_ERROR(meter_.Session(connections_[i % 2],
                                           sessions[i].server_connection_id()));
    }
    return absl::OkStatus();
  }

  // How many connections a side may read for a step.
  int64_t Readers(const ComparisonPlan& plan) const {
    const auto* step = std::get_if<FullDiff>(&plan.step);
    if (step == nullptr || !shares_reading_) return 1;
    int64_t readers = step->readers;
    const int64_t sides = connections_[0] == connections_[1] ? 2 : 1;
    for (const std::string& name : connections_) {
      const auto* config = registry_.Find(name);
      if (config == nullptr) return 1;
      readers = std::min(readers, config->max_connections / sides);
    }
    return std::max<int64_t>(1, readers);
  }

  // Runs `work` with so many pairs of sessions, source and target in turn,
  // again where a failure may pass.
  absl::Status WithSessions(
      int64_t pairs,
      const std::function<absl::Status(std::vector<connections::Session>&)>&
          work,
      int64_t& attempts) {
    std::vector<std::string> names;
    for (int64_t i = 0; i < pairs; ++i) {
      names.insert(names.end(), connections_.begin(), connections_.end());
    }
    absl::Duration backoff = kFirstBackoff;
    for (attempts = 1;; ++attempts) {
      absl::Status status;
      {
        absl::StatusOr<std::vector<connections::Session>> sessions =
            registry_.Acquire(names, cancel_);
        status = sessions.status();
        if (status.ok()) status = Registered(*sessions);
        if (status.ok()) status = work(*sessions);
      }
      if (status.ok() || cancel_.cancelled() || !MayPass(status) ||
          attempts == kMaxAttempts) {
        return status;
      }
      Count(Metric::kRetries, {connections_[0]});
      if (connections_[0] != connections_[1]) {
        Count(Metric::kRetries, {connections_[1]});
      }
      LogFields about = LogFieldsOf(request_);
      about.reason = GetErrorReasonInfo(GetReason(status)).name;
      LogWarning(
          absl::StrCat(connections_[0], " → ", connections_[1], ": attempt ",
                       attempts, " of ", kMaxAttempts,
                       " failed: ", std::string(Shown(status).message())),
          about);
      ASSAY_RETURN_IF_ERROR(SleepUnlessCancelled(backoff, cancel_));
      backoff *= 3;
    }
  }

  absl::Status LookUpPairs() {
    int64_t attempts = 0;
    return WithSessions(
        1,
        [&](std::vector<connections::Session>& sessions) -> absl::Status {
          const bool snapshot =
              comparison_.consistency != Consistency::kStatement;
          shares_reading_ = SharesReading(sessions[0], snapshot) &&
                            SharesReading(sessions[1], snapshot);
          ASSAY_ASSIGN_OR_RETURN(
              pairs_, FindTablePairs(comparison_, *request_.parameters,
                                     sessions[0], sessions[1], cancel_));
          return absl::OkStatus();
        },
        attempts);
  }

  std::string Scratch(const Rule& rule, const std::string& suffix) const {
    if (request_.directory.empty()) return "";
    return absl::StrCat(ScratchDirectory(request_.directory, request_.run_id),
                        "/", FileName(absl::StrCat(rule.id, suffix)));
  }

  int IndexOf(const Rule& rule) const {
    return FirstRuleOfGroup(*request_.rule_set, group_) +
           static_cast<int>(&rule - comparison_.rules.data());
  }

  static std::string SuffixOf(const TablePair& pair) {
    return absl::StrCat("@", pair.source);
  }

  // What the run that this one re-reads found about a rule, for one pair of a
  // wildcard's (`many`); null: nothing.
  const Result* Earlier(const Rule& rule, const TablePair& pair,
                        bool many) const {
    const auto found = request_.earlier.find(IndexOf(rule));
    if (found == request_.earlier.end()) return nullptr;
    if (!many) return &found->second;
    const PairResult* of =
        FindPair(request_.earlier_pairs, IndexOf(rule), pair);
    return of == nullptr ? nullptr : &of->result;
  }

  ComparisonRuleRequest WorkOf(const Rule& rule, const ComparisonPlan& plan,
                               const TablePair& pair,
                               const std::string& suffix) {
    ComparisonRuleRequest work;
    work.execution = &request_;
    work.comparison = &comparison_;
    work.rule = &rule;
    work.plan = &plan;
    work.pair = pair;
    work.any_table = !suffix.empty();
    work.seed =
        diff::HashBytes(absl::StrCat(request_.run_id, "/", rule.id), 0).low;
    work.meter = &meter_;
    work.cancel = cancel_;
    work.scratch = Scratch(rule, suffix);
    if (!request_.directory.empty()) {
      work.differences = DifferencesPath(request_.directory, request_.run_id,
                                         absl::StrCat(rule.id, suffix));
    }
    return work;
  }

  // Takes what was found about a pair before the server ended, where it is
  // bound to what is there now; false: there is nothing to take.
  bool TakeFinished(const Rule& rule, const ComparisonPlan& plan,
                    const TablePair& pair, Result& part) {
    const PairResult* done = FindPair(request_.done_pairs, IndexOf(rule), pair);
    if (done == nullptr) return false;
    const ComparisonRuleRequest work = WorkOf(rule, plan, pair, SuffixOf(pair));
    if (done->result.differences > 0 && !FileExists(work.differences)) {
      return false;
    }
    std::string binding;
    int64_t attempts = 0;
    const absl::Status status = WithSessions(
        1,
        [&](std::vector<connections::Session>& sessions) -> absl::Status {
          ComparedSide sides[2];
          ASSAY_RETURN_IF_ERROR(
              OpenSides(work, sessions[0], sessions[1], cancel_, sides));
          binding = BindingOf(work, sides[0], sides[1]);
          return absl::OkStatus();
        },
        attempts);
    // Trouble comes again where the pair is compared, and is said there.
    if (!status.ok()) return false;
    if (binding != done->binding) {
      LogWarning(absl::StrCat(
                     rule.id, " of ", pair.source,
                     " is compared again: its plan, catalog or connection, or "
                     "the server's encoding, is another than before the "
                     "interruption"),
                 LogFieldsOf(request_, rule.id));
      return false;
    }
    part = done->result;
    if (part.diff.has_value()) {
      part.diff->notes.push_back(
          "compared before an interruption, and not read again");
    }
    if (part.differences > 0) JoinLists(rule, work.differences);
    return true;
  }

  absl::Status RunPair(const Rule& rule, const ComparisonPlan& plan,
                       const TablePair& pair, const std::string& suffix,
                       Result& result, std::string* binding) {
    ComparisonRuleRequest work = WorkOf(rule, plan, pair, suffix);
    work.binding = binding;
    const Result* earlier = Earlier(rule, pair, !suffix.empty());
    if (!request_.directory.empty() && !request_.recheck_of.empty() &&
        earlier != nullptr && ListIsWhole(*earlier)) {
      const std::string list =
          DifferencesPath(request_.directory, request_.recheck_of,
                          absl::StrCat(rule.id, suffix));
      // Without its list it is compared anew.
      if (FileExists(list)) {
        work.recheck_list = list;
        work.recheck_keys = earlier->diff->keys;
      }
    }
    ASSAY_RETURN_IF_ERROR(WithSessions(
        Readers(plan),
        [&](std::vector<connections::Session>& sessions) {
          work.more_sessions.clear();
          for (size_t i = 2; i < sessions.size(); i += 2) {
            work.more_sessions.push_back({&sessions[i], &sessions[i + 1]});
          }
          return RunComparisonRule(work, sessions[0], sessions[1], result);
        },
        result.attempts));
    if (!suffix.empty() && result.differences > 0) {
      JoinLists(rule, work.differences);
    }
    return absl::OkStatus();
  }

  void JoinLists(const Rule& rule, const std::string& of_pair) const {
    AppendList(of_pair,
               DifferencesPath(request_.directory, request_.run_id, rule.id));
  }

  const ExecuteRequest& request_;
  const int group_;
  const Comparison& comparison_;
  connections::Registry& registry_;
  ProgressMeter& meter_;
  const CancellationToken& cancel_;
  const std::vector<std::string> connections_;
  std::optional<TablePairs> pairs_;
  bool shares_reading_ = false;  // See SharesReading; of both sides.
};

std::string SideText(const ComparisonSide& side,
                     const BoundParameters& parameters) {
  if (side.table.has_value()) return BoundLiteralText(*side.table, parameters);
  return side.tables.has_value() ? side.tables->text : "query";
}

}  // namespace

Result BlankComparisonResult(const Comparison& comparison,
                             const BoundParameters& parameters,
                             const Rule& rule) {
  Result result;
  result.rule_id = rule.id;
  result.kind = rule.kind;
  result.description = rule.description;
  result.owner = rule.owner;
  result.tags = rule.tags;
  result.connection =
      BoundLiteralText(comparison.source.connection, parameters);
  result.target_connection =
      BoundLiteralText(comparison.target.connection, parameters);
  result.table = SideText(comparison.source, parameters);
  result.target_table = SideText(comparison.target, parameters);
  result.rollback = rule.on_fail == OnFail::kRollback;
  result.line = rule.range.line;
  return result;
}

absl::Status RunComparison(const ExecuteRequest& request, int group,
                           connections::Registry& registry,
                           ProgressMeter& meter,
                           const CancellationToken& cancel) {
  return ComparisonRunner(request, group, registry, meter, cancel).Run();
}

}  // namespace assay::engine
