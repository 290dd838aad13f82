// SPDX-License-Identifier: Apache-2.0
// What the HTML pages promise: nothing loaded, nothing obeyed, nothing hidden.
#include "validator/report/html_report.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/report/support/html_checker.h"
#include "validator/report/html_samples.h"
#include "validator/report/html_writer.h"

namespace assay::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string Folder() {
  return std::string(ASSAY_SOURCE_DIR) + "/tests/report/testdata/";
}

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void Compare(const std::string& name, const std::string& page) {
  EXPECT_EQ(CheckHtml(page), "");
  const std::string actual = WithoutStyle(page);
  const std::string path = Folder() + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << actual;
  }
  EXPECT_EQ(Read(path), actual) << path;
}

v1::Run Parse(const std::string& text) {
  v1::Run run;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &run));
  return run;
}

v1::Run FromFile(const std::string& name) {
  return Parse(Read(Folder() + name + ".textproto"));
}

HtmlOptions Served() {
  HtmlOptions options;
  options.runs_path = "/runs";
  options.refresh_seconds = 5;
  options.now = absl::FromUnixSeconds(1767312100);
  options.principal = "etl-nightly";
  options.server = "assayd 0.1.0";
  return options;
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

v1::Run WithResult(const std::string& text) {
  return Parse(R"(run_id: "r" rule_set_name: "s" state: SUCCEEDED
      verdict: VERDICT_FAIL decision: DECISION_HOLD counts { fail_count: 1 }
      results { rule_id: "rule" kind: "range" verdict: VERDICT_FAIL )" +
               text + "}");
}

// A run, four others before it in no order, one of them twice.
std::vector<v1::Run> History() {
  std::vector<v1::Run> history;
  for (const char* text :
       {R"(run_id: "h3" state: SUCCEEDED verdict: VERDICT_FAIL
           decision: DECISION_HOLD counts { pass_count: 9 fail_count: 1 }
           rule_set_digest: "9f86d081884c7d65" as_of_time { seconds: 1767225600 }
           end_time { seconds: 1767225660 })",
        R"(run_id: "h1" state: SUCCEEDED verdict: VERDICT_PASS
           decision: DECISION_PROCEED counts { pass_count: 10 }
           rule_set_digest: "aaaa" as_of_time { seconds: 1767052800 }
           end_time { seconds: 1767052830 })",
        R"(run_id: "h2" state: FAILED verdict: VERDICT_ERROR
           decision: DECISION_HOLD error { reason: "DATABASE_UNREACHABLE" }
           rule_set_digest: "aaaa" as_of_time { seconds: 1767139200 })",
        R"(run_id: "h1" state: SUCCEEDED verdict: VERDICT_PASS)",
        R"(run_id: "h4" state: RUNNING as_of_time { seconds: 1767330000 }
           rule_set_digest: "9f86d081884c7d65")"}) {
    history.push_back(Parse(text));
  }
  return history;
}

TEST(HtmlGoldenTest, ServedRunWithHistory) {
  Compare("served.html", HtmlRunPage(FromFile("fail"), History(), Served()));
}

TEST(HtmlGoldenTest, ServedRunThatGoesOn) {
  v1::Run run = FromFile("running");
  run.set_rule_set("version: 1\nname: \xe2\x80\xae\"x\"\n\n\trules: <b>\r\n");
  v1::RuleResult& result = *run.add_results();
  result.set_rule_id("a");
  result.set_line(2);
  result.set_verdict(v1::VERDICT_PASS);
  result.set_sql("SELECT 1\n  FROM \"a\xe2\x80\xae<b>\"\n\xff");
  Compare("live.html", HtmlRunPage(run, {}, Served()));
}

TEST(HtmlGoldenTest, Runs) {
  std::vector<v1::Run> runs;
  for (const char* name : {"running", "fail", "pass", "unreachable"}) {
    runs.push_back(FromFile(name));
  }
  HtmlRunsQuery query;
  query.migration = "sakila & co";
  query.verdict = "fail";
  query.labels = {{"dag", "nightly"}, {"a=b", "<c>"}};
  query.page_token = "abc=";
  Compare("runs.html",
          HtmlRunsPage(runs, "d+/=", query, Served(), "label 'x' has no '='"));
}

TEST(HtmlGoldenTest, Error) {
  Compare("error.html",
          HtmlErrorPage({404, "No such run",
                         "There is no run 'abc' here, or you may not read "
                         "it.\nAn id may be cut to its first 4 characters.",
                         "RUN_NOT_FOUND"},
                        Served()));
}

TEST(HtmlPolicyTest, KnowsStyleAndScriptByHashAndNothingElse) {
  const std::string policy = HtmlContentSecurityPolicy();
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; "));
  EXPECT_THAT(policy, HasSubstr("style-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("script-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, AllOf(Not(HasSubstr("unsafe")), Not(HasSubstr("http")),
                            Not(HasSubstr("*"))));
  // The page has it, too; no element has a style or a script of its own, which
  // the policy would refuse.
  const std::string page = HtmlRunPage(FromFile("fail"), {}, HtmlOptions());
  EXPECT_THAT(page, AllOf(HasSubstr("default-src &#39;none&#39;; "),
                          Not(HasSubstr("style=")), Not(HasSubstr("onclick")),
                          Not(HasSubstr("src="))));
}

TEST(HtmlPageTest, IsLoadedAgainOnlyWhileItChanges) {
  const std::string again = "http-equiv=\"refresh\" content=\"5\"";
  v1::Run run = FromFile("running");
  EXPECT_THAT(HtmlRunPage(run, {}, Served()), HasSubstr(again));
  EXPECT_THAT(HtmlRunPage(run, {}, HtmlOptions()), Not(HasSubstr(again)));
  EXPECT_THAT(HtmlRunsPage({run}, "", {}, Served()), HasSubstr(again));
  // A client that lost the run does not see it change.
  run.mutable_error()->set_reason("SERVER_UNREACHABLE");
  EXPECT_THAT(HtmlRunPage(run, {}, Served()), Not(HasSubstr(again)));
  EXPECT_THAT(HtmlRunPage(FromFile("pass"), {}, Served()),
              Not(HasSubstr(again)));
  EXPECT_THAT(HtmlRunsPage({FromFile("pass")}, "", {}, Served()),
              Not(HasSubstr(again)));
}

TEST(HtmlPageTest, AFileLinksNowhere) {
  const std::string page =
      HtmlRunPage(FromFile("fail"), History(), HtmlOptions());
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<a ")), Not(HasSubstr("<form")),
                          HasSubstr("<svg")));
}

TEST(HtmlPageTest, WhatContradictsItselfIsHeld) {
  const std::string page =
      HtmlRunPage(FromFile("contradiction"), {}, HtmlOptions());
  EXPECT_THAT(page, AllOf(HasSubstr("ERROR → HOLD"), HasSubstr("<b>Held</b>"),
                          Not(HasSubstr("PROCEED"))));
}

TEST(HtmlPageTest, EachResultOnceAndNoneUnmentioned) {
  const v1::Run few = FromFile("fail");
  v1::Run run = few;
  for (int i = 0; i < 6000; ++i) {
    v1::RuleResult& result = *run.add_results();
    result.set_rule_id("rule_" + std::to_string(i));
    result.set_verdict(v1::VERDICT_PASS);
  }
  const std::string page = HtmlRunPage(run, {}, HtmlOptions());
  EXPECT_EQ(CheckHtml(page), "");
  for (const v1::RuleResult& result : few.results()) {
    EXPECT_EQ(CountOf(page, "<bdi>" + result.rule_id() + "</bdi></h3>"), 1U)
        << result.rule_id();
  }
  EXPECT_THAT(page, HasSubstr("1,008 more results are not on this page"));
  run.mutable_results()->DeleteSubrange(0, 6000);
  run.set_results_truncated(true);
  EXPECT_THAT(HtmlRunPage(run, {}, HtmlOptions()),
              HasSubstr("More results are not on this page"));
}

TEST(HtmlPageTest, HugeSamplesLeaveRoomAndAreNotLeftOutInSilence) {
  v1::Run run;
  for (int i = 0; i < 12; ++i) {
    v1::RuleResult& result = *run.add_results();
    result.set_rule_id("rule_" + std::to_string(i));
    result.set_verdict(v1::VERDICT_FAIL);
    for (int k = 0; k < 900; ++k) {
      v1::Cell& cell = *result.add_samples()->add_cells();
      cell.set_column("c");
      cell.set_text(std::string(1024, '<'));
    }
  }
  const std::string page = HtmlRunPage(run, {}, HtmlOptions());
  EXPECT_LT(page.size(), 16U << 20);
  EXPECT_THAT(page, HasSubstr("Samples and SQL are left out"));
  EXPECT_THAT(page, HasSubstr("rule_11"));
}

TEST(HtmlValueTest, IsNeverMarkup) {
  const std::string evil = "\"'><script>alert(1)</script>&amp;\xe2\x80\xae";
  v1::Run run = FromFile("one_comparison");
  run.set_rule_set_name(evil);
  run.set_migration(evil);
  (*run.mutable_labels())[evil] = evil;
  (*run.mutable_params())["p"] = evil;
  run.set_run_id(evil);
  v1::RuleResult& result = *run.mutable_results(0);
  result.set_rule_id(evil);
  result.set_table(evil);
  result.set_target_table(evil);
  result.set_found(evil);
  result.set_sql(evil);
  result.mutable_samples(0)->mutable_cells(0)->set_column(evil);
  result.mutable_samples(0)->mutable_cells(0)->set_text(evil);
  const std::string page = HtmlRunPage(run, {FromFile("fail")}, Served());
  EXPECT_EQ(CheckHtml(page), "");
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"
                              "\\u{202e}"));
  EXPECT_THAT(
      HtmlRunsPage({run}, evil, {evil, evil, evil, false, {{evil, evil}}, evil},
                   Served(), evil),
      Not(HasSubstr("<script>alert")));
  EXPECT_THAT(HtmlErrorPage({500, evil, evil, evil}, Served()),
              Not(HasSubstr("<script>alert")));
}

TEST(HtmlValueTest, IsCutWithANote) {
  v1::Run run = WithResult("table: \"t\"");
  // "ä" is two bytes: none is torn.
  std::string name = "x";
  for (int i = 0; i < 50000; ++i) name += "ä";
  run.mutable_results(0)->set_table(name);
  run.mutable_results(0)->set_found(name);
  run.mutable_results(0)->set_sql(std::string(100000, 'y'));
  (*run.mutable_labels())["l"] = name;
  const std::string page = HtmlRunPage(run, {}, HtmlOptions());
  EXPECT_EQ(CheckHtml(page), "");
  EXPECT_LT(page.size(), 150U << 10);
  EXPECT_EQ(CountOf(page, "… cut here, 95,906 more bytes</span>"), 3U);
  EXPECT_EQ(CountOf(page, "… cut here, 34,464 more bytes</span>"), 1U);
}

TEST(HtmlValueTest, MaskedNullEmptyAndBlankDiffer) {
  const std::string page = HtmlRunPage(
      WithResult(R"(samples { cells { column: "a" text: "***" masked: true }
          cells { column: "b" } cells { column: "c" text: "" }
          cells { column: "d" text: " " } cells { column: "e" text: "NULL" }
          cells { column: "f" text: "***" } })"),
      {}, HtmlOptions());
  EXPECT_THAT(
      page,
      HasSubstr("<td><span class=\"v\">***</span> <span class=\"soft\">masked"
                "</span></td><td><span class=\"v null\">NULL</span></td>"
                "<td><span class=\"v\">&#39;&#39;</span></td>"
                "<td><span class=\"v\">&#39; &#39;</span></td>"
                "<td><span class=\"v\">&#39;NULL&#39;</span></td>"
                "<td><span class=\"v\">&#39;***&#39;</span></td>"));
}

TEST(HtmlValueTest, AMaskedPairShowsNeitherSide) {
  // Also where a server sends what it should not.
  const std::string page = HtmlRunPage(
      WithResult(R"(target_table: "t" samples { note: "changed" cells {
          column: "card" text: "4111" masked: true differs: true
          target { text: "4222" } } })"),
      {}, HtmlOptions());
  EXPECT_THAT(page, AllOf(Not(HasSubstr("4111")), Not(HasSubstr("4222")),
                          HasSubstr("masked")));
}

TEST(HtmlValueTest, OnlyWebAddressesAreLinks) {
  for (const char* good :
       {"http://a", "https://airflow.example.com:8080/x?y=1&z=%20#f",
        "HTTPS://A.example/"}) {
    EXPECT_TRUE(IsWebAddress(good)) << good;
  }
  for (const char* bad :
       {"", "https://", "javascript:alert(1)", "data:text/html,x", "//a/b",
        "ftp://a", " https://a", "https://a b", "https://a\"b", "https://a<b",
        "https://good@evil/", "https:///x",
        "https://a\xe2\x80\xae"
        "b",
        "https://a\\b", "https://a\nb", "file:///etc/passwd"}) {
    EXPECT_FALSE(IsWebAddress(bad)) << bad;
  }
  EXPECT_FALSE(IsWebAddress("https://" + std::string(3000, 'a')));
  v1::Run run = WithResult("");
  (*run.mutable_labels())["url"] = "https://a.example/?b=1&c=\"";
  (*run.mutable_labels())["good"] = "https://a.example/?b=1&c=2";
  (*run.mutable_labels())["bad"] = "javascript:alert(1)";
  const std::string page = HtmlRunPage(run, {}, HtmlOptions());
  EXPECT_EQ(CountOf(page, "<a "), 1U);
  EXPECT_THAT(page, HasSubstr("<a rel=\"noopener noreferrer nofollow\" "
                              "href=\"https://a.example/?b=1&amp;c=2\">"
                              "https://a.example/?b=1&amp;c=2</a>"));
}

TEST(HtmlValueTest, SqlIsCopiedAsItIs) {
  Html out;
  out.Verbatim("a\n\tb\r\n'<\xe2\x80\xae>'\x01\xff", 100);
  EXPECT_EQ(out.text(),
            "a\n\tb<span class=\"u\" data-u=\"U+000D\">&#13;</span>\n&#39;&lt;"
            "<span class=\"u\" data-u=\"U+202E\">\xe2\x80\xae</span>&gt;&#39;"
            "<span class=\"u\" data-u=\"U+0001\">\x01</span>"
            "<span class=\"u\" data-u=\"FF\">\xEF\xBF\xBD</span>");
}

TEST(HtmlSamplesTest, MarksWhatDiffersWithinAValue) {
  const auto middle = [](const std::string& a, const std::string& b) {
    const CommonEnds ends = FindCommonEnds(a, b);
    return a.substr(ends.front, a.size() - ends.front - ends.back) + "|" +
           b.substr(ends.front, b.size() - ends.front - ends.back);
  };
  EXPECT_EQ(middle("10.04", "10.0"), "4|");
  EXPECT_EQ(middle("Alberta ", "Alberta"), " |");
  EXPECT_EQ(middle("abcXdef", "abcYdef"), "X|Y");
  EXPECT_EQ(middle("aaa", "aa"), "a|");
  EXPECT_EQ(middle("", "x"), "|x");
  EXPECT_EQ(middle("same", "same"), "|");
  // é and è begin with the same byte, é and ũ end with the same.
  EXPECT_EQ(middle("caf\xc3\xa9", "caf\xc3\xa8"), "\xc3\xa9|\xc3\xa8");
  EXPECT_EQ(middle("\xc3\xa9x", "\xc5\xa9x"), "\xc3\xa9|\xc5\xa9");
  EXPECT_EQ(middle("a\xc3\xa9", "a"), "\xc3\xa9|");
  EXPECT_EQ(middle("\xff\x80", "\x80"), "\xff\x80|\x80");
  const std::string page = HtmlRunPage(
      WithResult(R"(target_table: "t" samples { note: "changed" cells {
          column: "a" text: "1<2" differs: true target { text: "1>2" } } })"),
      {}, HtmlOptions());
  EXPECT_THAT(page, AllOf(HasSubstr("1<mark>&lt;</mark>2"),
                          HasSubstr("1<mark>&gt;</mark>2"),
                          HasSubstr("aria-label=\"differs:\"")));
}

TEST(HtmlHistoryTest, HoldsTheNewestAndThisOne) {
  std::vector<v1::Run> history;
  for (int i = 0; i < 100; ++i) {
    history.push_back(
        Parse("run_id: \"h" + std::to_string(i) +
              "\" as_of_time { seconds: " + std::to_string(2000 + i) + " }"));
  }
  v1::Run old = Parse("run_id: \"old\" as_of_time { seconds: 1000 }");
  const std::string page = HtmlRunPage(old, history, Served());
  EXPECT_EQ(CountOf(page, "<title>"), 41U);  // The page's, and each bar's.
  EXPECT_THAT(
      page, AllOf(HasSubstr("/runs/h99\""), HasSubstr("/runs/h61\""),
                  Not(HasSubstr("/runs/h60\"")), HasSubstr("class=\"this\"")));
  // A run on its own has no history.
  EXPECT_THAT(HtmlRunPage(old, {old}, Served()),
              Not(HasSubstr("<svg xmlns=\"")));
}

TEST(HtmlRunsTest, LinksAskForTheSameAgain) {
  HtmlRunsQuery query;
  EXPECT_EQ(HtmlRunsQueryString(query), "");
  query.rule_set = "a/b c";
  query.migration = "m&n";
  query.verdict = "warn";
  query.active = true;
  query.labels = {{"k", "v=w"}, {"k2", ""}};
  query.page_token = "t+=";
  EXPECT_EQ(HtmlRunsQueryString(query),
            "rule_set=a%2Fb%20c&migration=m%26n&verdict=warn&active=1&"
            "label=k%3Dv%3Dw&label=k2%3D&page_token=t%2B%3D");
  const std::string page = HtmlRunsPage({}, "", query, Served());
  EXPECT_THAT(page, AllOf(HasSubstr("No runs match."), HasSubstr(">Newest</a>"),
                          Not(HasSubstr("Older"))));
}

}  // namespace
}  // namespace assay::report
