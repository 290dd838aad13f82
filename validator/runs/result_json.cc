// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/result_json.h"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "validator/base/status.h"
#include "validator/runs/utf8.h"

namespace assay::runs {
namespace {

using Json = nlohmann::json;

Json Text(const std::string& text) {
  if (IsValidUtf8(text)) return text;
  return Json{{"hex", absl::BytesToHexString(text)}};
}

std::string ToText(const Json& json) {
  if (json.is_object()) {
    return absl::HexStringToBytes(json.at("hex").get<std::string>());
  }
  return json.get<std::string>();
}

void PutText(Json& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = Text(text);
}

void GetText(const Json& in, const char* key, std::string& text) {
  auto it = in.find(key);
  text = it == in.end() ? std::string() : ToText(*it);
}

template <typename T>
void Put(Json& out, const char* key, const T& value, const T& absent) {
  if (value != absent) out[key] = value;
}

template <typename T>
void Get(const Json& in, const char* key, T& value, const T& absent) {
  auto it = in.find(key);
  value = it == in.end() ? absent : it->get<T>();
}

void PutOptional(Json& out, const char* key,
                 const std::optional<int64_t>& value) {
  if (value.has_value()) out[key] = *value;
}

void GetOptional(const Json& in, const char* key,
                 std::optional<int64_t>& value) {
  auto it = in.find(key);
  value.reset();
  if (it != in.end()) value = it->get<int64_t>();
}

// Verdicts, decisions and reasons are written by name: the enums may grow.
Verdict ParseVerdict(const std::string& name) {
  for (Verdict verdict :
       {Verdict::kPass, Verdict::kWarn, Verdict::kFail, Verdict::kError}) {
    if (name == VerdictName(verdict)) return verdict;
  }
  return Verdict::kUnspecified;
}

Decision ParseDecision(const std::string& name) {
  for (Decision decision :
       {Decision::kProceed, Decision::kHold, Decision::kRollback}) {
    if (name == DecisionName(decision)) return decision;
  }
  return Decision::kUnspecified;
}

ErrorReason ParseReason(const std::string& name) {
  for (const ErrorReasonInfo& info : ErrorReasons()) {
    if (name == info.name) return info.reason;
  }
  return ErrorReason::kUnspecified;
}

Json ErrorJson(const ResultError& error) {
  return Json{{"reason", GetErrorReasonInfo(error.reason).name},
              {"message", Text(error.message)},
              {"retryable", error.retryable}};
}

ResultError ParseError(const Json& in) {
  ResultError error;
  error.reason = ParseReason(in.at("reason").get<std::string>());
  error.message = ToText(in.at("message"));
  error.retryable = in.at("retryable").get<bool>();
  return error;
}

Json SampleJson(const Sample& sample) {
  Json cells = Json::array();
  for (const SampleCell& cell : sample.cells) {
    Json out = Json::object();
    PutText(out, "column", cell.column);
    PutText(out, "text", cell.text);
    Put(out, "null", cell.is_null, false);
    Put(out, "cut", cell.truncated, false);
    Put(out, "masked", cell.masked, false);
    Put(out, "key", cell.key, false);
    cells.push_back(std::move(out));
  }
  Json out{{"cells", std::move(cells)}};
  PutText(out, "note", sample.note);
  return out;
}

Sample ParseSample(const Json& in) {
  Sample sample;
  for (const Json& item : in.at("cells")) {
    SampleCell cell;
    GetText(item, "column", cell.column);
    GetText(item, "text", cell.text);
    Get(item, "null", cell.is_null, false);
    Get(item, "cut", cell.truncated, false);
    Get(item, "masked", cell.masked, false);
    Get(item, "key", cell.key, false);
    sample.cells.push_back(std::move(cell));
  }
  GetText(in, "note", sample.note);
  return sample;
}

Json CountersJson(const Counters& counters) {
  Json out = Json::object();
  PutOptional(out, "total", counters.rows_total);
  PutOptional(out, "considered", counters.rows_considered);
  PutOptional(out, "null", counters.rows_null);
  PutOptional(out, "failing", counters.rows_failing);
  PutOptional(out, "groups", counters.groups_failing);
  return out;
}

void ParseCounters(const Json& in, Counters& counters) {
  GetOptional(in, "total", counters.rows_total);
  GetOptional(in, "considered", counters.rows_considered);
  GetOptional(in, "null", counters.rows_null);
  GetOptional(in, "failing", counters.rows_failing);
  GetOptional(in, "groups", counters.groups_failing);
}

Json MapJson(const std::map<std::string, std::string>& map) {
  // A list of pairs: a name may be any bytes, which no JSON key may.
  Json out = Json::array();
  for (const auto& [name, value] : map) {
    out.push_back(Json::array({Text(name), Text(value)}));
  }
  return out;
}

std::map<std::string, std::string> ParseMap(const Json& in, const char* key) {
  std::map<std::string, std::string> out;
  auto it = in.find(key);
  if (it == in.end()) return out;
  for (const Json& pair : *it) out[ToText(pair.at(0))] = ToText(pair.at(1));
  return out;
}

// Infinite times and durations are null.
Json TimeJson(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) {
    return nullptr;
  }
  return absl::ToUnixMicros(time);
}

absl::Time ParseTime(const Json& in, const char* key) {
  auto it = in.find(key);
  if (it == in.end() || it->is_null()) return absl::InfinitePast();
  return absl::FromUnixMicros(it->get<int64_t>());
}

Json DurationJson(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return nullptr;
  return absl::ToInt64Microseconds(duration);
}

absl::Duration ParseDuration(const Json& in, const char* key) {
  auto it = in.find(key);
  if (it == in.end() || it->is_null()) return absl::InfiniteDuration();
  return absl::Microseconds(it->get<int64_t>());
}

// Runs `read` over the parsed text; the library's exceptions end here.
template <typename Read>
absl::Status ReadJson(std::string_view json, const char* what, Read read) {
  try {
    read(Json::parse(json.begin(), json.end()));
  } catch (const std::exception& e) {
    return MakeError(
        ErrorReason::kStoreFailed,
        absl::StrCat("the run store holds a damaged ", what, ": ", e.what()));
  }
  return absl::OkStatus();
}

void ParseResult(const Json& in, Result& result) {
  GetText(in, "rule_id", result.rule_id);
  GetText(in, "kind", result.kind);
  GetText(in, "description", result.description);
  GetText(in, "owner", result.owner);
  if (auto it = in.find("tags"); it != in.end()) {
    for (const Json& tag : *it) result.tags.push_back(ToText(tag));
  }
  GetText(in, "connection", result.connection);
  GetText(in, "table", result.table);
  GetText(in, "columns", result.columns);
  result.verdict = ParseVerdict(in.at("verdict").get<std::string>());
  if (auto it = in.find("error"); it != in.end()) {
    result.error = ParseError(*it);
  }
  GetText(in, "expected", result.expected);
  GetText(in, "found", result.found);
  if (auto it = in.find("counters"); it != in.end()) {
    ParseCounters(*it, result.counters);
  }
  GetText(in, "threshold", result.threshold);
  if (auto it = in.find("measures"); it != in.end()) {
    for (const Json& pair : *it) {
      result.measures.push_back(
          Measure{ToText(pair.at(0)), ToText(pair.at(1))});
    }
  }
  if (auto it = in.find("samples"); it != in.end()) {
    for (const Json& sample : *it) {
      result.samples.push_back(ParseSample(sample));
    }
  }
  GetText(in, "samples_note", result.samples_note);
  GetText(in, "sql", result.sql);
  GetText(in, "consistency", result.consistency);
  Get(in, "confirmed", result.confirmed, false);
  Get(in, "empty", result.empty, false);
  Get(in, "rollback", result.rollback, false);
  GetText(in, "same_as", result.same_as);
  Get<int64_t>(in, "elapsed_micros", result.elapsed_micros, 0);
  Get<int64_t>(in, "attempts", result.attempts, 1);
  Get(in, "line", result.line, 0);
}

}  // namespace

std::string ResultToJson(const Result& result) {
  Json out = Json::object();
  PutText(out, "rule_id", result.rule_id);
  PutText(out, "kind", result.kind);
  PutText(out, "description", result.description);
  PutText(out, "owner", result.owner);
  if (!result.tags.empty()) {
    Json& tags = out["tags"] = Json::array();
    for (const std::string& tag : result.tags) tags.push_back(Text(tag));
  }
  PutText(out, "connection", result.connection);
  PutText(out, "table", result.table);
  PutText(out, "columns", result.columns);
  out["verdict"] = VerdictName(result.verdict);
  if (result.error.has_value()) out["error"] = ErrorJson(*result.error);
  PutText(out, "expected", result.expected);
  PutText(out, "found", result.found);
  if (result.counters != Counters{}) {
    out["counters"] = CountersJson(result.counters);
  }
  PutText(out, "threshold", result.threshold);
  if (!result.measures.empty()) {
    Json& measures = out["measures"] = Json::array();
    for (const Measure& measure : result.measures) {
      measures.push_back(
          Json::array({Text(measure.name), Text(measure.value)}));
    }
  }
  if (!result.samples.empty()) {
    Json& samples = out["samples"] = Json::array();
    for (const Sample& sample : result.samples) {
      samples.push_back(SampleJson(sample));
    }
  }
  PutText(out, "samples_note", result.samples_note);
  PutText(out, "sql", result.sql);
  PutText(out, "consistency", result.consistency);
  Put(out, "confirmed", result.confirmed, false);
  Put(out, "empty", result.empty, false);
  Put(out, "rollback", result.rollback, false);
  PutText(out, "same_as", result.same_as);
  Put<int64_t>(out, "elapsed_micros", result.elapsed_micros, 0);
  Put<int64_t>(out, "attempts", result.attempts, 1);
  Put(out, "line", result.line, 0);
  return out.dump();
}

absl::StatusOr<Result> ResultFromJson(std::string_view json) {
  Result result;
  ASSAY_RETURN_IF_ERROR(ReadJson(
      json, "result", [&result](const Json& in) { ParseResult(in, result); }));
  return result;
}

std::string TextToJson(const std::string& text) { return Text(text).dump(); }

absl::StatusOr<std::string> TextFromJson(std::string_view json) {
  std::string text;
  ASSAY_RETURN_IF_ERROR(
      ReadJson(json, "text", [&text](const Json& in) { text = ToText(in); }));
  return text;
}

std::string RequestToJson(const Run& run) {
  const RunRequest& request = run.request;
  Json out = Json::object();
  out["params"] = MapJson(request.params);
  PutText(out, "request_id", request.request_id);
  PutText(out, "correlation_id", request.correlation_id);
  Put(out, "attach", static_cast<int>(request.attach), 0);
  Put(out, "fail_on_warn", request.options.fail_on_warn, false);
  out["timeout"] = DurationJson(request.options.timeout);
  Put(out, "detached", request.options.detached, false);
  out["lease"] = DurationJson(request.options.lease);
  out["labels"] = MapJson(request.labels);
  PutText(out, "rule_set_name", run.rule_set_name);
  PutText(out, "rule_set_digest", run.rule_set_digest);
  PutText(out, "migration", run.migration);
  PutText(out, "phase", run.phase);
  out["bound_params"] = MapJson(run.bound_params);
  return out.dump();
}

absl::Status RequestFromJson(std::string_view json, Run& run) {
  return ReadJson(json, "request", [&run](const Json& in) {
    RunRequest& request = run.request;
    request.params = ParseMap(in, "params");
    GetText(in, "request_id", request.request_id);
    GetText(in, "correlation_id", request.correlation_id);
    int attach = 0;
    Get(in, "attach", attach, 0);
    request.attach = static_cast<Attach>(attach);
    Get(in, "fail_on_warn", request.options.fail_on_warn, false);
    request.options.timeout = ParseDuration(in, "timeout");
    Get(in, "detached", request.options.detached, false);
    request.options.lease = ParseDuration(in, "lease");
    request.labels = ParseMap(in, "labels");
    GetText(in, "rule_set_name", run.rule_set_name);
    GetText(in, "rule_set_digest", run.rule_set_digest);
    GetText(in, "migration", run.migration);
    GetText(in, "phase", run.phase);
    run.bound_params = ParseMap(in, "bound_params");
  });
}

std::string StatusToJson(const Run& run) {
  Json out = Json::object();
  out["verdict"] = VerdictName(run.outcome.verdict);
  out["decision"] = DecisionName(run.outcome.decision);
  Put(out, "retryable", run.outcome.retryable, false);
  const VerdictCounts& counts = run.outcome.counts;
  out["counts"] =
      Json::array({counts.pass, counts.warn, counts.fail, counts.error});
  if (run.error.has_value()) out["error"] = ErrorJson(*run.error);
  out["steps"] =
      Json::array({run.progress.steps_done, run.progress.steps_total});
  out["rows"] = Json::array({run.progress.rows_read, run.progress.rows_total});
  out["start_time"] = TimeJson(run.start_time);
  out["end_time"] = TimeJson(run.end_time);
  out["attempts"] = run.attempts;
  out["sequence"] = run.sequence;
  return out.dump();
}

absl::Status StatusFromJson(std::string_view json, Run& run) {
  return ReadJson(json, "run status", [&run](const Json& in) {
    run.outcome.verdict = ParseVerdict(in.at("verdict").get<std::string>());
    run.outcome.decision = ParseDecision(in.at("decision").get<std::string>());
    Get(in, "retryable", run.outcome.retryable, false);
    const Json& counts = in.at("counts");
    run.outcome.counts =
        VerdictCounts{counts.at(0).get<int64_t>(), counts.at(1).get<int64_t>(),
                      counts.at(2).get<int64_t>(), counts.at(3).get<int64_t>()};
    run.error.reset();
    if (auto it = in.find("error"); it != in.end()) {
      run.error = ParseError(*it);
    }
    run.progress.steps_done = in.at("steps").at(0).get<int64_t>();
    run.progress.steps_total = in.at("steps").at(1).get<int64_t>();
    run.progress.rows_read = in.at("rows").at(0).get<int64_t>();
    run.progress.rows_total = in.at("rows").at(1).get<int64_t>();
    run.start_time = ParseTime(in, "start_time");
    run.end_time = ParseTime(in, "end_time");
    run.attempts = in.at("attempts").get<int64_t>();
    run.sequence = in.at("sequence").get<int64_t>();
  });
}

}  // namespace assay::runs
