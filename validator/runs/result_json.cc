// SPDX-License-Identifier: Apache-2.0
// Results; request_json.cc has requests and runs.
#include "validator/runs/result_json.h"

#include <utility>
#include <vector>

#include "validator/base/status.h"
#include "validator/runs/json_fields.h"

namespace assay::runs {
namespace {

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
    if (cell.target.has_value()) {
      Json& target = out["target"] = Json::object();
      PutText(target, "text", cell.target->text);
      Put(target, "null", cell.target->is_null, false);
      Put(target, "cut", cell.target->truncated, false);
    }
    Put(out, "differs", cell.differs, false);
    PutText(out, "cause", cell.cause);
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
    if (auto it = item.find("target"); it != item.end()) {
      SampleText& target = cell.target.emplace();
      GetText(*it, "text", target.text);
      Get(*it, "null", target.is_null, false);
      Get(*it, "cut", target.truncated, false);
    }
    Get(item, "differs", cell.differs, false);
    GetText(item, "cause", cell.cause);
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

void PutTexts(Json& out, const char* key,
              const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  Json& list = out[key] = Json::array();
  for (const std::string& text : texts) list.push_back(Text(text));
}

void GetTexts(const Json& in, const char* key,
              std::vector<std::string>& texts) {
  texts.clear();
  auto it = in.find(key);
  if (it == in.end()) return;
  for (const Json& text : *it) texts.push_back(ToText(text));
}

void PutChanges(Json& out, const char* key,
                const std::vector<ColumnChange>& changes) {
  if (changes.empty()) return;
  Json& list = out[key] = Json::array();
  for (const ColumnChange& change : changes) {
    list.push_back(Json::array({Text(change.column), Text(change.cause),
                                change.rows, Text(change.policy)}));
  }
}

void GetChanges(const Json& in, const char* key,
                std::vector<ColumnChange>& changes) {
  auto it = in.find(key);
  if (it == in.end()) return;
  for (const Json& item : *it) {
    changes.push_back(ColumnChange{ToText(item.at(0)), ToText(item.at(1)),
                                   item.at(2).get<int64_t>(),
                                   item.size() > 3 ? ToText(item.at(3)) : ""});
  }
}

// The counts of DiffCounts and their names in the store.
struct DiffField {
  const char* key;
  int64_t DiffCounts::*member;
};
constexpr DiffField kDiffFields[] = {
    {"rows_source", &DiffCounts::rows_source},
    {"rows_target", &DiffCounts::rows_target},
    {"keys", &DiffCounts::keys},
    {"missing", &DiffCounts::missing},
    {"extra", &DiffCounts::extra},
    {"changed", &DiffCounts::changed},
    {"duplicate_source", &DiffCounts::duplicate_keys_source},
    {"duplicate_target", &DiffCounts::duplicate_keys_target},
    {"null_source", &DiffCounts::null_keys_source},
    {"null_target", &DiffCounts::null_keys_target},
    {"settled", &DiffCounts::settled},
    {"unstable", &DiffCounts::unstable},
    {"lost", &DiffCounts::lost},
    {"accepted", &DiffCounts::accepted},
    {"explained", &DiffCounts::explained},
};

Json DiffJson(const DiffCounts& diff) {
  Json out = Json::object();
  for (const DiffField& field : kDiffFields) {
    Put<int64_t>(out, field.key, diff.*field.member, 0);
  }
  Put(out, "complete", diff.complete, true);
  PutText(out, "incomplete_because", diff.incomplete_because);
  PutChanges(out, "columns", diff.columns);
  PutChanges(out, "causes", diff.causes);
  PutTexts(out, "source_only", diff.source_only_columns);
  PutTexts(out, "target_only", diff.target_only_columns);
  PutTexts(out, "notes", diff.notes);
  return out;
}

DiffCounts ParseDiff(const Json& in) {
  DiffCounts diff;
  for (const DiffField& field : kDiffFields) {
    Get<int64_t>(in, field.key, diff.*field.member, 0);
  }
  Get(in, "complete", diff.complete, true);
  GetText(in, "incomplete_because", diff.incomplete_because);
  GetChanges(in, "columns", diff.columns);
  GetChanges(in, "causes", diff.causes);
  GetTexts(in, "source_only", diff.source_only_columns);
  GetTexts(in, "target_only", diff.target_only_columns);
  GetTexts(in, "notes", diff.notes);
  return diff;
}

void ParseResult(const Json& in, Result& result) {
  GetText(in, "rule_id", result.rule_id);
  GetText(in, "kind", result.kind);
  GetText(in, "description", result.description);
  GetText(in, "owner", result.owner);
  GetTexts(in, "tags", result.tags);
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
  GetText(in, "target_connection", result.target_connection);
  GetText(in, "target_table", result.target_table);
  GetText(in, "target_sql", result.target_sql);
  GetText(in, "target_consistency", result.target_consistency);
  if (auto it = in.find("diff"); it != in.end()) result.diff = ParseDiff(*it);
  Get<int64_t>(in, "differences", result.differences, 0);
}

}  // namespace

std::string ResultToJson(const Result& result) {
  Json out = Json::object();
  PutText(out, "rule_id", result.rule_id);
  PutText(out, "kind", result.kind);
  PutText(out, "description", result.description);
  PutText(out, "owner", result.owner);
  PutTexts(out, "tags", result.tags);
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
  PutText(out, "target_connection", result.target_connection);
  PutText(out, "target_table", result.target_table);
  PutText(out, "target_sql", result.target_sql);
  PutText(out, "target_consistency", result.target_consistency);
  if (result.diff.has_value()) out["diff"] = DiffJson(*result.diff);
  Put<int64_t>(out, "differences", result.differences, 0);
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

}  // namespace assay::runs
