// SPDX-License-Identifier: Apache-2.0
// Results of rules.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "validator/service/run_proto.h"
#include "validator/service/status_proto.h"
#include "validator/service/utf8.h"

namespace assay::service {
namespace {

v1::Counters CountersProto(const Counters& counters) {
  v1::Counters out;
  if (counters.rows_total) out.set_rows_total_count(*counters.rows_total);
  if (counters.rows_considered) {
    out.set_rows_considered_count(*counters.rows_considered);
  }
  if (counters.rows_null) out.set_rows_null_count(*counters.rows_null);
  if (counters.rows_failing) out.set_rows_failing_count(*counters.rows_failing);
  if (counters.groups_failing) {
    out.set_groups_failing_count(*counters.groups_failing);
  }
  return out;
}

v1::ColumnChange ChangeProto(const ColumnChange& change) {
  v1::ColumnChange out;
  out.set_column(ValidUtf8(change.column));
  out.set_cause(ValidUtf8(change.cause));
  out.set_rows_count(change.rows);
  out.set_policy(change.policy);
  return out;
}

v1::DiffCounts DiffProto(const DiffCounts& diff) {
  v1::DiffCounts out;
  out.set_rows_source_count(diff.rows_source);
  out.set_rows_target_count(diff.rows_target);
  out.set_keys_count(diff.keys);
  out.set_missing_count(diff.missing);
  out.set_extra_count(diff.extra);
  out.set_changed_count(diff.changed);
  out.set_duplicate_keys_source_count(diff.duplicate_keys_source);
  out.set_duplicate_keys_target_count(diff.duplicate_keys_target);
  out.set_null_keys_source_count(diff.null_keys_source);
  out.set_null_keys_target_count(diff.null_keys_target);
  out.set_settled_count(diff.settled);
  out.set_unstable_count(diff.unstable);
  out.set_lost_count(diff.lost);
  out.set_accepted_count(diff.accepted);
  out.set_complete(diff.complete);
  out.set_incomplete_because(ValidUtf8(diff.incomplete_because));
  for (const ColumnChange& change : diff.columns) {
    *out.add_columns() = ChangeProto(change);
  }
  for (const ColumnChange& change : diff.causes) {
    *out.add_causes() = ChangeProto(change);
  }
  out.set_explained_count(diff.explained);
  for (const std::string& column : diff.source_only_columns) {
    out.add_source_only_columns(ValidUtf8(column));
  }
  for (const std::string& column : diff.target_only_columns) {
    out.add_target_only_columns(ValidUtf8(column));
  }
  for (const std::string& note : diff.notes) out.add_notes(ValidUtf8(note));
  return out;
}

v1::Sample SampleProto(const Sample& sample) {
  v1::Sample out;
  for (const SampleCell& cell : sample.cells) {
    v1::Cell* to = out.add_cells();
    to->set_column(ValidUtf8(cell.column));
    if (!cell.is_null) to->set_text(ValidUtf8(cell.text));
    to->set_truncated(cell.truncated);
    to->set_masked(cell.masked);
    to->set_key(cell.key);
    if (cell.target.has_value()) {
      v1::TargetValue* target = to->mutable_target();
      if (!cell.target->is_null) target->set_text(ValidUtf8(cell.target->text));
      target->set_truncated(cell.target->truncated);
    }
    to->set_differs(cell.differs);
    to->set_cause(ValidUtf8(cell.cause));
  }
  out.set_note(ValidUtf8(sample.note));
  return out;
}

void AddSamples(const Result& result, v1::RuleResult* out) {
  size_t bytes = 0;
  for (const Sample& sample : result.samples) {
    v1::Sample message = SampleProto(sample);
    bytes += message.ByteSizeLong();
    if (bytes > kMaxSampleBytesOfResult) {
      out->set_samples_note(absl::StrCat(
          "the first ", out->samples_size(), " of ", result.samples.size(),
          " samples: together they are larger than 1 MiB"));
      return;
    }
    *out->add_samples() = std::move(message);
  }
}

}  // namespace

google::protobuf::Duration DurationProto(absl::Duration duration) {
  google::protobuf::Duration out;
  out.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return out;
}

v1::RuleResult ToProto(const Result& result, v1::RunView view, Values values) {
  v1::RuleResult out;
  out.set_rule_id(ValidUtf8(result.rule_id));
  out.set_kind(ValidUtf8(result.kind));
  out.set_description(ValidUtf8(result.description));
  out.set_owner(ValidUtf8(result.owner));
  for (const std::string& tag : result.tags) out.add_tags(ValidUtf8(tag));
  out.set_connection(ValidUtf8(result.connection));
  out.set_table(ValidUtf8(result.table));
  out.set_columns(ValidUtf8(result.columns));
  out.set_verdict(ToProto(result.verdict));
  if (result.error) *out.mutable_error() = ToErrorProto(*result.error);
  out.set_expected(ValidUtf8(result.expected));
  out.set_found(ValidUtf8(result.found));
  *out.mutable_counters() = CountersProto(result.counters);
  out.set_threshold(ValidUtf8(result.threshold));
  for (const Measure& measure : result.measures) {
    v1::Measure* to = out.add_measures();
    to->set_name(ValidUtf8(measure.name));
    to->set_value(ValidUtf8(measure.value));
  }
  out.set_samples_note(ValidUtf8(result.samples_note));
  if (view == v1::RUN_VIEW_FULL) {
    AddSamples(result, &out);
    out.set_sql(ValidUtf8(result.sql));
    out.set_target_sql(ValidUtf8(result.target_sql));
  }
  out.set_consistency(ValidUtf8(result.consistency));
  out.set_confirmed(result.confirmed);
  out.set_empty(result.empty);
  out.set_rollback(result.rollback);
  out.set_same_as_rule_id(ValidUtf8(result.same_as));
  *out.mutable_elapsed() =
      DurationProto(absl::Microseconds(result.elapsed_micros));
  out.set_attempt_count(result.attempts);
  out.set_line(result.line);
  out.set_target_connection(ValidUtf8(result.target_connection));
  out.set_target_table(ValidUtf8(result.target_table));
  out.set_target_consistency(ValidUtf8(result.target_consistency));
  if (result.diff.has_value()) *out.mutable_diff() = DiffProto(*result.diff);
  out.set_differences_count(result.differences);
  if (values == Values::kWithhold) Withhold(out);
  return out;
}

}  // namespace assay::service
