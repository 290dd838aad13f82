// SPDX-License-Identifier: Apache-2.0
// The page of one run.
#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/report/diff_text.h"
#include "validator/report/display.h"
#include "validator/report/findings.h"
#include "validator/report/hold_text.h"
#include "validator/report/html_history.h"
#include "validator/report/html_page.h"
#include "validator/report/html_report.h"
#include "validator/report/html_result.h"
#include "validator/report/html_writer.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

constexpr size_t kMostOpen = 25;
constexpr size_t kMostResults = 5000;
constexpr size_t kMostDrift = 200;
// Beyond this a page has no more samples and SQL: browsers and mail suffer.
constexpr size_t kMostBytes = 6 << 20;
constexpr size_t kMostRuleSet = 256 << 10;

bool IsLive(const v1::Run& run) {
  return !IsTerminal(run.state()) && !run.has_error();
}

Markup DecisionText(const v1::Run& run, const Outcome& outcome) {
  if (outcome.verdict == v1::VERDICT_UNSPECIFIED) {
    return "Not judged yet; until it is, do not go on.";
  }
  if (outcome.decision == v1::DECISION_PROCEED) {
    return run.has_release() ? Markup(
                                   "Go on with the next step: the hold was "
                                   "released. The data still breaks rules.")
                             : Markup("Go on with the next step.");
  }
  if (run.state() == v1::Run::HELD) {
    return "Held: the data breaks rules, and the migration waits for somebody "
           "to decide.";
  }
  if (outcome.decision == v1::DECISION_ROLLBACK) {
    return "Undo the step: a rule with on_fail: rollback has a confirmed "
           "failure.";
  }
  if (outcome.verdict == v1::VERDICT_FAIL) {
    return "Do not go on: the data breaks rules.";
  }
  if (outcome.verdict != v1::VERDICT_ERROR) {
    return "Do not go on: here warnings count as failures.";
  }
  return run.retryable() ? Markup(
                               "Do not go on: it could not be judged, but "
                               "may pass when tried again.")
                         : Markup(
                               "Do not go on: it could not be judged, and "
                               "trying again will not help.");
}

void AddVerdict(const v1::Run& run, const Outcome& outcome, Html& out) {
  out.Raw("<section class=\"verdict ");
  AddVerdictClass(outcome.verdict, out);
  out.Raw("\">\n<h1>");
  if (outcome.verdict == v1::VERDICT_UNSPECIFIED) {
    out.Text(StateWord(run.state()));
  } else {
    switch (outcome.verdict) {
      case v1::VERDICT_PASS:
        out.Raw("<span aria-hidden=\"true\">✓ </span>");
        break;
      case v1::VERDICT_FAIL:
        out.Raw("<span aria-hidden=\"true\">✗ </span>");
        break;
      default:
        break;
    }
    out.Text(VerdictWord(outcome.verdict));
  }
  out.Raw(" → ").Text(DecisionWord(outcome.decision));
  if (!run.rule_set_name().empty()) {
    out.Raw(" <span class=\"name\"><bdi>")
        .Text(run.rule_set_name(), 200)
        .Raw("</bdi></span>");
  }
  out.Raw("</h1>\n<p>").Raw(DecisionText(run, outcome)).Raw("</p>\n<p>");
  AddCounts(run.counts(), out);
  if (run.has_end_time()) {
    out.Raw(" <span class=\"soft\">in ")
        .Text(Seconds(ElapsedSeconds(run)))
        .Raw("</span>");
  }
  if (run.has_as_of_time()) {
    out.Raw(" <span class=\"soft\">· as of ");
    AddTime(run.as_of_time(), out);
    out.Raw("</span>");
  }
  if (run.state() == v1::Run::CANCELLED) {
    out.Raw(run.error().reason() == "RUN_TIMEOUT"
                ? Markup(" <span class=\"soft\">· out of time</span>")
                : Markup(" <span class=\"soft\">· cancelled</span>"));
  }
  out.Raw("</p>\n</section>\n");
}

void AddProgress(const v1::Run& run, const HtmlOptions& options, Html& out) {
  const v1::Progress& progress = run.progress();
  out.Raw("<section class=\"box\" aria-label=\"Progress\">\n");
  if (progress.steps_total_count() > 0) {
    out.Raw("<progress aria-label=\"Steps\" max=\"")
        .Digits(progress.steps_total_count())
        .Raw("\" value=\"")
        .Digits(std::clamp<int64_t>(progress.steps_done_count(), 0,
                                    progress.steps_total_count()))
        .Raw("\"></progress>\n<p>")
        .Number(progress.steps_done_count())
        .Raw(" of ")
        .Number(progress.steps_total_count())
        .Raw(" steps");
  } else {
    out.Raw("<p>The plan is not made yet");
  }
  if (progress.rows_read_count() > 0) {
    out.Raw(" · ").Number(progress.rows_read_count());
    if (progress.rows_total_count() > 0) {
      out.Raw(" of ").Number(progress.rows_total_count());
    }
    out.Raw(" rows read");
  }
  if (progress.rows_per_second() >= 1 && progress.rows_per_second() < 1e15) {
    out.Raw(" · ")
        .Number(static_cast<int64_t>(progress.rows_per_second()))
        .Raw(" rows/s");
  }
  if (progress.has_remaining()) {
    out.Raw(" · about ")
        .Text(Seconds(SecondsOf(progress.remaining())))
        .Raw(" left");
  }
  out.Raw("</p>\n");
  if (!progress.activity().empty()) {
    out.Raw("<p><bdi>").Text(progress.activity()).Raw("</bdi></p>\n");
  }
  if (options.refresh_seconds > 0) {
    out.Raw("<p class=\"where\">This page is loaded again every ")
        .Digits(options.refresh_seconds)
        .Raw(" s until the run has ended.</p>\n");
  }
  out.Raw("</section>\n");
}

void AddTrouble(const v1::Run& run, const Outcome& outcome, Html& out) {
  if (run.has_error()) {
    out.Raw("<section class=\"box error\">\n<p><b>")
        .Text(run.error().reason(), 200)
        .Raw("</b></p>\n<p>")
        .Raw("<bdi>")
        .Lines(run.error().message())
        .Raw("</bdi></p>\n</section>\n");
  }
  if (!outcome.contradiction.empty()) {
    out.Raw(
           "<section class=\"box error\">\n<p><b>Held</b>: the server's "
           "answer does not agree with itself: ")
        .Text(outcome.contradiction)
        .Raw("</p>\n</section>\n");
  }
}

// Who released the hold, or how to.
void AddHold(const v1::Run& run, const HtmlOptions& options, Html& out) {
  const std::string hold = HoldText(run);
  const std::string release = ReleaseText(run);
  if (hold.empty() && release.empty()) return;
  out.Raw("<section class=\"box\" aria-label=\"Hold\">\n");
  for (const std::string& text : {hold, release}) {
    if (text.empty()) continue;
    out.Raw("<p><bdi>").Text(text).Raw("</bdi></p>\n");
  }
  const std::string command = options.commands ? ReleaseCommand(run) : "";
  if (!command.empty()) {
    out.Raw("<p class=\"where\">To let the migration go on: <code>")
        .Text(command)
        .Raw("</code></p>\n");
  }
  out.Raw("</section>\n");
}

void AddDrift(const v1::Run& run, const HtmlOptions& options, Html& out) {
  if (!run.has_drift()) return;
  const v1::Drift& drift = run.drift();
  out.Raw("<h2>Since the last run</h2>\n<p>").Text(DriftSummary(run)).Raw(" ");
  if (!options.runs_path.empty()) {
    AddRunLink(drift.previous_run_id(), "Look at it", options, out);
  }
  out.Raw("</p>\n");
  const std::vector<std::string> lines = DriftLines(run, kMostDrift);
  if (lines.empty()) return;
  out.Raw("<ul class=\"drift\">\n");
  for (const std::string& line : lines) {
    out.Raw("<li><bdi>").Text(line).Raw("</bdi></li>\n");
  }
  out.Raw("</ul>\n");
}

// All results, each once: findings worst first, then the others.
void AddResults(const v1::Run& run, const HtmlOptions& options, Html& out) {
  HtmlResultContext context;
  context.run = &run;
  context.options = &options;
  context.has_rule_set = !run.rule_set().empty();
  std::unordered_map<const v1::RuleResult*, int> indexes;
  for (int i = 0; i < run.results_size(); ++i) indexes[&run.results(i)] = i;
  const auto room = [&] { return out.size() < kMostBytes; };
  const std::vector<Finding> findings = Findings(run);
  std::unordered_set<const v1::RuleResult*> shown;
  size_t count = 0;
  if (!findings.empty()) out.Raw("<h2>What was found</h2>\n");
  for (const Finding& finding : findings) {
    shown.insert(finding.result);
    if (count == kMostResults) continue;
    context.with_samples = room();
    AddFinding(context, finding, indexes[finding.result], count < kMostOpen,
               out);
    ++count;
  }
  const size_t others =
      static_cast<size_t>(run.results_size()) - findings.size();
  if (others > 0) {
    out.Raw(findings.empty() ? Markup("<h2>Rules</h2>\n")
                             : Markup("<h2>Other rules</h2>\n"));
    out.Raw("<div class=\"others\">\n");
  }
  for (const v1::RuleResult& result : run.results()) {
    if (shown.count(&result) > 0 || count == kMostResults) continue;
    context.with_samples = room();
    AddOther(context, result, indexes[&result], out);
    ++count;
  }
  if (others > 0) out.Raw("</div>\n");
  const auto all = static_cast<size_t>(run.results_size());
  if (count < all || run.results_truncated()) {
    out.Raw("<p class=\"box error\">");
    if (count < all) {
      out.Number(static_cast<int64_t>(all - count)).Raw(" more results are ");
    } else {
      out.Raw("More results are ");
    }
    out.Raw("not on this page; <code>assay show --all</code> has them.</p>\n");
  }
}

void AddMap(Markup label,
            const google::protobuf::Map<std::string, std::string>& map,
            Html& out) {
  // A protobuf map has no order of its own.
  const std::map<std::string, std::string> sorted(map.begin(), map.end());
  if (sorted.empty()) return;
  out.Raw("<dt>").Raw(label).Raw("</dt><dd>");
  bool first = true;
  for (const auto& [key, value] : sorted) {
    if (!first) out.Raw("<br>");
    first = false;
    out.Raw("<span class=\"soft\"><bdi>")
        .Text(key, 200)
        .Raw("</bdi></span> = ");
    AddValueOrLink(value, out);
  }
  out.Raw("</dd>\n");
}

void AddDetails(const v1::Run& run, const HtmlOptions& options, Html& out) {
  out.Raw("<h2>The run</h2>\n<dl>\n");
  AddField("Run", run.run_id(), out);
  AddField("State", StateWord(run.state()), out);
  AddField("Rule set", run.rule_set_name(), out);
  AddField("Digest", run.rule_set_digest(), out);
  AddField("Migration", run.migration(), out);
  AddField("Phase", run.phase(), out);
  const auto time = [&out](Markup label,
                           const google::protobuf::Timestamp& at) {
    if (Iso8601(at).empty()) return;
    out.Raw("<dt>").Raw(label).Raw("</dt><dd>");
    AddTime(at, out);
    out.Raw("</dd>\n");
  };
  time("As of", run.as_of_time());
  time("Started", run.start_time());
  time("Ended", run.end_time());
  AddMap("Params", run.params(), out);
  AddMap("Labels", run.labels(), out);
  AddField("Request", run.request_id(), out);
  AddField("Correlation", run.correlation_id(), out);
  if (!run.recheck_of_run_id().empty()) {
    out.Raw("<dt>Recheck of</dt><dd>");
    AddRunLink(run.recheck_of_run_id(), run.recheck_of_run_id(), options, out);
    out.Raw("</dd>\n");
  }
  if (run.attempt_count() > 1) {
    AddField("Attempts", Count(run.attempt_count()), out);
  }
  out.Raw("</dl>\n");
}

// Each line an element, so that rules link to theirs.
void AddRuleSet(const v1::Run& run, Html& out) {
  if (run.rule_set().empty()) return;
  std::unordered_set<int64_t> wanted;
  for (const v1::RuleResult& result : run.results()) {
    wanted.insert(result.line());
  }
  std::string_view rest = run.rule_set();
  rest = WholeCharacters(rest, kMostRuleSet);
  const size_t missing = run.rule_set().size() - rest.size();
  out.Raw(
      "<details class=\"more\"><summary>The rule set's text</summary>\n"
      "<pre class=\"file\" tabindex=\"0\">");
  int64_t number = 0;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    ++number;
    out.Raw("<span class=\"l\"");
    if (wanted.count(number) > 0) {
      out.Raw(" id=\"L").Digits(number).Raw("\"");
    }
    out.Raw(">").Verbatim(rest.substr(0, end), kMostRuleSet).Raw("\n</span>");
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  if (missing > 0) {
    out.Raw("<span class=\"cut\">… cut here, ")
        .Number(static_cast<int64_t>(missing))
        .Raw(" more bytes</span>");
  }
  out.Raw("</pre></details>\n");
}

}  // namespace

std::string HtmlRunPage(const v1::Run& run, const std::vector<v1::Run>& history,
                        const HtmlOptions& options) {
  const Outcome outcome = Judge(run);
  HtmlFrame frame;
  frame.verdict = outcome.verdict;
  frame.rule_set = run.rule_set_name();
  frame.title = absl::StrCat(
      std::string(outcome.verdict == v1::VERDICT_UNSPECIFIED
                      ? StateWord(run.state())
                      : VerdictWord(outcome.verdict)),
      " ",
      run.rule_set_name().empty() ? std::string("run") : run.rule_set_name(),
      " – Assay");
  Html body;
  AddVerdict(run, outcome, body);
  if (IsLive(run)) {
    frame.refresh_seconds = options.refresh_seconds;
    if (run.state() != v1::Run::HELD) AddProgress(run, options, body);
  }
  AddTrouble(run, outcome, body);
  AddHold(run, options, body);
  const std::string recheck = options.commands ? RecheckCommand(run) : "";
  if (!recheck.empty()) {
    body.Raw("<p class=\"where\">After a repair: <code>")
        .Text(recheck)
        .Raw("</code></p>\n");
  }
  AddDrift(run, options, body);
  AddResults(run, options, body);
  AddHistory(run, history, options, body);
  AddDetails(run, options, body);
  AddRuleSet(run, body);
  return HtmlPage(frame, body, options);
}

}  // namespace assay::report
