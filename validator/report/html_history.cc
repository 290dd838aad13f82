// SPDX-License-Identifier: Apache-2.0
#include "validator/report/html_history.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "validator/report/display.h"
#include "validator/report/html_page.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

constexpr size_t kMostRuns = 40;

// Of the chart, in pixels.
constexpr int kSlot = 14;
constexpr int kBar = 10;
constexpr int kPlot = 64;
constexpr int kLetters = 16;  // Below the plot.
constexpr int kTimes = 28;    // Bars of time, below the letters.
constexpr int kLeast = 3;     // A single failure among thousands is seen.
constexpr int kHeight = kPlot + kLetters + kTimes + 2;

auto Age(const v1::Run& run) {
  return std::make_tuple(run.as_of_time().seconds(), run.as_of_time().nanos(),
                         run.run_id());
}

int64_t ResultsOf(const v1::Run& run) {
  int64_t sum = 0;
  for (const int64_t count :
       {run.counts().pass_count(), run.counts().warn_count(),
        run.counts().fail_count(), run.counts().error_count()}) {
    // Numbers of another program: their sum need not fit.
    sum = std::min<int64_t>(sum + std::clamp<int64_t>(count, 0, 1 << 30),
                            int64_t{1} << 31);
  }
  return sum;
}

int Scaled(double value, double most, int height) {
  if (value <= 0 || most <= 0) return 0;
  return std::clamp(static_cast<int>(height * (value / most)), kLeast, height);
}

struct Scale {
  int64_t results = 0;
  double seconds = 0;
};

Scale ScaleOf(const std::vector<const v1::Run*>& runs) {
  Scale out;
  for (const v1::Run* run : runs) {
    out.results = std::max(out.results, ResultsOf(*run));
    out.seconds = std::max(out.seconds, ElapsedSeconds(*run));
  }
  return out;
}

void AddRect(Markup style, int x, int y, int width, int height, Html& out) {
  out.Raw("<rect class=\"")
      .Raw(style)
      .Raw("\" x=\"")
      .Digits(x)
      .Raw("\" y=\"")
      .Digits(y)
      .Raw("\" width=\"")
      .Digits(width)
      .Raw("\" height=\"")
      .Digits(height)
      .Raw("\"/>");
}

// "2026-01-02 03:04: FAIL, 3 failed, 12 passed, in 2.3 s".
std::string BarText(const v1::Run& run) {
  const Outcome outcome = Judge(run);
  const v1::VerdictCounts& counts = run.counts();
  std::string out = Iso8601(run.as_of_time()).substr(0, 16);
  std::replace(out.begin(), out.end(), 'T', ' ');
  absl::StrAppend(&out, ": ",
                  std::string(outcome.verdict == v1::VERDICT_UNSPECIFIED
                                  ? StateWord(run.state())
                                  : VerdictWord(outcome.verdict)));
  const auto add = [&out](int64_t count, const char* word) {
    if (count != 0) absl::StrAppend(&out, ", ", Count(count), " ", word);
  };
  add(counts.fail_count(), "failed");
  add(counts.error_count(), "not judged");
  add(counts.warn_count(), "warned");
  add(counts.pass_count(), "passed");
  if (run.has_end_time()) {
    absl::StrAppend(&out, ", in ", Seconds(ElapsedSeconds(run)));
  }
  return out;
}

void AddBar(const v1::Run& run, const Scale& scale, int x, bool is_this,
            Html& out) {
  if (is_this) AddRect("this", x, 0, kSlot - 1, kHeight - 1, out);
  const int left = x + (kSlot - kBar) / 2;
  const v1::VerdictCounts& counts = run.counts();
  // What is bad stands at the bottom, where heights can be compared. The whole
  // keeps its height; what is good gives way to what must be seen.
  int y = kPlot;
  const auto stack = [&](int64_t count, Markup style) {
    const int height =
        std::min(y, Scaled(static_cast<double>(count),
                           static_cast<double>(scale.results), kPlot));
    if (height == 0) return;
    y -= height;
    AddRect(style, left, y, kBar, height, out);
  };
  stack(counts.fail_count(), "bf");
  stack(counts.error_count(), "be");
  stack(counts.warn_count(), "bw");
  const int whole = Scaled(static_cast<double>(ResultsOf(run)),
                           static_cast<double>(scale.results), kPlot);
  if (counts.pass_count() > 0 && kPlot - whole < y) {
    AddRect("bp", left, kPlot - whole, kBar, y - (kPlot - whole), out);
  }
  const Outcome outcome = Judge(run);
  out.Raw("<text x=\"").Digits(x + kSlot / 2).Raw("\" y=\"").Digits(kPlot + 12);
  out.Raw("\">")
      .Text(outcome.verdict == v1::VERDICT_UNSPECIFIED
                ? "…"
                : VerdictWord(outcome.verdict).substr(0, 1))
      .Raw("</text>");
  const int time = Scaled(ElapsedSeconds(run), scale.seconds, kTimes);
  if (time > 0) AddRect("bt", left, kHeight - 1 - time, kBar, time, out);
}

void AddChart(const v1::Run& run, const std::vector<const v1::Run*>& runs,
              const HtmlOptions& options, Html& out) {
  const Scale scale = ScaleOf(runs);
  const bool links = !options.runs_path.empty();
  const int width = static_cast<int>(runs.size()) * kSlot;
  out.Raw(
         "<div class=\"chart\" tabindex=\"0\" role=\"region\" "
         "aria-label=\"Chart of runs\"><svg xmlns=\"http://www.w3.org/2000/"
         "svg\" width=\"")
      .Digits(width)
      .Raw("\" height=\"")
      .Digits(kHeight)
      .Raw(links ? Markup("\" role=\"group\" aria-label=\"")
                 : Markup("\" role=\"img\" aria-label=\""));
  out.Number(static_cast<int64_t>(runs.size()))
      .Raw(" runs, oldest first; the table below says the same\">\n");
  out.Raw("<line class=\"axis\" x1=\"0\" x2=\"")
      .Digits(width)
      .Raw("\" y1=\"64.5\" y2=\"64.5\"/>\n");
  const v1::Run* before = nullptr;
  int x = 0;
  for (const v1::Run* each : runs) {
    if (before != nullptr &&
        before->rule_set_digest() != each->rule_set_digest()) {
      out.Raw("<line class=\"changed\" y1=\"0\" y2=\"")
          .Digits(kHeight)
          .Raw("\" x1=\"")
          .Digits(x)
          .Raw("\" x2=\"")
          .Digits(x)
          .Raw("\"/>");
    }
    before = each;
    const std::string text = BarText(*each);
    if (links && !each->run_id().empty()) {
      out.Raw("<a href=\"")
          .Attribute(options.runs_path)
          .Raw("/")
          .Address(each->run_id())
          .Raw("\" aria-label=\"")
          .Attribute(text)
          .Raw("\">");
    } else {
      out.Raw("<g>");
    }
    out.Raw("<title>").Text(text).Raw("</title>");
    // The whole slot answers to the pointer.
    out.Raw("<rect fill=\"none\" pointer-events=\"all\" x=\"")
        .Digits(x)
        .Raw("\" y=\"0\" width=\"14\" height=\"")
        .Digits(kHeight)
        .Raw("\"/>");
    AddBar(*each, scale, x, each == &run, out);
    out.Raw(links && !each->run_id().empty() ? Markup("</a>\n")
                                             : Markup("</g>\n"));
    x += kSlot;
  }
  out.Raw("</svg></div>\n");
}

void AddCaption(const std::vector<const v1::Run*>& runs, Html& out) {
  const Scale scale = ScaleOf(runs);
  bool changed = false;
  for (size_t i = 1; i < runs.size(); ++i) {
    changed =
        changed || runs[i]->rule_set_digest() != runs[i - 1]->rule_set_digest();
  }
  out.Raw(
      "<figcaption><p class=\"legend\"><span class=\"kf\">failed</span>"
      "<span class=\"ke\">not judged</span><span class=\"kw\">warned</span>"
      "<span class=\"kp\">passed</span></p><p class=\"where\">Newest on the "
      "right, this run framed. A full bar is ");
  out.Number(scale.results)
      .Raw(scale.results == 1 ? Markup(" result") : Markup(" results"));
  if (scale.seconds > 0) {
    out.Raw("; the grey bars are time taken, at most ")
        .Text(Seconds(scale.seconds));
  }
  if (changed) out.Raw("; at a dashed line the rule set changed");
  out.Raw(".</p></figcaption>\n");
}

void AddTable(const v1::Run& run, const std::vector<const v1::Run*>& runs,
              const HtmlOptions& options, Html& out) {
  out.Raw(
      "<details class=\"more\"><summary>The same as a table</summary>\n"
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Runs\""
      "><table><thead><tr><th scope=\"col\">As of</th>"
      "<th scope=\"col\">Verdict</th><th scope=\"col\">Decision</th>"
      "<th scope=\"col\">Results</th><th scope=\"col\" class=\"num\">Took</th>"
      "<th scope=\"col\">Run</th><th scope=\"col\">Rule set</th></tr></thead>"
      "<tbody>\n");
  for (auto it = runs.rbegin(); it != runs.rend(); ++it) {
    const v1::Run& each = **it;
    const Outcome outcome = Judge(each);
    out.Raw("<tr><td>");
    AddTime(each.as_of_time(), out);
    out.Raw("</td><td>");
    AddChip(outcome.verdict, each.state(), out);
    out.Raw("</td><td>").Text(DecisionWord(outcome.decision));
    out.Raw("</td><td>");
    AddCounts(each.counts(), out);
    out.Raw("</td><td class=\"num\">");
    if (each.has_end_time()) out.Text(Seconds(ElapsedSeconds(each)));
    out.Raw("</td><td class=\"mono\">");
    if (&each == &run) {
      out.Text("this run");
    } else {
      AddRunLink(each.run_id(), each.run_id(), options, out);
    }
    out.Raw("</td><td class=\"mono\">")
        .Text(WholeCharacters(each.rule_set_digest(), 8))
        .Raw("</td></tr>\n");
  }
  out.Raw("</tbody></table></div></details>\n");
}

}  // namespace

std::vector<const v1::Run*> HistoryOf(const v1::Run& run,
                                      const std::vector<v1::Run>& history) {
  std::vector<const v1::Run*> out;
  std::set<std::string> seen = {run.run_id()};
  for (const v1::Run& other : history) {
    if (seen.insert(other.run_id()).second) out.push_back(&other);
  }
  const auto newer = [](const v1::Run* a, const v1::Run* b) {
    return Age(*a) > Age(*b);
  };
  std::sort(out.begin(), out.end(), newer);
  if (out.size() > kMostRuns - 1) out.resize(kMostRuns - 1);
  out.push_back(&run);
  std::sort(out.begin(), out.end(), newer);
  std::reverse(out.begin(), out.end());
  return out;
}

void AddHistory(const v1::Run& run, const std::vector<v1::Run>& history,
                const HtmlOptions& options, Html& out) {
  const std::vector<const v1::Run*> runs = HistoryOf(run, history);
  if (runs.size() < 2) return;
  out.Raw("<h2>Runs of this rule set</h2>\n<figure>\n");
  AddChart(run, runs, options, out);
  AddCaption(runs, out);
  out.Raw("</figure>\n");
  AddTable(run, runs, options, out);
}

}  // namespace assay::report
