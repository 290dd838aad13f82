// SPDX-License-Identifier: Apache-2.0
#include "validator/base/issue.h"

#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay {
namespace {

TEST(FormatIssueTest, PutsTheCaretBelowThePlace) {
  const Issue issue{Severity::kError,
                    "unknown_key",
                    "unknown key 'colum'",
                    {2, 3, 2, 8},
                    "did you mean 'column'?"};
  EXPECT_EQ(FormatIssue(issue, "f.yaml", "a: 1\n  colum: x\n"),
            "f.yaml:2:3: error: unknown key 'colum' (did you mean 'column'?)\n"
            "    colum: x\n"
            "    ^~~~~");
}

TEST(FormatIssueTest, CountsAMultiByteCharacterOnceAndKeepsTabs) {
  const Issue issue{Severity::kWarning, "x", "m", {1, 5, 1, 6}, ""};
  EXPECT_EQ(FormatIssue(issue, "f", "\tü: b"),
            "f:1:5: warning: m\n"
            "  \tü: b\n"
            "  \t  ^");
}

TEST(FormatIssueTest, ShowsOfALongLineWhatIsNearThePlace) {
  const std::string line =
      std::string(500, 'a') + "ü: here" + std::string(5000, 'b');
  const std::string shown = FormatIssue(
      {Severity::kError, "x", "m", {1, 505, 1, 509}, ""}, "f", line);
  EXPECT_LT(shown.size(), 400u);
  const size_t caret = shown.find('^') - shown.rfind('\n') - 1;
  const std::string excerpt =
      shown.substr(shown.find('\n') + 1, shown.rfind('\n') - shown.find('\n'));
  // The two bytes of the ü are one column.
  EXPECT_EQ(excerpt.substr(caret + 1, 4), "here");
  EXPECT_TRUE(shown.ends_with("^~~~"));
  const Issue first{Severity::kError, "x", "m", {1, 1, 1, 2}, ""};
  EXPECT_EQ(FormatIssue(first, "f", line),
            "f:1:1: error: m\n  " + std::string(160, 'a') + "\n  ^");
}

TEST(FormatIssueTest, SaysTheMessageAloneWithoutAPlace) {
  EXPECT_EQ(FormatIssue({Severity::kError, "x", "m", {}, ""}, "f", ""),
            "f: error: m");
}

TEST(NearestNameTest, FindsASlipAndNothingFarAway) {
  EXPECT_EQ(NearestName("colum", {"table", "column"}), "column");
  EXPECT_EQ(NearestName("Pattren", {"pattern"}), "pattern");
  EXPECT_EQ(NearestName("xyz", {"column", "table"}), "");
}

TEST(NearestNameTest, TakesABeginningThatOnlyOneHas) {
  EXPECT_EQ(NearestName("Orders.ful", {"orders.sums", "orders.full_diff"}),
            "orders.full_diff");
  EXPECT_EQ(NearestName("orders", {"orders.row_count", "orders.full_diff"}),
            "");
  EXPECT_EQ(NearestName("or", {"orders.full_diff"}), "");
  EXPECT_EQ(NearestName("rows", {"row", "rows_of_everything"}), "row");
}

TEST(StatusTest, EveryReasonHasItsRow) {
  int index = 0;
  for (const ErrorReasonInfo& row : ErrorReasons()) {
    EXPECT_EQ(static_cast<int>(row.reason), index++);
  }
  EXPECT_EQ(index, static_cast<int>(ErrorReason::kHoldAlreadyReleased) + 1);
}

TEST(StatusTest, AnnotateKeepsTheReason) {
  const absl::Status status =
      Annotate(MakeError(ErrorReason::kTransient, "deadlock"), "rule x");
  EXPECT_EQ(GetReason(status), ErrorReason::kTransient);
  EXPECT_EQ(status.message(), "rule x: deadlock");
  EXPECT_TRUE(IsRetryable(status));
}

}  // namespace
}  // namespace assay
