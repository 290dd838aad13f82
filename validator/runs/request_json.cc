// SPDX-License-Identifier: Apache-2.0
// Requests and runs; result_json.cc has results.
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "validator/base/status.h"
#include "validator/runs/json_fields.h"
#include "validator/runs/result_json.h"

namespace assay::runs {
namespace {

Decision ParseDecision(const std::string& name) {
  for (Decision decision :
       {Decision::kProceed, Decision::kHold, Decision::kRollback}) {
    if (name == DecisionName(decision)) return decision;
  }
  return Decision::kUnspecified;
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

Json ListJson(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& item : list) out.push_back(Text(item));
  return out;
}

std::vector<std::string> ParseList(const Json& in, const char* key) {
  std::vector<std::string> out;
  auto it = in.find(key);
  if (it == in.end()) return out;
  for (const Json& item : *it) out.push_back(ToText(item));
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

Json ReleaseJson(const Release& release) {
  Json out = Json::object();
  PutText(out, "principal", release.principal);
  PutText(out, "user", release.user);
  PutText(out, "reason", release.reason);
  PutText(out, "request_id", release.request_id);
  out["rule_ids"] = ListJson(release.rule_ids);
  out["time"] = TimeJson(release.time);
  return out;
}

Release ParseRelease(const Json& in) {
  Release release;
  GetText(in, "principal", release.principal);
  GetText(in, "user", release.user);
  GetText(in, "reason", release.reason);
  GetText(in, "request_id", release.request_id);
  release.rule_ids = ParseList(in, "rule_ids");
  release.time = ParseTime(in, "time");
  return release;
}

constexpr const char* kHoldEnds[] = {"", "RELEASED", "TIMED_OUT", "CANCELLED"};

Json HoldJson(const Hold& hold) {
  Json out = Json::object();
  out["begin"] = TimeJson(hold.begin);
  out["until"] = TimeJson(hold.until);
  PutText(out, "end", kHoldEnds[static_cast<size_t>(hold.end)]);
  return out;
}

Hold ParseHold(const Json& in) {
  Hold hold;
  hold.begin = ParseTime(in, "begin");
  hold.until = ParseTime(in, "until");
  std::string end;
  GetText(in, "end", end);
  for (size_t i = 0; i < std::size(kHoldEnds); ++i) {
    if (end == kHoldEnds[i]) hold.end = static_cast<HoldEnd>(i);
  }
  return hold;
}

}  // namespace

std::string RequestToJson(const Run& run) {
  const RunRequest& request = run.request;
  Json out = Json::object();
  out["params"] = MapJson(request.params);
  PutText(out, "request_id", request.request_id);
  PutText(out, "correlation_id", request.correlation_id);
  PutText(out, "recheck_of", request.recheck_of);
  PutText(out, "principal", request.principal);
  PutText(out, "traceparent", request.traceparent);
  Put(out, "attach", static_cast<int>(request.attach), 0);
  Put(out, "fail_on_warn", request.options.fail_on_warn, false);
  out["timeout"] = DurationJson(request.options.timeout);
  Put(out, "detached", request.options.detached, false);
  out["lease"] = DurationJson(request.options.lease);
  if (request.options.on_hold == OnHold::kWait) {
    out["hold_timeout"] = DurationJson(request.options.hold_timeout);
  }
  out["labels"] = MapJson(request.labels);
  PutText(out, "rule_set_name", run.rule_set_name);
  PutText(out, "rule_set_digest", run.rule_set_digest);
  PutText(out, "migration", run.migration);
  PutText(out, "phase", run.phase);
  out["bound_params"] = MapJson(run.bound_params);
  out["connections"] = ListJson(run.connections);
  return out.dump();
}

absl::Status RequestFromJson(std::string_view json, Run& run) {
  return ReadJson(json, "request", [&run](const Json& in) {
    RunRequest& request = run.request;
    request.params = ParseMap(in, "params");
    GetText(in, "request_id", request.request_id);
    GetText(in, "correlation_id", request.correlation_id);
    GetText(in, "recheck_of", request.recheck_of);
    GetText(in, "principal", request.principal);
    GetText(in, "traceparent", request.traceparent);
    int attach = 0;
    Get(in, "attach", attach, 0);
    request.attach = static_cast<Attach>(attach);
    Get(in, "fail_on_warn", request.options.fail_on_warn, false);
    request.options.timeout = ParseDuration(in, "timeout");
    Get(in, "detached", request.options.detached, false);
    request.options.lease = ParseDuration(in, "lease");
    if (in.contains("hold_timeout")) {
      request.options.on_hold = OnHold::kWait;
      request.options.hold_timeout = ParseDuration(in, "hold_timeout");
    }
    request.labels = ParseMap(in, "labels");
    GetText(in, "rule_set_name", run.rule_set_name);
    GetText(in, "rule_set_digest", run.rule_set_digest);
    GetText(in, "migration", run.migration);
    GetText(in, "phase", run.phase);
    run.bound_params = ParseMap(in, "bound_params");
    run.connections = ParseList(in, "connections");
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
  Put(out, "rate", run.progress.rows_per_second, 0.0);
  PutText(out, "activity", run.progress.activity);
  Put<int64_t>(out, "remaining",
               absl::ToInt64Microseconds(run.progress.remaining), 0);
  out["start_time"] = TimeJson(run.start_time);
  out["end_time"] = TimeJson(run.end_time);
  out["attempts"] = run.attempts;
  Put<int64_t>(out, "lost_attempts", run.lost_attempts, 0);
  out["reached"] =
      Json::array({run.reached.groups, run.reached.rows, run.reached.pairs});
  out["sequence"] = run.sequence;
  Put<int64_t>(out, "state_sequence", run.state_sequence, 0);
  Put<int64_t>(out, "progress_sequence", run.progress_sequence, 0);
  if (run.release.has_value()) out["release"] = ReleaseJson(*run.release);
  if (run.hold.has_value()) out["hold"] = HoldJson(*run.hold);
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
    Get(in, "rate", run.progress.rows_per_second, 0.0);
    GetText(in, "activity", run.progress.activity);
    int64_t remaining = 0;
    Get<int64_t>(in, "remaining", remaining, 0);
    run.progress.remaining = absl::Microseconds(remaining);
    run.start_time = ParseTime(in, "start_time");
    run.end_time = ParseTime(in, "end_time");
    run.attempts = in.at("attempts").get<int64_t>();
    Get<int64_t>(in, "lost_attempts", run.lost_attempts, 0);
    run.reached = {};
    if (auto it = in.find("reached"); it != in.end()) {
      run.reached.groups = it->at(0).get<int64_t>();
      run.reached.rows = it->at(1).get<int64_t>();
      if (it->size() > 2) run.reached.pairs = it->at(2).get<int64_t>();
    }
    run.sequence = in.at("sequence").get<int64_t>();
    Get<int64_t>(in, "state_sequence", run.state_sequence, 0);
    Get<int64_t>(in, "progress_sequence", run.progress_sequence, 0);
    run.release.reset();
    if (auto it = in.find("release"); it != in.end()) {
      run.release = ParseRelease(*it);
    }
    run.hold.reset();
    if (auto it = in.find("hold"); it != in.end()) run.hold = ParseHold(*it);
  });
}

}  // namespace assay::runs
