// SPDX-License-Identifier: Apache-2.0
#include "validator/report/diff_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/report/display.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

constexpr size_t kNameWidth = 60;

std::string SideText(const std::string& connection, const std::string& table) {
  if (table.empty()) return Escape(connection);
  return absl::StrCat(Escape(connection), connection.empty() ? "" : ".",
                      Escape(table));
}

// "1 row", "16,049 rows".
std::string Counted(int64_t count, const char* word) {
  return absl::StrCat(Count(count), " ", word, count == 1 ? "" : "s");
}

// Joins words by ", " into lines of `width` columns; a longer word has a line
// of its own.
std::vector<std::string> Wrap(const std::vector<std::string>& words,
                              size_t width) {
  std::vector<std::string> lines;
  std::string line;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string word =
        absl::StrCat(words[i], i + 1 < words.size() ? "," : "");
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
      lines.push_back(std::exchange(line, ""));
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

std::vector<std::string> Names(
    const google::protobuf::RepeatedPtrField<std::string>& names, size_t most) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (out.size() == most) {
      out.push_back(
          absl::StrCat(names.size() - static_cast<int>(most), " more"));
      break;
    }
    out.push_back(Cut(Escape(name), kNameWidth));
  }
  return out;
}

// "2 keys of the source, 1 key of the target"; "" where there are none.
std::string BothSides(int64_t source, int64_t target, const char* word) {
  std::string out;
  if (source != 0) out = absl::StrCat(Counted(source, word), " of the source");
  if (target != 0) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", Counted(target, word),
                    " of the target");
  }
  return out;
}

std::string DifferencesText(const v1::DiffCounts& diff) {
  std::string out;
  const auto add = [&out](int64_t count, const char* word) {
    if (count == 0) return;
    absl::StrAppend(&out, out.empty() ? "" : ", ", Count(count), " ", word);
  };
  add(diff.missing_count(), "missing");
  add(diff.extra_count(), "extra");
  add(diff.changed_count(), "changed");
  if (out.empty()) out = "none";
  return absl::StrCat(out, diff.complete() ? "" : " so far", ", of ",
                      Counted(diff.keys_count(), "key"));
}

// "603 rows: district became ' '": a cause that is a sentence about the column
// begins with it, any other stands behind it.
std::string CauseText(const v1::ColumnChange& change) {
  const std::string column = Cut(Escape(change.column()), kNameWidth);
  const std::string cause = Escape(change.cause());
  std::string text = absl::StrCat(column, ": ", cause);
  if (column.empty() || absl::StartsWith(cause, column + " ")) {
    text = cause;
  } else if (absl::StartsWith(cause, "became ")) {
    text = absl::StrCat(column, " ", cause);
  } else if (cause.empty()) {
    text = column;
  }
  if (!change.policy().empty()) {
    absl::StrAppend(&text, " (if that is meant: policy {",
                    Escape(change.policy()), "})");
  }
  return absl::StrCat(Counted(change.rows_count(), "row"), ": ", text);
}

std::string TargetText(const v1::Cell& cell) {
  if (cell.masked()) return "***";
  v1::Cell target;
  if (cell.target().has_text()) target.set_text(cell.target().text());
  target.set_truncated(cell.target().truncated());
  return CellText(target);
}

bool IsPlainWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
           c == '_' || c == '-' || c == '/' || c == ':';
  });
}

// `text` as a word for a shell.
std::string ShellWord(const std::string& text) {
  std::string escaped = Escape(text);
  if (IsPlainWord(escaped) && escaped[0] != '-') return escaped;
  std::string out = "'";
  for (const char c : escaped) {
    absl::StrAppend(&out, c == '\'' ? "'\\''" : std::string(1, c));
  }
  return out + "'";
}

}  // namespace

bool IsComparison(const v1::RuleResult& result) {
  return result.has_diff() || !result.target_table().empty() ||
         !result.target_connection().empty();
}

std::string SidesText(const v1::RuleResult& result) {
  return absl::StrCat(
      SideText(result.connection(), result.table()), " → ",
      SideText(result.target_connection(), result.target_table()));
}

std::vector<DiffField> DiffFields(const v1::RuleResult& result, size_t width,
                                  size_t most) {
  std::vector<DiffField> out;
  if (!result.has_diff()) return out;
  const v1::DiffCounts& diff = result.diff();
  const auto add = [&out](const char* label, std::vector<std::string> lines) {
    if (!lines.empty()) out.push_back({label, std::move(lines)});
  };
  const auto add_text = [&add](const char* label, const std::string& text) {
    if (!text.empty()) add(label, {text});
  };
  add_text("differences", DifferencesText(diff));
  if (!diff.complete()) {
    add_text("incomplete", diff.incomplete_because().empty()
                               ? std::string("not everything was compared")
                               : Cut(Escape(diff.incomplete_because()), width));
  }
  std::vector<std::string> columns;
  for (const v1::ColumnChange& change : diff.columns()) {
    if (columns.size() == most) {
      const int more = diff.columns_size() - static_cast<int>(most);
      columns.push_back(
          absl::StrCat(more, more == 1 ? " more column" : " more columns"));
      break;
    }
    columns.push_back(absl::StrCat(Cut(Escape(change.column()), kNameWidth),
                                   " ", Count(change.rows_count())));
  }
  add("changed", Wrap(columns, width));
  std::vector<std::string> causes;
  for (const v1::ColumnChange& change : diff.causes()) {
    if (causes.size() == most) {
      causes.push_back(absl::StrCat(
          "… and ", diff.causes_size() - static_cast<int>(most), " more"));
      break;
    }
    causes.push_back(Cut(CauseText(change), width));
  }
  if (!causes.empty() && diff.explained_count() < diff.changed_count()) {
    causes.push_back(absl::StrCat("(of ", Count(diff.explained_count()),
                                  " changed rows that were looked at)"));
  }
  add("causes", std::move(causes));
  add("source only", Wrap(Names(diff.source_only_columns(), most), width));
  add("target only", Wrap(Names(diff.target_only_columns(), most), width));
  add_text("duplicates", BothSides(diff.duplicate_keys_source_count(),
                                   diff.duplicate_keys_target_count(), "key"));
  add_text("NULL in key", BothSides(diff.null_keys_source_count(),
                                    diff.null_keys_target_count(), "row"));
  if (diff.settled_count() != 0) {
    add_text("settled", absl::StrCat(Counted(diff.settled_count(), "key"),
                                     " equal when read again"));
  }
  if (diff.unstable_count() != 0) {
    add_text("unstable", absl::StrCat(Counted(diff.unstable_count(), "key"),
                                      " still changing at the last reading"));
  }
  if (diff.lost_count() != 0) {
    add_text("lost", absl::StrCat(Counted(diff.lost_count(), "row"),
                                  " not found again by the key"));
  }
  if (diff.accepted_count() != 0) {
    add_text("accepted", absl::StrCat(Count(diff.accepted_count()),
                                      " known, not among the differences"));
  }
  add_text(
      "read",
      absl::StrCat(Counted(diff.rows_source_count(), "row"), " of the source, ",
                   Counted(diff.rows_target_count(), "row"), " of the target"));
  return out;
}

std::vector<std::string> DiffSampleLines(const v1::Sample& sample,
                                         size_t width) {
  std::string head;
  std::vector<const v1::Cell*> fields;
  bool pair = false;
  for (const v1::Cell& cell : sample.cells()) {
    if (!cell.key()) {
      fields.push_back(&cell);
      pair = pair || cell.has_target() || cell.differs();
      continue;
    }
    absl::StrAppend(&head, head.empty() ? "" : " ",
                    Cut(Escape(cell.column()), kNameWidth), "=",
                    Cut(CellText(cell), kNameWidth));
  }
  if (!sample.note().empty()) {
    absl::StrAppend(&head, head.empty() ? "" : "  ", Escape(sample.note()));
  }
  std::vector<std::string> lines;
  if (!head.empty()) lines.push_back(Cut(head, width));
  if (!pair) {
    // One row only: it may have many columns, and all of them are as they were.
    std::string row;
    for (const v1::Cell* cell : fields) {
      absl::StrAppend(&row, row.empty() ? "  " : " ",
                      Cut(Escape(cell->column()), kNameWidth), "=",
                      Cut(CellText(*cell), kNameWidth));
    }
    if (!row.empty()) lines.push_back(Cut(row, width));
    return lines;
  }
  // Names and values share the line: a third for names, the rest in halves.
  const size_t most_name = std::max<size_t>(width / 3, 8);
  size_t name_width = 0;
  for (const v1::Cell* cell : fields) {
    name_width = std::max(name_width,
                          DisplayWidth(Cut(Escape(cell->column()), most_name)));
  }
  const size_t room = width > name_width + 7 ? width - name_width - 7 : 16;
  size_t source_width = 0;
  for (const v1::Cell* cell : fields) {
    source_width =
        std::max(source_width, DisplayWidth(Cut(CellText(*cell), room / 2)));
  }
  for (const v1::Cell* cell : fields) {
    std::string line = absl::StrCat(
        "  ", Pad(Cut(Escape(cell->column()), most_name), name_width), "  ",
        Pad(Cut(CellText(*cell), room / 2), source_width));
    if (cell->has_target() || cell->masked()) {
      absl::StrAppend(&line, " | ", Cut(TargetText(*cell), room / 2));
    }
    if (!cell->cause().empty()) {
      const std::string cause = absl::StrCat("(", Escape(cell->cause()), ")");
      if (DisplayWidth(line) + 2 + DisplayWidth(cause) <= width) {
        absl::StrAppend(&line, "  ", cause);
      } else {
        lines.push_back(line);
        line =
            Cut(absl::StrCat(std::string(name_width + 4, ' '), cause), width);
      }
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

std::string DiffCellText(const v1::Cell& cell, size_t width) {
  std::string out = absl::StrCat(Cut(Escape(cell.column()), width), " ",
                                 Cut(CellText(cell), width), " → ",
                                 Cut(TargetText(cell), width));
  if (!cell.cause().empty()) {
    absl::StrAppend(&out, " (", Cut(Escape(cell.cause()), width), ")");
  }
  return out;
}

std::string DifferencesCommand(const v1::Run& run,
                               const v1::RuleResult& result) {
  if (run.run_id().empty() || result.differences_count() <= 0) return "";
  return absl::StrCat("assay differences ", ShellWord(run.run_id()), " ",
                      ShellWord(result.rule_id()));
}

std::string RecheckCommand(const v1::Run& run) {
  const bool compared =
      std::any_of(run.results().begin(), run.results().end(),
                  [](const v1::RuleResult& result) {
                    return result.has_diff() &&
                           KnownVerdict(result.verdict()) != v1::VERDICT_PASS;
                  });
  if (run.run_id().empty() || !compared) return "";
  return absl::StrCat("assay recheck ", ShellWord(run.run_id()));
}

}  // namespace assay::report
