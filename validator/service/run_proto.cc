// SPDX-License-Identifier: Apache-2.0
// Runs, kinds and connections; result_proto.cc has results.
#include "validator/service/run_proto.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "validator/service/principal.h"
#include "validator/service/status_proto.h"
#include "validator/service/utf8.h"

namespace assay::service {
namespace {

// Clients take 4 MiB by default; what is beside results and rule set is small.
constexpr size_t kMaxRunBytes = (4 << 20) - (64 << 10);

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp out;
  const absl::Duration since = time - absl::UnixEpoch();
  const absl::Duration seconds = absl::Floor(since, absl::Seconds(1));
  out.set_seconds(absl::ToInt64Seconds(seconds));
  out.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(since - seconds)));
  return out;
}

v1::Decision DecisionProto(Decision decision) {
  switch (decision) {
    case Decision::kUnspecified:
      return v1::DECISION_UNSPECIFIED;
    case Decision::kProceed:
      return v1::DECISION_PROCEED;
    case Decision::kHold:
      return v1::DECISION_HOLD;
    case Decision::kRollback:
      return v1::DECISION_ROLLBACK;
  }
  return v1::DECISION_HOLD;
}

v1::Release ReleaseProto(const runs::Release& release) {
  v1::Release out;
  out.set_principal(ValidUtf8(release.principal));
  out.set_user(ValidUtf8(release.user));
  out.set_reason(ValidUtf8(release.reason));
  out.set_request_id(ValidUtf8(release.request_id));
  *out.mutable_release_time() = ToTimestamp(release.time);
  for (const std::string& id : release.rule_ids) {
    out.add_rule_ids(ValidUtf8(id));
  }
  return out;
}

v1::Hold HoldProto(const runs::Hold& hold) {
  v1::Hold out;
  *out.mutable_begin_time() = ToTimestamp(hold.begin);
  *out.mutable_until_time() = ToTimestamp(hold.until);
  switch (hold.end) {
    case runs::HoldEnd::kNone:
      break;
    case runs::HoldEnd::kReleased:
      out.set_end(v1::Hold::RELEASED);
      break;
    case runs::HoldEnd::kTimedOut:
      out.set_end(v1::Hold::TIMED_OUT);
      break;
    case runs::HoldEnd::kCancelled:
      out.set_end(v1::Hold::CANCELLED);
      break;
  }
  return out;
}

void AddResults(const runs::Run& run, Values values, v1::Run* out) {
  const size_t taken = out->ByteSizeLong();
  size_t left =
      std::min(kMaxResultBytes, kMaxRunBytes - std::min(kMaxRunBytes, taken));
  for (const std::shared_ptr<const Result>& result : run.results) {
    if (result == nullptr) continue;
    v1::RuleResult message = ToProto(*result, v1::RUN_VIEW_FULL, values);
    const size_t bytes = message.ByteSizeLong() + 8;
    if (bytes > left || out->results_size() == kMaxResults) {
      out->set_results_truncated(true);
      return;
    }
    left -= bytes;
    *out->add_results() = std::move(message);
  }
}

void CopyMap(const std::map<std::string, std::string>& from,
             google::protobuf::Map<std::string, std::string>* to) {
  for (const auto& [key, value] : from) {
    (*to)[ValidUtf8(key)] = ValidUtf8(value);
  }
}

const char* ParamTypeName(ParamType type) {
  switch (type) {
    case ParamType::kColumn:
      return "column";
    case ParamType::kColumns:
      return "columns";
    case ParamType::kTable:
      return "table";
    case ParamType::kValue:
      return "value";
    case ParamType::kValues:
      return "values";
    case ParamType::kBound:
      return "bound";
    case ParamType::kNumber:
      return "number";
    case ParamType::kInteger:
      return "integer";
    case ParamType::kDuration:
      return "duration";
    case ParamType::kFlag:
      return "flag";
    case ParamType::kChoice:
      return "choice";
    case ParamType::kText:
      return "text";
    case ParamType::kWords:
      return "words";
    case ParamType::kSql:
      return "sql";
    case ParamType::kTolerance:
      return "tolerance";
    case ParamType::kKeys:
      return "keys";
    case ParamType::kMap:
      return "map";
    case ParamType::kColumnTypes:
      return "column_types";
  }
  return "text";
}

const char* SamplePolicyName(connections::SamplePolicy policy) {
  switch (policy) {
    case connections::SamplePolicy::kNone:
      return "none";
    case connections::SamplePolicy::kKeys:
      return "keys";
    case connections::SamplePolicy::kFull:
      return "full";
  }
  return "none";
}

}  // namespace

v1::Verdict ToProto(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUnspecified:
      return v1::VERDICT_UNSPECIFIED;
    case Verdict::kPass:
      return v1::VERDICT_PASS;
    case Verdict::kWarn:
      return v1::VERDICT_WARN;
    case Verdict::kFail:
      return v1::VERDICT_FAIL;
    case Verdict::kError:
      return v1::VERDICT_ERROR;
  }
  return v1::VERDICT_ERROR;
}

v1::Run::State ToProto(runs::RunState state) {
  switch (state) {
    case runs::RunState::kUnspecified:
      return v1::Run::STATE_UNSPECIFIED;
    case runs::RunState::kPending:
      return v1::Run::PENDING;
    case runs::RunState::kRunning:
      return v1::Run::RUNNING;
    case runs::RunState::kSuspended:
      return v1::Run::SUSPENDED;
    case runs::RunState::kCancelling:
      return v1::Run::CANCELLING;
    case runs::RunState::kSucceeded:
      return v1::Run::SUCCEEDED;
    case runs::RunState::kFailed:
      return v1::Run::FAILED;
    case runs::RunState::kCancelled:
      return v1::Run::CANCELLED;
    case runs::RunState::kHeld:
      return v1::Run::HELD;
  }
  return v1::Run::STATE_UNSPECIFIED;
}

v1::Drift ToProto(const runs::Drift& drift) {
  v1::Drift out;
  out.set_previous_run_id(ValidUtf8(drift.previous_run_id));
  *out.mutable_previous_as_of_time() = ToTimestamp(drift.previous_as_of);
  out.set_previous_verdict(ToProto(drift.previous_verdict));
  for (const runs::RuleDrift& rule : drift.rules) {
    if (out.rules_size() == kMaxResults) break;
    v1::RuleDrift* to = out.add_rules();
    to->set_rule_id(ValidUtf8(rule.rule_id));
    to->set_previous_verdict(ToProto(rule.before));
    to->set_verdict(ToProto(rule.now));
    for (const runs::CountDrift& count : rule.counts) {
      v1::CountDrift* number = to->add_counts();
      number->set_name(count.name);
      number->set_previous_count(count.before);
      number->set_count(count.now);
    }
    to->set_incomplete(rule.incomplete);
  }
  out.set_unchanged_count(drift.unchanged);
  for (const std::string& id : drift.new_rules) {
    if (out.new_rule_ids_size() == kMaxResults) break;
    out.add_new_rule_ids(ValidUtf8(id));
  }
  for (const std::string& id : drift.gone_rules) {
    if (out.gone_rule_ids_size() == kMaxResults) break;
    out.add_gone_rule_ids(ValidUtf8(id));
  }
  return out;
}

v1::Progress ToProto(const engine::Progress& progress) {
  v1::Progress out;
  out.set_steps_done_count(progress.steps_done);
  out.set_steps_total_count(progress.steps_total);
  out.set_rows_read_count(progress.rows_read);
  out.set_rows_total_count(progress.rows_total);
  out.set_rows_per_second(progress.rows_per_second);
  out.set_activity(ValidUtf8(progress.activity));
  if (progress.remaining > absl::ZeroDuration() &&
      progress.remaining != absl::InfiniteDuration()) {
    *out.mutable_remaining() = DurationProto(progress.remaining);
  }
  return out;
}

v1::Issue ToProto(const Issue& issue) {
  v1::Issue out;
  out.set_severity(issue.severity == Severity::kError ? v1::Issue::ERROR
                                                      : v1::Issue::WARNING);
  out.set_code(ValidUtf8(issue.code));
  out.set_message(ValidUtf8(issue.message));
  out.set_line(issue.range.line);
  out.set_column(issue.range.column);
  out.set_end_line(issue.range.end_line);
  out.set_end_column(issue.range.end_column);
  out.set_hint(ValidUtf8(issue.hint));
  return out;
}

v1::RuleKind ToProto(const KindSpec& spec) {
  v1::RuleKind out;
  out.set_name(spec.name);
  out.set_summary(spec.summary);
  out.set_semantics(spec.semantics);
  out.set_counter(spec.counter);
  out.set_denominator(spec.denominator);
  out.set_example(spec.example);
  out.set_scope(KindScopeName(spec.scope));
  for (const ParamSpec& param : FlatParams(spec)) {
    v1::KindParam* to = out.add_params();
    to->set_name(param.name);
    to->set_type(ParamTypeName(param.type));
    to->set_required(param.required);
    to->set_doc(param.doc);
    to->mutable_choices()->Assign(param.choices.begin(), param.choices.end());
    to->set_default_text(param.default_text);
  }
  return out;
}

v1::Connection ToProto(const connections::ConnectionConfig& config) {
  v1::Connection out;
  out.set_name(ValidUtf8(config.name));
  out.set_dialect(ValidUtf8(config.dialect));
  out.set_max_connections(config.max_connections);
  out.set_samples(SamplePolicyName(config.samples));
  for (const std::string& column : config.masked_columns) {
    out.add_masked_columns(ValidUtf8(column));
  }
  out.set_author_sql(config.author_sql);
  return out;
}

v1::Run ToProto(const runs::Run& run, v1::RunView view, RuleSetText text,
                Values values) {
  v1::Run out;
  out.set_run_id(ValidUtf8(run.run_id));
  out.set_rule_set_name(ValidUtf8(run.rule_set_name));
  out.set_rule_set_digest(ValidUtf8(run.rule_set_digest));
  out.set_migration(ValidUtf8(run.migration));
  out.set_phase(ValidUtf8(run.phase));
  out.set_state(ToProto(run.state));
  out.set_verdict(ToProto(run.outcome.verdict));
  out.set_decision(DecisionProto(run.outcome.decision));
  if (run.error) *out.mutable_error() = ToErrorProto(*run.error);
  out.set_retryable(run.outcome.retryable);
  out.mutable_counts()->set_pass_count(run.outcome.counts.pass);
  out.mutable_counts()->set_warn_count(run.outcome.counts.warn);
  out.mutable_counts()->set_fail_count(run.outcome.counts.fail);
  out.mutable_counts()->set_error_count(run.outcome.counts.error);
  *out.mutable_progress() = ToProto(run.progress);
  *out.mutable_as_of_time() = ToTimestamp(run.as_of_time);
  if (run.start_time != absl::InfinitePast()) {
    *out.mutable_start_time() = ToTimestamp(run.start_time);
  }
  if (run.end_time != absl::InfinitePast()) {
    *out.mutable_end_time() = ToTimestamp(run.end_time);
  }
  CopyMap(run.request.labels, out.mutable_labels());
  out.set_request_id(ValidUtf8(run.request.request_id));
  out.set_correlation_id(ValidUtf8(run.request.correlation_id));
  CopyMap(run.bound_params, out.mutable_params());
  out.set_attempt_count(run.attempts);
  out.set_sequence(run.sequence);
  out.set_recheck_of_run_id(ValidUtf8(run.request.recheck_of));
  out.set_started_by(run.request.principal.empty()
                         ? kLocalPrincipal
                         : ValidUtf8(run.request.principal));
  for (const std::string& name : run.connections) {
    out.add_connections(ValidUtf8(name));
  }
  if (run.release) *out.mutable_release() = ReleaseProto(*run.release);
  if (run.hold) *out.mutable_hold() = HoldProto(*run.hold);
  if (view != v1::RUN_VIEW_FULL) return out;
  if (text == RuleSetText::kInclude) {
    out.set_rule_set(ValidUtf8(run.request.rule_set_text));
  }
  AddResults(run, values, &out);
  return out;
}

}  // namespace assay::service
