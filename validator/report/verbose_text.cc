// SPDX-License-Identifier: Apache-2.0
#include "validator/report/verbose_text.h"

#include <map>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/report/diff_text.h"
#include "validator/report/display.h"
#include "validator/report/findings.h"
#include "validator/report/outcome.h"
#include "validator/report/text_report.h"

namespace assay::report {
namespace {

constexpr size_t kCellWidth = 60;
constexpr size_t kLabelWidth = 12;
constexpr size_t kDiffWidth = 80;
constexpr size_t kDiffNames = 100;

// "  expected    0 rows", nothing where `value` is empty. `value` is escaped.
void AddField(const char* label, const std::string& value, std::string& out) {
  if (value.empty()) return;
  absl::StrAppend(&out, "  ", Pad(label, kLabelWidth), value, "\n");
}

std::string CountersText(const v1::Counters& counters) {
  std::string out;
  const auto add = [&out](bool has, int64_t count, const char* word) {
    if (!has) return;
    absl::StrAppend(&out, out.empty() ? "" : ", ", Count(count), " ", word);
  };
  add(counters.has_rows_total_count(), counters.rows_total_count(),
      counters.rows_total_count() == 1 ? "row" : "rows");
  add(counters.has_rows_considered_count(), counters.rows_considered_count(),
      "considered");
  add(counters.has_rows_null_count(), counters.rows_null_count(), "NULL");
  add(counters.has_rows_failing_count(), counters.rows_failing_count(),
      "failing");
  add(counters.has_groups_failing_count(), counters.groups_failing_count(),
      counters.groups_failing_count() == 1 ? "group failing"
                                           : "groups failing");
  return out;
}

// Samples with the same columns make one table; rule kinds may mix them (a
// missing row has no target columns).
void AddSamples(const v1::RuleResult& result, std::string& out) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> heading;
  const auto flush = [&rows, &out] {
    if (rows.size() > 1) absl::StrAppend(&out, AlignedTable(rows, "    "));
    rows.clear();
  };
  for (const v1::Sample& sample : result.samples()) {
    std::vector<std::string> columns;
    std::vector<std::string> cells;
    for (const v1::Cell& cell : sample.cells()) {
      columns.push_back(Cut(Escape(cell.column()), kCellWidth) +
                        (cell.key() ? "*" : ""));
      cells.push_back(Cut(CellText(cell), kCellWidth));
    }
    columns.emplace_back();
    cells.push_back(Escape(sample.note()));
    if (columns != heading || rows.empty()) {
      flush();
      heading = columns;
      rows.push_back(columns);
    }
    rows.push_back(cells);
  }
  flush();
}

void AddDiff(const v1::RuleResult& result, std::string& out) {
  for (const DiffField& field :
       DiffFields(result, kDiffWidth - 2 - kLabelWidth, kDiffNames)) {
    for (size_t i = 0; i < field.lines.size(); ++i) {
      AddField(i == 0 ? field.label.c_str() : "", field.lines[i], out);
    }
  }
  for (int i = 0; i < result.diff().notes_size(); ++i) {
    AddField(i == 0 ? "how" : "", Escape(result.diff().notes(i)), out);
  }
}

void AddDiffSamples(const v1::RuleResult& result, std::string& out) {
  for (const v1::Sample& sample : result.samples()) {
    for (const std::string& line : DiffSampleLines(sample, kDiffWidth - 4)) {
      absl::StrAppend(&out, "    ", line, "\n");
    }
  }
}

void AddSql(const char* label, const std::string& sql, std::string& out) {
  if (sql.empty()) return;
  absl::StrAppend(&out, "  ", label, "\n");
  std::string_view rest(sql);
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    absl::StrAppend(&out, "    ", Escape(rest.substr(0, end)), "\n");
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
}

std::string Join(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", Escape(word));
  }
  return out;
}

std::string JoinMap(
    const google::protobuf::Map<std::string, std::string>& map) {
  // A protobuf map has no order of its own.
  const std::map<std::string, std::string> sorted(map.begin(), map.end());
  std::string out;
  for (const auto& [key, value] : sorted) {
    absl::StrAppend(&out, out.empty() ? "" : " ", Escape(key), "=",
                    Escape(value));
  }
  return out;
}

void AddResult(const v1::Run& run, const v1::RuleResult& result,
               const Style& style, bool commands, std::string& out) {
  const std::string word(VerdictWord(result.verdict()));
  absl::StrAppend(&out, style.Verdict(KnownVerdict(result.verdict()), word),
                  std::string(word.size() < 5 ? 5 - word.size() : 0, ' '), " ",
                  style.Bold(Escape(result.rule_id())), "  ",
                  Escape(result.kind()), "  ", TableText(result));
  if (result.line() > 0) absl::StrAppend(&out, "  line ", result.line());
  out.append("\n");
  AddField("about", Escape(result.description()), out);
  AddField("owner", Escape(result.owner()), out);
  AddField("tags", Join(result.tags()), out);
  AddField("columns", Escape(result.columns()), out);
  AddField("expected", Escape(result.expected()), out);
  const std::vector<std::string> lines = FoundLines(result, true);
  AddField("found",
           FoundLines(result).empty() ? Escape(result.found())
                                      : FoundSummary(result),
           out);
  for (const std::string& line : lines) AddField(" ", line, out);
  if (result.has_error()) {
    AddField("error",
             absl::StrCat(Escape(result.error().message()), " (",
                          Escape(result.error().reason()),
                          result.error().retryable() ? ", retryable)" : ")"),
             out);
  }
  AddDiff(result, out);
  AddField("threshold", Escape(result.threshold()), out);
  AddField("counters", CountersText(result.counters()), out);
  for (const v1::Measure& measure : result.measures()) {
    if (!lines.empty() && IsFoundLine(measure)) continue;
    AddField(
        "measure",
        absl::StrCat(Escape(measure.name()), " = ", Escape(measure.value())),
        out);
  }
  if (result.empty()) AddField("empty", "nothing was there to look at", out);
  AddField("same as", Escape(result.same_as_rule_id()), out);
  if (result.rollback()) {
    AddField("on fail",
             result.confirmed() ? "roll back; confirmed"
                                : "roll back; not confirmed",
             out);
  }
  const bool comparison = IsComparison(result);
  AddField("consistency",
           comparison && !result.target_consistency().empty()
               ? absl::StrCat(Escape(result.consistency()), " → ",
                              Escape(result.target_consistency()))
               : Escape(result.consistency()),
           out);
  if (result.attempt_count() > 1) {
    AddField("attempts", Count(result.attempt_count()), out);
  }
  if (result.has_elapsed()) {
    AddField("elapsed",
             Seconds(static_cast<double>(result.elapsed().seconds()) +
                     result.elapsed().nanos() * 1e-9),
             out);
  }
  if (!result.samples().empty()) {
    absl::StrAppend(
        &out, comparison ? "  samples     source | target\n" : "  samples\n");
    comparison ? AddDiffSamples(result, out) : AddSamples(result, out);
  }
  AddField("samples", Escape(result.samples_note()), out);
  AddSql(comparison ? "sql of the source" : "sql", result.sql(), out);
  AddSql("sql of the target", result.target_sql(), out);
  if (commands) AddField("all keys", DifferencesCommand(run, result), out);
  out.append("\n");
}

}  // namespace

std::string VerboseText(const v1::Run& run, const Style& style, bool commands) {
  std::string out =
      absl::StrCat(style.Bold("run"), " ", Escape(run.run_id()), "  ",
                   std::string(StateWord(run.state())), "\n");
  AddField("rule set", Escape(run.rule_set_name()), out);
  AddField("digest", Escape(run.rule_set_digest()), out);
  AddField("migration", Escape(run.migration()), out);
  AddField("phase", Escape(run.phase()), out);
  AddField("as of", Iso8601(run.as_of_time()), out);
  AddField("started", Iso8601(run.start_time()), out);
  AddField("ended", Iso8601(run.end_time()), out);
  AddField("params", JoinMap(run.params()), out);
  AddField("labels", JoinMap(run.labels()), out);
  AddField("request", Escape(run.request_id()), out);
  AddField("correlation", Escape(run.correlation_id()), out);
  AddField("recheck of", Escape(run.recheck_of_run_id()), out);
  if (run.attempt_count() > 1) {
    AddField("attempts", Count(run.attempt_count()), out);
  }
  if (run.has_error()) {
    AddField("error",
             absl::StrCat(Escape(run.error().message()), " (",
                          Escape(run.error().reason()), ")"),
             out);
  }
  AddField("attention", Judge(run).contradiction, out);
  out.append("\n");
  for (const v1::RuleResult& result : run.results()) {
    AddResult(run, result, style, commands, out);
  }
  if (run.results_truncated()) out.append("… not all results are here\n\n");
  return out;
}

}  // namespace assay::report
