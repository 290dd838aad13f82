// SPDX-License-Identifier: Apache-2.0
// The list of runs, and the page of an error.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/report/display.h"
#include "validator/report/html_page.h"
#include "validator/report/html_report.h"
#include "validator/report/html_writer.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

constexpr size_t kMostName = 200;

void AddInput(Markup label, Markup name, const std::string& value, Html& out) {
  out.Raw("<label>")
      .Raw(label)
      .Raw("<input name=\"")
      .Raw(name)
      .Raw("\" autocomplete=\"off\" value=\"")
      .Attribute(value)
      .Raw("\"></label>\n");
}

void AddForm(const HtmlRunsQuery& query, const HtmlOptions& options,
             Html& out) {
  out.Raw("<form method=\"get\" action=\"")
      .Attribute(options.runs_path)
      .Raw("\" aria-label=\"Filter\">\n");
  AddInput("Rule set", "rule_set", query.rule_set, out);
  AddInput("Migration", "migration", query.migration, out);
  out.Raw("<label>Verdict<select name=\"verdict\">");
  const auto option = [&](Markup value, Markup text) {
    out.Raw("<option value=\"").Raw(value).Raw("\"");
    if (query.verdict == value.text()) out.Raw(" selected");
    out.Raw(">").Raw(text).Raw("</option>");
  };
  option("", "any");
  option("fail", "FAIL");
  option("error", "ERROR");
  option("warn", "WARN");
  option("pass", "PASS");
  out.Raw("</select></label>\n");
  for (const auto& [key, value] : query.labels) {
    AddInput("Label", "label", absl::StrCat(key, "=", value), out);
  }
  out.Raw(
      "<label>Label<input name=\"label\" autocomplete=\"off\" "
      "placeholder=\"key=value\" value=\"\"></label>\n"
      "<label class=\"tick\"><input type=\"checkbox\" name=\"active\" "
      "value=\"1\"");
  if (query.active) out.Raw(" checked");
  out.Raw("> still going on</label>\n<button>Filter</button>\n</form>\n");
}

void AddLabels(const v1::Run& run, Html& out) {
  if (run.labels().empty()) return;
  const std::map<std::string, std::string> sorted(run.labels().begin(),
                                                  run.labels().end());
  out.Raw("<small>");
  for (const auto& [key, value] : sorted) {
    out.Raw("<span class=\"label\"><bdi>").Text(key, kMostName).Raw("</bdi>=");
    AddValueOrLink(value, out);
    out.Raw("</span>");
  }
  out.Raw("</small>");
}

void AddRow(const v1::Run& run, const HtmlOptions& options, Html& out) {
  const Outcome outcome = Judge(run);
  out.Raw("<tr role=\"row\"><td role=\"cell\">");
  AddChip(outcome.verdict, run.state(), out);
  out.Raw("</td><td role=\"cell\" class=\"what\">");
  AddRunLink(run.run_id(),
             run.rule_set_name().empty() ? run.run_id() : run.rule_set_name(),
             options, out);
  std::string small = run.migration();
  if (!run.phase().empty()) {
    absl::StrAppend(&small, small.empty() ? "" : " · ", run.phase());
  }
  if (!small.empty()) {
    out.Raw("<small><bdi>").Text(small, kMostName).Raw("</bdi></small>");
  }
  AddLabels(run, out);
  out.Raw("</td><td role=\"cell\" data-l=\"Decision:\">")
      .Text(DecisionWord(outcome.decision));
  if (run.state() == v1::Run::HELD) out.Raw("<small>held</small>");
  if (run.has_release() && outcome.decision == v1::DECISION_PROCEED) {
    out.Raw("<small>released by <bdi>")
        .Text(run.release().user().empty() ? run.release().principal()
                                           : run.release().user(),
              kMostName)
        .Raw("</bdi></small>");
  }
  out.Raw("</td><td role=\"cell\">");
  AddCounts(run.counts(), out);
  if (outcome.verdict == v1::VERDICT_UNSPECIFIED &&
      run.progress().steps_total_count() > 0) {
    out.Raw("<small>")
        .Number(run.progress().steps_done_count())
        .Raw(" of ")
        .Number(run.progress().steps_total_count())
        .Raw(" steps</small>");
  } else if (run.has_error()) {
    out.Raw("<small>").Text(run.error().reason(), kMostName).Raw("</small>");
  }
  out.Raw("</td><td role=\"cell\">");
  AddTime(run.as_of_time(), out);
  out.Raw("<small class=\"mono\">")
      .Text(run.run_id(), kMostName)
      .Raw("</small></td><td role=\"cell\" class=\"num\" data-l=\"Took:\">");
  if (run.has_end_time()) out.Text(Seconds(ElapsedSeconds(run)));
  out.Raw("</td></tr>\n");
}

void AddPages(const HtmlRunsQuery& query, const std::string& next,
              const HtmlOptions& options, Html& out) {
  if (options.runs_path.empty() || (query.page_token.empty() && next.empty())) {
    return;
  }
  const auto link = [&](const std::string& token, Markup text) {
    HtmlRunsQuery other = query;
    other.page_token = token;
    const std::string behind = HtmlRunsQueryString(other);
    out.Raw("<a href=\"")
        .Attribute(options.runs_path)
        .Attribute(behind.empty() ? "" : absl::StrCat("?", behind), 1 << 20)
        .Raw("\">")
        .Raw(text)
        .Raw("</a>");
  };
  out.Raw("<nav class=\"pages\" aria-label=\"More runs\">");
  if (!query.page_token.empty()) link("", "Newest");
  if (!next.empty()) link(next, "Older →");
  out.Raw("</nav>\n");
}

}  // namespace

std::string HtmlRunsQueryString(const HtmlRunsQuery& query) {
  std::string out;
  const auto add = [&out](const char* name, const std::string& value) {
    if (value.empty()) return;
    absl::StrAppend(&out, out.empty() ? "" : "&", name, "=",
                    PercentEncode(value));
  };
  add("rule_set", query.rule_set);
  add("migration", query.migration);
  add("verdict", query.verdict);
  if (query.active) add("active", "1");
  for (const auto& [key, value] : query.labels) {
    add("label", absl::StrCat(key, "=", value));
  }
  add("page_token", query.page_token);
  return out;
}

std::string HtmlRunsPage(const std::vector<v1::Run>& runs,
                         const std::string& next_page_token,
                         const HtmlRunsQuery& query, const HtmlOptions& options,
                         const std::string& complaint) {
  HtmlFrame frame;
  frame.title = "Runs – Assay";
  // An older page does not change.
  const bool live =
      std::any_of(runs.begin(), runs.end(),
                  [](const v1::Run& run) { return !IsTerminal(run.state()); });
  if (live) frame.refresh_seconds = options.refresh_seconds;
  Html body;
  body.Raw("<h1>Runs</h1>\n");
  if (!options.runs_path.empty()) AddForm(query, options, body);
  if (!complaint.empty()) {
    body.Raw("<p class=\"box error\" role=\"alert\">")
        .Lines(complaint)
        .Raw("</p>\n");
  }
  if (runs.empty()) {
    body.Raw("<p>No runs match.</p>\n");
  } else {
    body.Raw(
        "<table class=\"runs\" role=\"table\"><thead><tr>"
        "<th scope=\"col\">Verdict</th><th scope=\"col\">Rule set</th>"
        "<th scope=\"col\">Decision</th><th scope=\"col\">Results</th>"
        "<th scope=\"col\">As of</th>"
        "<th scope=\"col\" class=\"num\">Took</th></tr></thead>"
        "<tbody role=\"rowgroup\">\n");
    for (const v1::Run& run : runs) AddRow(run, options, body);
    body.Raw("</tbody></table>\n");
  }
  AddPages(query, next_page_token, options, body);
  return HtmlPage(frame, body, options);
}

std::string HtmlErrorPage(const HtmlError& error, const HtmlOptions& options) {
  HtmlFrame frame;
  frame.title = absl::StrCat(error.title, " – Assay");
  frame.verdict = v1::VERDICT_ERROR;
  Html body;
  body.Raw("<section class=\"verdict error\">\n<h1>")
      .Text(error.title)
      .Raw("</h1>\n<p>")
      .Raw("<bdi>")
      .Lines(error.message)
      .Raw("</bdi></p>\n<p class=\"soft\">");
  if (error.status > 0) body.Raw("HTTP ").Digits(error.status);
  if (!error.reason.empty()) {
    body.Raw(" <code>").Text(error.reason, kMostName).Raw("</code>");
  }
  body.Raw("</p>\n</section>\n");
  return HtmlPage(frame, body, options);
}

}  // namespace assay::report
