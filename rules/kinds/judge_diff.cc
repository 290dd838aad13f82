// SPDX-License-Identifier: Apache-2.0
// DiffCounts → counters and words; the part of comparison_rule.h that
// sample_diff and full_diff share.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/comparison_rule.h"

namespace assay {
namespace {

constexpr size_t kShownColumns = 3;

std::string Plural(int64_t count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

int64_t DifferingRows(const DiffCounts& diff) {
  return diff.missing + diff.extra + diff.changed;
}

// "3 missing, 1 extra, 603 changed of 16049 keys".
std::string RowsOf(const DiffCounts& diff) {
  std::vector<std::string> parts;
  if (diff.missing > 0) parts.push_back(absl::StrCat(diff.missing, " missing"));
  if (diff.extra > 0) parts.push_back(absl::StrCat(diff.extra, " extra"));
  if (diff.changed > 0) parts.push_back(absl::StrCat(diff.changed, " changed"));
  if (parts.empty()) parts.push_back("no difference");
  return absl::StrCat(
      diff.complete || DifferingRows(diff) == 0 ? "" : "at least ",
      absl::StrJoin(parts, ", "), " of ", Plural(diff.keys, "key", "keys"),
      diff.complete ? "" : " looked at");
}

// "district: 603 (trailing blanks: 600)".
std::string ColumnsOf(const DiffCounts& diff) {
  std::vector<std::string> parts;
  for (const ColumnChange& column : diff.columns) {
    if (parts.size() == kShownColumns) {
      parts.push_back(
          absl::StrCat(diff.columns.size() - kShownColumns, " more"));
      break;
    }
    std::string part = absl::StrCat(column.column, ": ", column.rows);
    for (const ColumnChange& cause : diff.causes) {
      if (cause.column != column.column || cause.cause.empty()) continue;
      absl::StrAppend(&part, " (", cause.cause, ": ", cause.rows, ")");
      break;
    }
    parts.push_back(std::move(part));
  }
  return absl::StrJoin(parts, ", ");
}

// "2 keys of the source have more than one row" for either side.
void AddSides(int64_t source, int64_t target, const char* one, const char* many,
              const char* what, std::string& out) {
  if (source > 0) {
    absl::StrAppend(&out, "; ", Plural(source, one, many), " of the source ",
                    what);
  }
  if (target > 0) {
    absl::StrAppend(&out, "; ", Plural(target, one, many), " of the target ",
                    what);
  }
}

void AddOneSidedColumns(const DiffCounts& diff, std::string& out) {
  const auto add = [&](const std::vector<std::string>& columns,
                       const char* side) {
    if (columns.empty()) return;
    absl::StrAppend(&out, "; only in the ", side, ": ",
                    absl::StrJoin(columns, ", "));
  };
  add(diff.source_only_columns, "source");
  add(diff.target_only_columns, "target");
  const size_t count =
      diff.source_only_columns.size() + diff.target_only_columns.size();
  if (count == 0) return;
  const char* it = count == 1 ? "it" : "them";
  absl::StrAppend(&out, " (map ", it, ", or leave ", it,
                  " out with columns.except or columns.only)");
}

std::string Found(const DiffCounts& diff) {
  std::string out = RowsOf(diff);
  if (!diff.columns.empty()) absl::StrAppend(&out, "; ", ColumnsOf(diff));
  AddSides(diff.duplicate_keys_source, diff.duplicate_keys_target, "key",
           "keys", "with more than one row", out);
  AddSides(diff.null_keys_source, diff.null_keys_target, "row", "rows",
           "with NULL in the key", out);
  AddOneSidedColumns(diff, out);
  if (diff.accepted > 0) {
    absl::StrAppend(&out, "; ", diff.accepted, " known and accepted");
  }
  if (diff.settled > 0) {
    absl::StrAppend(&out, "; ", diff.settled, " equal when read again");
  }
  if (diff.unstable > 0) {
    absl::StrAppend(&out, "; ", diff.unstable, " still changing");
  }
  if (diff.lost > 0) {
    absl::StrAppend(&out, "; ", diff.lost, " not found again by the key");
  }
  if (!diff.complete) {
    absl::StrAppend(&out, "; not everything was compared: ",
                    diff.incomplete_because.empty() ? "a limit was reached"
                                                    : diff.incomplete_because);
  }
  return out;
}

}  // namespace

Judgement JudgeDiff(const ComparisonObservation& observation) {
  Judgement out;
  if (!observation.diff.has_value()) {
    out.error = ResultError{ErrorReason::kInternal, "nothing was compared"};
    return out;
  }
  const DiffCounts& diff = *observation.diff;
  const int64_t failing = DifferingRows(diff) + diff.duplicate_keys_source +
                          diff.duplicate_keys_target + diff.null_keys_source +
                          diff.null_keys_target;
  out.counters = {
      .rows_total = observation.rows_source.value_or(diff.rows_source),
      .rows_considered = diff.keys,
      .rows_null = diff.null_keys_source + diff.null_keys_target,
      .rows_failing = failing,
      .groups_failing =
          diff.duplicate_keys_source + diff.duplicate_keys_target};
  out.found = Found(diff);
  // One side has what the other lacks, and nobody said that this is meant.
  if (!diff.source_only_columns.empty() || !diff.target_only_columns.empty()) {
    out.broken = true;
    out.certain = true;
    return out;
  }
  if (failing > 0) return out;
  if (diff.keys == 0) {
    out.nothing = true;
    out.found = "no key was looked at";
  } else if (observation.columns_compared == 0) {
    out.nothing = true;
    absl::StrAppend(&out.found, "; no column was compared beside the key");
  }
  return out;
}

}  // namespace assay
