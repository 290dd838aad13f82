// SPDX-License-Identifier: Apache-2.0
#include "validator/report/diff_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "validator/report/display.h"
#include "validator/report/text_report.h"

namespace assay::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

v1::RuleResult Compared() {
  v1::RuleResult result;
  result.set_rule_id("r");
  result.set_verdict(v1::VERDICT_FAIL);
  result.set_connection("a");
  result.set_table("s.t");
  result.set_target_connection("b");
  result.set_target_table("u");
  result.mutable_diff()->set_complete(true);
  return result;
}

std::string Text(const std::vector<DiffField>& fields) {
  std::string out;
  for (const DiffField& field : fields) {
    for (const std::string& line : field.lines) {
      out += field.label + ": " + line + "\n";
    }
  }
  return out;
}

TEST(DiffTextTest, Sides) {
  EXPECT_EQ(SidesText(Compared()), "a.s.t → b.u");
  EXPECT_EQ(TableText(Compared()), "a.s.t → b.u");
  v1::RuleResult plain;
  plain.set_connection("a");
  plain.set_table("t");
  EXPECT_FALSE(IsComparison(plain));
  EXPECT_EQ(TableText(plain), "t (a)");
}

TEST(DiffTextTest, OnlyWhatIsThereIsSaid) {
  EXPECT_EQ(Text(DiffFields(Compared(), 60, 5)),
            "differences: none, of 0 keys\n"
            "read: 0 rows of the source, 0 rows of the target\n");
  EXPECT_TRUE(DiffFields(v1::RuleResult(), 60, 5).empty());
}

TEST(DiffTextTest, IncompleteIsNeverSilent) {
  v1::RuleResult result = Compared();
  result.mutable_diff()->set_complete(false);
  EXPECT_THAT(Text(DiffFields(result, 60, 5)),
              HasSubstr("incomplete: not everything was compared\n"));
}

TEST(DiffTextTest, CausesAreSentences) {
  v1::RuleResult result = Compared();
  result.mutable_diff()->set_changed_count(3);
  result.mutable_diff()->set_explained_count(3);
  const auto add = [&](const char* column, const char* cause, int64_t rows) {
    v1::ColumnChange* change = result.mutable_diff()->add_causes();
    change->set_column(column);
    change->set_cause(cause);
    change->set_rows_count(rows);
  };
  add("district", "district became ' '", 603);
  add("district", "became NULL", 2);
  add("name", "trailing blanks", 1);
  add("name", "", 1);
  add("x", "case", 1);
  result.mutable_diff()->mutable_causes(2)->set_policy("trim: trailing");
  EXPECT_THAT(DiffFields(result, 90, 4)[1].lines,
              ElementsAre("603 rows: district became ' '",
                          "2 rows: district became NULL",
                          "1 row: name: trailing blanks (if that is meant: "
                          "policy {trim: trailing})",
                          "1 row: name", "… and 1 more"));
}

TEST(DiffTextTest, ListsKeepToTheWidth) {
  v1::RuleResult result = Compared();
  for (int i = 0; i < 30; ++i) {
    v1::ColumnChange* change = result.mutable_diff()->add_columns();
    change->set_column("column_" + std::to_string(i));
    change->set_rows_count(i);
    result.mutable_diff()->add_target_only_columns("other_" +
                                                   std::to_string(i));
  }
  for (const DiffField& field : DiffFields(result, 40, 20)) {
    for (const std::string& line : field.lines) {
      EXPECT_LE(DisplayWidth(line), 60u) << line;
    }
  }
  EXPECT_THAT(Text(DiffFields(result, 40, 20)), HasSubstr("10 more columns"));
}

TEST(DiffTextTest, SamplesKeepToTheWidth) {
  v1::Sample sample;
  v1::Cell* cell = sample.add_cells();
  cell->set_column("id");
  cell->set_text(std::string(200, '7'));
  cell->set_key(true);
  for (int i = 0; i < 3; ++i) {
    cell = sample.add_cells();
    cell->set_column(std::string(static_cast<size_t>(i) * 30 + 1, 'c'));
    cell->set_text(std::string(static_cast<size_t>(i) * 100, 'x'));
    cell->set_differs(true);
    cell->mutable_target()->set_text(std::string(100, 'y'));
    cell->set_cause("a reason that does not fit behind all of this");
  }
  for (const std::string& line : DiffSampleLines(sample, 74)) {
    EXPECT_LE(DisplayWidth(line), 74u) << line;
  }
  for (const std::string& line : DiffSampleLines(sample, 10)) {
    EXPECT_LE(line.size(), 200u);
  }
}

TEST(DiffTextTest, MaskedAndNullOnBothSides) {
  v1::Sample sample;
  v1::Cell* cell = sample.add_cells();
  cell->set_column("email");
  cell->set_text("***");
  cell->set_masked(true);
  cell->set_differs(true);
  cell->mutable_target()->set_text("secret");
  cell = sample.add_cells();
  cell->set_column("note");
  cell->set_differs(true);
  cell->mutable_target()->set_text("");
  EXPECT_THAT(DiffSampleLines(sample, 74),
              ElementsAre("  email  ***  | ***", "  note   NULL | ''"));
  EXPECT_EQ(SampleText(sample, 74), "email *** → ***, note NULL → ''");
}

TEST(DiffTextTest, CommandsQuoteForTheShell) {
  v1::Run run;
  *run.add_results() = Compared();
  EXPECT_EQ(RecheckCommand(run), "") << "no run to look at again";
  run.set_run_id("0198");
  EXPECT_EQ(RecheckCommand(run), "assay recheck 0198");
  v1::RuleResult& result = *run.mutable_results(0);
  EXPECT_EQ(DifferencesCommand(run, result), "");
  result.set_differences_count(1);
  EXPECT_EQ(DifferencesCommand(run, result), "assay differences 0198 r");
  result.set_rule_id("it's; rm -rf ~");
  EXPECT_EQ(DifferencesCommand(run, result),
            "assay differences 0198 'it'\\''s; rm -rf ~'");
  result.set_verdict(v1::VERDICT_PASS);
  EXPECT_EQ(RecheckCommand(run), "");
  TextOptions options;
  EXPECT_THAT(TextReport(run, options), Not(HasSubstr("assay recheck")));
}

}  // namespace
}  // namespace assay::report
