// SPDX-License-Identifier: Apache-2.0
#include "validator/report/html_page.h"

#include "absl/strings/str_cat.h"
#include "validator/report/display.h"
#include "validator/report/html_style.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

// Without one a browser asks the server for /favicon.ico.
void AddIcon(v1::Verdict verdict, Html& out) {
  out.Raw(
      "<link rel=\"icon\" href=\"data:image/svg+xml,"
      "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
      "%3Ccircle cx='8' cy='8' r='7' fill='%23");
  switch (verdict) {
    case v1::VERDICT_PASS:
      out.Raw("17692f");
      break;
    case v1::VERDICT_WARN:
      out.Raw("d9a13a");
      break;
    case v1::VERDICT_FAIL:
      out.Raw("b3202b");
      break;
    case v1::VERDICT_ERROR:
      out.Raw("6b3aa8");
      break;
    default:
      out.Raw("8a929c");
  }
  out.Raw("'/%3E%3C/svg%3E\">\n");
}

void AddTop(const HtmlFrame& frame, const HtmlOptions& options, Html& out) {
  if (options.runs_path.empty()) return;
  out.Raw("<div class=\"top\"><nav aria-label=\"Pages\"><a href=\"")
      .Attribute(options.runs_path)
      .Raw("\">Runs</a>");
  if (!frame.rule_set.empty()) {
    out.Raw(" › <a href=\"")
        .Attribute(options.runs_path)
        .Raw("?rule_set=")
        .Address(frame.rule_set)
        .Raw("\">")
        .Text(frame.rule_set, 200)
        .Raw("</a>");
  }
  out.Raw("</nav>");
  if (!options.principal.empty()) {
    out.Raw("<span>").Text(options.principal, 200).Raw("</span>");
  }
  out.Raw("</div>\n");
}

void AddFooter(const HtmlOptions& options, Html& out) {
  out.Raw("<footer>Assay");
  if (!options.server.empty()) out.Raw(" · ").Text(options.server, 200);
  if (options.now != absl::InfinitePast()) {
    out.Raw(" · as of ")
        .Text(absl::FormatTime("%E4Y-%m-%d %H:%M:%S UTC", options.now,
                               absl::UTCTimeZone()));
  }
  out.Raw(" · times are UTC</footer>\n");
}

}  // namespace

std::string HtmlPage(const HtmlFrame& frame, const Html& body,
                     const HtmlOptions& options) {
  Html out;
  out.Raw(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"");
  // The policy has no character to escape but its quotes.
  out.Attribute(HtmlPagePolicy());
  out.Raw(
      "\">\n<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<meta name=\"robots\" content=\"noindex\">\n");
  if (frame.refresh_seconds > 0) {
    out.Raw("<meta http-equiv=\"refresh\" content=\"")
        .Digits(frame.refresh_seconds)
        .Raw("\">\n");
  }
  out.Raw("<title>").Attribute(frame.title, 200).Raw("</title>\n");
  AddIcon(frame.verdict, out);
  Html foot;
  AddFooter(options, foot);
  Html top;
  AddTop(frame, options, top);
  out.Raw("<style>");
  std::string page = out.text();
  // Neither is a value: both are constants of the program, by their hashes.
  absl::StrAppend(&page, std::string(HtmlStyle()),
                  "</style>\n</head>\n<body>\n", top.text(), "<main>\n",
                  body.text(), "</main>\n", foot.text(), "<script>");
  absl::StrAppend(&page, std::string(HtmlScript()),
                  "</script>\n</body>\n</html>\n");
  return page;
}

void AddVerdictClass(v1::Verdict verdict, Html& out) {
  switch (verdict) {
    case v1::VERDICT_UNSPECIFIED:
      out.Raw("none");
      return;
    case v1::VERDICT_PASS:
      out.Raw("pass");
      return;
    case v1::VERDICT_WARN:
      out.Raw("warn");
      return;
    case v1::VERDICT_FAIL:
      out.Raw("fail");
      return;
    default:
      out.Raw("error");
  }
}

void AddChip(v1::Verdict verdict, v1::Run::State state, Html& out) {
  out.Raw("<span class=\"chip ");
  AddVerdictClass(verdict, out);
  out.Raw("\"><span aria-hidden=\"true\">");
  switch (verdict) {
    case v1::VERDICT_UNSPECIFIED:
      out.Raw("…</span> ").Text(StateWord(state)).Raw("</span>");
      return;
    case v1::VERDICT_PASS:
      out.Raw("✓");
      break;
    case v1::VERDICT_WARN:
      out.Raw("!");
      break;
    case v1::VERDICT_FAIL:
      out.Raw("✗");
      break;
    default:
      out.Raw("?");
  }
  out.Raw("</span> ").Text(VerdictWord(verdict)).Raw("</span>");
}

void AddCounts(const v1::VerdictCounts& counts, Html& out) {
  bool any = false;
  const auto add = [&](int64_t count, Markup begin, Markup end) {
    if (count == 0) return;
    if (any) out.Raw(" · ");
    any = true;
    out.Raw(begin).Number(count).Raw(end);
  };
  add(counts.fail_count(), "<span class=\"n fail\">", " failed</span>");
  add(counts.error_count(), "<span class=\"n error\">", " not judged</span>");
  add(counts.warn_count(), "<span class=\"n warn\">", " warned</span>");
  add(counts.pass_count(), "<span>", " passed</span>");
  if (!any) out.Raw("no results");
}

void AddTime(const google::protobuf::Timestamp& time, Html& out) {
  const std::string iso = Iso8601(time);
  if (iso.size() < 19) return;
  out.Raw("<time datetime=\"").Attribute(iso).Raw("\">");
  out.Text(absl::StrCat(iso.substr(0, 10), " ", iso.substr(11, 8), " UTC"));
  out.Raw("</time>");
}

void AddRunLink(const std::string& run_id, std::string_view text,
                const HtmlOptions& options, Html& out) {
  constexpr size_t kMost = 200;
  if (options.runs_path.empty() || run_id.empty()) {
    out.Text(text, kMost);
    return;
  }
  out.Raw("<a href=\"").Attribute(options.runs_path).Raw("/").Address(run_id);
  out.Raw("\">").Text(text, kMost).Raw("</a>");
}

void AddValueOrLink(std::string_view value, Html& out) {
  if (!IsWebAddress(value)) {
    out.Raw("<bdi>").Text(value).Raw("</bdi>");
    return;
  }
  out.Raw("<a rel=\"noopener noreferrer nofollow\" href=\"")
      .Attribute(value)
      .Raw("\">")
      .Text(value)
      .Raw("</a>");
}

void AddField(Markup label, std::string_view value, Html& out) {
  if (value.empty()) return;
  out.Raw("<dt>")
      .Raw(label)
      .Raw("</dt><dd><bdi>")
      .Lines(value)
      .Raw("</bdi></dd>\n");
}

double SecondsOf(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

}  // namespace assay::report
