// SPDX-License-Identifier: Apache-2.0
#include "validator/report/display.h"

#include <gtest/gtest.h>

#include "validator/report/findings.h"

namespace assay::report {
namespace {

TEST(EscapeTest, NothingDrivesTheTerminal) {
  EXPECT_EQ(Escape("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(Escape("a\nb\tc\r"), "a\\nb\\tc\\r");
  EXPECT_EQ(Escape(std::string("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(Escape("\xc2\x9b"), "\\x9b");
  EXPECT_EQ(Escape("\xff"), "\\xff");
  EXPECT_EQ(Escape("a\xe2\x80\xae"
                   "b"),
            "a\\u{202e}b");
  EXPECT_EQ(Escape("日本é"), "日本é");
}

TEST(WidthTest, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("é"), 1u);
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1u);
  EXPECT_EQ(DisplayWidth("日本"), 4u);
  EXPECT_EQ(DisplayWidth("😀"), 2u);
}

TEST(CutTest, NeverExceedsTheWidth) {
  EXPECT_EQ(Cut("abcdef", 6), "abcdef");
  EXPECT_EQ(Cut("abcdef", 4), "abc…");
  EXPECT_EQ(Cut("日本語", 4), "日…");
  EXPECT_EQ(Cut("日本語", 1), "…");
  EXPECT_EQ(Cut("abc", 0), "");
}

v1::Cell Cell(const char* text) {
  v1::Cell cell;
  if (text != nullptr) cell.set_text(text);
  return cell;
}

TEST(CellTest, NullMaskedTruncatedAndTextsAreDistinct) {
  EXPECT_EQ(CellText(Cell(nullptr)), "NULL");
  EXPECT_EQ(CellText(Cell("NULL")), "'NULL'");
  EXPECT_EQ(CellText(Cell("")), "''");
  EXPECT_EQ(CellText(Cell(" x")), "' x'");
  EXPECT_EQ(CellText(Cell("x ")), "'x '");
  EXPECT_EQ(CellText(Cell("***")), "'***'");
  EXPECT_EQ(CellText(Cell("plain text")), "plain text");
  v1::Cell cell = Cell("***");
  cell.set_masked(true);
  EXPECT_EQ(CellText(cell), "***");
  cell = Cell("abc");
  cell.set_truncated(true);
  EXPECT_EQ(CellText(cell), "abc…");
}

TEST(NumberTest, Formats) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Count(1000), "1,000");
  EXPECT_EQ(Count(-1234567), "-1,234,567");
  EXPECT_EQ(Count(INT64_MIN), "-9,223,372,036,854,775,808");
  EXPECT_EQ(Seconds(0.42), "420 ms");
  EXPECT_EQ(Seconds(2.34), "2.3 s");
  EXPECT_EQ(Seconds(250), "4 min 10 s");
  EXPECT_EQ(Seconds(7500), "2 h 5 min");
  EXPECT_EQ(Seconds(-1), "0 ms");
}

TEST(FindingsTest, AFoldNeverHidesSomethingWorse) {
  v1::Run run;
  v1::RuleResult* warn = run.add_results();
  warn->set_rule_id("a");
  warn->set_verdict(v1::VERDICT_WARN);
  v1::RuleResult* fail = run.add_results();
  fail->set_rule_id("b");
  fail->set_verdict(v1::VERDICT_FAIL);
  fail->set_same_as_rule_id("a");
  v1::RuleResult* lost = run.add_results();
  lost->set_rule_id("c");
  lost->set_verdict(v1::VERDICT_WARN);
  lost->set_same_as_rule_id("nobody");
  v1::RuleResult* same = run.add_results();
  same->set_rule_id("d");
  same->set_verdict(v1::VERDICT_WARN);
  same->set_same_as_rule_id("a");
  const std::vector<Finding> findings = Findings(run);
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[0].result->rule_id(), "b");
  EXPECT_EQ(findings[1].result->rule_id(), "a");
  EXPECT_EQ(findings[1].repeats, 1u);
  EXPECT_EQ(findings[2].result->rule_id(), "c");
}

}  // namespace
}  // namespace assay::report
