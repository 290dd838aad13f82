// SPDX-License-Identifier: Apache-2.0
// Runs as a table, and tables.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/report/display.h"
#include "validator/report/outcome.h"
#include "validator/report/text_report.h"

namespace assay::report {
namespace {

std::string DecisionCell(const v1::Run& run, const Outcome& outcome) {
  const bool released =
      run.has_release() && outcome.decision == v1::DECISION_PROCEED;
  return absl::StrCat(std::string(DecisionWord(outcome.decision)),
                      released ? " (released)" : "");
}

// The labels of schedulers in columns of their own, then the others.
void AddLabelCells(const v1::Run& run, std::vector<std::string>& row) {
  std::map<std::string, std::string> labels(run.labels().begin(),
                                            run.labels().end());
  for (const char* const name : {"scheduler", "workflow", "task"}) {
    const auto found = labels.find(name);
    row.push_back(found == labels.end() ? "-" : Cut(Escape(found->second), 60));
    if (found != labels.end()) labels.erase(found);
  }
  std::string others;
  for (const auto& [name, value] : labels) {
    absl::StrAppend(&others, others.empty() ? "" : " ", Escape(name), "=",
                    Escape(value));
  }
  row.push_back(others.empty() ? "-" : others);
}

}  // namespace

std::string TextRuns(const std::vector<v1::Run>& runs, RunColumns columns) {
  constexpr size_t kNameWidth = 40;
  std::vector<std::vector<std::string>> rows{
      {"RUN", "RULE SET", "STATE", "VERDICT", "DECISION", "FAIL", "ERROR",
       "WARN", "PASS", "ACCEPTED", "ELAPSED"}};
  if (columns == RunColumns::kWide) {
    for (const char* const name : {"SCHEDULER", "WORKFLOW", "TASK", "LABELS"}) {
      rows.back().emplace_back(name);
    }
  }
  for (const v1::Run& run : runs) {
    const Outcome outcome = Judge(run);
    const v1::VerdictCounts& counts = run.counts();
    const bool judged = outcome.terminal || run.state() == v1::Run::HELD;
    rows.push_back({Cut(Escape(run.run_id()), kNameWidth),
                    Cut(Escape(run.rule_set_name()), kNameWidth),
                    std::string(StateWord(run.state())),
                    judged ? std::string(VerdictWord(outcome.verdict)) : "-",
                    judged ? DecisionCell(run, outcome) : "-",
                    Count(counts.fail_count()), Count(counts.error_count()),
                    Count(counts.warn_count()), Count(counts.pass_count()),
                    Iso8601(run.as_of_time()),
                    run.has_end_time() ? Seconds(ElapsedSeconds(run)) : "-"});
    if (columns == RunColumns::kWide) AddLabelCells(run, rows.back());
  }
  return AlignedTable(rows, "");
}

std::string AlignedTable(const std::vector<std::vector<std::string>>& rows,
                         std::string_view indent) {
  std::vector<size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  std::string out;
  const auto add_row = [&](const std::vector<std::string>& row) {
    std::string line(indent);
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line.append("  ");
      line.append(i + 1 == row.size() ? row[i] : Pad(row[i], widths[i]));
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    absl::StrAppend(&out, line, "\n");
  };
  for (size_t r = 0; r < rows.size(); ++r) {
    add_row(rows[r]);
    if (r > 0) continue;
    std::vector<std::string> dashes;
    dashes.reserve(widths.size());
    for (size_t width : widths) dashes.emplace_back(width, '-');
    add_row(dashes);
  }
  return out;
}

}  // namespace assay::report
