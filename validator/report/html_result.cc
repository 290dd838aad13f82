// SPDX-License-Identifier: Apache-2.0
#include "validator/report/html_result.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/report/diff_text.h"
#include "validator/report/display.h"
#include "validator/report/html_diff.h"
#include "validator/report/html_page.h"
#include "validator/report/html_samples.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

constexpr size_t kMostName = 200;
constexpr size_t kMostLines = 500;
// Samples and SQL are repeated for each rule; SQL that is cut is of no use.
constexpr size_t kMostSql = 64 << 10;

void AddCounters(const v1::Counters& counters, Html& out) {
  bool any = false;
  const auto add = [&](bool has, int64_t count, Markup one, Markup many) {
    if (!has) return;
    out.Raw(any ? Markup(", ") : Markup("<dt>Counters</dt><dd>"));
    any = true;
    out.Number(count).Raw(count == 1 ? one : many);
  };
  add(counters.has_rows_total_count(), counters.rows_total_count(), " row",
      " rows");
  add(counters.has_rows_considered_count(), counters.rows_considered_count(),
      " considered", " considered");
  add(counters.has_rows_null_count(), counters.rows_null_count(), " NULL",
      " NULL");
  add(counters.has_rows_failing_count(), counters.rows_failing_count(),
      " failing", " failing");
  add(counters.has_groups_failing_count(), counters.groups_failing_count(),
      " group failing", " groups failing");
  if (any) out.Raw("</dd>\n");
}

void AddMeasures(const v1::RuleResult& result, Html& out) {
  const bool listed = !FoundLines(result, true).empty();
  size_t shown = 0;
  for (const v1::Measure& measure : result.measures()) {
    if (listed && IsFoundLine(measure)) continue;
    if (++shown > kMostLines) continue;
    out.Raw("<dt>Measured</dt><dd><bdi>")
        .Text(measure.name())
        .Raw("</bdi> = <bdi>")
        .Text(measure.value())
        .Raw("</bdi></dd>\n");
  }
  if (shown > kMostLines) {
    out.Raw("<dt>Measured</dt><dd class=\"soft\">… and ")
        .Number(static_cast<int64_t>(shown - kMostLines))
        .Raw(" more</dd>\n");
  }
}

// What was found: a line, or a list of mismatches or tables.
void AddFound(const v1::RuleResult& result, Html& out) {
  const std::vector<std::string> lines = FoundLines(result, true);
  const std::string summary = FoundLines(result).empty()
                                  ? std::string(result.found())
                                  : FoundSummary(result);
  if (summary.empty() && lines.empty()) return;
  out.Raw("<dt>Found</dt><dd class=\"found\"><bdi>")
      .Lines(summary)
      .Raw("</bdi>");
  if (!lines.empty()) {
    out.Raw("<ul>\n");
    for (size_t i = 0; i < lines.size() && i < kMostLines; ++i) {
      out.Raw("<li><bdi>").Text(lines[i]).Raw("</bdi></li>\n");
    }
    if (lines.size() > kMostLines) {
      out.Raw("<li class=\"soft\">… and ")
          .Number(static_cast<int64_t>(lines.size() - kMostLines))
          .Raw(" more</li>\n");
    }
    out.Raw("</ul>");
  }
  out.Raw("</dd>\n");
}

void AddError(const v1::RuleResult& result, Html& out) {
  const v1::Error& error = result.error();
  out.Raw("<dt>Error</dt><dd>");
  // What was found often says it already.
  if (!absl::StrContains(result.found(), error.message())) {
    out.Raw("<bdi>").Lines(error.message()).Raw("</bdi> ");
  }
  out.Raw("<span class=\"soft\"><code>")
      .Text(error.reason(), kMostName)
      .Raw(error.retryable() ? Markup("</code> · may pass when tried again")
                             : Markup("</code> · trying again will not help"))
      .Raw("</span></dd>\n");
}

// How it was read: of little use until a verdict is doubted.
void AddHow(const v1::RuleResult& result, Html& out) {
  Html fields;
  if (IsComparison(result) && !result.target_consistency().empty()) {
    AddField(
        "Consistency",
        absl::StrCat(result.consistency(), " → ", result.target_consistency()),
        fields);
  } else {
    AddField("Consistency", result.consistency(), fields);
  }
  if (result.attempt_count() > 1) {
    AddField("Attempts", Count(result.attempt_count()), fields);
  }
  if (result.has_elapsed()) {
    AddField("Took", Seconds(SecondsOf(result.elapsed())), fields);
  }
  if (result.diff().notes_size() > 0) {
    fields.Raw("<dt>How</dt><dd>");
    for (int i = 0; i < result.diff().notes_size(); ++i) {
      if (i > 0) fields.Raw("<br>");
      fields.Raw("<bdi>").Text(result.diff().notes(i)).Raw("</bdi>");
    }
    fields.Raw("</dd>\n");
  }
  if (fields.size() == 0) return;
  out.Raw(
         "<details class=\"more\"><summary>How it was read</summary>\n"
         "<dl>\n")
      .Add(fields)
      .Raw("</dl></details>\n");
}

void AddSql(Markup label, const std::string& sql, Html& out) {
  if (sql.empty()) return;
  // HTML drops the first line feed behind <pre>.
  out.Raw("<details class=\"more\"><summary>")
      .Raw(label)
      .Raw("</summary>\n<pre tabindex=\"0\">\n")
      .Verbatim(sql, kMostSql)
      .Raw("</pre></details>\n");
}

void AddBody(const HtmlResultContext& context, const v1::RuleResult& result,
             Html& out) {
  if (!result.description().empty()) {
    out.Raw("<p class=\"about\"><bdi>")
        .Lines(result.description())
        .Raw("</bdi></p>\n");
  }
  out.Raw("<dl>\n");
  AddField("Expected", result.expected(), out);
  AddFound(result, out);
  if (result.has_error()) AddError(result, out);
  AddDiffFields(result, out);
  AddField("Threshold", result.threshold(), out);
  AddCounters(result.counters(), out);
  AddMeasures(result, out);
  AddField("Columns", result.columns(), out);
  AddField("Owner", result.owner(), out);
  std::string tags;
  for (const std::string& tag : result.tags()) {
    absl::StrAppend(&tags, tags.empty() ? "" : ", ", tag);
  }
  AddField("Tags", tags, out);
  if (result.empty()) AddField("Empty", "nothing was there to look at", out);
  AddField("Same as", result.same_as_rule_id(), out);
  out.Raw("</dl>\n");
  AddChanges(result.diff(), out);
  if (context.with_samples) {
    AddSamples(result, out);
  } else if (result.samples_size() > 0 || !result.sql().empty()) {
    out.Raw(
        "<p class=\"where\">Samples and SQL are left out: this page is long "
        "enough. <code>assay show --all</code> has them.</p>\n");
  }
  const std::string keys =
      context.options->commands ? DifferencesCommand(*context.run, result) : "";
  if (!keys.empty()) {
    out.Raw("<p class=\"about\">All differing keys: <code>")
        .Text(keys)
        .Raw("</code></p>\n");
  }
  if (context.with_samples) {
    const bool comparison = IsComparison(result);
    AddSql(comparison ? Markup("SQL of the source") : Markup("SQL"),
           result.sql(), out);
    AddSql("SQL of the target", result.target_sql(), out);
  }
  AddHow(result, out);
}

void AddWhere(const HtmlResultContext& context, const v1::RuleResult& result,
              Html& out) {
  out.Raw("<p class=\"where\">").Text(result.kind(), kMostName);
  const std::string table = TableText(result);
  if (!table.empty()) out.Raw(" · <bdi>").Text(table).Raw("</bdi>");
  if (result.line() > 0) {
    out.Raw(" · ");
    if (context.has_rule_set) {
      out.Raw("<a href=\"#L").Digits(result.line()).Raw("\">line ");
      out.Digits(result.line()).Raw("</a>");
    } else {
      out.Raw("line ").Digits(result.line());
    }
  }
  if (KnownVerdict(result.verdict()) == v1::VERDICT_FAIL) {
    if (result.rollback()) {
      out.Raw(result.confirmed()
                  ? Markup(" · <b>rolls back</b>, confirmed")
                  : Markup(" · would roll back, but is not confirmed"));
    } else if (result.confirmed()) {
      out.Raw(" · confirmed");
    }
  }
  out.Raw("</p>\n");
}

}  // namespace

void AddResultId(int index, Html& out) { out.Raw("r").Digits(index + 1); }

void AddFinding(const HtmlResultContext& context, const Finding& finding,
                int index, bool open, Html& out) {
  const v1::RuleResult& result = *finding.result;
  if (!open) {
    AddOther(context, result, index, out);
    return;
  }
  const v1::Verdict verdict = KnownVerdict(result.verdict());
  out.Raw("<article class=\"rule ");
  AddVerdictClass(verdict, out);
  out.Raw("\" id=\"");
  AddResultId(index, out);
  out.Raw("\">\n<h3>");
  AddChip(verdict, v1::Run::STATE_UNSPECIFIED, out);
  out.Raw(" <bdi>").Text(result.rule_id(), kMostName).Raw("</bdi></h3>\n");
  AddWhere(context, result, out);
  if (finding.repeats > 0) {
    out.Raw("<p class=\"about\">")
        .Number(static_cast<int64_t>(finding.repeats))
        .Raw(finding.repeats == 1
                 ? Markup(" more rule not judged for the same reason.")
                 : Markup(" more rules not judged for the same reason."))
        .Raw("</p>\n");
  }
  AddBody(context, result, out);
  out.Raw("</article>\n");
}

void AddOther(const HtmlResultContext& context, const v1::RuleResult& result,
              int index, Html& out) {
  constexpr size_t kMostSaid = 300;
  const v1::Verdict verdict = KnownVerdict(result.verdict());
  out.Raw("<details class=\"other ");
  AddVerdictClass(verdict, out);
  out.Raw("\" id=\"");
  AddResultId(index, out);
  out.Raw("\"><summary>");
  AddChip(verdict, v1::Run::STATE_UNSPECIFIED, out);
  out.Raw("<h3><bdi>").Text(result.rule_id(), kMostName).Raw("</bdi></h3>");
  const std::string found = FoundSummary(result);
  out.Raw("<span class=\"said\"><bdi>")
      .Text(found.empty() && !result.same_as_rule_id().empty()
                ? absl::StrCat("the same as ", result.same_as_rule_id())
                : found,
            kMostSaid)
      .Raw("</bdi></span></summary>\n<div class=\"body\">\n");
  AddWhere(context, result, out);
  AddBody(context, result, out);
  out.Raw("</div></details>\n");
}

}  // namespace assay::report
