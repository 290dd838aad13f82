// SPDX-License-Identifier: Apache-2.0
#include "validator/report/markdown_report.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "validator/report/diff_text.h"
#include "validator/report/display.h"
#include "validator/report/findings.h"
#include "validator/report/hold_text.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

constexpr size_t kCellWidth = 200;

// Escapes what Markdown or HTML would read. `text` is already on one line.
std::string Markdown(std::string_view text) {
  constexpr std::string_view kSpecial = "\\`*_{}[]|~#!";
  std::string out;
  for (char c : text) {
    if (c == '<') {
      out.append("&lt;");
    } else if (c == '>') {
      out.append("&gt;");
    } else if (c == '&') {
      out.append("&amp;");
    } else if (c == '@') {
      out.append("&#64;");  // A mention would mail somebody.
    } else if (c == ':') {
      out.append("&#58;");  // "https:" would become a link.
    } else {
      if (kSpecial.find(c) != std::string_view::npos) out.push_back('\\');
      out.push_back(c);
    }
  }
  return out;
}

std::string CellOf(const std::string& text) {
  return Markdown(Cut(text, kCellWidth));
}

const char* Sign(v1::Verdict verdict) {
  switch (KnownVerdict(verdict)) {
    case v1::VERDICT_PASS:
      return "✅";
    case v1::VERDICT_WARN:
      return "⚠️";
    case v1::VERDICT_FAIL:
      return "❌";
    default:
      return "🛑";
  }
}

constexpr size_t kMaxComparisons = 5;
constexpr size_t kDiffWidth = 400;
constexpr size_t kDiffNames = 10;
constexpr int kDiffSamples = 5;
constexpr size_t kMaxLines = 20;  // Of mismatches, of a wildcard's tables.

// The comparisons among the findings, as lists below the table.
void AddComparisons(const std::vector<Finding>& findings, std::string& out) {
  size_t shown = 0;
  for (const Finding& finding : findings) {
    const v1::RuleResult& result = *finding.result;
    const std::vector<std::string> lines = FoundLines(result);
    if ((!result.has_diff() && lines.empty()) || shown == kMaxComparisons) {
      continue;
    }
    ++shown;
    absl::StrAppend(&out, "\n**", CellOf(Escape(result.rule_id())),
                    "**: ", CellOf(SidesText(result)), "\n\n");
    const size_t listed = std::min(lines.size(), kMaxLines);
    for (size_t i = 0; i < listed; ++i) {
      absl::StrAppend(&out, "- ", Markdown(Cut(lines[i], kDiffWidth)), "\n");
    }
    if (listed < lines.size()) {
      absl::StrAppend(&out, "- … ", lines.size() - listed, " more\n");
    }
    for (const DiffField& field : DiffFields(result, kDiffWidth, kDiffNames)) {
      for (const std::string& line : field.lines) {
        absl::StrAppend(&out, "- ", field.label, ": ", Markdown(line), "\n");
      }
    }
    for (int i = 0;
         result.has_diff() && i < result.samples_size() && i < kDiffSamples;
         ++i) {
      absl::StrAppend(&out, "- ",
                      Markdown(SampleText(result.samples(i), kDiffWidth)),
                      "\n");
    }
  }
}

std::string Capital(std::string text) {
  if (!text.empty())
    text[0] = absl::ascii_toupper(static_cast<unsigned char>(text[0]));
  return text;
}

void AddDrift(const v1::Run& run, std::string& out) {
  if (!run.has_drift()) return;
  absl::StrAppend(&out, "\n", Markdown(Capital(DriftSummary(run))), ".\n");
  const std::vector<std::string> lines = DriftLines(run, kMaxLines);
  if (!lines.empty()) out.append("\n");
  for (const std::string& line : lines) {
    absl::StrAppend(&out, "- ", Markdown(Cut(line, kDiffWidth)), "\n");
  }
}

}  // namespace

std::string MarkdownReport(const v1::Run& run) {
  const Outcome outcome = Judge(run);
  const std::string name = CellOf(
      Escape(run.rule_set_name().empty() ? "assay" : run.rule_set_name()));
  std::string out;
  if (outcome.verdict != v1::VERDICT_UNSPECIFIED) {
    absl::StrAppend(&out, "### ", Sign(outcome.verdict), " ", name, ": ",
                    std::string(VerdictWord(outcome.verdict)), " → ",
                    std::string(DecisionWord(outcome.decision)), "\n\n");
  } else {
    absl::StrAppend(&out, "### ⏳ ", name, ": ",
                    std::string(StateWord(run.state())), " → HOLD\n\n");
  }
  const v1::VerdictCounts& counts = run.counts();
  absl::StrAppend(&out, Count(counts.fail_count()), " failed, ",
                  Count(counts.error_count()), " not judged, ",
                  Count(counts.warn_count()), " warned, ",
                  Count(counts.pass_count()), " passed");
  if (run.has_end_time()) {
    absl::StrAppend(&out, " in ", Seconds(ElapsedSeconds(run)));
  }
  out.append(".\n");
  if (run.has_error()) {
    absl::StrAppend(&out, "\n**", Markdown(Escape(run.error().reason())),
                    "**: ", Markdown(Escape(run.error().message())), "\n");
  }
  if (!outcome.contradiction.empty()) {
    absl::StrAppend(&out, "\n**Held**: ", Markdown(outcome.contradiction),
                    "\n");
  }
  for (const std::string& text : {HoldText(run), ReleaseText(run)}) {
    if (text.empty()) continue;
    absl::StrAppend(&out, "\n**", Markdown(Capital(text)), "**\n");
  }
  AddDrift(run, out);
  const std::vector<Finding> findings = Findings(run);
  if (!findings.empty()) {
    out.append(
        "\n| | Rule | Table | Expected | Found | Sample |\n"
        "|---|---|---|---|---|---|\n");
  }
  const size_t shown = std::min<size_t>(findings.size(), kMaxMarkdownFindings);
  for (size_t i = 0; i < shown; ++i) {
    const v1::RuleResult& result = *findings[i].result;
    absl::StrAppend(&out, "| ", Sign(result.verdict()), " ",
                    std::string(VerdictWord(result.verdict())), " | ",
                    CellOf(Escape(result.rule_id())), " | ");
    absl::StrAppend(&out, CellOf(TableText(result)), " | ",
                    CellOf(Escape(result.expected())), " | ",
                    CellOf(FoundSummary(result)), RepeatsText(findings[i]),
                    " | ",
                    result.samples().empty()
                        ? std::string()
                        : Markdown(SampleText(result.samples(0), kCellWidth)),
                    " |\n");
  }
  if (findings.size() > shown) {
    absl::StrAppend(&out, "\n… and ", findings.size() - shown, " more.\n");
  } else if (run.results_truncated()) {
    out.append("\n… and more.\n");
  }
  AddComparisons(findings, out);
  if (!run.run_id().empty()) {
    absl::StrAppend(&out, "\nRun ", Markdown(Escape(run.run_id())), "\n");
  }
  return out;
}

}  // namespace assay::report
