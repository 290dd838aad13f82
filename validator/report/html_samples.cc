// SPDX-License-Identifier: Apache-2.0
#include "validator/report/html_samples.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/report/diff_text.h"
#include "validator/report/display.h"

namespace assay::report {
namespace {

constexpr size_t kMostName = 200;

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// `cell` as markup; the bytes that `ends` does not cover are marked.
void AddCell(const v1::Cell& cell, const CommonEnds* ends, Html& out) {
  if (cell.masked()) {
    out.Raw("<span class=\"v\">***</span> <span class=\"soft\">masked</span>");
    return;
  }
  if (!cell.has_text()) {
    out.Raw("<span class=\"v null\">NULL</span>");
    return;
  }
  const std::string_view text = WholeCharacters(cell.text(), kMostText);
  // Where CellText quotes, a reader would take the text for something else.
  const std::string shown = CellText(cell);
  const bool quote = !shown.empty() && shown.front() == '\'';
  out.Raw("<span class=\"v\">");
  if (quote) out.Raw("&#39;");
  if (ends == nullptr || ends->front + ends->back > text.size()) {
    out.Text(text);
  } else {
    const size_t middle = text.size() - ends->front - ends->back;
    out.Text(text.substr(0, ends->front));
    if (middle > 0) {
      out.Raw("<mark>").Text(text.substr(ends->front, middle)).Raw("</mark>");
    }
    out.Text(text.substr(text.size() - ends->back));
  }
  if (quote) out.Raw("&#39;");
  out.Raw("</span>");
  if (cell.truncated() || text.size() < cell.text().size()) {
    out.Raw(" <span class=\"cut\">… cut</span>");
  }
}

// The target's side of `cell` as a cell of its own.
v1::Cell TargetOf(const v1::Cell& cell) {
  v1::Cell out;
  out.set_masked(cell.masked());
  if (cell.target().has_text()) out.set_text(cell.target().text());
  out.set_truncated(cell.target().truncated());
  return out;
}

bool HasPair(const v1::Sample& sample) {
  return std::any_of(
      sample.cells().begin(), sample.cells().end(), [](const v1::Cell& cell) {
        return !cell.key() && (cell.has_target() || cell.differs());
      });
}

// The side that a row without its other is on.
enum class Side { kUnknown, kSource, kTarget };

Side SideOf(const v1::Sample& sample) {
  const std::string& note = sample.note();
  if (absl::EndsWith(note, "missing on the target")) return Side::kSource;
  if (absl::EndsWith(note, "extra on the target")) return Side::kTarget;
  if (absl::StrContains(note, " of this key on the source ")) {
    return Side::kSource;
  }
  if (absl::StrContains(note, " of this key on the target ")) {
    return Side::kTarget;
  }
  return Side::kUnknown;
}

void AddColumnHead(const v1::Cell& cell, bool pair, Html& out) {
  if (pair && cell.differs()) {
    out.Raw(
        "<tr class=\"ne\"><th scope=\"row\"><span class=\"sign\" role=\"img\" "
        "aria-label=\"differs:\">≠</span>");
  } else if (pair) {
    out.Raw(
        "<tr><th scope=\"row\"><span class=\"sign\" role=\"img\" "
        "aria-label=\"equal:\">=</span>");
  } else {
    out.Raw("<tr><th scope=\"row\">");
  }
  out.Raw("<bdi>").Text(cell.column(), kMostName).Raw("</bdi>");
  if (!cell.cause().empty()) {
    out.Raw("<small class=\"cause\">").Text(cell.cause()).Raw("</small>");
  }
  out.Raw("</th>");
}

// Key and note above the columns of one sample.
void AddDiffHead(const v1::Sample& sample, Html& out) {
  out.Raw("<tbody><tr class=\"of\"><th colspan=\"3\" scope=\"rowgroup\">");
  bool any = false;
  for (const v1::Cell& cell : sample.cells()) {
    if (!cell.key()) continue;
    if (any) out.Raw(", ");
    any = true;
    out.Raw("<bdi>").Text(cell.column(), kMostName).Raw("</bdi> = ");
    AddCell(cell, nullptr, out);
  }
  if (!sample.note().empty()) {
    out.Raw(any ? Markup(" <span class=\"soft\">· ")
                : Markup("<span class=\"soft\">"))
        .Text(sample.note())
        .Raw("</span>");
  }
  out.Raw("</th></tr>\n");
}

void AddDiffSample(const v1::Sample& sample, Html& out) {
  AddDiffHead(sample, out);
  const bool pair = HasPair(sample);
  const Side side = pair ? Side::kUnknown : SideOf(sample);
  int columns = 0;
  for (const v1::Cell& cell : sample.cells()) columns += cell.key() ? 0 : 1;
  bool first = true;
  for (const v1::Cell& cell : sample.cells()) {
    if (cell.key()) continue;
    AddColumnHead(cell, pair, out);
    // Beside a row without its other one cell says so for all columns.
    const auto no_row = [&] {
      if (!first) return;
      out.Raw("<td rowspan=\"")
          .Digits(columns)
          .Raw("\"><span class=\"null\">no row</span></td>");
    };
    if (pair) {
      const v1::Cell target = TargetOf(cell);
      CommonEnds ends;
      const bool mark = cell.differs() && !cell.masked() && cell.has_text() &&
                        target.has_text() && cell.text().size() <= kMostText &&
                        target.text().size() <= kMostText;
      if (mark) ends = FindCommonEnds(cell.text(), target.text());
      const CommonEnds* inner = ends.front + ends.back > 0 ? &ends : nullptr;
      out.Raw("<td>");
      AddCell(cell, inner, out);
      out.Raw("</td><td>");
      AddCell(target, inner, out);
      out.Raw("</td>");
    } else if (side == Side::kTarget) {
      no_row();
      out.Raw("<td>");
      AddCell(cell, nullptr, out);
      out.Raw("</td>");
    } else {
      out.Raw(side == Side::kSource ? Markup("<td>")
                                    : Markup("<td colspan=\"2\">"));
      AddCell(cell, nullptr, out);
      out.Raw("</td>");
      if (side == Side::kSource) no_row();
    }
    first = false;
    out.Raw("</tr>\n");
  }
  out.Raw("</tbody>\n");
}

void AddDiffSamples(const v1::RuleResult& result, Html& out) {
  const auto side = [&out](Markup word, const std::string& connection,
                           const std::string& table) {
    out.Raw("<th scope=\"col\">").Raw(word);
    if (!connection.empty() || !table.empty()) {
      out.Raw(" <span class=\"soft\">")
          .Text(absl::StrCat(connection,
                             connection.empty() || table.empty() ? "" : ".",
                             table),
                kMostName)
          .Raw("</span>");
    }
    out.Raw("</th>");
  };
  out.Raw(
      "<div class=\"scroll\"><table class=\"diff\"><thead><tr>"
      "<th scope=\"col\">Column</th>");
  side("Source", result.connection(), result.table());
  side("Target", result.target_connection(), result.target_table());
  out.Raw("</tr></thead>\n");
  for (const v1::Sample& sample : result.samples()) {
    AddDiffSample(sample, out);
  }
  out.Raw("</table></div>\n");
}

// The names of a sample's columns, and whether it has a note, as one text.
std::string Heading(const v1::Sample& sample) {
  std::string out;
  for (const v1::Cell& cell : sample.cells()) {
    absl::StrAppend(&out, cell.column().size(), ":", cell.column(),
                    cell.key() ? "*" : "");
  }
  return out;
}

// Samples with the same columns make one table; rule kinds may mix them.
void AddRows(const v1::RuleResult& result, Html& out) {
  for (int i = 0; i < result.samples_size();) {
    int end = i;
    bool notes = false;
    const std::string heading = Heading(result.samples(i));
    while (end < result.samples_size() &&
           Heading(result.samples(end)) == heading) {
      notes = notes || !result.samples(end).note().empty();
      ++end;
    }
    out.Raw(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
        "aria-label=\"Rows\"><table><thead><tr>");
    for (const v1::Cell& cell : result.samples(i).cells()) {
      out.Raw(cell.key() ? Markup("<th scope=\"col\" class=\"key\">")
                         : Markup("<th scope=\"col\">"))
          .Raw("<bdi>")
          .Text(cell.column(), kMostName)
          .Raw("</bdi>");
      if (cell.key()) out.Raw(" <span class=\"soft\">key</span>");
      out.Raw("</th>");
    }
    if (notes) out.Raw("<th scope=\"col\">Note</th>");
    out.Raw("</tr></thead><tbody>\n");
    for (; i < end; ++i) {
      out.Raw("<tr>");
      for (const v1::Cell& cell : result.samples(i).cells()) {
        out.Raw("<td>");
        AddCell(cell, nullptr, out);
        out.Raw("</td>");
      }
      if (notes) {
        out.Raw("<td>").Text(result.samples(i).note()).Raw("</td>");
      }
      out.Raw("</tr>\n");
    }
    out.Raw("</tbody></table></div>\n");
  }
}

}  // namespace

CommonEnds FindCommonEnds(std::string_view a, std::string_view b) {
  CommonEnds out;
  const size_t least = std::min(a.size(), b.size());
  while (out.front < least && a[out.front] == b[out.front]) ++out.front;
  // Back to where a character begins on both sides.
  const auto inside = [](std::string_view text, size_t at) {
    return at < text.size() && IsContinuation(text[at]);
  };
  while (out.front > 0 && (inside(a, out.front) || inside(b, out.front))) {
    --out.front;
  }
  while (out.back < least - out.front &&
         a[a.size() - 1 - out.back] == b[b.size() - 1 - out.back]) {
    ++out.back;
  }
  while (out.back > 0 && IsContinuation(a[a.size() - out.back])) --out.back;
  return out;
}

void AddSamples(const v1::RuleResult& result, Html& out) {
  if (result.samples_size() > 0) {
    out.Raw("<h4>")
        .Number(result.samples_size())
        .Raw(result.samples_size() == 1 ? Markup(" sample")
                                        : Markup(" samples"))
        .Raw("</h4>\n");
    const bool pairs =
        IsComparison(result) &&
        std::any_of(result.samples().begin(), result.samples().end(),
                    [](const v1::Sample& sample) {
                      return HasPair(sample) ||
                             SideOf(sample) != Side::kUnknown;
                    });
    pairs ? AddDiffSamples(result, out) : AddRows(result, out);
  }
  if (!result.samples_note().empty()) {
    out.Raw("<p class=\"where\">")
        .Raw(result.samples_size() > 0 ? Markup("Samples: ")
                                       : Markup("No samples: "))
        .Text(result.samples_note())
        .Raw("</p>\n");
  }
}

}  // namespace assay::report
