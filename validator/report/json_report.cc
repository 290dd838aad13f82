// SPDX-License-Identifier: Apache-2.0
#include "validator/report/json_report.h"

#include <cmath>
#include <map>

#include "nlohmann/json.hpp"
#include "validator/report/diff_text.h"
#include "validator/report/display.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

using Json = nlohmann::ordered_json;

Json Time(bool has, const google::protobuf::Timestamp& time) {
  const std::string text = has ? Iso8601(time) : "";
  return text.empty() ? Json() : Json(text);
}

Json Duration(bool has, const google::protobuf::Duration& duration) {
  if (!has) return {};
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

Json ErrorJson(bool has, const v1::Error& error) {
  if (!has) return {};
  return Json{{"reason", error.reason()},
              {"message", error.message()},
              {"retryable", error.retryable()}};
}

Json MapJson(const google::protobuf::Map<std::string, std::string>& map) {
  Json out = Json::object();
  // A protobuf map has no order of its own.
  for (const auto& [key, value] :
       std::map<std::string, std::string>(map.begin(), map.end())) {
    out[ValidUtf8(key)] = value;
  }
  return out;
}

Json TargetJson(const v1::Cell& cell) {
  if (!cell.has_target()) return {};
  const bool null = !cell.target().has_text() && !cell.masked();
  return Json{
      {"value", null || cell.masked() ? Json() : Json(cell.target().text())},
      {"null", null},
      {"truncated", cell.target().truncated()}};
}

Json SampleJson(const v1::Sample& sample, bool comparison) {
  Json cells = Json::array();
  for (const v1::Cell& cell : sample.cells()) {
    const bool null = !cell.has_text() && !cell.masked();
    cells.push_back(
        Json{{"column", cell.column()},
             {"value", null || cell.masked() ? Json() : Json(cell.text())},
             {"null", null},
             {"masked", cell.masked()},
             {"truncated", cell.truncated()},
             {"key", cell.key()}});
    if (!comparison) continue;
    cells.back()["target"] = TargetJson(cell);
    cells.back()["differs"] = cell.differs();
    cells.back()["cause"] = cell.cause();
  }
  return Json{{"cells", std::move(cells)}, {"note", sample.note()}};
}

Json CountersJson(const v1::Counters& counters) {
  Json out = Json::object();
  const auto add = [&out](const char* name, bool has, int64_t count) {
    if (has) out[name] = count;
  };
  add("rows_total", counters.has_rows_total_count(),
      counters.rows_total_count());
  add("rows_considered", counters.has_rows_considered_count(),
      counters.rows_considered_count());
  add("rows_null", counters.has_rows_null_count(), counters.rows_null_count());
  add("rows_failing", counters.has_rows_failing_count(),
      counters.rows_failing_count());
  add("groups_failing", counters.has_groups_failing_count(),
      counters.groups_failing_count());
  return out;
}

Json TextsJson(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  Json out = Json::array();
  for (const std::string& text : texts) out.push_back(text);
  return out;
}

Json DiffJson(const v1::RuleResult& result) {
  if (!result.has_diff()) return {};
  const v1::DiffCounts& diff = result.diff();
  Json columns = Json::array();
  for (const v1::ColumnChange& change : diff.columns()) {
    columns.push_back(
        Json{{"column", change.column()}, {"rows", change.rows_count()}});
  }
  Json causes = Json::array();
  for (const v1::ColumnChange& change : diff.causes()) {
    causes.push_back(Json{{"column", change.column()},
                          {"cause", change.cause()},
                          {"rows", change.rows_count()},
                          {"policy", change.policy()}});
  }
  return Json{{"rows_source", diff.rows_source_count()},
              {"rows_target", diff.rows_target_count()},
              {"keys", diff.keys_count()},
              {"missing", diff.missing_count()},
              {"extra", diff.extra_count()},
              {"changed", diff.changed_count()},
              {"duplicate_keys_source", diff.duplicate_keys_source_count()},
              {"duplicate_keys_target", diff.duplicate_keys_target_count()},
              {"null_keys_source", diff.null_keys_source_count()},
              {"null_keys_target", diff.null_keys_target_count()},
              {"settled", diff.settled_count()},
              {"unstable", diff.unstable_count()},
              {"lost", diff.lost_count()},
              {"accepted", diff.accepted_count()},
              {"complete", diff.complete()},
              {"incomplete_because", diff.incomplete_because()},
              {"columns", std::move(columns)},
              {"causes", std::move(causes)},
              {"explained", diff.explained_count()},
              {"source_only_columns", TextsJson(diff.source_only_columns())},
              {"target_only_columns", TextsJson(diff.target_only_columns())},
              {"notes", TextsJson(diff.notes())}};
}

Json ResultJson(const v1::RuleResult& result) {
  Json measures = Json::array();
  for (const v1::Measure& measure : result.measures()) {
    measures.push_back(
        Json{{"name", measure.name()}, {"value", measure.value()}});
  }
  Json samples = Json::array();
  for (const v1::Sample& sample : result.samples()) {
    samples.push_back(SampleJson(sample, IsComparison(result)));
  }
  return Json{
      {"rule_id", result.rule_id()},
      {"kind", result.kind()},
      {"description", result.description()},
      {"owner", result.owner()},
      {"tags", TextsJson(result.tags())},
      {"connection", result.connection()},
      {"table", result.table()},
      {"columns", result.columns()},
      {"verdict", std::string(VerdictWord(result.verdict()))},
      {"error", ErrorJson(result.has_error(), result.error())},
      {"expected", result.expected()},
      {"found", result.found()},
      {"counters", CountersJson(result.counters())},
      {"threshold", result.threshold()},
      {"measures", std::move(measures)},
      {"samples", std::move(samples)},
      {"samples_note", result.samples_note()},
      {"sql", result.sql()},
      {"consistency", result.consistency()},
      {"confirmed", result.confirmed()},
      {"empty", result.empty()},
      {"rollback", result.rollback()},
      {"same_as_rule_id", result.same_as_rule_id()},
      {"elapsed_seconds", Duration(result.has_elapsed(), result.elapsed())},
      {"attempt_count", result.attempt_count()},
      {"line", result.line()},
      {"target_connection", result.target_connection()},
      {"target_table", result.target_table()},
      {"target_sql", result.target_sql()},
      {"target_consistency", result.target_consistency()},
      {"diff", DiffJson(result)},
      {"differences_count", result.differences_count()}};
}

Json ReleaseJson(const v1::Run& run) {
  if (!run.has_release()) return {};
  const v1::Release& release = run.release();
  return Json{
      {"principal", release.principal()},
      {"user", release.user()},
      {"reason", release.reason()},
      {"request_id", release.request_id()},
      {"time", Time(release.has_release_time(), release.release_time())},
      {"rule_ids", TextsJson(release.rule_ids())}};
}

Json HoldJson(const v1::Run& run) {
  if (!run.has_hold()) return {};
  const v1::Hold& hold = run.hold();
  const bool ended = hold.end() != v1::Hold::END_UNSPECIFIED &&
                     v1::Hold::End_IsValid(hold.end());
  return Json{{"begin_time", Time(hold.has_begin_time(), hold.begin_time())},
              {"until_time", Time(hold.has_until_time(), hold.until_time())},
              {"end", ended ? Json(v1::Hold::End_Name(hold.end())) : Json()}};
}

Json DriftJson(const v1::Run& run) {
  if (!run.has_drift()) return {};
  const v1::Drift& drift = run.drift();
  Json rules = Json::array();
  for (const v1::RuleDrift& rule : drift.rules()) {
    Json counts = Json::array();
    for (const v1::CountDrift& count : rule.counts()) {
      counts.push_back(Json{{"name", count.name()},
                            {"previous", count.previous_count()},
                            {"now", count.count()}});
    }
    rules.push_back(Json{
        {"rule_id", rule.rule_id()},
        {"previous_verdict", std::string(VerdictWord(rule.previous_verdict()))},
        {"verdict", std::string(VerdictWord(rule.verdict()))},
        {"counts", std::move(counts)},
        {"incomplete", rule.incomplete()}});
  }
  return Json{
      {"previous_run_id", drift.previous_run_id()},
      {"previous_as_of_time",
       Time(drift.has_previous_as_of_time(), drift.previous_as_of_time())},
      {"previous_verdict", std::string(VerdictWord(drift.previous_verdict()))},
      {"rules", std::move(rules)},
      {"unchanged_count", drift.unchanged_count()},
      {"new_rule_ids", TextsJson(drift.new_rule_ids())},
      {"gone_rule_ids", TextsJson(drift.gone_rule_ids())}};
}

Json RunJson(const v1::Run& run) {
  const Outcome outcome = Judge(run);
  Json results = Json::array();
  for (const v1::RuleResult& result : run.results()) {
    results.push_back(ResultJson(result));
  }
  const v1::Progress& progress = run.progress();
  // Not a number is nothing that JSON could say.
  const double rate = std::isfinite(progress.rows_per_second())
                          ? progress.rows_per_second()
                          : 0;
  Json out{{"schema_version", 1},
           {"run_id", run.run_id()},
           {"rule_set_name", run.rule_set_name()},
           {"rule_set_digest", run.rule_set_digest()},
           {"migration", run.migration()},
           {"phase", run.phase()},
           {"state", std::string(StateWord(run.state()))},
           {"verdict", outcome.verdict == v1::VERDICT_UNSPECIFIED
                           ? Json()
                           : Json(std::string(VerdictWord(outcome.verdict)))},
           {"decision", std::string(DecisionWord(outcome.decision))},
           {"retryable", run.retryable()},
           {"error", ErrorJson(run.has_error(), run.error())}};
  if (!outcome.contradiction.empty()) {
    out["contradiction"] = outcome.contradiction;
  }
  out["counts"] = Json{{"pass", run.counts().pass_count()},
                       {"warn", run.counts().warn_count()},
                       {"fail", run.counts().fail_count()},
                       {"error", run.counts().error_count()}};
  out["progress"] =
      Json{{"steps_done", progress.steps_done_count()},
           {"steps_total", progress.steps_total_count()},
           {"rows_read", progress.rows_read_count()},
           {"rows_total", progress.rows_total_count()},
           {"rows_per_second", rate},
           {"activity", progress.activity()},
           {"remaining_seconds",
            Duration(progress.has_remaining(), progress.remaining())}};
  out["as_of_time"] = Time(run.has_as_of_time(), run.as_of_time());
  out["start_time"] = Time(run.has_start_time(), run.start_time());
  out["end_time"] = Time(run.has_end_time(), run.end_time());
  out["elapsed_seconds"] =
      run.has_end_time() ? Json(ElapsedSeconds(run)) : Json();
  out["request_id"] = run.request_id();
  out["correlation_id"] = run.correlation_id();
  out["recheck_of_run_id"] = run.recheck_of_run_id();
  out["attempt_count"] = run.attempt_count();
  out["sequence"] = run.sequence();
  out["labels"] = MapJson(run.labels());
  out["params"] = MapJson(run.params());
  out["release"] = ReleaseJson(run);
  out["hold"] = HoldJson(run);
  out["drift"] = DriftJson(run);
  out["results"] = std::move(results);
  out["results_truncated"] = run.results_truncated();
  if (!run.rule_set().empty()) out["rule_set"] = run.rule_set();
  return out;
}

std::string Dump(const Json& json) {
  // Data may hold any bytes; `replace` makes the output valid whatever they
  // are, and never throws.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string JsonReport(const v1::Run& run) { return Dump(RunJson(run)); }

std::string JsonRuns(const std::vector<v1::Run>& runs) {
  Json out = Json::array();
  for (const v1::Run& run : runs) out.push_back(RunJson(run));
  return Dump(out);
}

}  // namespace assay::report
