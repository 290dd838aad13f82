// SPDX-License-Identifier: Apache-2.0
#include "validator/report/html_diff.h"

#include <algorithm>

#include "validator/report/diff_text.h"

namespace assay::report {
namespace {

constexpr int kMostRows = 100;
constexpr size_t kMostName = 200;
// DiffFields breaks lists into lines; a page breaks them by itself.
constexpr size_t kWidth = 100000;

void AddMore(int shown, int all, Html& out) {
  if (shown >= all) return;
  out.Raw("<p class=\"where\">… and ").Number(all - shown).Raw(" more</p>\n");
}

void AddCauses(const v1::DiffCounts& diff, Html& out) {
  if (diff.causes().empty()) return;
  const int shown = std::min(diff.causes_size(), kMostRows);
  const bool policies = std::any_of(
      diff.causes().begin(), diff.causes().end(),
      [](const v1::ColumnChange& change) { return !change.policy().empty(); });
  out.Raw("<h4>Causes");
  if (diff.explained_count() < diff.changed_count()) {
    out.Raw(", of ")
        .Number(diff.explained_count())
        .Raw(" changed rows that were looked at");
  }
  out.Raw(
      "</h4>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
      "aria-label=\"Causes\"><table><thead><tr><th scope=\"col\" "
      "class=\"num\">Rows</th><th scope=\"col\">Column</th>"
      "<th scope=\"col\">What happened</th>");
  if (policies) {
    out.Raw("<th scope=\"col\">If that is meant, a policy</th>");
  }
  out.Raw("</tr></thead><tbody>\n");
  for (int i = 0; i < shown; ++i) {
    const v1::ColumnChange& change = diff.causes(i);
    out.Raw("<tr><td class=\"num\">")
        .Number(change.rows_count())
        .Raw("</td><td><bdi>")
        .Text(change.column(), kMostName)
        .Raw("</bdi></td><td><bdi>")
        .Text(change.cause())
        .Raw("</bdi></td>");
    if (policies) {
      out.Raw("<td>");
      if (!change.policy().empty()) {
        out.Raw("<code>{").Text(change.policy()).Raw("}</code>");
      }
      out.Raw("</td>");
    }
    out.Raw("</tr>\n");
  }
  out.Raw("</tbody></table></div>\n");
  AddMore(shown, diff.causes_size(), out);
}

void AddColumns(const v1::DiffCounts& diff, Html& out) {
  if (diff.columns().empty()) return;
  const int shown = std::min(diff.columns_size(), kMostRows);
  out.Raw("<h4>Changed columns</h4>\n<p>");
  for (int i = 0; i < shown; ++i) {
    out.Raw("<span class=\"label\"><bdi>")
        .Text(diff.columns(i).column(), kMostName)
        .Raw("</bdi> <b>")
        .Number(diff.columns(i).rows_count())
        .Raw("</b></span> ");
  }
  out.Raw("</p>\n");
  AddMore(shown, diff.columns_size(), out);
}

}  // namespace

void AddDiffFields(const v1::RuleResult& result, Html& out) {
  for (const DiffField& field : DiffFields(result, kWidth, kMostRows)) {
    // These two have tables of their own.
    if (field.label == "changed" || field.label == "causes") continue;
    out.Raw("<dt>").Text(field.label).Raw("</dt><dd>");
    bool first = true;
    for (const std::string& line : field.lines) {
      if (!first) out.Raw("<br>");
      first = false;
      out.Raw("<bdi>").Text(line).Raw("</bdi>");
    }
    out.Raw("</dd>\n");
  }
}

void AddChanges(const v1::DiffCounts& diff, Html& out) {
  AddCauses(diff, out);
  AddColumns(diff, out);
}

}  // namespace assay::report
