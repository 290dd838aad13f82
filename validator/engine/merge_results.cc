// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/merge_results.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace assay::engine {
namespace {

// Names of measures that are lines to read; validator/report knows them.
constexpr char kMismatchMeasure[] = "mismatch";
constexpr char kTableMeasure[] = "table";
constexpr char kPassedTableMeasure[] = "table passed";

int Rank(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFail:
      return 3;
    case Verdict::kError:
      return 2;
    case Verdict::kWarn:
      return 1;
    default:
      return 0;
  }
}

void Add(std::optional<int64_t>& sum, const std::optional<int64_t>& part) {
  if (part.has_value()) sum = sum.value_or(0) + *part;
}

void AddCounts(const Result& part, std::optional<DiffCounts>& sum) {
  if (!part.diff.has_value()) return;
  if (!sum.has_value()) sum.emplace();
  const DiffCounts& from = *part.diff;
  sum->rows_source += from.rows_source;
  sum->rows_target += from.rows_target;
  sum->keys += from.keys;
  sum->missing += from.missing;
  sum->extra += from.extra;
  sum->changed += from.changed;
  sum->duplicate_keys_source += from.duplicate_keys_source;
  sum->duplicate_keys_target += from.duplicate_keys_target;
  sum->null_keys_source += from.null_keys_source;
  sum->null_keys_target += from.null_keys_target;
  sum->settled += from.settled;
  sum->unstable += from.unstable;
  sum->lost += from.lost;
  sum->accepted += from.accepted;
  sum->explained += from.explained;
  if (!from.complete) {
    sum->complete = false;
    sum->incomplete_because =
        absl::StrCat(part.table, ": ", from.incomplete_because);
  }
  const auto named = [&](const std::string& text) {
    return absl::StrCat(part.table, ".", text);
  };
  for (const ColumnChange& change : from.columns) {
    sum->columns.push_back({named(change.column), change.cause, change.rows});
  }
  for (ColumnChange change : from.causes) {
    change.column = named(change.column);
    sum->causes.push_back(std::move(change));
  }
  for (const std::string& column : from.source_only_columns) {
    sum->source_only_columns.push_back(named(column));
  }
  for (const std::string& column : from.target_only_columns) {
    sum->target_only_columns.push_back(named(column));
  }
  for (const std::string& note : from.notes) {
    sum->notes.push_back(absl::StrCat(part.table, ": ", note));
  }
}

// What there is to say of a table, a line each: "customers: FAIL 603 changed".
// One that was judged by its catalog has a line for each mismatch.
std::vector<std::string> LinesOf(const Result& part) {
  const std::string head =
      absl::StrCat(part.table, ": ", VerdictName(part.verdict), " ");
  std::vector<std::string> lines;
  if (part.error.has_value()) {
    lines.push_back(head + part.error->message);
    return lines;
  }
  for (const Measure& measure : part.measures) {
    if (measure.name == kMismatchMeasure) lines.push_back(head + measure.value);
  }
  if (lines.empty()) lines.push_back(head + part.found);
  return lines;
}

// The lines of the tables that are not PASS, beginning with the verdict that
// the fewest have: a list that is cut must not lose the one table that could
// not be judged, or the one that failed.
class TableLines {
 public:
  void Add(const Result& part) {
    Of& of = by_verdict_[part.verdict];
    ++of.tables;
    for (std::string& line : LinesOf(part)) of.lines.push_back(std::move(line));
  }

  // ", 1 failed, 2 not judged"; "" where all are PASS.
  std::string Counts() const {
    std::string out;
    const auto add = [&](Verdict verdict, const char* words) {
      const auto of = by_verdict_.find(verdict);
      if (of == by_verdict_.end()) return;
      absl::StrAppend(&out, ", ", of->second.tables, " ", words);
    };
    add(Verdict::kFail, "failed");
    add(Verdict::kError, "not judged");
    add(Verdict::kWarn, "warned");
    return out;
  }

  std::vector<std::string> Lines() const {
    std::vector<const Of*> order;
    for (const auto& [verdict, of] : by_verdict_) {
      if (verdict != Verdict::kPass) order.push_back(&of);
    }
    std::stable_sort(order.begin(), order.end(), [](const Of* a, const Of* b) {
      return a->tables < b->tables;
    });
    std::vector<std::string> lines;
    for (const Of* of : order) {
      lines.insert(lines.end(), of->lines.begin(), of->lines.end());
    }
    return lines;
  }

  const std::vector<std::string>& passed() {
    return by_verdict_[Verdict::kPass].lines;
  }

 private:
  struct Of {
    size_t tables = 0;
    std::vector<std::string> lines;
  };
  std::map<Verdict, Of> by_verdict_;
};

void Sort(std::vector<ColumnChange>& changes) {
  std::stable_sort(
      changes.begin(), changes.end(),
      [](const auto& a, const auto& b) { return a.rows > b.rows; });
}

}  // namespace

void MergeResults(const Rule& rule, std::vector<Result> parts,
                  const std::vector<std::string>& source_only,
                  const std::vector<std::string>& target_only, Result& result) {
  result.verdict = Verdict::kPass;
  result.measures.clear();
  std::string alone;
  const auto only = [&](const std::vector<std::string>& tables,
                        const char* side) {
    if (tables.empty()) return;
    absl::StrAppend(&alone, "; only in the ", side, ": ",
                    absl::StrJoin(tables, ", "));
    result.verdict =
        rule.severity == RuleSeverity::kWarn ? Verdict::kWarn : Verdict::kFail;
    for (const std::string& table : tables) {
      result.measures.push_back(
          {kTableMeasure, absl::StrCat(table, ": ", VerdictName(result.verdict),
                                       " only in the ", side)});
    }
  };
  only(source_only, "source");
  only(target_only, "target");
  TableLines tables;
  bool retryable = true;
  bool confirmed = true;
  bool all_empty = !parts.empty();
  for (Result& part : parts) {
    if (Rank(part.verdict) > Rank(result.verdict)) {
      result.verdict = part.verdict;
    }
    Add(result.counters.rows_total, part.counters.rows_total);
    Add(result.counters.rows_considered, part.counters.rows_considered);
    Add(result.counters.rows_null, part.counters.rows_null);
    Add(result.counters.rows_failing, part.counters.rows_failing);
    Add(result.counters.groups_failing, part.counters.groups_failing);
    AddCounts(part, result.diff);
    result.differences += part.differences;
    result.threshold = part.threshold;
    result.attempts = std::max(result.attempts, part.attempts);
    if (result.consistency.empty()) {
      result.consistency = part.consistency;
      result.target_consistency = part.target_consistency;
    }
    all_empty &= part.empty;
    const auto limit =
        static_cast<size_t>(rule.samples.value_or(kDefaultSamples));
    for (Sample& sample : part.samples) {
      if (result.samples.size() >= limit) break;
      sample.note = absl::StrCat(part.table, ": ", sample.note);
      result.samples.push_back(std::move(sample));
    }
    tables.Add(part);
    if (part.verdict == Verdict::kPass) continue;
    if (part.verdict == Verdict::kError) {
      retryable &= part.error.has_value() && part.error->retryable;
      if (!result.error.has_value()) result.error = part.error;
    }
    if (part.verdict == Verdict::kFail)
      confirmed &= part.confirmed && !part.empty;
    if (result.sql.empty()) {
      result.sql = part.sql;
      result.target_sql = part.target_sql;
    }
  }
  result.empty = all_empty;
  result.confirmed = confirmed && result.verdict == Verdict::kFail &&
                     source_only.empty() && target_only.empty();
  if (result.verdict != Verdict::kError) {
    result.error.reset();
  } else if (result.error.has_value()) {
    result.error->retryable = retryable;
  }
  if (result.diff.has_value()) {
    Sort(result.diff->columns);
    Sort(result.diff->causes);
  }
  std::string counts = tables.Counts();
  if (const size_t count = source_only.size() + target_only.size(); count > 0) {
    absl::StrAppend(&counts, ", ", count, " on one side only");
  }
  result.found =
      absl::StrCat(parts.size(), parts.size() == 1 ? " table" : " tables",
                   counts.empty() ? ", all as expected" : counts, alone);
  for (std::string& line : tables.Lines()) {
    absl::StrAppend(&result.found, "; ", line);
    result.measures.push_back({kTableMeasure, std::move(line)});
  }
  for (const std::string& line : tables.passed()) {
    result.measures.push_back({kPassedTableMeasure, line});
  }
}

}  // namespace assay::engine
